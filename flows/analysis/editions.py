"""Editions of a digest: what an audience reads of a stretch of time, by rule alone; and where."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias

import msgspec

from flows.analysis.measures import durations
from flows.analysis.versions import label_words, level_of, title_of
from flows.analysis.windows import Span
from flows.analysis.words import counted
from flows.engine.errors import FlowError
from flows.engine.talk import Place, place_from
from flows.engine.tools import ProjectSettings
from flows.report import Block, Bullets, Code, Facts, Inline, Line, Link, Report, bullets, text
from integrations.github import Milestone, Pull, Release
from integrations.trackers import Ticket, TrackerReader

Audience: TypeAlias = Literal["executive", "customer", "engineering"]
STALE = timedelta(days=14)
SOON = timedelta(days=14)
BLOCKED = frozenset({"blocked", "blocker", "urgent", "critical"})
MOST = {"executive": 5, "customer": 10, "engineering": 15}


class Work(msgspec.Struct, frozen=True):
    """The issues of a tracker, as far as a digest speaks of them; counts are of all."""

    open: int
    done: int
    done_before: int
    started: tuple[Ticket, ...] = ()
    risky: tuple[Ticket, ...] = ()
    due: tuple[Ticket, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """All that was read for an edition: of this stretch, and of the one before."""

    span: Span
    merged: Sequence[Pull]
    releases: Sequence[Release]
    open_pulls: Sequence[Pull]
    milestones: Sequence[Milestone]
    work: Work

    def pulls(self, span: Span) -> list[Pull]:
        """Return what was merged in a stretch, by people; a robot's upkeep is no news."""
        return [
            p for p in self.merged if p.merged_at and p.merged_at in span and not p.author_is_bot
        ]

    def out(self, span: Span) -> list[Release]:
        """Return what was released in a stretch."""
        return [r for r in self.releases if r.published_at and r.published_at in span]


def place_of(channel: str, here: Place, settings: ProjectSettings) -> Place:
    """Return where an edition is posted: here, or in a channel that the project has.

    Raises FlowError for any other: nobody writes where the project has no business.
    """
    if not channel or channel == f"{here.platform}:{here.channel}":
        return Place(here.platform, here.channel)
    if channel not in settings.channels:
        known = ", ".join(settings.channels) or "none so far"
        raise FlowError(f"{channel} is no channel of {settings.name}; there is {known}.")
    return place_from(channel)


async def work_in(tracker: TrackerReader, span: Span) -> Work:
    """Read the issues that a digest of this stretch speaks of."""
    closed = await tracker.closed_issues(span.earlier().start)
    return work_of(await tracker.open_issues(), closed, span)


def work_of(opened: Iterable[Ticket], closed: Sequence[Ticket], span: Span) -> Work:
    """Return what a digest needs of the issues, without their texts."""
    today, bare = span.end.date(), [msgspec.structs.replace(each, body="") for each in opened]
    done = [each for each in closed if each.kind == "done" and each.closed_at]
    due = sorted((each for each in bare if each.due_on), key=lambda each: each.due_on or today)
    return Work(
        open=len(bare),
        done=sum(each.closed_at in span for each in done if each.closed_at),
        done_before=sum(each.closed_at in span.earlier() for each in done if each.closed_at),
        started=tuple(each for each in bare if each.kind == "started" or each.people)[:20],
        risky=tuple(each for each in bare if _why_risky(each, today))[:20],
        due=tuple(each for each in due if each.due_on and today <= each.due_on)[:20],
    )


def edition(repo: str, found: Material, audience: Audience) -> Report:
    """Return what an audience reads; sections without a line are left out."""
    pulls, span = found.pulls(found.span), found.span
    new, fixed = [p for p in pulls if _is_feature(p)], [p for p in pulls if _is_fix(p)]
    other = [p for p in pulls if p not in new and p not in fixed]
    risks, most = _risks(found), MOST[audience]
    began = f"{span.start:%d %b}" if span.start.year == span.end.year else f"{span.start:%d %b %Y}"
    title = f"{repo}, {began} – {span.end:%d %b %Y}"
    out = counted(len(found.out(span)), "release")
    shipped = f"{counted(len(pulls), 'change')} merged, {out}"
    sections: list[Block]
    if audience == "customer":
        sections = [
            _section("New", map(_plainly, new), most),
            _section("Fixed", map(_plainly, fixed), most),
            _section("Coming", _coming(found), most),
        ]
        news = f"{counted(len(new), 'new thing')} and {counted(len(fixed), 'fix', 'fixes')}; {out}."
        return Report(title, news, "good", _kept(sections), _figures(found))
    if audience == "executive":
        rest = [("and ", counted(len(other), "smaller change"))] if other else []
        sections = [
            _section("Shipped", [*map(_plainly, [*new, *fixed][:most]), *rest], most + 1),
            _section("At risk", risks, most),
            _numbers(found),
            _section("Next", _coming(found), most),
        ]
    else:
        sections = [
            _section("Released", map(_dated, found.out(span)), most),
            _section("Shipped", map(_by_author, [*new, *fixed, *other]), most),
            _section("In progress", _going_on(found), most),
            _section("At risk", risks, most),
            _numbers(found),
            _section("Next", _coming(found), most),
        ]
    danger = f"{counted(len(risks), 'thing')} at risk" if risks else "nothing at risk"
    return Report(
        title,
        f"{shipped}; {danger}.",
        "warn" if risks else "good",
        _kept(sections),
        _figures(found),
    )


def is_news(found: Material) -> bool:
    """Say whether there is anything to tell: something shipped, done, or at risk."""
    return bool(
        found.pulls(found.span) or found.out(found.span) or found.work.done or _risks(found)
    )


