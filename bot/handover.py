"""What follows when a lock changes hands: who has it next, who is woken, who is told what."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import endings
from bot.times import said
from bot.worker import Signals
from flows.engine.journal import end_of
from flows.report import Code, Report, text
from storage import control, journal, locks, notices, outbox, runs, waits
from storage.records import LockRecord, Manner, Wake

Calls = dict[str, Wake | None]
"""Runs that have news, each with its wake-up; None where it is not woken."""

TERMINAL = "terminal"
ASKED_FOR = frozenset({"got", "free"})  # who waits for a lock wants to know, at any hour
KEY = 32  # characters of a notice's key that tell it from every other


async def pass_on(connection: AsyncConnection, name: str, at: datetime) -> Calls:
    """Give a lock that nobody holds to the next in its line, and tell everybody in it.

    The caller has taken the line for alone, and wakes whom it is told to after the commit.
    """
    wake = ""
    line = await locks.line(connection, name)
    while following := successor(line):
        run = await runs.get(connection, following.run_id) if following.run_id else None
        if following.run_id and (run is None or run.ended):
            await locks.drop(connection, following)
        else:
            await give(connection, line[0], following, at)
            wake = following.run_id
            if not wake and following.ahead != locks.LENDS:
                await tell(connection, "got", name, following.by, at, _yours(name))
        line = await locks.line(connection, name)
    for each in await locks.watchers(connection, name) if not line else ():
        await tell(connection, "free", name, each, at, _free(name))
    return await explain(connection, line, at, wake)


async def release(connection: AsyncConnection, name: str, at: datetime) -> Calls:
    """Let go of a lock for the runs that have ended, and pass it on."""
    await locks.drop_ended(connection, name)
    return await pass_on(connection, name, at)


def successor(line: Sequence[LockRecord]) -> LockRecord | None:
    """Return who gets the lock of this line now; None where it stays as it is.

    A person who holds it lends it to each of their own runs, one after the other.
    """
    if not line or line[0].run_id:
        return line[0] if line and line[0].held_at is None else None
    own = next((each for each in line if each.run_id and each.who == line[0].who), None)
    return own or (line[0] if line[0].held_at is None else None)


async def give(
    connection: AsyncConnection, first: LockRecord, following: LockRecord, at: datetime
) -> None:
    """Let somebody hold a lock; the first in the line stands back for a run of their own."""
    if following is not first:
        await locks.lend(connection, first)
    await locks.grant(connection, following, at)


async def explain(
    connection: AsyncConnection, line: Sequence[LockRecord], at: datetime, wake: str = ""
) -> Calls:
    """Say on the cards of a line where everybody is in it; wake the run that holds it now."""
    lines = {each.run_id: standing(line, number, at) for number, each in enumerate(line[1:], 1)}
    lines = {run_id: stands for run_id, stands in lines.items() if run_id}
    changed = await runs.say(connection, lines | ({wake: ""} if wake else {}))
    calls: Calls = dict.fromkeys(changed)
    if wake:
        calls[wake] = await runs.wake(connection, wake, at)
    for run_id in sorted(each for each, has_thread in changed.items() if has_thread):
        statement, values = outbox.card(connection.dialect.name, run_id, at)
        await connection.execute(statement, values)
    return calls


async def stop_holder(
    connection: AsyncConnection, held: LockRecord, by: str, at: datetime
) -> tuple[bool, Calls]:
    """Call off the run that holds a lock, with those that it started; say whether it has ended.

    A run that is being played is told to stop, and keeps its lock until it has.
    """
    holder = await runs.get(connection, held.run_id)
    if holder is None:
        return True, {}
    state: str | None = None
    calls: Calls = {}
    # Those below before those above, as where somebody cancels them.
    for run in (*await control.started_by(connection, holder.id), holder):
        line = endings.cancelled(by, await journal.timeline(connection, run.id)).line
        state = await control.cancel(connection, run.id, by, line, at)
        calls[run.id] = None
        if state and run.has_thread:
            statement, values = outbox.card(connection.dialect.name, run.id, at)
            await connection.execute(statement, values)
    if state == "cancelled":
        calls |= called(await waits.hear(connection, (end_of(holder.id),), at))
    return state != "running", calls


def called(wakes: Sequence[Wake]) -> Calls:
    """Return the runs of these wake-ups."""
    return {wake.run_id: wake for wake in wakes}


async def call(queue: Signals, calls: Mapping[str, Wake | None]) -> None:
    """Wake whom the transaction has named, and tell of the news; what gets lost is swept up."""
    for run_id, wake in calls.items():
        if wake:
            await queue.wake(wake)
        queue.changed(run_id)


async def tell(
    connection: AsyncConnection,
    why: str,
    name: str,
    to: Mapping[str, str],
    at: datetime,
    report: Report,
) -> None:
    """Have one person told something about a lock, once; a terminal shows what it was asked."""
    if to["platform"] == TERMINAL:
        return
    about = f"{why}\n{name}\n{to['platform']}:{to['id']}\n{at.isoformat()}"
    key = f"lock:{hashlib.sha256(about.encode()).hexdigest()[:KEY]}"
    await notices.add(connection, key, to, report, at, manner=Manner(urgent=why in ASKED_FOR))


def standing(line: Sequence[LockRecord], number: int, now: datetime, zone: str = "") -> str:
    """Say where somebody is in a line whose holder has the number 0, by the clocks of a zone."""
    nth = "Next" if number == 1 else ordinal(number)
    return f"{nth} in the line for {line[0].name}, which {holding(line[0], now, zone=zone)}"


def place(line: Sequence[LockRecord], run_id: str, now: datetime, zone: str = "") -> str:
    """Say how a run stands with the lock of this line; nothing where it wants none."""
    for number, each in enumerate(line):
        if each.run_id == run_id:
            held = f"It holds {each.name}"
            until = f" until {said(each.until, now, zone)}" if each.until else ""
            return f"{held}{until}" if each.held_at else standing(line, number, now, zone)
    return ""


def holding(held: LockRecord, now: datetime, what: str = "", zone: str = "") -> str:
    """Say who holds a lock, since when and why, such as `Ada has held it since 10:04 UTC: …`."""
    who = f"{held.by['name']}'s run" if held.run_id else held.by["name"]
    since = f" since {said(held.held_at, now, zone)}" if held.held_at else ""
    keeps = "keeps it" if what else "keeps"
    until = f" and {keeps} until {said(held.until, now, zone)}" if held.until else ""
    why = f": {held.reason}" if held.reason else ""
    return f"{who} has held{what and f' {what}'}{since}{until}{why}"


def ordinal(number: int) -> str:
    """Return `1st`, `2nd`, `3rd`, `4th`, `11th`."""
    teens = 10 < number % 100 < 20  # noqa: PLR2004 - as people count
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _yours(name: str) -> Report:
    how = (text("When you are done: ", Code(f"/flow unlock {name}")),)
    return Report("", f"You hold {name} now: it was your turn.", "good", how)


def _free(name: str) -> Report:
    asked = (text("You asked to be told once; this was it."),)
    return Report("", f"{name} is free.", "good", asked)
