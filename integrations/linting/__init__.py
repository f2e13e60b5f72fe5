"""Linters and formatters that this bot brings along: they read code as text and execute none."""

from integrations.linting.ruff import STYLE, Finding, findings, formatted, is_style

__all__ = ["STYLE", "Finding", "findings", "formatted", "is_style"]
