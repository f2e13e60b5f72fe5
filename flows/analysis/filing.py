"""Issues that flows file, in whatever tracker a project has, and how they stand later."""

from collections.abc import Sequence
from functools import partial

import msgspec

from flows.engine.effects import Effect, effect
from flows.engine.waiting import TITLE_LENGTH
from integrations.trackers import NewTicket, Ticket, Tracker, TrackerReader


def filing(tracker: Tracker, new: NewTicket, title: str) -> Effect[Ticket]:
    """Return what files an issue; taken back, it is deleted."""
    return effect(
        title[:TITLE_LENGTH],
        do=partial(tracker.ensure_issue, new),
        undo=partial(tracker.delete_issue, new),
    )


async def still_open(tracker: TrackerReader) -> list[Ticket]:
    """Return the open issues, without their texts."""
    return [msgspec.structs.replace(each, body="") for each in await tracker.open_issues()]


async def called(tracker: TrackerReader, keys: Sequence[str]) -> list[Ticket]:
    """Return the issues of these keys as they are now."""
    return [await tracker.issue(key) for key in keys]


async def all_done(tracker: TrackerReader, keys: Sequence[str]) -> bool | None:
    """Return whether none is open any more; None as long as one is."""
    return None if any(each.is_open for each in await called(tracker, keys)) else True
