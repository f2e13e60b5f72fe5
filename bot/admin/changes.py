"""Changes of what is set: each is answered with how it was before, and can be taken back."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import grammar
from bot.chat import Actor, Button, Origin
from bot.people.clocks import zone_of
from bot.pressing import typing
from bot.replies import Say, no, sentence
from bot.times import said
from flows.report import Code, Line, Report, bullets, text
from storage import audit, changes
from storage.database import Database
from storage.records import ChangeRecord

UNDO_CHANGE = "undo-change"
YES = "--yes"
LOOKED_AT, OFFERED = 200, 5  # changes
LARGEST = 2**31 - 1  # what the database takes for a number


class Kept(Exception):
    """Everything stays as it is; `why` is the answer."""

    def __init__(self, why: Say) -> None:
        super().__init__(sentence(why.report))
        self.why = why


class Edit(NamedTuple):
    """One thing that is changed: what it is, the change in one sentence, and both its states.

    The first word of `what` is the subject that can put `before` back.
    """

    what: str
    said: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Regret:
    """A change that somebody wants back as it was, in the transaction that decides about it."""

    connection: AsyncConnection
    change: ChangeRecord
    by: Actor
    at: datetime


PutBack: TypeAlias = Callable[[Regret], Awaitable[Say | None]]
"""Puts back what was before, where policy lets this person; returns why not, None where it did."""


async def noted(
    connection: AsyncConnection, edits: Sequence[Edit], by: Actor, origin: Origin, at: datetime
) -> Say:
    """Store what was changed, for the audit too, and return the answer with its way back.

    It is the last thing in the caller's transaction.
    """
    person = msgspec.to_builtins(by)
    numbers = [
        await changes.add(connection, each.what, person, each.said, each.before, each.after, at)
        for each in edits
    ]
    for each in edits:
        await _audit(connection, by, origin, "changed", each.said, at)
    return Say(_told([each.said for each in edits]), buttons=(undoing(numbers),))


async def refused(
    connection: AsyncConnection, said: Say, about: str, by: Actor, origin: Origin, at: datetime
) -> Say:
    """Note in the audit that somebody was not allowed something, and return the answer."""
    if said.kind == "forbidden":
        detail = f"{about}: {sentence(said.report)}"
        await _audit(connection, by, origin, "refused", detail, at)
    return said


def undoing(numbers: Sequence[int]) -> Button:
    """Return the button that takes changes back."""
    return typing(f"{UNDO_CHANGE} {' '.join(map(str, numbers))}", "Undo")


def confirming(asked: str, label: str, words: Sequence[str]) -> Say:
    """Ask before something that is hard to repair; the button says it once more, with a yes."""
    command = grammar.joined([*words, YES])
    how = text("Nothing has changed yet. Without the button: ", Code(f"/flow {command}"))
    button = replace(typing(command, label), tone="bad")
    return Say(Report("", asked, "warn", (how,)), "unfit", (button,))


class Changes:
    """Takes changes back, each by the subject that made it: the first word of what was changed."""

    verbs = frozenset({UNDO_CHANGE})

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        subjects: Mapping[str, PutBack],
    ) -> None:
        self._database = database
        self._clock = clock
        self._subjects = subjects

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - saying it twice comes to the same
        """Take these changes back, the last one first; all of them, or none."""
        if not said.words:
            return await self._offered(by)
        for number, word in enumerate(said.words):
            if not (word.isascii() and word.isdecimal() and int(word) <= LARGEST):
                misread = grammar.Misread(
                    f"{grammar.quoted(word)} is no number of a change. Example: ",
                    Code(f"/flow {UNDO_CHANGE} 12"),
                )
                return Say(misread.at([said.name, *said.words], number + 1).report, "misread")
        wanted = sorted({int(word) for word in said.words}, reverse=True)
        now = self._clock()
        try:
            async with self._database.begin() as connection:
                undone = [await self._undone(connection, each, by, now) for each in wanted]
                for each in undone:
                    await _audit(connection, by, origin, "took back", each.said, now)
        except Kept as kept:
            async with self._database.begin() as connection:
                about = " ".join([said.name, *said.words])
                return await refused(connection, kept.why, about, by, origin, now)
        return Say(_told([f"Taken back: {each.said}" for each in undone]))

    async def _offered(self, by: Actor) -> Say:
        """Return what this person has changed last, each with the command that takes it back."""
        async with self._database.read() as connection:
            newest = await changes.recent(connection, LOOKED_AT)
            zone = await zone_of(connection, by)
        who, now = (by.platform, by.id), self._clock()
        own = [each for each in newest if (each.by["platform"], each.by["id"]) == who][:OFFERED]
        if not own:
            return Say(Report("", "You have changed nothing that can be taken back."))
        lines: list[Line] = [
            (Code(f"/flow {UNDO_CHANGE} {each.id}"), f" {each.said} ({said(each.at, now, zone)})")
            for each in own
        ]
        last = replace(undoing([own[0].id]), label="Undo the last")
        report = Report("", "Your last changes:", blocks=(bullets(lines),))
        return Say(report, buttons=(last,))

    async def _undone(
        self, connection: AsyncConnection, number: int, by: Actor, now: datetime
    ) -> ChangeRecord:
        change, zone = await changes.get(connection, number), await zone_of(connection, by)
        if change is None:
            raise Kept(no(f"I know no change {number}.", "unknown"))
        if change.undone_at and change.undone_by:
            who, when = change.undone_by["name"], said(change.undone_at, now, zone)
            raise Kept(no(f"{who} took that back already ({when})."))
        last = await changes.newest(connection, change.what)
        if last and last.id != change.id:
            when = said(last.at, now, zone)
            since = f"{last.by['name']} changed that since ({when}): {last.said.rstrip('.')}."
            raise Kept(no(f"{since} Take that back first, or set what you want."))
        put_back = self._subjects.get(change.what.partition(" ")[0])
        if put_back is None:
            raise Kept(no("This can no longer be taken back: set what you want.", "unknown"))
        if why := await put_back(Regret(connection, change, by, now)):
            raise Kept(why)
        await changes.undone(connection, number, msgspec.to_builtins(by), now)
        return change


async def _audit(
    connection: AsyncConnection,
    by: Actor,
    origin: Origin,
    action: str,
    detail: str,
    at: datetime,
) -> None:
    await audit.append(
        connection,
        at=at,
        actor=msgspec.to_builtins(by),
        door=origin.door,
        action=action,
        run_id="",
        detail=detail,
    )


def _told(sentences: Sequence[str]) -> Report:
    if len(sentences) == 1:
        return Report("", sentences[0], "good")
    return Report("", f"{len(sentences)} changes:", "good", (bullets(sentences),))
