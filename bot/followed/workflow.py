"""Workflow runs: only what is newly broken is news, and the first success after that.

The card is about one time in which a workflow is broken on a branch, from the first failure to the
first success.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec

from bot.chat import Posting
from bot.followed.things import Said, dotted, known
from bot.subscriptions.filters import Facts
from bot.wording import duration
from flows.report import Inline, Line, Link, Moment, Person
from integrations.github import FailedJob, RunState

Turn: TypeAlias = Literal["", "broke", "still", "works"]

GOOD = frozenset({"success"})
BAD = frozenset({"failure", "timed_out", "startup_failure"})
MOST_JOBS = 3


class Health(msgspec.Struct, frozen=True):
    """How a workflow is on a branch: since when, after how many failures, by which run told.

    `turn` is what that run has turned, so that a second look at it says the same.
    """

    bad: bool
    since: datetime
    first: int
    run: int
    attempt: int
    failures: int = 0
    turn: Turn = ""


def health_from(state: Mapping[str, Any]) -> Health | None:
    """Return the health that was stored; None where nothing was."""
    return msgspec.convert(state, Health) if state else None


def health_after(run: RunState, before: Health | None) -> Health | None:
    """Return how a workflow is after a run; None where the run says nothing of it.

    Runs that began earlier than the last one that counted say nothing any more.
    """
    this, bad = (run.id, run.attempt), run.conclusion in BAD
    last = (before.run, before.attempt) if before else (0, 0)
    if run.conclusion not in GOOD | BAD or this < last:
        return None
    if before is None:
        return Health(bad, run.updated_at, run.id, *this, int(bad), "broke" if bad else "")
    return before if this == last else _next(run, before, bad=bad)


def _next(run: RunState, before: Health, *, bad: bool) -> Health:
    this = (run.id, run.attempt)
    if not bad and before.bad:
        return Health(bad, before.since, before.first, *this, before.failures, "works")
    if not bad:
        return Health(bad, run.updated_at, run.id, *this)
    if before.bad:
        return Health(bad, before.since, before.first, *this, before.failures + 1, "still")
    return Health(bad, run.updated_at, run.id, *this, 1, "broke")


def facts_of(repo: str, run: RunState) -> Facts:
    """Return what filters know of a workflow run."""
    return known(
        repo=repo,
        branch=run.branch,
        author=run.actor,
        event=run.event,
        workflow=run.name,
        conclusion=run.conclusion,
        state="failing" if run.conclusion in BAD else "working",
        title=run.title,
    )


def card(repo: str, run: RunState, health: Health) -> Posting:
    """Return the card of a time in which a workflow is broken, or was."""
    about = dotted(
        ("on ", Link(run.title, run.url)) if run.title else (Link("the run", run.url),),
        ("by ", Person(run.actor)) if run.actor else (),
    )
    if not health.bad:
        lasted = duration((run.updated_at - health.since).total_seconds())
        told: Line = (f"It was broken for {lasted}.",)
        title = (Link(f"{repo}: {run.name} works again on {run.branch}", run.url),)
        return Posting(title, "good", (told, about), mark="good")
    title = (Link(f"{repo}: {run.name} is broken on {run.branch}", run.url),)
    more: Line = (f"{health.failures} runs have failed since ", Moment(health.since), ".")
    count = more if health.failures > 1 else ()
    return Posting(title, "bad", tuple(filter(None, (failed(run), count, about))), mark="bad")


def again(run: RunState) -> Posting:
    """Return what is told of one more failure, below the card."""
    return Posting((Link("Another run fails", run.url),), "bad", (failed(run),))


def works(run: RunState, health: Health) -> Posting:
    """Return what is told of the first success, below the card."""
    lasted = timedelta(seconds=round((run.updated_at - health.since).total_seconds()))
    told = f"after {duration(lasted.total_seconds())}."
    return Posting((Link("It works again", run.url), f" {told}"), "good")


def failed(run: RunState) -> Line:
    """Return where a run failed: its jobs with their steps."""
    if not run.failed_jobs:
        return (run.conclusion.replace("_", " ").capitalize() + ".",)
    made: list[Inline] = ["Failed in "]
    for number, job in enumerate(run.failed_jobs[:MOST_JOBS]):
        label = where(job)
        made += [", "] if number else []
        made.append(Link(label, job.url) if job.url else label)
    more = len(run.failed_jobs) - MOST_JOBS
    return (*made, f" and {more} more." if more > 0 else ".")


def where(job: FailedJob) -> str:
    """Name a job that failed, with the first of its steps that did."""
    return f"{job.name} / {job.steps[0]}" if job.steps else job.name


def said_of(run: RunState, health: Health) -> Said | None:
    """Return what the pull request of a run is told; None where nothing has turned."""
    if health.turn not in ("broke", "works"):
        return None
    return {
        "id": f"run:{run.id}:{run.attempt}",
        "kind": "ci",
        "state": "bad" if health.bad else "good",
        "name": run.name,
        "where": ", ".join(map(where, run.failed_jobs[:MOST_JOBS])),
        "url": run.failed_jobs[0].url if run.failed_jobs else run.url,
    }
