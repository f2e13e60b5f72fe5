"""Secrets that are set are never seen: not in logs, pages, chats, errors, files or the database."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from bot.demo.on_slack import SlackStage
from bot.doctor import doctor
from bot.logs import secrets_of, set_up_logs
from bot.passes import KEY_FILE
from bot.processes import running
from bot.services import Services
from bot.settings import Settings
from flows.engine.access import Role
from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.github import GitHubWorld, github_app
from integrations.emulators.linear import LinearWorld, linear_app
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld, slack_app
from storage import runs

PAGES = ("/", "/runs", "/flows", "/schedules", "/locks", "/metrics", "/healthz", "/readyz")
SECRETS = {
    "slack_bot_token": "slack-bot-sesame",
    "slack_app_token": "slack-app-sesame",
    "slack_signing_secret": "slack-signing-sesame",
    "github_token": "github-sesame",
    "linear_token": "lin_api_sesame",
    "discord_token": "emulated-discord-token",
}
DATABASE_PASSWORD, QUEUE_PASSWORD = "database-sesame", "queue-sesame"
# They say where a database and a queue are: what is secret of them is a part.
ADDRESSES = {"database_url", "redis_url"}


def given() -> dict[str, SecretStr | list[SecretStr]]:
    """Return a value for every secret that can be set, also for those that are added later."""
    values: dict[str, SecretStr | list[SecretStr]] = {}
    for name, info in Settings.model_fields.items():
        secret = SecretStr(SECRETS.get(name, f"{name}-sesame-that-nobody-may-ever-see"))
        if info.annotation is SecretStr and name not in ADDRESSES:
            values[name] = secret
        elif info.annotation == list[SecretStr]:
            values[name] = [secret]
    return values


@dataclass
class House:
    """The whole bot with its worlds, and everything that can be read of it."""

    services: Services
    slack: SlackWorld
    stage: SlackStage
    page: str
    folder: Path
    seen: list[str] = field(default_factory=list)


@pytest.fixture
def embedded() -> dict[str, SecretStr]:
    """Return the addresses of a bot that brings its own database and queue: there are none."""
    return {}


@pytest.fixture
def servers(postgres_migrated: str, redis_url: str) -> dict[str, SecretStr]:
    """Return the addresses of servers, with passwords; these two ask nobody for theirs."""
    database = postgres_migrated.replace("//postgres@", f"//postgres:{DATABASE_PASSWORD}@")
    queue = redis_url.replace("unix://", f"unix://default:{QUEUE_PASSWORD}@")
    assert DATABASE_PASSWORD in database
    assert QUEUE_PASSWORD in queue
    return {"database_url": SecretStr(database), "redis_url": SecretStr(queue)}


@pytest.fixture(params=["embedded", "servers"])
def addresses(request: pytest.FixtureRequest) -> dict[str, SecretStr]:
    """Return where the database and the queue are, one way and the other."""
    found: dict[str, SecretStr] = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def house(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    addresses: dict[str, SecretStr],
) -> AsyncIterator[House]:
    """Run everything with secrets that are easy to find."""
    log = logging.getLogger()
    before = log.level, log.handlers[:]
    github, linear, discord = GitHubWorld(tmp_path / "github"), LinearWorld(), DiscordWorld()
    github.repo("acme/api", release="v1.2.0", merged=["Add retries"])
    github.token(SECRETS["github_token"], "ada")
    linear.token(SECRETS["linear_token"], "ada")
    slack = SlackWorld(retries=())
    slack.bot_token, slack.app_token = SECRETS["slack_bot_token"], SECRETS["slack_app_token"]
    async with AsyncExitStack() as stack:
        base = {
            name: await stack.enter_async_context(serve(app))
            for name, app in (
                ("github", github_app(github)),
                ("linear", linear_app(linear)),
                ("slack", slack_app(slack)),
                ("discord", discord_app(discord)),
            )
        }
        slack.base_url = base["slack"]
        settings = Settings(
            data_dir=tmp_path / "data",
            port=0,
            default_role=Role.MAINTAINER,
            github_url=base["github"],
            github_git_url=base["github"],
            linear_url=f"{base['linear']}/graphql",
            slack_api_url=f"{base['slack']}/api/",
            slack_pace=1000,
            log_level="DEBUG",
            discord_api_url=f"{base['discord']}/api/v10",
            github_client_id="flowbot",
            **given() | addresses,  # type: ignore[arg-type] # by name
        )
        set_up_logs(settings)
        services, page = await stack.enter_async_context(running(settings))
        stage = SlackStage(slack)
        await stage.connected()
        yield House(services, slack, stage, page, tmp_path / "data")
    github.close()
    await slack.close()
    log.setLevel(before[0])
    log.handlers[:] = before[1]


async def until_done(house: House, count: int) -> None:
    """Wait until so many runs have ended."""
    async with asyncio.timeout(30):
        while True:
            async with house.services.database.read() as connection:
                every = await runs.page(connection, limit=10)
            if len([each for each in every if each.ended]) >= count:
                return
            await house.slack.changed()


async def test_no_secret_is_ever_shown(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """After a release, a health check, every page, a broken webhook and the doctor's visit."""
    await house.stage.type("ada", "/flow release acme/api")
    await house.slack.until(lambda: "Approve" in str(house.stage.threads()))
    await house.stage.press("Approve")
    await until_done(house, 1)
    await house.stage.type("ada", "/flow health")
    await until_done(house, 2)
    async with httpx.AsyncClient(base_url=house.page, trust_env=False) as web:
        for path in PAGES:
            house.seen.append((await web.get(path)).text)
        async with house.services.database.read() as connection:
            ended = [each.id for each in await runs.page(connection, limit=10)]
        for run_id in ended:
            house.seen.append((await web.get(f"/runs/{run_id}")).text)
        refused = await web.post("/hooks/github", content=b"{}", headers={"x-github-event": "push"})
        house.seen.append(refused.text)
    settings = house.services.settings
    house.seen += [repr(settings), str(settings), repr(house.services), str(house.stage.threads())]
    await doctor(settings, as_json=False)
    out, err = capsys.readouterr()
    house.seen += [out, err]
    assert "DEBUG" in err
    stored = {
        path: path.read_bytes()
        for path in house.folder.rglob("*")
        if path.is_file() and path.name != KEY_FILE
    }

    secrets = secrets_of(settings) - {""} | {DATABASE_PASSWORD, QUEUE_PASSWORD}
    assert len(secrets) >= len(given())
    for secret in secrets:
        assert not [text[:200] for text in house.seen if secret in text]
        assert not [path for path, content in stored.items() if secret.encode() in content]
