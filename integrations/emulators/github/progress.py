"""Time passes: what machines have done meanwhile becomes true, and hooks hear of it."""

import asyncio
import contextlib
from datetime import UTC, datetime

from integrations.emulators.github.calls import Call
from integrations.emulators.github.ci import next_due, progressed
from integrations.emulators.github.merging import merged_by_itself
from integrations.emulators.github.news import tell
from integrations.emulators.github.records import Grant, Repository
from integrations.emulators.github.rollouts import next_report, rolled_out
from integrations.emulators.github.triggers import triggered
from integrations.emulators.github.world import GitHubWorld

A_MOMENT = 0.05


def wound(world: GitHubWorld) -> None:
    """Let a world that follows real time go on by itself when the next job is due."""
    dues = (next_due(world), next_report(world)) if world.follows_real_time else ()
    due = min((each for each in dues if each), default=None)
    if world.alarm:
        world.alarm.cancel()
        world.alarm = None
    if due is not None:
        # A moment later than it is due, as the clock of a world shows whole seconds.
        span = max(0.0, (due - datetime.now(UTC)).total_seconds()) + A_MOMENT
        loop = asyncio.get_running_loop()
        world.alarm = loop.call_later(span, lambda: loop.create_task(_rung(world)))


async def _rung(world: GitHubWorld) -> None:
    """Go on, tell hooks, and wait for what is due next; a server that ends leaves it."""
    with contextlib.suppress(asyncio.CancelledError):
        await progress(world)
        await world.courier.deliver()
        wound(world)


async def progress(world: GitHubWorld) -> None:
    """Bring workflow runs and deployments to where they are by the clock of the world."""
    await rolled_out(world)
    moved = {repo.id: (repo, run.starter or run.actor) for repo, run in progressed(world)}
    for repo, login in moved.values():
        await tell(_by(world, repo, login))
    for repo in world.repositories.values():
        for found in [repo.pulls[number] for number in repo.auto_merges]:
            login = found.auto_merge[1] if found.auto_merge else ""
            call = _by(world, repo, login)
            if await merged_by_itself(call, found):
                await triggered(call)
                await tell(call)
                moved[repo.id] = (repo, login)
    if moved:
        world.save()


def _by(world: GitHubWorld, repo: Repository, login: str) -> Call:
    params = {"owner": repo.owner, "repo": repo.name}
    return Call(world, world.address, "", params, {}, {}, Grant(login=login))
