"""What knows of packages and their vulnerabilities, wired to where the settings say it answers."""

from contextlib import AsyncExitStack
from typing import TypeAlias

from bot.settings import Settings
from integrations.osv import OsvApi, OsvReader
from integrations.registries import Addresses, RegistriesApi, RegistriesReader

Sources: TypeAlias = tuple[OsvReader, RegistriesReader]


async def open_sources(settings: Settings, stack: AsyncExitStack) -> Sources:
    """Return the clients; nobody is called yet, and the stack closes them."""
    osv = await stack.enter_async_context(OsvApi(base_url=settings.osv_url))
    addresses = Addresses(settings.pypi_url, settings.npm_url, settings.go_url, settings.crates_url)
    registries = RegistriesApi(addresses, contact=settings.public_url)
    return OsvReader(osv), RegistriesReader(await stack.enter_async_context(registries))