def numbered(report: Report) -> Report:
    """Return a draft whose lines have numbers, so that somebody can name those to leave out."""
    return _each_line(report, lambda number, line: (Code(f"{number}"), " ", *line))


def edited(report: Report, summary: str, note: str, without: Collection[int]) -> Report:
    """Return a draft with other words at its head and end, and without some of its lines.

    Lines can go, and a note can be added; what was read from GitHub cannot be reworded.
    """
    kept = _each_line(report, lambda number, line: None if number in without else line)
    added = (text(note),) if note else ()
    return msgspec.structs.replace(
        kept, summary=summary or report.summary, blocks=(*kept.blocks, *added)
    )


def _each_line(report: Report, change: Callable[[int, Line], Line | None]) -> Report:
    number, blocks = 0, list[Block]()
    for block in report.blocks:
        if not isinstance(block, Bullets):
            blocks.append(block)
            continue
        items = []
        for item in block.items:
            number += 1
            if (line := change(number, item)) is not None:
                items.append(line)
        blocks += [bullets(items, block.title)] if items else []
    return msgspec.structs.replace(report, blocks=tuple(blocks))


def _section(title: str, lines: Iterable[Line], most: int) -> Bullets:
    every = list(lines)
    more: list[Line] = [(f"… {len(every) - most} more",)] if len(every) > most else []
    return bullets([*every[:most], *more], title)


def _kept(sections: Iterable[Block]) -> tuple[Block, ...]:
    return tuple(each for each in sections if not isinstance(each, Bullets) or each.items)


def _plainly(pull: Pull) -> Line:
    words = title_of(pull.title).text
    return (f"{words[:1].upper()}{words[1:]} ", Link(f"#{pull.number}", pull.url))


def _by_author(pull: Pull) -> Line:
    return (Link(f"#{pull.number} {pull.title}", pull.url), f", {pull.author}")


def _dated(release: Release) -> Line:
    return (Link(release.tag, release.url), f", {release.published_at or release.created_at:%d %b}")


def _is_feature(pull: Pull) -> bool:
    return level_of(pull) != "patch"


def _is_fix(pull: Pull) -> bool:
    words = {label_words(label) for label in pull.labels}
    kind = title_of(pull.title).kind
    return not _is_feature(pull) and (kind in {"fix", "hotfix", "bugfix"} or "bug" in words)


def _named(ticket: Ticket) -> list[Inline]:
    who = f", {', '.join(ticket.people)}" if ticket.people else ", nobody has it"
    return [Link(f"{ticket.key} {ticket.title}", ticket.url), who]


def _going_on(found: Material) -> list[Line]:
    lines: list[Line] = [tuple(_named(each)) for each in found.work.started]
    lines += [_by_author(each) for each in found.open_pulls if not each.draft]
    return lines


def _why_risky(ticket: Ticket, today: date) -> str:
    if ticket.due_on and ticket.due_on < today:
        return f"overdue for {counted((today - ticket.due_on).days, 'day')}"
    marks = [label for label in ticket.labels if label_words(label) in BLOCKED]
    return f"marked {marks[0]}" if marks else ""


def _risks(found: Material) -> list[Line]:
    """Return what is at risk: what it is, since when, and who could move it."""
    end = found.span.end
    lines: list[Line] = []
    for each in found.milestones:
        if each.due_on and each.open_issues and each.due_on < end + SOON / 2:
            left = counted(each.open_issues, "open issue")
            when = f", {left}, due {each.due_on:%d %b}"
            lines.append((Link(f"Milestone {each.title}", each.url), when))
    lines += [(*_named(each), f": {_why_risky(each, end.date())}") for each in found.work.risky]
    for pull in found.open_pulls:
        if not pull.draft and end - pull.created_at > STALE:
            lines.append((*_by_author(pull), f": open for {(end - pull.created_at).days} days"))
    return lines


def _coming(found: Material) -> list[Line]:
    due = [each for each in found.milestones if each.due_on and each.due_on >= found.span.end]
    due.sort(key=lambda each: each.due_on or found.span.end)
    lines: list[Line] = [
        (Link(f"Milestone {each.title}", each.url), f", {each.due_on:%d %b}") for each in due
    ]
    lines += [
        (Link(f"{each.key} {each.title}", each.url), f", {each.due_on:%d %b}")
        for each in found.work.due
    ]
    return lines


def _numbers(found: Material) -> Facts:
    """Return the numbers of this stretch with those of the one before, and which they are."""
    span, before = found.span, found.span.earlier()
    now, then = found.pulls(span), found.pulls(before)
    rows: tuple[tuple[str, Line], ...] = (
        ("Changes merged", (f"{len(now)}, before {len(then)}",)),
        ("Issues done", (f"{found.work.done}, before {found.work.done_before}",)),
        ("From opening to merge", (f"{_cycle(now)}; before {_cycle(then)}",)),
        ("Window", (f"{span}, compared with {before.label}",)),
    )
    robots = sum(
        each.author_is_bot for each in found.merged if each.merged_at and each.merged_at in span
    )
    if robots:
        rows += (("Left out", (f"{counted(robots, 'pull request')} of robots",)),)
    return Facts(rows, "Numbers")


def _cycle(pulls: Sequence[Pull]) -> str:
    # Where a squash left one moment for all, the opening is not known.
    ends = [(each.merged_at, each.created_at) for each in pulls if each.merged_at]
    spans = [merged - opened for merged, opened in ends if merged != opened]
    missing = "no opening is known" if ends else "nothing was merged"
    return str(durations("cycle", spans, missing=missing))


def _figures(found: Material) -> dict[str, Any]:
    pulls, out = found.pulls(found.span), found.out(found.span)
    return {"merged": len(pulls), "releases": len(out), "done": found.work.done}
