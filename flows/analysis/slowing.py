"""What times say as a report: the verdict, three numbers, changes for good, and the weeks."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from statistics import median
from typing import Any

import msgspec

from flows.analysis import figures
from flows.analysis.endpoints import Look, latencies
from flows.analysis.intervals import said_share
from flows.analysis.timings import DEFINITION, Series, Shift, Timed, percentiles, shift_of, weekly
from flows.analysis.windows import Span
from flows.analysis.words import counted
from flows.report import Attachment, Block, Inline, Line, Link, Person, bullets, facts, table, text

MOST = 10
LISTED = 1_000
LINES = 6
SAME = 0.02


@dataclass(frozen=True, slots=True)
class Slowing:
    """All times of a repository: of its workflows, their queues, and its endpoints."""

    repo: str
    span: Span
    timed: Timed
    looks: Mapping[str, Sequence[Look]]
    threshold: float
    runs: int

    @property
    def shifts(self) -> list[Shift]:
        """Return every change for good, the slower ones first, the largest of them first."""
        every = [*self.timed.durations, *self.waits, *latencies(self.looks)]
        found = [shift for each in every if (shift := shift_of(each, self.threshold))]
        return sorted(found, key=lambda each: (not each.slower, -abs(each.share)))

    @property
    def waits(self) -> list[Series]:
        """Return the queue times under names that tell them from durations."""
        return [Series(f"queue of {each.name}", each.samples) for each in self.timed.queues]

    @property
    def is_empty(self) -> bool:
        return not self.timed.durations and not self.looks


def verdict(found: Slowing) -> str:
    """Return the whole in one sentence."""
    slower = [each for each in found.shifts if each.slower]
    faster = len(found.shifts) - len(slower)
    down = [url for url, looks in found.looks.items() if looks and not looks[-1].ok]
    parts = [f"{down[0]} is down"] if down else []
    if slower:
        first = slower[0]
        parts.append(
            f"{first.series.name} is {first.share:.0%} slower since {first.first.at:%Y-%m-%d}"
        )
    if faster:
        parts.append(f"{counted(faster, 'thing')} became faster")
    return f"{'; '.join(parts)}." if parts else "Nothing became slower for good."


def numbers(found: Slowing, before: Mapping[str, Any]) -> Block:
    """Return the three figures, each with its n and what it was the last time."""
    lasting = [value for each in found.timed.durations for value in each.values]
    waiting = [value for each in found.timed.queues for value in each.values]
    looks = [each for seen in found.looks.values() for each in seen]
    ups = sum(each.ok for each in looks)
    nothing = "not measured, because no endpoint is set: /flow project endpoints REPO add URL"
    return facts(
        duration_of_a_run=_figure(lasting, before.get("duration")),
        time_in_the_queue=_figure(waiting, before.get("queue")),
        availability=said_share(ups, len(looks)) if looks else nothing,
        window=f"{found.span}",
    )


def findings(found: Slowing) -> Block:
    """Return what changed for good: from when, by whom, and what to do."""
    lines = [_finding(each) for each in found.shifts]
    if not lines:
        return text(f"No median moved by more than {found.threshold:.0%} for good (p < 0.05).")
    more: list[Line] = [(f"… {len(lines) - MOST} more",)] if len(lines) > MOST else []
    return bullets([*lines[:MOST], *more], f"Changed for good ({len(lines)})")


def workflows(found: Slowing, before: Mapping[str, Any]) -> list[Block]:
    """Return one row for each workflow, and for each endpoint."""
    was = before.get("workflows", {})
    queues = {each.name: each.values for each in found.timed.queues}
    rows = [
        (
            each.name,
            f"{len(each.values)}",
            *_pair(each.values),
            *_pair(queues[each.name]),
            _change(median(each.values), was.get(each.name)),
        )
        for each in found.timed.durations[:MOST]
    ]
    head = ["Workflow", "Runs", "p50", "p95", "Queue p50", "p95", "p50 before"]
    blocks: list[Block] = [table(head, rows, "Workflows")] if rows else []
    ends = [
        (url, f"{len(looks)}", f"{sum(each.ok for each in looks) / len(looks):.1%}",
         *_pair([each.ms / 1000 for each in looks if each.ms is not None]))
        for url, looks in found.looks.items()
    ]  # fmt: skip
    head = ["Endpoint", "Looks", "Available", "p50", "p95"]
    return [*blocks, *([table(head, ends, "Endpoints")] if ends else [])]


def not_measured(found: Slowing) -> Block:
    """Return what these figures do not know, and by which definition they are made."""
    timed = found.timed
    lines = [
        f"{counted(count, 'run')}: {why}"
        for count, why in (
            (timed.failed, "failed, and so ended early"),
            (timed.repeated, "repeated, and only the last attempt is known"),
            (timed.untimed, "no times of jobs are known"),
        )
        if count
    ]
    if found.runs >= LISTED:
        lines.append(f"runs before the newest {LISTED:,}: GitHub lists no more")
    short = [each.name for each in timed.durations if percentiles(each.values) is None]
    if short:
        lines.append(f"percentiles of {', '.join(short[:5])}: fewer than five runs")
    lines.append(f"How: {DEFINITION}; successful first attempts")
    return bullets(lines, "Not measured, and how")


def lines_of(found: Slowing) -> list[figures.Series]:
    """Return the weekly medians as lines, in minutes; workflows with two weeks at least."""
    lines = []
    for each in found.timed.durations:
        points = tuple(
            (start, median(values) / 60 if values else None)
            for start, values in weekly(each, found.span)
        )
        if sum(value is not None for _, value in points) > 1:
            lines.append(figures.Series(each.name, points))
    return lines[:LINES]


def said_lines(lines: Sequence[figures.Series]) -> str:
    """Return the picture in words: each line's first and last week."""
    told = []
    for line in lines:
        known = [value for _, value in line.points if value is not None]
        told.append(f"{line.name} from {known[0]:.1f} to {known[-1]:.1f} min")
    return f"Weekly medians: {'; '.join(told)}."


