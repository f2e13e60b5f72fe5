"""What deploys: it takes up deployments, and reports as the time goes by."""

from datetime import timedelta
from pathlib import Path

import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.rollouts import STEP, deployer, next_report, rolled_out

REPO = "acme/api"


@pytest.mark.parametrize(
    ("outcomes", "states"),
    [
        ((), [["queued", "in_progress", "success"]] * 2),
        (("failure", "success"), [["queued", "in_progress", "failure"],
                                  ["queued", "in_progress", "success"]]),
        (("",), [["queued"], ["queued"]]),
    ],
)  # fmt: skip
async def test_each_deployment_ends_in_the_next_outcome(
    tmp_path: Path, outcomes: tuple[str, ...], states: list[list[str]]
) -> None:
    """The last outcome holds for all that follow; an empty one is no end."""
    world = GitHubWorld(tmp_path)
    world.repo(REPO)
    deployer(world, REPO, "production", *outcomes)
    assert next_report(world) is None
    for _ in states:
        await world.person("ada").deploys(REPO, "production")
    assert next_report(world) == world.clock + STEP
    world.clock += timedelta(minutes=5)
    await rolled_out(world)

    found = [
        [status.state for status in each.statuses if status.state != "inactive"]
        for each in world[REPO].deployments.values()
    ]
    assert found == states
    assert next_report(world) is None
    world.close()
