"""What flows see of package registries, the same for all of them."""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

Ecosystem: TypeAlias = Literal["PyPI", "npm", "Go", "crates.io"]
"""As OSV spells them, too."""


class Version(msgspec.Struct, frozen=True):
    """One release; what its registry does not tell is None or empty.

    A `yanked` version (in Go: retracted) is for those alone who have it, a `deprecated` one is
    advised against; `why` is the publisher's reason. `requires` is what it runs on, such as >=3.9.
    """

    number: str
    released_at: datetime | None = None
    yanked: bool = False
    deprecated: bool = False
    why: str = ""
    licence: str = ""
    prerelease: bool = False
    requires: str = ""


class Package(msgspec.Struct, frozen=True):
    """A package with its versions, the oldest first, and the one that is installed by default.

    `latest` is empty where every version was yanked; `licence` is that of the latest.
    """

    name: str
    ecosystem: Ecosystem
    versions: list[Version] = []
    latest: str = ""
    licence: str = ""

    def version(self, number: str) -> Version | None:
        """Return this version; None where the registry does not list it."""
        return next((each for each in self.versions if each.number == number), None)
