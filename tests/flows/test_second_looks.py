"""What flows take from GitHub's allowance when they look again: hardly anything.

The emulator counts as GitHub does: a call is one, a GraphQL query its points, and an answer that
has not changed (304) nothing. Git's own protocol has no such allowance.
"""

import pytest

from flows.engine.registry import catalogue
from flows.engine.spec import Flow
from integrations.emulators.github import GitHubWorld
from tests.flows.play import Play
from tests.flows.scenario import scenario_of, slugs

# Looks at all again until its plan was applied, then at what changed: see its own test of calls.
KNOWS_AFTER_A_YES = "linear-sync"
SHARE = 0.2  # of the first look; what a second one within the hour may take


@pytest.fixture(params=[each for each in slugs() if each != KNOWS_AFTER_A_YES])
def flow(request: pytest.FixtureRequest) -> Flow:
    """Return each flow in turn."""
    return catalogue()[request.param]


async def test_a_second_look_is_nearly_free(flow: Flow, world: GitHubWorld, play: Play) -> None:
    """Looks are compared by dry runs: after a change the next run would be another one."""
    scenario = scenario_of(flow)
    scenario.world(world)
    await scenario.prepared(play)
    looks = []
    for _ in range(2):
        before = world.spent["reads"]
        run = await play(f"{scenario.command} --dry-run")
        assert run.state == "done", run.line
        looks.append(world.spent["reads"] - before)
    assert world.spent["writes"] == 0
    assert looks[1] <= SHARE * looks[0], f"{looks} reads"
