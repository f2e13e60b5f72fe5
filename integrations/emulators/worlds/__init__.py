"""Worlds to play in: the built-in organisation acme, and any local clone."""

from integrations.emulators.worlds.acme import build_acme
from integrations.emulators.worlds.crowd import build_crowd
from integrations.emulators.worlds.local import CannotImport, import_repository
from integrations.emulators.worlds.team import build_acme_linear, lead_to

__all__ = [
    "CannotImport",
    "build_acme",
    "build_acme_linear",
    "build_crowd",
    "import_repository",
    "lead_to",
]
