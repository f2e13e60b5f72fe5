"""Workflow runs: what is news of them, and how it is told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bot.followed import workflow
from bot.followed.workflow import Health
from integrations.github import (
    FailedJob,
    RunState,
)
from tests.bot.followed.lines import all_words, words

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
REPO = "acme/api"


def run(number: int, conclusion: str, minutes: int = 0, **changes: Any) -> RunState:  # noqa: ANN401 - whatever a test is about
    """Return a workflow run that has ended."""
    given: dict[str, Any] = {
        "id": number,
        "name": "CI",
        "event": "push",
        "branch": "main",
        "sha": "a" * 40,
        "status": "completed",
        "url": "u",
        "created_at": AT,
        "updated_at": AT + timedelta(minutes=minutes),
        "conclusion": conclusion,
        "actor": "ada",
        "title": "Add limits",
    }
    return RunState(**given | changes)


def test_only_turns_are_news() -> None:
    """From the first failure to the first success; old and unfinished runs say nothing."""
    health: Health | None = None
    turns = []
    for each in (
        run(1, "success"),
        run(2, "failure", 5),
        run(3, "cancelled", 6),
        run(4, "timed_out", 7),
        run(4, "timed_out", 7),
        run(5, "success", 9),
        run(3, "failure", 9),
        run(6, "success", 10),
        run(7, "", 10),
    ):
        after = workflow.health_after(each, health)
        turns.append(after.turn if after else None)
        health = after or health
    assert turns == ["", "broke", None, "still", "still", "works", None, "", None]
    assert workflow.health_from(msgspec.to_builtins(health)) == health
    assert workflow.health_from({}) is None
    first = workflow.health_after(run(1, "failure"), None)
    assert first is not None
    assert first.turn == "broke"
    again = workflow.health_after(run(1, "success", 3, attempt=2), first)
    assert again is not None
    assert (again.turn, again.first) == ("works", 1)


def test_a_broken_workflow() -> None:
    """Where it fails, since when, and how long it was."""
    jobs = tuple(
        FailedJob(name, "failure", url, steps)
        for name, url, steps in (
            ("test", "https://x.example", ("Run test", "More")),
            ("lint", "", ()),
            ("a", "", ()),
            ("b", "", ()),
        )
    )
    bad = run(4, "failure", 30, failed_jobs=jobs)
    health = Health(True, AT, 2, 4, 1, 3, "still")
    posting = workflow.card(REPO, bad, health)
    assert all_words(posting) == [
        "acme/api: CI is broken on main",
        "Failed in test / Run test, lint, a and 1 more.",
        "3 runs have failed since 2026-03-04 15:30 UTC.",
        "on Add limits · by @ada",
    ]
    assert (posting.mark, posting.tone) == ("bad", "bad")
    good = run(5, "success", 90, title="", actor="")
    works = Health(False, AT, 2, 5, 1, 3, "works")
    assert all_words(workflow.card(REPO, good, works)) == [
        "acme/api: CI works again on main",
        "It was broken for 1 h 30 min.",
        "the run",
    ]
    assert words(workflow.works(good, works).title) == "It works again after 1 h 30 min."
    assert words(workflow.failed(run(1, "startup_failure"))) == "Startup failure."
    said = workflow.said_of(bad, Health(True, AT, 4, 4, 1, 1, "broke"))
    assert said is not None
    assert said["where"] == "test / Run test, lint, a"
    assert workflow.said_of(bad, health) is None
