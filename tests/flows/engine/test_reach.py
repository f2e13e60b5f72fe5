"""What a run reaches: what is not connected is said with what to set, and writers get verbs."""

from dataclasses import replace

import httpx
import pytest

from flows.engine.errors import FlowError
from flows.engine.run import ReadRun, Run
from flows.engine.talk import Place
from flows.engine.tools import Identity, ProjectSettings, Tools
from integrations.linear import Linear, LinearReader
from integrations.linear.api import LinearApi
from integrations.linear.sign_in import LinearSignIn
from integrations.trackers import (
    GitHubTracker,
    GitHubTrackerReader,
    LinearTracker,
    LinearTrackerReader,
)
from tests.flows.engine.memory import NOW
from tests.flows.engine.stage import Stage

HERE = Place("slack", "C1", "1.1")


@pytest.fixture
def connected(tools: Tools) -> Tools:
    """Return the clients of runs with a Linear that nobody calls."""
    transport = httpx.MockTransport(lambda _: httpx.Response(500))
    api = LinearApi(LinearSignIn("secret"), transport=transport)
    return replace(tools, linear=Linear(api), linear_reader=LinearReader(api))


def run_with(
    stage: Stage, tools: Tools, team: str = "", place: Place | None = None
) -> tuple[ReadRun, Run]:
    """Return a run that looks, and one that may change things, of one project."""
    identity = Identity(
        id="r1",
        flow="thing-care",
        project="acme/api",
        actor="ada",
        url="https://flowbot.example/runs/r1",
        started=NOW,
        policy=stage.policy,
        settings=ProjectSettings("acme/api", linear_team=team),
        place=place,
    )
    memory, others = stage.memory, stage.others
    return ReadRun(identity, memory, tools, others), Run(identity, memory, tools, others)


def test_a_project_has_its_issues_on_github_unless_it_says_otherwise(
    stage: Stage, connected: Tools
) -> None:
    """The type that is asked for decides whether they can be changed."""
    looking, changing = run_with(stage, connected)
    assert type(looking.tracker) is GitHubTrackerReader
    assert type(changing.tracker) is GitHubTracker
    looking, changing = run_with(stage, connected, "ENG")
    assert type(looking.tracker) is LinearTrackerReader
    assert type(changing.tracker) is LinearTracker
    assert isinstance(changing.linear, Linear)
    assert type(looking.linear) is LinearReader


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_not_connected_is_said(stage: Stage, tools: Tools, which: int) -> None:
    """With what to set, or where to go."""
    run = run_with(stage, tools, "ENG")[which]
    for wanted in ("linear", "tracker"):
        with pytest.raises(FlowError, match="set FLOWBOT_LINEAR_TOKEN"):
            getattr(run, wanted)
    for wanted in ("chat", "place"):
        with pytest.raises(FlowError, match="run it from Slack or Discord"):
            getattr(run, wanted)


def test_a_run_knows_where_it_came_from(stage: Stage, tools: Tools) -> None:
    """The channel, and the thread in it."""
    assert run_with(stage, tools, place=HERE)[0].place == HERE


def test_what_is_kept_of_pairs_needs_a_database(stage: Stage, tools: Tools) -> None:
    """A rehearsal has none, and says where to run instead."""
    _, changing = run_with(stage, tools)
    with pytest.raises(FlowError, match="run it in a chat"):
        str(changing.pairs)
