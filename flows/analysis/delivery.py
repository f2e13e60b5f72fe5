"""What the figures of delivery say as blocks of a report, and how they differ from the last."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Any

from flows.analysis.dora import Dora
from flows.analysis.figures import Series
from flows.analysis.measures import Measure, said_hours
from flows.analysis.sheets import safe
from flows.analysis.shipments import LONGEST_BEFORE, Pull, Shipped
from flows.analysis.stages import begun
from flows.analysis.windows import Span
from flows.analysis.words import counted
from flows.report import (
    Attachment,
    Block,
    Facts,
    Figure,
    Link,
    Report,
    Table,
    bullets,
    facts,
    table,
    text,
)

WORST = ("low", "medium", "high", "elite")
SAME = 0.02  # a smaller relative change is noise to a reader


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a repository delivered in a stretch of time, and what that was computed from.

    `looked` is from when on merges are known.
    """

    repo: str
    span: Span
    shipped: Shipped
    pulls: Sequence[Pull]
    dora: Dora
    looked: datetime

    @property
    def is_empty(self) -> bool:
        return not self.dora.shipped and not self.dora.cycle.n

    @property
    def title(self) -> str:
        return f"DORA metrics of {self.repo}"


def report(found: Delivered, before: Mapping[str, Any] | None, *trend: Figure) -> Report:
    """Return the report: the metrics, where the time goes, what counts, and the rows behind."""
    dora = found.dora
    weak = any(each.level == "low" for each in metrics(dora))
    return Report(
        found.title,
        verdict(dora),
        "warn" if weak else "good",
        (
            _about(found),
            metrics_table(dora, before),
            stages(dora),
            left_out(dora, found.looked, found.span),
            *trend,
            rows_behind(found),
        ),
        data=figures_of(dora),
        next=(f"components {found.repo}",),
    )


def nothing(found: Delivered) -> Report:
    """Return what to do where there was nothing to measure."""
    hint = text(
        f"There are no {found.dora.source} and no merged pull requests between "
        f"{found.dora.window}. Take a longer window, such as window=1y."
    )
    said = "There was nothing to measure."
    return Report(found.title, said, "warn", (_about(found), hint))


def metrics(dora: Dora) -> tuple[Measure, ...]:
    """Return the five metrics in the order of dora.dev."""
    return (dora.frequency, dora.lead, dora.failures, dora.recovery, dora.rework)


def verdict(dora: Dora) -> str:
    """Return the whole in one sentence: what was shipped, and the weakest level."""
    levels = [(WORST.index(each.level), each) for each in metrics(dora) if each.level]
    shipments = counted(dora.shipped, dora.source.removesuffix("s"))
    shipped = f"{shipments} went out on {counted(dora.days, 'day')}"
    if not levels:
        return f"{shipped}; too few for a level."
    level, weakest = min(levels, key=lambda found: found[0])
    return f"{shipped}; the weakest is {weakest.name.lower()} ({WORST[level]})."


def metrics_table(dora: Dora, before: Mapping[str, Any] | None) -> Table:
    """Return one row per metric: the figure with its n, its level, and the change."""
    rows = [
        (each.name, str(each), each.level or "–", _change(each, (before or {}).get(each.name)))
        for each in metrics(dora)
    ]
    return table(["Metric", "Figure", f"Level ({dora.levels_of})", "Before"], rows, "DORA metrics")


def stages(dora: Dora) -> Facts:
    """Return where the time of a pull request goes."""
    rows = tuple((each.name, (str(each),)) for each in (*dora.stages, dora.cycle))
    return Facts(rows, "Pull requests")


def left_out(dora: Dora, looked: datetime, span: Span) -> Block:
    """Return what the figures do not count, and why; what is left out of several is said once.

    `looked` is from when on merges are known.
    """
    which: dict[str, list[str]] = {}
    for each in (*metrics(dora), *dora.stages, dora.cycle):
        for item in each.left_out:
            which.setdefault(f"{item.count:,} {item.why}", []).append(each.name.lower())
    lines = [f"Left out of {', '.join(names)}: {what}" for what, names in which.items()]
    if looked == span.start - LONGEST_BEFORE:
        lines.append(f"Left out of change lead time: what was merged before {looked:%Y-%m-%d}")
    return bullets([f"Failures are {dora.failures_are}", *lines], "What counts")


def series(dora: Dora) -> list[Series]:
    """Return the weekly medians as lines, in hours."""
    lead = tuple((week.start, week.lead_hours) for week in dora.weeks)
    cycle = tuple((week.start, week.cycle_hours) for week in dora.weeks)
    return [Series("Lead time for changes", lead), Series("Pull request cycle", cycle)]


def has_trend(dora: Dora) -> bool:
    """Say whether two weeks or more have something to measure."""
    return sum(week.lead_hours is not None for week in dora.weeks) > 1


def said_trend(dora: Dora) -> str:
    """Return the trend in words: the first and the last week that have a figure."""
    known = [(week.start, week.lead_hours) for week in dora.weeks if week.lead_hours is not None]
    (first, before), (last, after) = known[0], known[-1]
    return (
        f"Lead time went from {said_hours(before)} in the week of {first:%Y-%m-%d} "
        f"to {said_hours(after)} in the week of {last:%Y-%m-%d}."
    )


def figures_of(dora: Dora) -> dict[str, Any]:
    """Return what the next report is compared with."""
    return {each.name: each.middle for each in metrics(dora)}


def rows_behind(found: Delivered) -> Attachment:
    """Return every item that the figures were computed from, as CSV."""
    span, out = found.span, StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["kind", "what", "started", "ended", "result", "url"])
    for each in found.shipped.shipments:
        if each.finished_at in span:
            result = "success" if each.ok else "failure"
            sheet.writerow(
                safe(
                    "shipment",
                    each.label or each.sha[:7],
                    each.started_at,
                    each.finished_at,
                    result,
                    each.url,
                )
            )
    for pull in found.pulls:
        if pull.merged_at and pull.merged_at in span:
            sheet.writerow(
                safe(
                    "pull request",
                    f"#{pull.number} {pull.title}",
                    begun(pull),
                    pull.merged_at,
                    "merged",
                    pull.url,
                )
            )
    name = f"dora-{found.repo.replace('/', '-')}.csv"
    return Attachment(name, "text/csv", out.getvalue().encode())


def _about(found: Delivered) -> Facts:
    return facts(
        window=found.dora.window,
        source=f"{found.dora.said} ({len(found.shipped.shipments)} known)",
        definitions=Link("dora.dev", "https://dora.dev/guides/dora-metrics/"),
    )


def _change(measure: Measure, before: float | None) -> str:
    if before is None or measure.middle is None:
        return "–"
    if abs(measure.middle - before) <= SAME * max(abs(before), abs(measure.middle)):
        return "same"
    arrow = "↑" if measure.middle > before else "↓"
    match measure.unit:
        case "hours":
            return f"{arrow} from {said_hours(before)}"
        case "share":
            return f"{arrow} from {before:.0%}"
        case _:
            return f"{arrow} from {before:.1f}"
