"""How goals stand: progress, scope, pace and the day they are done; pure.

Health follows from the forecast: on track where the 85 % day is not after the day it is due, at
risk where the 50 % day still is not, off track otherwise.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec

from flows.analysis.forecasts import BackTest, Forecast, back_test, forecast, weekly
from flows.analysis.versions import label_words
from integrations.meter import in_thread
from integrations.trackers import Goal, Ticket

Health: TypeAlias = Literal["done", "off track", "at risk", "on track", "unknown"]
BLOCKED = frozenset({"blocked", "blocker", "on hold", "waiting"})
SETTLED = timedelta(days=7)  # what comes to a goal in its first week was meant from the start
QUIET = 10  # working days
WORST_FIRST: tuple[Health, ...] = ("off track", "at risk", "unknown", "on track", "done")


class Standing(msgspec.Struct, frozen=True):
    """A goal and all that is computed about it; `idle` counts working days without a change."""

    goal: Goal
    done: int
    scope: int
    grown: int
    dropped: int
    idle: int
    health: Health
    forecast: Forecast
    back_test: BackTest

    @property
    def left(self) -> int:
        return self.scope - self.done


async def standings_of(goals: Sequence[Goal], seed: str, now: datetime) -> list[Standing]:
    """Return how each goal stands, the worst first; the draws hold up nobody else."""
    return await in_thread(lambda: sorted((standing(g, seed, now) for g in goals), key=_worst))


def standing(goal: Goal, seed: str, now: datetime) -> Standing:
    """Return how a goal stands at an instant."""
    kept = [each for each in goal.tickets if each.kind != "canceled"]
    done = [each.closed_at for each in kept if each.kind == "done" and each.closed_at]
    began = _began(goal, now)
    weeks = weekly(done, began, now)
    ahead = forecast(len(kept) - len(done), weeks, now.date(), f"{seed} {goal.source} {goal.id}")
    touched = max([each.updated_at for each in goal.tickets], default=began)
    return Standing(
        goal=goal,
        done=len(done),
        scope=len(kept),
        grown=sum(came(goal, each) - began > SETTLED for each in kept),
        dropped=len(goal.tickets) - len(kept) + len(goal.left or ()),
        idle=working_days(touched.date(), now.date()),
        health=_health(goal, ahead, len(kept) - len(done), len(kept), now.date()),
        forecast=ahead,
        back_test=back_test(weeks),
    )


def came(goal: Goal, ticket: Ticket) -> datetime:
    """Return when an issue came to a goal, as far as that is known."""
    return goal.added.get(ticket.key, ticket.created_at)


def burn_up(goal: Goal, now: datetime, most: int = 12) -> list[tuple[datetime, int, int]]:
    """Return, for the end of each week, how much the scope was and how much of it was done."""
    weeks = min(most, (now - _began(goal, now)) // timedelta(weeks=1))
    moments = [now - timedelta(weeks=back) for back in range(weeks, -1, -1)]
    return [(at, _scope(goal, at), _done(goal, at)) for at in moments]


def working_days(start: date, end: date) -> int:
    """Return how many days from Monday to Friday lie after `start`, up to `end`."""
    whole, rest = divmod(max(0, (end - start).days), 7)
    return 5 * whole + sum((start.weekday() + day) % 7 < 5 for day in range(1, rest + 1))  # noqa: PLR2004 - Friday


def blocked(ticket: Ticket) -> bool:
    """Say whether the labels of an issue say that it cannot go on."""
    return any(label_words(name) in BLOCKED for name in ticket.labels)


def kept_for_next(found: Iterable[Standing]) -> dict[str, Any]:
    """Return what the next report is compared with."""
    return {
        f"{each.goal.source}: {each.goal.id}": {
            "done": each.done,
            "scope": each.scope,
            "health": each.health,
            "keys": sorted(ticket.key for ticket in each.goal.tickets),
        }
        for each in found
    }


def changes_since(found: Sequence[Standing], before: Mapping[str, Any]) -> list[str]:
    """Return what differs from the last report, a sentence for each goal that changed."""
    said = []
    for each in found:
        old = before.get(f"{each.goal.source}: {each.goal.id}")
        if not isinstance(old, dict):
            said.append(f"{each.goal.name} is new.")
            continue
        keys, known = {t.key for t in each.goal.tickets}, set(old.get("keys", ()))
        parts = [
            f"{each.done - old['done']:+d} done" if each.done != old["done"] else "",
            f"+{len(keys - known)} issues" if keys - known else "",
            f"-{len(known - keys)} issues" if known - keys else "",
            f"{old['health']} → {each.health}" if each.health != old["health"] else "",
        ]
        told = ", ".join(part for part in parts if part)
        said += [f"{each.goal.name}: {told}."] if told else []
    return said


def _began(goal: Goal, now: datetime) -> datetime:
    """Return when work on a goal could begin: when its first issue came."""
    return min((came(goal, each) for each in goal.tickets), default=goal.created_at or now)


def _scope(goal: Goal, at: datetime) -> int:
    return sum(
        came(goal, each) <= at
        and not (each.kind == "canceled" and each.closed_at is not None and each.closed_at <= at)
        for each in goal.tickets
    )


def _done(goal: Goal, at: datetime) -> int:
    return sum(
        each.kind == "done" and each.closed_at is not None and each.closed_at <= at
        for each in goal.tickets
    )


def _health(goal: Goal, ahead: Forecast, left: int, scope: int, today: date) -> Health:
    if scope and not left:
        return "done"
    if goal.due_on is None or not scope:
        return "unknown"
    if goal.due_on < today:
        return "off track"
    if ahead.missing:
        return "unknown"
    if ahead.p85 is not None and ahead.p85 <= goal.due_on:
        return "on track"
    return "at risk" if ahead.p50 is not None and ahead.p50 <= goal.due_on else "off track"


def _worst(each: Standing) -> tuple[int, date, str]:
    return (WORST_FIRST.index(each.health), each.goal.due_on or date.max, each.goal.name)
