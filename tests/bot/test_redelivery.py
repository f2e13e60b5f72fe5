"""A delivery that found our door shut is asked for again, once, and wakes who waits for it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse

from bot.deliveries import Deliveries, waking
from bot.intake import STREAM, Intake
from bot.redelivery import Redelivery
from bot.web.hooks import GITHUB, Hooks
from flows.engine.tools import ProjectSettings
from integrations.emulators.github import APP_ID, TOKEN, GitHubWorld, app_key, github_app
from integrations.emulators.github.records import Hook
from integrations.emulators.server import serve
from integrations.errors import Transient
from integrations.github import AppSignIn, GitHub, GitHubApi, TokenSignIn
from storage import projects
from tests.bot.patience import PatientLab

REPO = "acme/api"
SECRET = "spring water"


class Town:
    """The bot's door, which can be shut, and a GitHub whose hook leads to it."""

    def __init__(
        self, lab: PatientLab, world: GitHubWorld, door: str, address: str, github: GitHub
    ) -> None:
        self.lab, self.world, self.github = lab, world, github
        self.door, self.address = door, address
        self.secrets: dict[str, list[str]] = {}

    def open(self) -> None:
        """Take deliveries from now on; before that the door answers 503."""
        self.secrets[GITHUB] = [SECRET]

    def redelivery(self, *, door: str = "", is_app: bool = False) -> Redelivery:
        """Return who asks for what is missing."""
        lab = self.lab
        return Redelivery(
            self.github,
            lab.database,
            lab.queue,
            lambda: self.world.clock,
            door=door,
            is_app=is_app,
        )

    async def swept(self, *, door: str = "", is_app: bool = False) -> int:
        """Sweep once, and wait for what GitHub sends then."""
        asked = await self.redelivery(door=door, is_app=is_app).sweep()
        await self.world.courier.deliver()
        return asked

    def failed(self, hook: Hook) -> list[str]:
        """Return which events a hook did not get."""
        return [each.event for each in self.world.courier.of(hook) if each.failed]


@pytest.fixture
async def town(patient: PatientLab, tmp_path: Path) -> AsyncIterator[Town]:
    """Yield a shut door, and a repository that the bot knows."""
    world = GitHubWorld(tmp_path / "world")
    world.repo(REPO)
    async with patient.database.begin() as connection:
        for name in (REPO, "no repository"):
            await projects.save(connection, ProjectSettings(name), patient.clock())
    secrets: dict[str, list[str]] = {}
    hooks = Hooks(Intake(patient.queue.redis), secrets, PlainTextResponse("a page"), patient.clock)
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(serve(hooks))
        base = await stack.enter_async_context(serve(github_app(world)))
        api = await stack.enter_async_context(GitHubApi(TokenSignIn(TOKEN), base_url=base))
        made = Town(patient, world, f"{door}{GITHUB}", base, GitHub(api))
        made.secrets = secrets
        yield made
    world.close()


async def test_what_found_the_door_shut_wakes_a_run_once(town: Town) -> None:
    """A run waits for a pull request; the event comes late, and is dealt with once."""
    lab, ada = town.lab, town.world.person("ada")
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    run_id = await lab.start(f"watch pull:{REPO}#{number}")
    await lab.play(run_id)
    hook = town.world.hook(REPO, town.door, SECRET, "pull_request")
    await ada.labels(REPO, number, "urgent")
    assert town.failed(hook) == ["pull_request"]
    assert (await lab.run(run_id)).state == "waiting"

    town.open()
    assert await town.swept() == 1
    assert await town.swept() == 0
    assert await lab.queue.redis.xlen(STREAM) == 1

    intake, listeners = Intake(lab.queue.redis), [waking(lab.events.happened)]
    deliveries = Deliveries(intake, lab.database, listeners, "w1", lab.clock)
    _, delivery = await anext(intake.taken("w1"))
    await deliveries.deal(delivery)
    assert (await lab.run(run_id)).state == "queued"
    await lab.play(run_id)
    assert (await lab.run(run_id)).state == "waiting"
    await deliveries.deal(delivery)
    assert (await lab.run(run_id)).state == "waiting"


async def test_what_fails_again_is_left_to_people(town: Town) -> None:
    """The door is still shut: nobody asks for the same one all day."""
    hook = town.world.hook(REPO, town.door, SECRET)
    await town.world.person("ada").opens_issue(REPO, "Crash")
    assert await town.swept() == 1
    assert town.failed(hook) == ["issues", "issues"]
    await town.lab.queue.redis.flushall()
    assert await town.swept() == 1  # the queue has forgotten that it was asked for
    assert [each.redelivery for each in town.world.courier.of(hook)] == [True, True, False]


async def test_only_our_own_hooks_count(town: Town) -> None:
    """Others on the same repository are none of our business, nor are those switched off."""
    world = town.world
    other = world.hook(REPO, town.door.removesuffix(GITHUB) + "/elsewhere", SECRET)
    asleep = world.hook(REPO, town.door, SECRET)
    await world.person("ada").opens_issue(REPO, "Crash")
    other.url, asleep.active = "http://127.0.0.1:9/", False
    await world.person("ada").opens_issue(REPO, "Another")
    assert town.failed(other)
    assert await town.swept() == 0
    asleep.active = True
    assert await town.swept(door="https://flowbot.example/hooks/github") == 0
    assert await town.swept(door=town.door) == 1


async def test_what_is_older_than_three_days_is_gone(town: Town) -> None:
    """GitHub keeps no more, and nobody would want it."""
    town.world.hook(REPO, town.door, SECRET)
    await town.world.person("ada").opens_issue(REPO, "Crash")
    town.world.clock += timedelta(days=3, seconds=1)
    assert await town.swept() == 0


async def test_a_busy_github_is_asked_again_later(town: Town) -> None:
    """What it would not send counts as not asked for."""
    town.world.hook(REPO, town.door, SECRET)
    await town.world.person("ada").opens_issue(REPO, "Crash")
    town.world.fail(status=502, match="/attempts", method="POST")
    assert await town.swept() == 0
    assert await town.swept() == 1


async def test_an_app_asks_for_the_deliveries_of_its_own_hook(town: Town) -> None:
    """One list for all repositories."""
    world = town.world
    hook = world.hook_of_app(town.door, SECRET)
    world.repo("acme/web")
    await world.person("ada").opens_issue("acme/web", "Begin")
    await world.person("ada").opens_issue(REPO, "Crash")
    sign_in = AppSignIn(str(APP_ID), app_key(world))
    async with GitHubApi(sign_in, base_url=town.address) as api:
        town.github = GitHub(api)
        town.open()
        missing = len(town.failed(hook))
        assert missing
        assert await town.swept(is_app=True) == missing
        assert await town.swept(is_app=True) == 0
        world.fail(status=502, match="/app/hook")
        with pytest.raises(Transient):
            await town.swept(is_app=True)
    assert await town.lab.queue.redis.xlen(STREAM) == missing
