"""Deployments in words."""

from datetime import UTC, datetime

import pytest

from bot.followed import deployment
from integrations.github import (
    Deployment,
    DeploymentStatus,
)
from tests.bot.followed.lines import all_words

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
REPO = "acme/api"


@pytest.mark.parametrize(
    ("states", "told", "mark"),
    [
        ((), "Asked for.", "running"),
        (("in_progress",), "On its way: in_progress.", "running"),
        (("success",), "Deployed: success.", "good"),
        (("success", "inactive"), "Deployed: success.", "good"),
        (("failure",), "Failed: failure.", "bad"),
        (("failure", "queued"), "Waits for a runner: queued.", "running"),
        (("odd_one",), "Odd one: odd_one.", ""),
    ],
)
def test_a_deployment(states: tuple[str, ...], told: str, mark: str) -> None:
    """How it stands, with the words of the last status that says something."""
    statuses = tuple(DeploymentStatus(each, AT, each, "https://x.example") for each in states)
    outcome = next((each for each in states if each not in deployment.MOVING), "pending")
    found = Deployment(
        id=1,
        sha="a" * 40,
        environment="production",
        created_at=AT,
        state=outcome,
        ref="main",
        creator="ada",
        statuses=statuses,
    )
    posting = deployment.card(REPO, found, turned=False)
    assert all_words(posting) == ["acme/api → production", told, "main at aaaaaaa · by @ada"]
    assert posting.mark == mark
    assert (deployment.said_of(found) is not None) == (mark == "good")
