"""Files that hold the version: the one line that names it, and nothing else, is changed."""

import re
from dataclasses import replace

from integrations.semver import Version, version_from

_PATTERNS = (
    re.compile(r"""^\s*version\s*=\s*["'](?P<version>[^"'\n]+)["']""", re.MULTILINE),
    re.compile(r"""^\s*"version"\s*:\s*"(?P<version>[^"\n]+)\"""", re.MULTILINE),
    re.compile(r"""^__version__\s*=\s*["'](?P<version>[^"'\n]+)["']""", re.MULTILINE),
    re.compile(r"""^version\s*=\s*(?P<version>\d[\w.+-]*)\s*$""", re.MULTILINE),
    re.compile(r"""\A\s*v?(?P<version>\d+\.\d+[\w.+-]*)\s*\Z"""),
)
_PYTHON = re.compile(r"(?:.*/)?(?:pyproject\.toml|setup\.cfg|[^/]+\.py)")
_LABELS = {"alpha": "a", "beta": "b", "rc": "rc", "a": "a", "b": "b"}
_COUNTED = re.compile(r"(?P<label>[a-z]+)[.-]?(?P<number>\d{1,8})")


def with_version(content: str, tag: str, path: str = "") -> str | None:
    """Return the content with its version raised to the tag's; None where nothing would change.

    A file of Python says `1.3.0rc1` where the tag says `v1.3.0-rc.1`: see
    https://peps.python.org/pep-0440/#pre-releases. So does one that has no dash there already.
    """
    wanted = version_from(tag)
    for pattern in _PATTERNS:
        found = pattern.search(content)
        if not found or not wanted:
            continue
        had = version_from(found["version"])
        is_python = _PYTHON.fullmatch(path) or (had and had.pre and not had.dash)
        version = _pep440(wanted) if is_python else str(replace(wanted, prefix=""))
        if found["version"] != version:
            return f"{content[: found.start('version')]}{version}{content[found.end('version') :]}"
    return None


def version_in(content: str) -> str:
    """Return the version that a file names, "" where it names none."""
    found = (pattern.search(content) for pattern in _PATTERNS)
    return next((each["version"] for each in found if each), "")


def _pep440(version: Version) -> str:
    pre = _COUNTED.fullmatch(version.pre)
    label = _LABELS.get(pre["label"]) if pre else None
    bare = replace(version, prefix="")
    if pre is None or label is None:
        return str(bare)
    return str(replace(bare, pre=f"{label}{pre['number']}", dash=""))
