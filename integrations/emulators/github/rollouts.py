"""What takes up deployments, as a workflow does on GitHub, and reports as the time goes by."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from integrations.emulators.github.calls import Call
from integrations.emulators.github.deployments import retire
from integrations.emulators.github.news import tell
from integrations.emulators.github.records import (
    Deployment,
    DeploymentStatus,
    Grant,
    Repository,
)
from integrations.emulators.github.world import GitHubWorld

STEPS = ("queued", "in_progress")
STEP = timedelta(seconds=20)
ACTOR = "github-actions[bot]"


def deployer(world: GitHubWorld, full_name: str, environment: str, *outcomes: str) -> None:
    """Let something take up the deployments to an environment: each ends in the next outcome.

    The last outcome holds for all that follow; "" lets a deployment never end.
    """
    repo = world[full_name]
    repo.deployers[environment] = list(outcomes or ("success",))
    repo.environments.setdefault(environment, world.clock)
    world.account(ACTOR)
    world.save()


def next_report(world: GitHubWorld) -> datetime | None:
    """Return when the next report on a deployment is due, None where none is."""
    return min((each.coming[0].created_at for _, each in _under_way(world)), default=None)


async def rolled_out(world: GitHubWorld) -> None:
    """Report on deployments up to the clock of the world; hooks hear of it."""
    moved = False
    for repo, each in list(_under_way(world)):
        params = {"owner": repo.owner, "repo": repo.name}
        call = Call(world, world.address, "", params, {}, {}, Grant(login=ACTOR))
        while each.coming and each.coming[0].created_at <= world.clock:
            status = each.coming.pop(0)
            each.statuses.append(status)
            each.updated_at, moved = status.created_at, True
            if status.state == "success":
                retire(call, each)
            await tell(call)
    if moved:
        world.save()


def _under_way(world: GitHubWorld) -> Iterator[tuple[Repository, Deployment]]:
    """Yield the deployments with reports to come; one that nobody has taken up is taken up."""
    for repo in world.repositories.values():
        if not repo.deployers:
            continue
        for each in repo.deployments.values():
            outcomes = repo.deployers.get(each.environment)
            if outcomes and not each.statuses and not each.coming:
                outcome = outcomes.pop(0) if len(outcomes) > 1 else outcomes[0]
                each.coming = _reports(world, repo, each, outcome)
            if each.coming:
                yield repo, each


def _reports(
    world: GitHubWorld, repo: Repository, found: Deployment, outcome: str
) -> list[DeploymentStatus]:
    states = (*STEPS, outcome) if outcome else STEPS[:1]
    return [
        DeploymentStatus(
            id=world.next_id(),
            state=state,
            creator=ACTOR,
            created_at=found.created_at + STEP * (number + 1),
            log_url=f"{world.address}/{repo.full_name}/actions/runs/{found.id}",
        )
        for number, state in enumerate(states)
    ]