def weeks(found: Slowing) -> Attachment:
    """Return every week of every workflow, as CSV."""
    out = StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["workflow", "what", "week", "runs", "p50 seconds", "p95 seconds"])
    kinds = (("duration", found.timed.durations), ("queue", found.timed.queues))
    for what, every in kinds:
        for each in every:
            for start, values in weekly(each, found.span):
                both = percentiles(values)
                cells = [f"{value:.1f}" for value in both] if both else ["", ""]
                name = f"'{each.name}" if each.name[:1] in "=+-@" else each.name
                sheet.writerow([name, what, f"{start:%Y-%m-%d}", len(values), *cells])
    name = f"perf-{found.repo.replace('/', '-')}.csv"
    return Attachment(name, "text/csv", out.getvalue().encode())


def figures_of(found: Slowing) -> dict[str, Any]:
    """Return what the next report is compared with, and the looks that are remembered."""
    lasting = [value for each in found.timed.durations for value in each.values]
    waiting = [value for each in found.timed.queues for value in each.values]
    kept: dict[str, Any] = msgspec.to_builtins(dict(found.looks))
    return {
        "duration": median(lasting) if lasting else None,
        "queue": median(waiting) if waiting else None,
        "workflows": {each.name: median(each.values) for each in found.timed.durations},
        "endpoints": kept,
    }


def said_time(seconds: float) -> str:
    """Return a time as people say it: `120 ms`, `12 s`, `3.4 min`, `2.1 h`."""
    if seconds and seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100:  # noqa: PLR2004 - below that, minutes would hide the difference
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


def _finding(shift: Shift) -> Line:
    first = shift.first
    n = len(shift.series.samples)
    word = "slower" if shift.slower else "faster"
    said = f"{said_time(shift.before)} → {said_time(shift.after)}"
    start: list[Inline] = [f"{shift.series.name} is {abs(shift.share):.0%} {word}: median {said} "]
    start += [f"(n = {n}, p = {shift.p:.2g}), since ", _day(first.url, f"{first.at:%d %b %H:%M}")]
    if not shift.slower:
        return tuple(start)
    if first.sha:
        start += [f" at {first.sha[:7]}. Owner: ", Person(first.actor) if first.actor else "nobody"]
        return (*start, ". To do: look at what that run does more than the one before")
    return (*start, ". To do: look at what was deployed then")


def _day(url: str, said: str) -> Inline:
    return Link(said, url) if url else said


def _figure(values: Sequence[float], before: float | None) -> str:
    if not values:
        return "not measured, because no run succeeded at once in the window"
    both = percentiles(values)
    if both is None:
        said = ", ".join(map(said_time, sorted(values)))
    else:
        said = f"p50 {said_time(both[0])}, p95 {said_time(both[1])}"
    change = "" if before is None else f", {_change(median(values), before)}"
    return f"{said} (n = {len(values)}){change}"


def _pair(values: Sequence[float]) -> tuple[str, str]:
    both = percentiles(values)
    return (said_time(both[0]), said_time(both[1])) if both else ("–", "–")


def _change(now: float, before: float | None) -> str:
    if before is None:
        return "–"
    if abs(now - before) <= SAME * max(now, before):
        return "same"
    return f"{'↑' if now > before else '↓'} from {said_time(before)}"
