"""Issues as every tracker has them: small frozen values that can be stored and compared."""

import re
from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

Kind: TypeAlias = Literal["open", "started", "done", "canceled"]
MOST_WORDS = 5
_WORD = re.compile(r"[a-z0-9]+")


class Ticket(msgspec.Struct, frozen=True):
    """An issue; `key` is `ENG-12` or `#12`, `state` the word that people read, `kind` what it is.

    `people` are those it is assigned to, by the tracker's own names; `branch` is what the branch
    of its work is called.
    """

    key: str
    title: str
    url: str
    kind: Kind
    state: str
    created_at: datetime
    updated_at: datetime
    body: str = ""
    author: str = ""
    people: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    due_on: date | None = None
    closed_at: datetime | None = None
    branch: str = ""

    @property
    def is_open(self) -> bool:
        return self.kind in ("open", "started")


class NewTicket(msgspec.Struct, frozen=True):
    """What an issue is made of; the same `key` makes it once, and not before `since`.

    `person` is who it is assigned to, by name; labels that a tracker does not know are left out
    where it does not make them by itself. `priority` is 0 (none), 1 (urgent) to 4 (low).
    """

    key: str
    since: datetime
    title: str
    body: str = ""
    labels: tuple[str, ...] = ()
    person: str = ""
    due_on: date | None = None
    priority: int = 0


def branch_of(key: str, title: str) -> str:
    """Return what the branch of an issue is called where its tracker has no name for it."""
    words = _WORD.findall(title.lower())[:MOST_WORDS]
    return "-".join([key.lower().lstrip("#"), *words])
