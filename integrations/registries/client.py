"""Package registries as flows use them: every call looks, none changes anything."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from integrations.errors import NotFound
from integrations.meter import permit
from integrations.registries.models import Ecosystem, Package
from integrations.several import several

if TYPE_CHECKING:
    from integrations.registries.api import RegistriesApi

AT_ONCE = 4


class Named(msgspec.Struct, frozen=True):
    """Which package is meant."""

    ecosystem: Ecosystem
    name: str


class RegistriesReader:
    """Everything flows may ask PyPI, npm, Go's proxy and crates.io."""

    def __init__(self, api: "RegistriesApi") -> None:
        self._api = api

    async def package(self, ecosystem: Ecosystem, name: str) -> Package:
        """Return a package with its versions; raise `NotFound` where there is none."""
        permit(write=False)  # what is remembered needs no call, and is a look all the same
        return await self._api.package(ecosystem, name)

    async def packages(self, wanted: Sequence[Named]) -> list[Package | None]:
        """Return packages in the order of their names; None for each that does not exist.

        Several are asked for at once, crates one a second.
        """
        return await several(self._maybe, wanted, at_once=AT_ONCE)

    async def go_released_at(self, module: str, number: str) -> datetime | None:
        """Return when a version of a Go module was made, which no list of versions tells."""
        return await self._api.go.released_at(module, number)

    async def _maybe(self, wanted: Named) -> Package | None:
        try:
            return await self.package(wanted.ecosystem, wanted.name)
        except NotFound:
            return None
