"""Stages: where the time of a merged pull request goes, from the first commit to the merge."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from flows.analysis.measures import LeftOut, Measure, durations
from flows.analysis.shipments import Pull

_Moment: TypeAlias = datetime | None
_Stage: TypeAlias = tuple[str, Callable[[Pull], _Moment], Callable[[Pull], _Moment], str]


def opened(pull: Pull) -> datetime:
    """Return when reviewers could begin: a draft opens when it becomes ready."""
    return pull.ready_at or pull.created_at


def begun(pull: Pull) -> datetime:
    """Return when work began as far as anybody can tell: the first commit, else the opening."""
    return pull.first_commit_at or pull.created_at


_STAGES: tuple[_Stage, ...] = (
    # A squash keeps one moment for all, and that one tells of no work before.
    (
        "Coding",
        lambda p: None if p.first_commit_at == opened(p) else p.first_commit_at,
        opened,
        "tell no first commit",
    ),
    # Who reviewed a draft kept nobody waiting.
    (
        "Pickup",
        opened,
        lambda p: p.first_review_at and max(p.first_review_at, opened(p)),
        "were never reviewed",
    ),
    ("Review", lambda p: p.first_review_at, lambda p: p.approved_at, "were never approved"),
    ("Merge", lambda p: p.approved_at, lambda p: p.merged_at, "were never approved"),
)


def stages_of(merged: Sequence[Pull]) -> tuple[Measure, ...]:
    """Return coding, pickup, review and merge of merged pull requests, bots left out."""
    return tuple(_measured(name, merged, start, end, why) for name, start, end, why in _STAGES)


def cycle_of(merged: Sequence[Pull]) -> Measure:
    """Return the whole way from the beginning of the work to the merge, bots left out."""

    def start(pull: Pull) -> _Moment:
        return None if begun(pull) == pull.merged_at else begun(pull)

    why = "tell no moment before the merge"
    return _measured("Pull request cycle", merged, start, lambda p: p.merged_at, why)


def _measured(
    name: str,
    merged: Sequence[Pull],
    start: Callable[[Pull], _Moment],
    end: Callable[[Pull], _Moment],
    unknown: str,
) -> Measure:
    spans: list[timedelta] = []
    bots = missing = reversed_ = 0
    for pull in merged:
        began, ended = start(pull), end(pull)
        if pull.is_bot:
            bots += 1
        elif began is None or ended is None:
            missing += 1
        elif ended < began:
            reversed_ += 1
        else:
            spans.append(ended - began)
    left_out = [
        LeftOut(bots, "are by bots"),
        LeftOut(missing, unknown),
        LeftOut(reversed_, "have dates out of order"),
    ]
    none = "no pull request was merged in this window"
    return durations(
        name,
        spans,
        left_out=left_out,
        missing="every pull request of this window is left out" if merged else none,
    )
