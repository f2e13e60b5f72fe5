"""Instants as services write them: a broken one is unknown, and none is without a zone."""

from datetime import UTC, datetime

import msgspec


def moment(text: object) -> datetime | None:
    """Return the instant of an RFC 3339 text, in UTC where it names no zone; None for others."""
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
