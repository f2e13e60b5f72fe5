"""What is deployed where, and what one goes back to, by what GitHub keeps of it."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.analysis.environments import Place, earlier, good_before, names_of, stage_of
from flows.engine.errors import FlowError
from flows.engine.tools import EnvironmentSettings
from integrations.github import Deployment, DeploymentStatus

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STAGES = [
    EnvironmentSettings("staging"),
    EnvironmentSettings("production", canary=["canary", "eu"]),
]


def place(*outcomes: str) -> Place:
    """Return a place by its deployments, oldest first: commit and outcome, as `a:success`."""
    found = []
    for number, each in enumerate(outcomes):
        sha, _, state = each.partition(":")
        at = NOW - timedelta(minutes=30 - number)
        said = [DeploymentStatus(part, at) for part in state.split("+") if part]
        ends = [one.state for one in said if one.state in ("success", "failure", "error")]
        found.append(
            Deployment(
                id=number,
                sha=sha,
                environment="production",
                created_at=at,
                state=ends[-1] if ends else "pending",
                finished_at=at if ends else None,
                statuses=tuple(said),
            )
        )
    return Place("production", tuple(reversed(found)))


@pytest.mark.parametrize(
    ("outcomes", "live"),
    [
        ((), None),
        (("a:failure",), None),
        (("a:success", "b:success"), "b"),
        (("a:success+inactive", "b:success"), "b"),
        (("a:success", "b:failure"), "a"),
        (("a:success", "b:"), "a"),
        (("a:success", "b:success+inactive"), None),
    ],
)
def test_the_newest_good_one_is_live(outcomes: tuple[str, ...], live: str | None) -> None:
    """Unless it was called off; being replaced is not."""
    found = place(*outcomes).live
    assert (found.sha if found else None) == live


@pytest.mark.parametrize(
    ("outcomes", "back"),
    [
        (("a:success", "b:success"), "a"),
        (("a:success", "b:failure", "c:success"), "a"),
        (("a:success", "b:success", "a:success"), None),
        (("a:success", "b:success", "c:success", "b:success"), "a"),
        (("a:success", "b:success", "b:success"), "a"),
        (("a:success+inactive", "b:success+inactive"), "b"),
        (("a:success", "b:failure"), "a"),
        (("a:success", "b:success", "c:failure", "b:error"), "b"),
        (("a:success",), None),
    ],
)
def test_one_goes_back_to_what_was_good_before(outcomes: tuple[str, ...], back: str | None) -> None:
    """Past what failed, and never to what one has just come from."""
    if back is None:
        with pytest.raises(FlowError, match="no good deployment before"):
            good_before(place(*outcomes))
    else:
        assert good_before(place(*outcomes)).sha == back


@pytest.mark.parametrize(
    ("outcomes", "moves"),
    [
        ((), False),
        (("a:success",), False),
        (("a:in_progress",), True),
        (("a:",), True),
        (("a:inactive",), False),
    ],
)
def test_what_has_not_ended_is_under_way(outcomes: tuple[str, ...], *, moves: bool) -> None:
    """For an hour; then it counts as forgotten."""
    found = place(*outcomes)
    assert bool(found.moving(NOW)) == moves
    assert found.moving(NOW + timedelta(hours=2)) is None


def test_environments_come_in_the_order_of_the_project() -> None:
    """The ones before, then the canaries, then itself; one of GitHub's alone has none before."""
    assert names_of(STAGES, STAGES[1]) == ["staging", "canary", "eu", "production"]
    assert earlier(STAGES, STAGES[0]) == []
    assert names_of(STAGES, EnvironmentSettings("docs")) == ["docs"]


def test_a_name_is_understood_in_any_spelling() -> None:
    """It is then the one of the project, or of GitHub."""
    assert stage_of("Production", STAGES, []) is STAGES[1]
    assert stage_of("DOCS", STAGES, ["docs"]).name == "docs"
