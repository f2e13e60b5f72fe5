"""What a flow asks of GitHub: DORA over a thousand merged pull requests, and once more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE

import msgspec

from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.github.story import Story
from integrations.emulators.github.world import PEOPLE
from integrations.emulators.server import serve
from tests.bench.bed import Bed
from tests.bench.contest import Contestant, Goal, Part, Sample
from tests.bench.machine import OURS as OUR_CORE
from tests.bench.machine import PYTHON, Broke, environment, pinned
from tests.bench.parts import engine

OURS = "Flowbot"
REPO = "acme/bulk"
COMMAND = f"dora {REPO} window=12w"
WEEKS = 12
PULLS = 1000
PULLS_OF_A_DEPLOYMENT = 20
PATIENCE = 120.0


@asynccontextmanager
async def part(bed: Bed) -> AsyncIterator[Part]:
    """Yield the contest, with a repository that merged a thousand pull requests."""
    world = await asyncio.to_thread(_world, bed.fresh() / "github")
    try:
        async with serve(github_app(world)) as url:
            yield Part(
                "calls",
                [Contestant(OURS, _asked(bed, world, url))],
                [
                    Goal(f"DORA, {PULLS:,} pulls: GraphQL", OURS, "graphql", "calls", "lower", 12),
                    Goal("the same within the hour", OURS, "graphql again", "calls", "lower", 2),
                ],
            )
    finally:
        world.close()


def _world(root: Path) -> GitHubWorld:
    """Build a repository that merges all day and deploys after every few merges."""
    world = GitHubWorld(root, now=None)
    begun = world.clock - timedelta(weeks=WEEKS)
    gap = (world.clock - begun - timedelta(hours=2)) / PULLS
    story = Story(world, REPO, created_at=begun)
    story.commit(PEOPLE[0], begun, "Begin", {"README.md": "# bulk\n"})
    for number in range(PULLS):
        merged = begun + gap * (number + 1)
        story.pull(
            f"Change {number}",
            PEOPLE[number % len(PEOPLE)],
            {f"src/part_{number % 50}.py": f"VALUE = {number}\n"},
            opened=merged - timedelta(minutes=50),
            merged=merged,
            reviews=[(PEOPLE[(number + 1) % len(PEOPLE)], "APPROVED", "")],
        )
        if number % PULLS_OF_A_DEPLOYMENT == 0:
            story.deploy("production", merged + timedelta(minutes=1), by=PEOPLE[0])
    story.tell()
    return world


def _asked(bed: Bed, world: GitHubWorld, url: str) -> Callable[[], Awaitable[Sample]]:
    async def measure() -> Sample:
        folder = bed.fresh()
        given = engine.settings(folder, "") | {
            "FLOWBOT_GITHUB_TOKEN": TOKEN,
            "FLOWBOT_GITHUB_URL": url,
            "FLOWBOT_GITHUB_GIT_URL": url,
        }
        words = pinned([PYTHON, "-m", "tests.bench.ours", "converse"], OUR_CORE)
        process = await asyncio.create_subprocess_exec(
            *words, cwd=folder, env=environment(given), stdin=PIPE, stdout=PIPE
        )
        assert process.stdin
        assert process.stdout
        counted: list[dict[str, int]] = []
        seconds: list[float] = []
        clock = asyncio.get_running_loop().time
        try:
            for _ in range(2):
                before, began = dict(world.requests), clock()
                process.stdin.write(f"{COMMAND}\n".encode())
                async with asyncio.timeout(PATIENCE):
                    line = await process.stdout.readline()
                state = msgspec.json.decode(line or b'{"state": "it ended"}')["state"]
                if not state.startswith("done"):
                    raise Broke(f"{COMMAND!r} came to {state}")
                seconds.append(clock() - began)
                counted.append(
                    {name: seen - before.get(name, 0) for name, seen in world.requests.items()}
                )
        finally:
            process.stdin.close()
            await process.wait()
        first, again = counted
        return {
            "graphql": first.get("graphql", 0),
            "rest": first.get("rest", 0),
            "graphql again": again.get("graphql", 0),
            "rest again": again.get("rest", 0),
            "seconds": seconds[0],
            "seconds again": seconds[1],
        }

    return measure
