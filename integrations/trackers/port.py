"""What flows may ask of a tracker, and what they may change there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from integrations.trackers.models import Kind, NewTicket, Ticket


class TrackerReader(Protocol):
    """A tracker that is looked at; `name` is what people call it."""

    name: str

    async def issue(self, key: str) -> Ticket:
        """Return one issue; raises NotFound where there is none."""
        ...

    async def issues_named(self, keys: Sequence[str]) -> list[Ticket]:
        """Return the issues of these keys, in their order; what is none is left out."""
        ...

    async def open_issues(self) -> list[Ticket]:
        """Return what is not done yet, newest first."""
        ...

    async def closed_issues(self, since: datetime) -> list[Ticket]:
        """Return what was done or called off since then, newest first."""
        ...

    async def states(self, kind: Kind) -> list[str]:
        """Return what the states of a kind are called, in their order; none where it has none."""
        ...

    async def people(self) -> list[str]:
        """Return the names of those whom an issue can be assigned to."""
        ...


class Tracker(TrackerReader, Protocol):
    """A tracker that may be changed; every change can be repeated."""

    async def ensure_issue(self, new: NewTicket) -> Ticket:
        """Make an issue, or return the one that was made of this before."""
        ...

    async def delete_issue(self, new: NewTicket) -> None:
        """Take back what `ensure_issue` made, as far as the tracker can."""
        ...

    async def ensure_state(self, key: str, kind: Kind, state: str = "") -> Ticket:
        """Move an issue to a state of this kind, and of this name where there is one."""
        ...

    async def ensure_comment(self, key: str, mark: str, body: str) -> str:
        """Comment once for each mark; return the comment's address."""
        ...

    async def delete_comment(self, key: str, mark: str) -> None:
        """Take back what `ensure_comment` said."""
        ...
