"""What the emulated GitHub knows of workflows, their jobs and what they leave."""

from datetime import datetime

from msgspec import Struct, field


class Annotation(Struct, kw_only=True):
    """A remark of a check on lines of a file."""

    path: str
    start_line: int
    end_line: int
    annotation_level: str
    message: str
    title: str | None = None
    raw_details: str | None = None
    start_column: int | None = None
    end_column: int | None = None


class Plan(Struct, kw_only=True):
    """What is to become of a job that machines work on: when, and how it ends."""

    starts: datetime
    ends: datetime
    outcome: str


class JobSpec(Struct, kw_only=True):
    """A job of a workflow: how long it takes, and whether it runs tests."""

    name: str
    seconds: int
    tests: bool = False


def usual_jobs() -> list[JobSpec]:
    """Return what a workflow does unless it is told otherwise."""
    return [JobSpec(name="lint", seconds=72), JobSpec(name="test", seconds=360, tests=True)]


class Workflow(Struct, kw_only=True):
    """A workflow; `inputs` are those that somebody who starts it by hand may give."""

    id: int
    name: str
    path: str
    created_at: datetime
    state: str = "active"
    by_hand: bool = True
    inputs: list[str] = field(default_factory=list)
    jobs: list[JobSpec] = field(default_factory=usual_jobs)


class Attempt(Struct, kw_only=True):
    """An attempt of a workflow run that another one followed."""

    number: int
    suite: int
    actor: str
    started_at: datetime
    updated_at: datetime
    conclusion: str | None


class Cache(Struct, kw_only=True):
    """What a workflow keeps between runs."""

    id: int
    ref: str
    key: str
    size: int
    created_at: datetime
    used_at: datetime


class Automation(Struct, kw_only=True):
    """CI that starts by itself: what it has seen, and for which refs or commits jobs are `red`."""

    refs: dict[str, str]
    pulls: dict[int, str]
    red: dict[str, list[str]] = field(default_factory=dict)
    share: float = 1.0
