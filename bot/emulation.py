"""One emulated service alone: for clients that others write, and to see what the bot would do."""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from starlette.types import ASGIApp

from bot.terminal import run, said
from integrations.emulators.server import serve

Named: TypeAlias = Callable[[str], Mapping[str, str]]
"""Names, by the address of the service, the settings with which the bot finds it."""


def emulate(options: argparse.Namespace) -> int:
    """Serve one emulated service until it is stopped; returns the exit code."""
    if options.data_dir:
        folder = Path(options.data_dir).absolute()
        return said(lambda: run(_until_stopped(options.service, folder, options.port)))
    with TemporaryDirectory(prefix="flowbot-emulate-") as name:
        return said(lambda: run(_until_stopped(options.service, Path(name), options.port)))


async def _until_stopped(service: str, folder: Path, port: int) -> int:
    stopped = asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, stopped.set)
    async with emulated(service, folder, port) as settings:
        for name, value in settings.items():
            sys.stdout.write(f"{name}={value}\n")
        sys.stdout.flush()
        await stopped.wait()
    return 0


@asynccontextmanager
async def emulated(service: str, folder: Path, port: int = 0) -> AsyncIterator[Mapping[str, str]]:
    """Serve an emulated service that keeps itself in `folder`; yield the bot's settings for it."""
    app, named, close = await asyncio.to_thread(_opened, service, folder)
    try:
        async with serve(app, port=port) as url:
            yield named(url)
    finally:
        close()


def _opened(service: str, folder: Path) -> tuple[ASGIApp, Named, Callable[[], None]]:
    folder.mkdir(parents=True, exist_ok=True)
    return SERVICES[service](folder)


def _github(folder: Path) -> tuple[ASGIApp, Named, Callable[[], None]]:
    from integrations.emulators.github import TOKEN, GitHubWorld, automated, github_app
    from integrations.emulators.worlds import build_acme

    if (folder / "world.json").exists():
        world = GitHubWorld.load(folder, now=None)
    else:
        world = GitHubWorld(folder, now=None)
        build_acme(world)
        for repo in world.repositories.values():
            automated(world, repo)

    def named(url: str) -> Mapping[str, str]:
        world.address = url
        return {
            "FLOWBOT_GITHUB_URL": url,
            "FLOWBOT_GITHUB_GIT_URL": url,
            "FLOWBOT_GITHUB_TOKEN": TOKEN,
        }

    return github_app(world), named, world.close


def _linear(folder: Path) -> tuple[ASGIApp, Named, Callable[[], None]]:
    from integrations.emulators.github import GitHubWorld
    from integrations.emulators.linear import TOKEN, LinearWorld, linear_app
    from integrations.emulators.worlds import build_acme, build_acme_linear

    kept = folder / "linear.json"
    if kept.exists():
        world = LinearWorld.load(kept, now=None)
    else:
        world = LinearWorld(now=None, keep=kept)
        with TemporaryDirectory(prefix="flowbot-acme-") as name:
            github = GitHubWorld(Path(name), now=None)
            build_acme(github)
            build_acme_linear(world, github)
            github.close()

    def named(url: str) -> Mapping[str, str]:
        return {"FLOWBOT_LINEAR_URL": url, "FLOWBOT_LINEAR_TOKEN": TOKEN}

    return linear_app(world), named, _nothing


def _slack(folder: Path) -> tuple[ASGIApp, Named, Callable[[], None]]:
    from integrations.emulators.slack import SlackWorld, slack_app

    world = SlackWorld(keep=folder / "slack.json")

    def named(url: str) -> Mapping[str, str]:
        return {
            "FLOWBOT_SLACK_API_URL": f"{url}/api/",
            "FLOWBOT_SLACK_BOT_TOKEN": world.bot_token,
            "FLOWBOT_SLACK_APP_TOKEN": world.app_token,
            "FLOWBOT_SLACK_SIGNING_SECRET": world.signing_secret,
        }

    return slack_app(world), named, _nothing


def _discord(folder: Path) -> tuple[ASGIApp, Named, Callable[[], None]]:
    from integrations.emulators.discord import DiscordWorld, discord_app

    world = DiscordWorld(keep=folder / "discord.json")

    def named(url: str) -> Mapping[str, str]:
        return {
            "FLOWBOT_DISCORD_API_URL": f"{url}/api/v10",
            "FLOWBOT_DISCORD_TOKEN": world.token,
        }

    return discord_app(world), named, _nothing


def _osv(_: Path) -> tuple[ASGIApp, Named, Callable[[], None]]:
    from integrations.emulators.osv import OsvWorld, osv_app

    return osv_app(OsvWorld(now=None)), lambda url: {"FLOWBOT_OSV_URL": url}, _nothing


def _registries(_: Path) -> tuple[ASGIApp, Named, Callable[[], None]]:
    from integrations.emulators.packages import PackagesWorld
    from integrations.emulators.registries import addresses_at, registries_app

    def named(url: str) -> Mapping[str, str]:
        return {f"FLOWBOT_{name.upper()}": at for name, at in addresses_at(url).items()}

    return registries_app(PackagesWorld(now=None)), named, _nothing


def _nothing() -> None:
    """Close what holds nothing open."""


SERVICES: Mapping[str, Callable[[Path], tuple[ASGIApp, Named, Callable[[], None]]]] = {
    "discord": _discord,
    "github": _github,
    "linear": _linear,
    "osv": _osv,
    "registries": _registries,
    "slack": _slack,
}
