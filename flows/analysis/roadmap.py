"""What a report on milestones says: the verdict, the numbers, who should do what; pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from statistics import median
from typing import Any

from flows.analysis.figures import Series
from flows.analysis.milestones import (
    QUIET,
    Standing,
    blocked,
    burn_up,
    changes_since,
)
from flows.analysis.words import counted
from flows.report import Block, Facts, Inline, Line, Link, Report, Tone, bullets, table
from integrations.trackers import Goal

MOST = 10
NAMED = 5
TONES: Mapping[str, Tone] = {"off track": "bad", "at risk": "warn", "unknown": "warn"}


def road(
    repo: str,
    found: Sequence[Standing],
    before: Mapping[str, Any] | None,
    changed: Block | None,
    *more: Block,
) -> Report:
    """Return the report: what was changed, the worst goal first, and what to do about it."""
    title = f"Milestones of {repo}"
    if not found:
        said = "There is no open milestone. Make one, and give it a day and issues."
        return Report(title, said, "neutral", (changed,) if changed else ())
    blocks: list[Block] = [changed] if changed else []
    blocks += [numbers(found, before), standings_table(found)]
    if lines := findings(found):
        over = [(f"… {len(lines) - MOST} more",)] if len(lines) > MOST else []
        blocks.append(bullets([*lines[:MOST], *over], "What to do"))
    if before is not None:
        news = changes_since(found, before) or ["Nothing changed."]
        blocks.append(bullets(news[:MOST], "Since the last report"))
    return Report(
        title,
        verdict(found),
        TONES.get(found[0].health, "good"),
        (*blocks, *more, bullets(not_measured(found), "How it is measured, and what is not")),
        next=tuple(_next(repo, found)),
    )


def verdict(found: Sequence[Standing]) -> str:
    """Return how many goals are in which health, and what is wrong with the worst."""
    kinds = ("off track", "at risk", "on track", "done", "unknown")
    counts = [(sum(each.health == kind for each in found), kind) for kind in kinds]
    words = {"unknown": "without a forecast"}
    told = ", ".join(f"{n} {words.get(kind, kind)}" for n, kind in counts if n)
    worst = found[0]
    if worst.health in ("off track", "at risk"):
        due = worst.goal.due_on
        by = worst.forecast.p85
        when = f"85 % say {_day(by)}" if by else "no day can be told"
        left = counted(worst.left, "issue")
        return f"{told}: {worst.goal.name} is due {_day(due)}, {left} left, {when}."
    if worst.health == "unknown" and worst.forecast.missing:
        return f"{told}: {worst.goal.name}, because {worst.forecast.missing}."
    return f"{told}."


def numbers(found: Sequence[Standing], before: Mapping[str, Any] | None) -> Facts:
    """Return three numbers with their n and what they were before."""
    own = [each for each in found if not _is_part(each.goal, found)]
    done, scope = sum(each.done for each in own), sum(each.scope for each in own)
    held = [(before or {}).get(f"{each.goal.source}: {each.goal.id}") for each in own]
    old = [each for each in held if isinstance(each, dict)]
    was = f", before {sum(e['done'] for e in old)} of {sum(e['scope'] for e in old)}" if old else ""
    share = f" ({done / scope:.0%})" if scope else ""
    weeks = [sum(week) for week in _weeks(own)]
    pace = f"{median(weeks):g} a week (median of {len(weeks)} whole weeks)" if weeks else "no week"
    grown, dropped = sum(each.grown for each in own), sum(each.dropped for each in own)
    rows: tuple[tuple[str, Line], ...] = (
        ("Done", (f"{done} of {counted(scope, 'issue')}{share}{was}",)),
        ("Scope since the first week", (f"+{grown} -{dropped}",)),
        ("Pace", (pace,)),
    )
    return Facts(rows, "Numbers")


def standings_table(found: Sequence[Standing]) -> Block:
    """Return a row for each goal: the days by which it is done, and what it is due."""
    rows: list[tuple[Inline, ...]] = [
        (
            Link(each.goal.name, each.goal.url),
            _day(each.goal.due_on),
            f"{each.done}/{each.scope}",
            f"+{each.grown} -{each.dropped}",
            _day(each.forecast.p50),
            _day(each.forecast.p85),
            _day(each.forecast.p95),
            each.health,
        )
        for each in found
    ]
    head = ["Milestone", "Due", "Done", "Scope", "50 %", "85 %", "95 %", "State"]
    return table(head, rows, "Done by, with this probability")


def findings(found: Iterable[Standing]) -> list[Line]:
    """Return what is wrong, each with who could do what about it."""
    # An issue of a milestone is one of its project as well, and is named once.
    return list(dict.fromkeys(line for each in found for line in _findings(each)))


def _findings(each: Standing) -> list[Line]:
    goal, link, left = each.goal, Link(each.goal.name, each.goal.url), counted(each.left, "issue")
    if each.health == "done":
        said = ": everything is done; close it, or plan what comes next."
        return [(link, said)] if goal.has_state else []
    if not each.scope:
        return [(link, ": has no issues; plan it, or close it.")]
    lines: list[Line] = []
    if each.health == "off track":
        lines.append((link, f": move {left} out, or its day ({_day(goal.due_on)})."))
    elif each.health == "at risk":
        lines.append((link, f": decide now which of {left} may come later."))
    elif goal.due_on is None:
        lines.append((link, ": has no day; set one."))
    if each.idle >= QUIET:
        lines.append((link, f": nothing happened for {each.idle} working days; is it meant?"))
    for ticket in filter(blocked, goal.open_tickets):
        who = ", ".join(ticket.people) or "nobody"
        name = Link(f"{ticket.key} {ticket.title}", ticket.url)
        lines.append((name, f", {who}: blocked; find out by whom."))
    nobody = [ticket.key for ticket in goal.open_tickets if not ticket.people]
    if nobody and each.health != "on track":
        more = " and others" if len(nobody) > NAMED else ""
        lines.append((link, f": nobody has {', '.join(nobody[:NAMED])}{more}."))
    return lines


def not_measured(found: Sequence[Standing]) -> list[str]:
    """Return how the forecast is made, how good it was, and what nobody can tell."""
    said = [
        "On track: the 85 % day is not after the day it is due; at risk: the 50 % day is not.",
        "Forecast: 10,000 draws from the weeks behind (at most 12); the run is the seed.",
    ]
    without: dict[str, list[str]] = {}
    for each in found:
        if each.left and each.forecast.missing:
            without.setdefault(each.forecast.missing, []).append(each.goal.name)
        elif each.left:
            weeks = " ".join(map(str, each.forecast.weeks))
            said.append(f"{each.goal.name} did {weeks} a week. Back-test: {each.back_test}.")
    said += [f"No forecast, because {why}: {', '.join(names)}." for why, names in without.items()]
    if any(each.goal.source == "GitHub" for each in found):
        said.append("GitHub does not list what was moved out; the next report compares with this.")
    return said


def lines_of(goal: Goal, now: datetime) -> list[Series]:
    """Return the burn-up of a goal: its scope, and how much of it is done."""
    points = burn_up(goal, now)
    return [
        Series("Scope", tuple((at, float(scope)) for at, scope, _ in points)),
        Series("Done", tuple((at, float(done)) for at, _, done in points)),
    ]


def said_burn_up(goal: Goal, now: datetime) -> str:
    """Return the burn-up in words."""
    (start, scope, done), (_, scope_now, done_now) = burn_up(goal, now)[0], burn_up(goal, now)[-1]
    return (
        f"Since {_day(start.date())} the scope of {goal.name} went from {scope} to {scope_now}, "
        f"and what is done from {done} to {done_now}."
    )


def plan(goal: Goal, repo: str, what: Sequence[str]) -> Report:
    """Return what is shown before a goal is changed."""
    lines: list[Line] = [
        (Link(f"{each.key} {each.title}", each.url), f", {', '.join(each.people) or 'nobody'}")
        for each in goal.open_tickets
    ]
    said = f"{goal.name} of {repo}: {', '.join(what)}."
    return Report(f"Change {goal.name}", said, blocks=(bullets(lines, "Its open issues"),))


def _next(repo: str, found: Iterable[Standing]) -> Iterable[str]:
    for each in found:
        name = f'"{each.goal.name}"' if " " in each.goal.name else each.goal.name
        if '"' in each.goal.name or not each.goal.has_state:
            continue
        if each.health == "done":
            yield f"milestones {repo} milestone={name} close=yes"
        elif each.health == "off track" and each.forecast.p85:
            yield f"milestones {repo} milestone={name} due={each.forecast.p85}"


def _weeks(found: Iterable[Standing]) -> list[list[int]]:
    """Return what all goals did in each of the weeks behind that they all have."""
    every = [each.forecast.weeks for each in found if each.forecast.weeks]
    longest = max((len(each) for each in every), default=0)
    padded = [[0] * (longest - len(each)) + list(each) for each in every]
    return [list(week) for week in zip(*padded, strict=True)]


def _is_part(goal: Goal, found: Iterable[Standing]) -> bool:
    """Say whether a goal is a milestone of a project that is a goal itself."""
    project = goal.id.partition("/")[0]
    return "/" in goal.id and any(each.goal.id == project for each in found)


def _day(day: date | None) -> str:
    return f"{day:%d %b %Y}" if day else "–"
