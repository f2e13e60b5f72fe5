"""Query strings to filters, and the place in a list to a cursor and back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from storage.records import RunRecord
from storage.tables.columns import EPOCH

PAGE = 50
LONGEST_CURSOR = 80


class BadCursor(ValueError):
    """We never made this cursor."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which runs are wanted; empty means all."""

    state: str = ""
    flow: str = ""
    project: str = ""

    def query(self, **more: str) -> str:
        """Return the query string of these filters, with `more` added, or an empty string."""
        given = {"state": self.state, "flow": self.flow, "project": self.project} | more
        return urlencode({name: value for name, value in given.items() if value})


def cursor_of(run: RunRecord) -> str:
    """Return the place right after this run, for the next page."""
    return f"{(run.created_at - EPOCH) // timedelta(microseconds=1)}-{run.id}"


def place_of(cursor: str) -> tuple[datetime, str] | None:
    """Return the (created_at, id) that a cursor stands for; None for an empty one."""
    if not cursor:
        return None
    micros, dash, run_id = cursor.partition("-")
    if not (dash and run_id and micros.isascii() and micros.isdigit()):
        raise BadCursor(cursor[:LONGEST_CURSOR])
    try:
        return EPOCH + timedelta(microseconds=int(micros)), run_id
    except (OverflowError, ValueError) as error:
        raise BadCursor(cursor[:LONGEST_CURSOR]) from error
