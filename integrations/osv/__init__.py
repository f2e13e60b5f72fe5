"""OSV: which vulnerabilities are known in which versions of open-source packages."""

from typing import TYPE_CHECKING

from integrations.later import later
from integrations.osv.client import OsvReader
from integrations.osv.models import (
    Affected,
    Event,
    Findings,
    Hit,
    Installed,
    Match,
    Range,
    Reference,
    Severity,
    Vulnerability,
)

if TYPE_CHECKING:
    from integrations.osv.api import OsvApi

# It brings the HTTP library; who only names a type, as every flow does, does not wait for it.
_LATER = {"OsvApi": "integrations.osv.api"}

__all__ = [
    "Affected",
    "Event",
    "Findings",
    "Hit",
    "Installed",
    "Match",
    "OsvApi",
    "OsvReader",
    "Range",
    "Reference",
    "Severity",
    "Vulnerability",
]

__getattr__ = later(_LATER)
