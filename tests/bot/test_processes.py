"""What the processes do for as long as they run."""

import asyncio
import gc
import subprocess
import sys
from pathlib import Path

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.processes import running
from bot.settings import Settings
from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from storage import runs
from tests.bot.lab import PATIENCE


async def test_the_collector_of_garbage_leaves_alone_what_stays(tmp_path: Path) -> None:
    """Its longest search would hold up every request; a process that stops gives all back."""
    settings = Settings(data_dir=tmp_path, github_url="http://127.0.0.1:9")
    before = len(gc.get_objects())

    async with running(settings, frozenset({"worker"})):
        assert gc.get_freeze_count() > before // 2
        assert len(gc.get_objects()) < before // 2

    assert gc.get_freeze_count() == 0


async def test_the_web_process_takes_discords_interactions(tmp_path: Path) -> None:
    """Where the public key is set, without a gateway: a command is answered, and its run kept."""
    world = DiscordWorld()
    async with serve(discord_app(world)) as url:
        world.base_url = url
        settings = Settings(
            data_dir=tmp_path,
            port=0,
            github_url="http://127.0.0.1:9",
            discord_token=SecretStr(world.token),
            discord_api_url=f"{url}/api/v10",
            discord_public_key=world.endpoint.public_key,
        )
        async with running(settings, frozenset({"web"})) as (services, page):
            await world.endpoint.listen_at(f"{page}/discord/interactions")
            await world.until(lambda: bool(world.guild.commands))
            made = await world.slash("ada", "dev", "/flow health")
            assert made.message
            assert "On it" in world.plain(made.message)
            async with services.database.read() as connection:
                assert [run.flow for run in await runs.page(connection, limit=9)] == [
                    "health-check"
                ]
        await world.close()


async def test_a_comment_on_github_is_answered_there(tmp_path: Path) -> None:
    """By webhook, queue, worker and outbox: the card stands below the pull request."""
    world = GitHubWorld(tmp_path / "github", now=None)
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    done = asyncio.Event()

    async def read(request: Request) -> Response:
        if "### ✅ acme/api since v1.2.0" in (await request.body()).decode():
            done.set()
        return Response()

    reader = Starlette(routes=[Route("/", read, methods=["POST"])])
    async with serve(github_app(world)) as url, serve(reader) as readers:
        settings = Settings(
            data_dir=tmp_path / "bot",
            port=0,
            github_url=url,
            github_token=SecretStr(TOKEN),
            github_webhook_secrets=[SecretStr("spring water")],
        )
        world.hook("acme/api", f"{readers}/", "")
        async with running(settings, frozenset({"web", "worker"})) as (_, page):
            world.hook("acme/api", f"{page}/hooks/github", "spring water")
            await world.person("ada").comments("acme/api", 1, "/flow changes")
            async with asyncio.timeout(PATIENCE):
                await done.wait()
    world.close()


def test_a_worker_loads_no_tool_of_a_terminal_or_surface() -> None:
    """Each of them costs every worker memory, and every start its time."""
    told = subprocess.run(
        [sys.executable, "-c", "import bot.processes, sys; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = {name.partition(".")[0] for name in told.stdout.split()}
    unwanted = {"rich", "pygments", "slack_bolt", "slack_sdk", "discord", "fastapi", "aiohttp"}
    assert loaded.isdisjoint(unwanted)
