"""Files that hold the version: the one line that names it, and nothing else, is changed."""

import re

_PATTERNS = (
    re.compile(r"""^\s*version\s*=\s*["'](?P<version>[^"'\n]+)["']""", re.MULTILINE),
    re.compile(r"""^\s*"version"\s*:\s*"(?P<version>[^"\n]+)\"""", re.MULTILINE),
    re.compile(r"""^__version__\s*=\s*["'](?P<version>[^"'\n]+)["']""", re.MULTILINE),
    re.compile(r"""\A\s*v?(?P<version>\d+\.\d+[\w.+-]*)\s*\Z"""),
)


def with_version(content: str, tag: str) -> str | None:
    """Return the content with its version raised to the tag's; None where nothing would change."""
    version = tag.rpartition("/")[2].lstrip("v")
    for pattern in _PATTERNS:
        found = pattern.search(content)
        if found and found["version"] != version:
            return f"{content[: found.start('version')]}{version}{content[found.end('version') :]}"
    return None
