"""Emulated registries, and the real client on top of them."""

from collections.abc import AsyncIterator

import pytest

from integrations.emulators.packages import PackagesWorld
from integrations.registries import RegistriesApi, RegistriesReader
from tests.integrations.sources import Clock, registries_api


@pytest.fixture
def world() -> PackagesWorld:
    """Return the recorded packages; time stands still."""
    return PackagesWorld()


@pytest.fixture
def clock() -> Clock:
    """Return the time of the client."""
    return Clock()


@pytest.fixture
async def api(world: PackagesWorld, clock: Clock) -> AsyncIterator[RegistriesApi]:
    """Yield the connections."""
    async with registries_api(world, clock) as opened:
        yield opened


@pytest.fixture
def registries(api: RegistriesApi) -> RegistriesReader:
    """Return what flows use."""
    return RegistriesReader(api)
