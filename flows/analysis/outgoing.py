"""Linked issues of a release: which pull requests end them, what they are told, where they go."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from flows.analysis.features import RELEASED
from flows.analysis.linked import Words, closed_keys
from flows.analysis.notes import Noted, plain
from flows.analysis.readiness import joined
from flows.analysis.words import counted
from flows.engine.effects import Effect, effect
from flows.engine.waiting import TITLE_LENGTH
from flows.report import Block, Inline, Line, Link, bullets, table
from integrations.errors import NotFound, Refused
from integrations.trackers import Kind, Ticket, Tracker, TrackerReader

MOST = 20
MOST_ISSUES = 200


class Shipped(msgspec.Struct, frozen=True):
    """An issue that is in a release, and the pull requests that brought it."""

    ticket: Ticket
    pulls: tuple[int, ...]


class Refusal(msgspec.Struct, frozen=True):
    """An issue that the tracker let nobody change, and why."""

    key: str
    why: str


class Was(msgspec.Struct, frozen=True):
    """Where an issue was before."""

    key: str
    kind: Kind
    state: str


async def shipped(
    tracker: TrackerReader, pulls: Sequence[Noted], team: str, repo: str
) -> list[Shipped]:
    """Return the issues that these changes are the end of, in the order of who names them."""
    numbers: dict[str, list[int]] = {}
    for pull in sorted(pulls, key=lambda each: each.number):
        words = Words(pull.head_ref, pull.title, pull.body or "", number=pull.number)
        for key in closed_keys(words, team=team, repo=repo):
            numbers.setdefault(key, []).append(pull.number)
    if not numbers:
        return []
    found = await tracker.issues_named(list(numbers)[:MOST_ISSUES])
    bare = [msgspec.structs.replace(each, body="") for each in found]
    return [Shipped(each, tuple(numbers[each.key])) for each in bare]


class Moves(msgspec.Struct, frozen=True):
    """The state that issues of a release go to, "" for none, and where those are that do."""

    state: str = ""
    places: tuple[Was, ...] = ()


class Outgoing:
    """What a release changes in a tracker; an issue that refuses it is named, and stops nothing."""

    def __init__(self, tracker: Tracker, repo: str) -> None:
        self._tracker = tracker
        self.repo = repo

    async def ensure_told(self, keys: Sequence[str], tag: str, url: str) -> list[Refusal]:
        """Tell each issue once which release it is in; return those that take no comment."""
        return await self.ensure_said(keys, mark_of(self.repo, tag), told_of(tag, url))

    async def ensure_said(self, keys: Sequence[str], mark: str, words: str) -> list[Refusal]:
        """Say something below each issue, once for each mark; return those that take no comment."""
        refused = []
        for key in keys:
            try:
                await self._tracker.ensure_comment(key, mark, words)
            except (NotFound, Refused) as error:
                refused.append(Refusal(key, str(error)))
        return refused

    async def delete_said(self, keys: Sequence[str], mark: str) -> None:
        """Take back what was said under this mark; an issue that is gone needs nothing."""
        for key in keys:
            try:
                await self._tracker.delete_comment(key, mark)
            except NotFound:
                continue

    async def ensure_moved(self, keys: Sequence[str], state: str) -> list[Refusal]:
        """Move issues to a state of those that are done; return those that stay."""
        refused = []
        for key in keys:
            try:
                await self._tracker.ensure_state(key, "done", state)
            except (NotFound, Refused) as error:
                refused.append(Refusal(key, str(error)))
        return refused

    async def ensure_back(self, places: Sequence[Was]) -> None:
        """Move issues back to where they were; one that is gone needs nothing."""
        for each in places:
            try:
                await self._tracker.ensure_state(each.key, each.kind, each.state)
            except NotFound:
                continue


def mark_of(repo: str, tag: str) -> str:
    """Return what makes the words about a release the same words, whichever run says them."""
    return f"released {repo} {tag}"


def told_of(tag: str, url: str) -> str:
    """Return what an issue is told of its release, in Markdown."""
    return f"This is in [{plain(tag)}]({url})."


def moves_of(found: Sequence[Shipped], chosen: str, done: Sequence[str]) -> Moves:
    """Return which issues go where: to the project's state, else to one that means released.

    What is not done moves only where the project has chosen a state.
    """
    known = {name.lower(): name for name in done}
    names = (chosen.lower(),) if chosen else RELEASED
    state = next((known[name] for name in names if name in known), "")
    tickets = [each.ticket for each in found if each.ticket.kind != "canceled"]
    places = [
        Was(each.key, each.kind, each.state)
        for each in tickets
        if state and each.state.lower() != state.lower() and (chosen or not each.is_open)
    ]
    return Moves(state, tuple(places))


def warnings(found: Sequence[Shipped], chosen: str, moves: Moves, name: str) -> list[Line]:
    """Return what whoever approves has to know of the issues; none means that they fit."""
    lines: list[Line] = []
    pending = [each.ticket for each in found if each.ticket.is_open]
    if pending:
        named: list[Inline] = [
            Link(f"{each.key} {each.title} ({each.state})", each.url) for each in pending
        ]
        what = counted(len(pending), "linked issue")
        lines.append((f"{what} not done, and in it all the same: ", *joined(named)))
    if found and chosen and not moves.state:
        lines.append((f"{name} has no state {chosen} for what is done: set another one.",))
    return lines


def listed(found: Sequence[Shipped]) -> tuple[Block, ...]:
    """Return the issues as people read them, what is not done first; nothing where none is."""
    if not found:
        return ()
    ordered = sorted(found, key=lambda each: not each.ticket.is_open)
    rows: list[tuple[Inline, Inline, Inline]] = [
        (
            Link(f"{each.ticket.key} {each.ticket.title}", each.ticket.url),
            f"{each.ticket.state}, not done" if each.ticket.is_open else each.ticket.state,
            ", ".join(f"#{number}" if number else "a commit" for number in each.pulls),
        )
        for each in ordered[:MOST]
    ]
    more = f", {MOST} of {len(found)}" if len(found) > MOST else ""
    return (table(["Issue", "State", "By"], rows, f"Linked issues{more}"),)


def follow_up(
    out: Outgoing,
    found: Sequence[Shipped],
    tag: str,
    url: Any,  # noqa: ANN401 - a reference to what publishing returns
    moves: Moves,
) -> list[Effect[list[Refusal]]]:
    """Return what tells the issues of a release, and moves those that have somewhere to go."""
    keys = [each.ticket.key for each in found if each.ticket.kind != "canceled"]
    if not keys:
        return []
    whom = keys[0] if len(keys) == 1 else f"{len(keys)} issues"
    telling = effect(
        f"Tell {whom} of {tag}"[:TITLE_LENGTH],
        do=partial(out.ensure_told, keys, tag, url),
        undo=partial(out.delete_said, keys, mark_of(out.repo, tag)),
    )
    if not moves.places:
        return [telling]
    places, state = moves.places, moves.state
    who = places[0].key if len(places) == 1 else f"{len(places)} issues"
    moving = effect(
        f"Move {who} to {state}"[:TITLE_LENGTH],
        do=partial(out.ensure_moved, [each.key for each in places], state),
        undo=partial(out.ensure_back, places),
    )
    return [telling, moving]


def left_alone(refused: Sequence[Refusal]) -> tuple[Block, ...]:
    """Return which issues could not be changed, and why; nothing where all could."""
    lines = [f"{each.key}: {each.why}" for each in {each.key: each for each in refused}.values()]
    return (bullets(lines, "These issues need a hand"),) if lines else ()
