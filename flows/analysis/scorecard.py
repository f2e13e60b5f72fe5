"""What a report on a project's health says: the weakest area first, and what to run next; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.analysis.figures import Series
from flows.analysis.signals import AREAS, Area, Evidence, Signal, score_of, signals_of
from flows.analysis.windows import Span
from flows.analysis.words import counted
from flows.report import Block, Facts, Line, Report, Tone, bullets, table

WINDOWS = 4
WEAK, GOOD = 4.0, 7.0
MOST = 10
NEXT: Mapping[Area, str] = {
    "delivery": "dora {repo}",
    "quality": "components {repo}",
    "security": "init {repo} --dry-run",
    "planning": "milestones {repo}",
    "people": "components {repo}",
}


@dataclass(frozen=True, slots=True)
class Health:
    """An area: its score now, its signals, and what it came to in each of four windows."""

    area: Area
    score: float | None
    signals: tuple[Signal, ...]
    trend: tuple[float | None, ...]

    @property
    def weakest(self) -> Signal:
        measured = [each for each in self.signals if each.score is not None]
        return min(measured or self.signals, key=lambda each: each.score or 0.0)


def spans_of(span: Span, count: int = WINDOWS) -> list[Span]:
    """Return the windows that end with this one, the oldest first."""
    found = [span]
    for _ in range(count - 1):
        found.insert(0, found[0].earlier())
    return found


def healths_of(found: Evidence, span: Span) -> list[Health]:
    """Return every area, the weakest first and what is not measured last."""
    now = signals_of(found, span)
    past = [signals_of(found, each) for each in spans_of(span)]
    lasting = [[each for each in signals if each.lasting] for signals in past]
    healths = [
        Health(
            area,
            score_of(now, area),
            tuple(each for each in now if each.area == area),
            tuple(score_of(signals, area) for signals in lasting),
        )
        for area in AREAS
    ]
    return sorted(healths, key=lambda each: (each.score is None, each.score))


def scorecard(
    repo: str,
    found: Evidence,
    healths: Sequence[Health],
    span: Span,
    before: Mapping[str, Any] | None,
    *more: Block,
) -> Report:
    """Return the report: the two weakest areas are the verdict, never a mean."""
    measured = [each for each in healths if each.score is not None]
    data: dict[str, Any] = {each.area: each.score for each in healths}
    title = f"Health of {repo}"
    if not any(each.lasting and each.score is not None for h in healths for each in h.signals):
        said = "There is too little activity to judge. Take a longer window, such as window=90d."
        first = (f"init {repo} --dry-run",)
        seen = (_signals(measured), bullets(_unmeasured(healths), "Not measured"))
        return Report(title, said, "neutral", seen, data, first)
    worst = measured[0].score or 0.0
    tone: Tone = "bad" if worst < WEAK else "warn" if worst < GOOD else "good"
    weak = [
        signal
        for each in measured
        for signal in sorted(each.signals, key=lambda one: one.score or 0.0)
        if signal.score is not None and signal.score < GOOD
    ]
    todo = [(f"{each.name}: {each.figure}. ", f"The team: {each.remedy}") for each in weak[:MOST]]
    blocks: list[Block] = [_numbers(found, span), _areas(healths, before)]
    blocks += [bullets(todo, "What to do")] if todo else []
    commands = dict.fromkeys(NEXT[each.area].format(repo=repo) for each in measured[:3])
    return Report(
        title,
        verdict(measured),
        tone,
        (
            *blocks,
            _signals(measured),
            *more,
            bullets([*_unmeasured(healths), *how(span)], "How it is measured, and what is not"),
        ),
        data,
        tuple(commands),
    )


def verdict(measured: Sequence[Health]) -> str:
    """Return the two weakest areas with their scores and why."""
    parts = [
        f"{each.area} {each.score:.1f} of 10 "
        f"({each.weakest.name[:1].lower()}{each.weakest.name[1:]}: {each.weakest.figure})"
        for each in measured[:2]
    ]
    return f"Weakest: {', then '.join(parts)}."


def series(healths: Sequence[Health], span: Span) -> list[Series]:
    """Return a line for each area, a point for the end of each window."""
    ends = [each.end for each in spans_of(span)]
    return [
        Series(each.area.capitalize(), tuple(zip(ends, each.trend, strict=True)))
        for each in healths
        if sum(score is not None for score in each.trend) > 1
    ]


def said_series(healths: Sequence[Health]) -> str:
    """Return the trend in words."""
    parts = [f"{each.area} {_trend(each)}" for each in healths]
    return f"Over {WINDOWS} windows: {'; '.join(parts)}."


def how(span: Span) -> list[str]:
    """Return how the scores come about."""
    return [
        "An area is as good as its weakest signal; nothing is averaged.",
        f"Window: {span}. The trend covers {WINDOWS} such windows.",
        "Protection, alerts and milestones are told of today alone, so the trend leaves them out.",
        "Teams and repositories are measured, nobody by name. Robots are left out.",
    ]


def _numbers(found: Evidence, span: Span) -> Facts:
    before = span.earlier()

    def both(name: str, moments: Sequence[Any], noun: str) -> tuple[str, Line]:
        now, then = (sum(at in each for at in moments if at) for each in (span, before))
        return name, (f"{counted(now, noun)}, before {then}",)

    merged = [each.merged_at for each in found.pulls if not each.is_bot]
    rows = (
        both("Merged", merged, "pull request"),
        both("Closed", [each.closed_at for each in found.tickets], "issue"),
        both("Released", [each.published_at for each in found.releases], "release"),
    )
    return Facts(rows, "Numbers")


def _areas(healths: Sequence[Health], before: Mapping[str, Any] | None) -> Block:
    rows = []
    for each in healths:
        old = (before or {}).get(each.area)
        change = "–" if each.score is None or old is None else f"{each.score - old:+.1f}"
        score = "–" if each.score is None else f"{each.score:.1f}"
        rows.append((each.area.capitalize(), score, change, _trend(each), each.weakest.name))
    head = ["Area", "Score", "Since the last report", f"Last {WINDOWS} windows", "Weakest signal"]
    return table(head, rows, "Areas")


def _signals(measured: Sequence[Health]) -> Block:
    rows = [
        (each.name, each.figure, f"{each.score:.1f}", each.formula)
        for health in measured
        for each in health.signals
        if each.score is not None
    ]
    return table(["Signal", "Figure", "Score", "Formula"], rows, "Signals")


def _unmeasured(healths: Sequence[Health]) -> list[str]:
    return [
        f"{each.name} is not measured, because {each.missing}."
        for health in healths
        for each in health.signals
        if each.missing
    ]


def _trend(each: Health) -> str:
    return " → ".join("–" if score is None else f"{score:.1f}" for score in each.trend)
