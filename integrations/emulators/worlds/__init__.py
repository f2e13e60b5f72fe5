"""Worlds to play in: the built-in organisation acme, and any local clone."""

from integrations.emulators.worlds.acme import build_acme
from integrations.emulators.worlds.local import CannotImport, import_repository

__all__ = ["CannotImport", "build_acme", "import_repository"]
