"""OSV as flows use it: every call looks, none changes anything."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from integrations.meter import permit
from integrations.osv.models import Findings, Installed, Match, Vulnerability

if TYPE_CHECKING:
    from integrations.osv.api import OsvApi


class OsvReader:
    """Everything flows may ask OSV."""

    def __init__(self, api: "OsvApi") -> None:
        self._api = api

    async def findings(self, packages: Sequence[Installed]) -> Findings:
        """Return what is known against versions of packages, with each advisory once."""
        permit(write=False)  # no packages need no call, and are a look all the same
        return await self._api.findings(packages)

    async def matches(self, packages: Sequence[Installed]) -> list[Match]:
        """Return the same without the advisories: their names, and when each last changed."""
        permit(write=False)
        return await self._api.matches(packages)

    async def vulnerability(self, known_as: str) -> Vulnerability:
        """Return one advisory by its name (GHSA-…, PYSEC-…, CVE-…); it may be withdrawn."""
        return await self._api.vulnerability(known_as)
