"""Which version comes after which: by PEP 440 on PyPI, by semantic versioning elsewhere."""

from functools import lru_cache
from typing import TypeAlias

from integrations.semver import version_from

Place: TypeAlias = tuple[object, ...]


def place(ecosystem: str, number: str) -> Place:
    """Return the key by which to sort; what is no version comes before all that are."""
    return _by_pep_440(number) if ecosystem == "PyPI" else _by_semver(number)


def is_prerelease(ecosystem: str, number: str) -> bool:
    """Return whether only those get this version who ask for it."""
    if ecosystem == "PyPI":
        from packaging.version import InvalidVersion, Version

        try:
            return Version(number).is_prerelease
        except InvalidVersion:
            return False
    version = version_from(number)
    return bool(version and version.pre)


@lru_cache(maxsize=4096)
def _by_pep_440(number: str) -> Place:
    from packaging.version import InvalidVersion, Version

    try:
        return (True, Version(number))
    except InvalidVersion:
        return (False, number)


@lru_cache(maxsize=4096)
def _by_semver(number: str) -> Place:
    version = version_from(number)
    return (True, version.precedence) if version else (False, number)
