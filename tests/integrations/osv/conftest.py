"""An emulated OSV, and the real client on top of it."""

from collections.abc import AsyncIterator

import pytest

from integrations.emulators.osv import OsvWorld
from integrations.osv import OsvApi, OsvReader
from tests.integrations.sources import osv_api


@pytest.fixture
def world() -> OsvWorld:
    """Return the recorded advisories; time stands still."""
    return OsvWorld()


@pytest.fixture
async def api(world: OsvWorld) -> AsyncIterator[OsvApi]:
    """Yield the connection."""
    async with osv_api(world) as opened:
        yield opened


@pytest.fixture
def osv(api: OsvApi) -> OsvReader:
    """Return what flows use."""
    return OsvReader(api)
