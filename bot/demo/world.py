"""The emulated worlds and the bot that runs against them: the real processes, other addresses."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.claims import CLAIM as SENT_WITHIN
from bot.demo.on_discord import DiscordStage
from bot.demo.on_slack import SlackStage
from bot.demo.stage import ASKS, Stage
from bot.intake import STREAM
from bot.logs import set_up_logs
from bot.processes import running
from bot.redelivery import DOOR
from bot.services import Services, Unready
from bot.settings import Settings
from bot.subscriptions.follower import CLAIM as LOOKED_AT_WITHIN
from bot.web.hooks import LINEAR
from bot.words import split
from flows.engine.access import Role
from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.github import TOKEN, GitHubWorld, automated, github_app
from integrations.emulators.linear import TOKEN as LINEAR_TOKEN
from integrations.emulators.linear import LinearWorld, linear_app
from integrations.emulators.osv import OsvWorld, osv_app
from integrations.emulators.packages import PackagesWorld
from integrations.emulators.registries import addresses_at, registries_app
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, slack_app
from integrations.emulators.worlds import (
    CannotImport,
    build_acme,
    build_acme_linear,
    build_crowd,
    import_repository,
    lead_to,
)
from integrations.emulators.worlds.tickets import TEAM
from storage import messages, outbox, posts, questions, runs, sightings
from storage.records import ACTIVE, RunRecord

BUTTONS = {"yes": "Approve", "no": "Decline"}
SETTLED_WITHIN = timedelta(minutes=30)
LOOK_AGAIN_SECONDS = 0.02
PACE = 0.1  # CI takes half a minute here, so that nobody waits for it long
HOOK_SECRET = "flowbot demo"  # noqa: S105 - opens nothing but an emulated world
PARTS = "cart catalog inventory notifications orders payments pricing web"
SHOP = {
    "name": "acme/shop",
    "version_file": "pyproject.toml",
    "environments": [{"name": "staging"}, {"name": "production"}],
    "components": {f"shop/{part}": part for part in PARTS.split()} | {"frontend": "frontend"},
    "linear_team": TEAM,
}
API = {"name": "acme/api", "linear_team": TEAM}


@dataclass
class Demo:
    """One demo: the emulated services and chats, and the bot that talks to all of them.

    People type in one of the chats at a time: that of the `platform`.
    """

    github: GitHubWorld
    linear: LinearWorld
    stages: Mapping[str, Stage]
    platform: str
    services: Services
    page: str
    asked: list[str] = field(default_factory=list)

    @property
    def stage(self) -> Stage:
        """Where people type now."""
        return self.stages[self.platform]

    async def fill(self, who: str, words: str) -> str:
        """Fill in the form that somebody sees, with `name=value` words; return what is wrong."""
        values = dict(word.split("=", 1) for word in split(words) if "=" in word)
        return await self.stage.fill(who, values)

    async def settle(self, answer: str | None) -> list[RunRecord]:
        """Wait until nothing moves any more, answering plans on the way; return all runs."""
        async with asyncio.timeout(SETTLED_WITHIN.total_seconds()):
            while True:
                await self.github.courier.deliver()
                untold = await self.services.queue.redis.xlen(STREAM)
                async with self.services.database.read() as connection:
                    every = await runs.page(connection, limit=200)
                    left, _ = await outbox.waiting(connection)
                    follows = untold or await self._follows(connection)
                if answer and await self._answered(every, answer):
                    continue
                moving = [each for each in every if await self._moves(each, answer)]
                if not moving and not left and not follows:
                    return every[::-1]
                await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _moves(self, run: RunRecord, answer: str | None) -> bool:
        """Say whether a run goes on by itself, or by the answer that it gets."""
        if run.state != "waiting":
            return run.state in ACTIVE
        async with self.services.database.read() as connection:
            asked = await questions.of_run(connection, run.id)
        return bool(answer and asked and asked[-1].answer is None)  # else it waits for the world

    async def _follows(self, connection: AsyncConnection) -> bool:
        """Say whether channels have yet to be told something that is known by now."""
        now = datetime.now(UTC)
        soonest = await sightings.soonest(connection)
        # What is claimed is on its way.
        if soonest is not None and soonest <= now + LOOKED_AT_WITHIN:
            return True
        return bool(await posts.due(connection, now + SENT_WITHIN, list(self.stages)))

    async def _answered(self, every: list[RunRecord], answer: str) -> bool:
        pressed = False
        for each in every:
            if each.state == "waiting":
                async with self.services.database.read() as connection:
                    card = await messages.get(connection, each.id, "card")
                    asked = await questions.of_run(connection, each.id)
                number = f"{asked[-1].id}" if asked and asked[-1].answer is None else ""
                is_new = card and number and number not in self.asked
                stage = self.stages[card.platform] if card else self.stage
                if card and is_new and await stage.press(BUTTONS[answer], card.message):
                    self.asked.append(number)
                    pressed = True
        return pressed

    async def report(self, every: list[RunRecord]) -> dict[str, Any]:
        """Return the runs and the threads as JSON."""
        found = []
        for each in every:
            async with self.services.database.read() as connection:
                report = await runs.report(connection, each.id)
            found.append(
                {
                    "id": each.id,
                    "flow": each.flow,
                    "state": each.state,
                    "params": each.params,
                    "report": msgspec.to_builtins(report),
                    "url": self.services.rules.url(each.id),
                }
            )
        return {"runs": found, "threads": self.stage.threads()}

    def plain(self) -> str:
        """Return the same as a person reads it."""
        parts = [*self.stage.spoken().values(), self.stage.form(ASKS)]
        return "\n\n".join(filter(None, parts))


@asynccontextmanager
async def opened(
    folder: Path,
    repositories: list[str],
    *,
    port: int = 0,
    platform: str = "slack",
    scale: int = 0,
) -> AsyncIterator[Demo]:
    """Build or reload the worlds in `folder`, serve them, and run the bot against them.

    With a `scale` acme has at least so many repositories.
    """
    github = await asyncio.to_thread(_github, folder / "github", repositories, scale)
    linear = await asyncio.to_thread(_linear, folder / "linear.json", github)
    slack = SlackWorld(keep=folder / "slack.json")
    discord = DiscordWorld(keep=folder / "discord.json")
    stages = {each.platform: each for each in (SlackStage(slack), DiscordStage(discord))}
    try:
        async with (
            serve(github_app(github)) as github_url,
            serve(linear_app(linear)) as linear_url,
            serve(slack_app(slack)) as slack_url,
            serve(discord_app(discord)) as discord_url,
            serve(osv_app(OsvWorld(now=None))) as osv_url,
            serve(registries_app(PackagesWorld(now=None))) as registries_url,
        ):
            sources = {
                "linear_url": linear_url,
                "osv_url": osv_url,
                **addresses_at(registries_url),
            }
            chats = {
                "slack_bot_token": slack.bot_token,
                "slack_app_token": slack.app_token,
                "slack_api_url": f"{slack_url}/api/",
                "discord_token": discord.token,
                "discord_api_url": f"{discord_url}/api/v10",
            }
            admins = {f"{each.platform}:{each.id_of(ASKS)}" for each in stages.values()}
            settings = _settings(folder, github_url, {**chats, **sources, "admins": admins}, port)
            set_up_logs(settings)
            async with running(settings) as (services, page):
                github.address = github_url
                _hook(github, f"{page}{DOOR}")
                lead_to(linear, github)
                _hook_linear(linear, f"{page}{LINEAR}")
                for stage in stages.values():
                    await stage.connected()
                yield Demo(github, linear, stages, platform, services, page)
                await github.courier.deliver()
                await linear.courier.deliver()
    finally:
        for stage in stages.values():
            await stage.close()
        github.close()


def _github(root: Path, repositories: list[str], scale: int) -> GitHubWorld:
    root.mkdir(parents=True, exist_ok=True)
    if (root / "world.json").exists():
        world = GitHubWorld.load(root, now=None)
    else:
        world = GitHubWorld(root, now=None)
        build_acme(world)
    for path in repositories:
        try:
            name = import_repository(world, Path(path))
        except CannotImport as error:
            raise Unready(str(error)) from error
        sys.stderr.write(f"{path} is {name} here\n")
    with world.together():
        for repo in world.repositories.values():
            if repo.automation is None:
                automated(world, repo, share=PACE)
    if scale > len(world.repositories):
        build_crowd(world, scale)
    world.save()
    return world


def _linear(kept: Path, github: GitHubWorld) -> LinearWorld:
    if kept.exists():
        return LinearWorld.load(kept, now=None)
    world = LinearWorld(now=None, keep=kept)
    build_acme_linear(world, github)
    return world


def _hook_linear(world: LinearWorld, url: str) -> None:
    """Let Linear tell the bot of whatever happens, where the bot is now."""
    for hook in world.courier.hooks:
        if hook.secret == HOOK_SECRET:
            hook.url = url
            break
    else:
        world.courier.hook(url, HOOK_SECRET)
    world.save()


def _hook(world: GitHubWorld, url: str) -> None:
    """Let GitHub tell the bot of whatever happens; the last demo may have had another port."""
    with world.together():
        for repo in world.repositories.values():
            others = {key: hook for key, hook in repo.hooks.items() if hook.secret != HOOK_SECRET}
            repo.hooks = others
            world.hook(repo.full_name, url, HOOK_SECRET)


def _settings(folder: Path, github_url: str, others: Mapping[str, Any], port: int) -> Settings:
    """Return settings that differ from a real installation by their addresses alone."""
    given: dict[str, Any] = {
        "data_dir": folder,
        "database_url": "",
        "redis_url": "",
        "host": "127.0.0.1",
        "port": port,
        "public_url": "",
        "slack_signing_secret": "",
        "slack_pace": 1000,  # this workspace takes whatever it is sent
        "discord_application_id": "",
        "discord_public_key": "",
        "github_token": TOKEN,
        "github_app_id": "",
        "github_url": github_url,
        "github_git_url": github_url,
        "github_webhook_secrets": [HOOK_SECRET],
        "linear_token": LINEAR_TOKEN,
        "linear_client_id": "",
        "linear_webhook_secrets": [HOOK_SECRET],
        "maintainers": frozenset(),
        "default_role": Role.MAINTAINER,
        "self_approval": False,
        "projects": [SHOP, API],
        "log_level": "WARNING",
        **others,
    }
    return Settings(_env_file=None, **given)
