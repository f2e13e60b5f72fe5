"""The clients of OSV and of the registries, on top of emulated ones or of nothing at all."""

from collections.abc import Callable

import httpx

from integrations.emulators.osv import OsvWorld, osv_app
from integrations.emulators.packages import PackagesWorld
from integrations.emulators.registries import addresses_at, registries_app
from integrations.osv import OsvApi, OsvReader
from integrations.registries import Addresses, RegistriesApi, RegistriesReader
from integrations.registries.crates import Pace

HERE = "http://sources.example"
DEAD = "http://127.0.0.1:9"


class Clock:
    """Time that moves by hand, and by whoever rests."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.rests: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def rest(self, seconds: float) -> None:
        self.rests.append(seconds)
        self.now += seconds


def osv_api(world: OsvWorld) -> OsvApi:
    """Return the client of an emulated OSV."""
    return OsvApi(base_url=HERE, transport=httpx.ASGITransport(osv_app(world)))


def registries_api(world: PackagesWorld, clock: Clock | None = None) -> RegistriesApi:
    """Return the client of the emulated registries; nobody rests for real."""
    time = clock or Clock()
    told = addresses_at(HERE)
    return RegistriesApi(
        Addresses(*told.values()),
        contact="https://flowbot.example",
        transport=httpx.ASGITransport(registries_app(world)),
        pace=Pace(clock=time, rest=time.rest),
        clock=time,
    )


def handled(handler: Callable[[httpx.Request], httpx.Response]) -> httpx.AsyncBaseTransport:
    """Return the transport of a service that a test makes up."""
    return httpx.MockTransport(handler)


def nowhere() -> tuple[OsvReader, RegistriesReader]:
    """Return clients at whose address nobody listens; they hold nothing open."""
    return OsvReader(OsvApi(base_url=DEAD)), RegistriesReader(
        RegistriesApi(Addresses(DEAD, DEAD, DEAD, DEAD))
    )
