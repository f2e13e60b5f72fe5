"""Package registries: which versions there are, since when, and which of them were withdrawn."""

from typing import TYPE_CHECKING

from integrations.later import later
from integrations.registries.client import Named, RegistriesReader
from integrations.registries.models import Ecosystem, Package, Version
from integrations.registries.names import normalised

if TYPE_CHECKING:
    from integrations.registries.api import Addresses, RegistriesApi

# They bring the HTTP library; who only names a type, as every flow does, does not wait for it.
_LATER = {
    "Addresses": "integrations.registries.api",
    "RegistriesApi": "integrations.registries.api",
}

__all__ = [
    "Addresses",
    "Ecosystem",
    "Named",
    "Package",
    "RegistriesApi",
    "RegistriesReader",
    "Version",
    "normalised",
]

__getattr__ = later(_LATER)
