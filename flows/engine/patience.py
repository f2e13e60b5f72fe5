"""How long a step waits before it is tried again, and how often."""

import random
from datetime import datetime, timedelta

import msgspec

from flows.engine.breakers import LONGEST_LIMIT
from flows.engine.journal import Entry
from integrations.errors import Transient

ATTEMPTS = 6
FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=15)
LONGEST_BAR = timedelta(days=1)  # that a step is put off while its service is left alone


def delay(attempt: int, asked: timedelta | None) -> timedelta:
    """Return what the service asked for, else a doubling delay; with jitter, so that runs part."""
    grown = min(FIRST_DELAY * 2 ** (attempt - 1), LONGEST_DELAY)
    jitter: timedelta = random.uniform(0, 0.25) * grown  # noqa: S311 - nobody gains from guessing it
    wait = grown if asked is None else min(max(asked, timedelta()), LONGEST_LIMIT)
    return wait + jitter


def barred_since(recorded: Entry | None, now: datetime) -> datetime:
    """Return since when a step is put off without having been tried: what its entry remembers."""
    if recorded is None or recorded.state != "retrying" or not recorded.output:
        return now
    return msgspec.json.decode(recorded.output, type=datetime)


def reason(error: Transient) -> str:
    """Return what people read while a step waits; a wait that nobody can mean is shortened."""
    asked = error.retry_after
    if asked is None or asked <= LONGEST_LIMIT:
        return f"Trying again soon: {error}"
    hours = LONGEST_LIMIT // timedelta(hours=1)
    return f"{error} It asks for a pause of {asked}; trying again in {hours} hours."
