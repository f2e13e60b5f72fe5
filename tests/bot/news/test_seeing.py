"""What is not GitHub's everyday: issues in Linear, and a GitHub that has not made up its mind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from bot.chat import Actor
from bot.deliveries import Deliveries
from bot.gallery.news import BROKEN
from bot.intake import Delivery, Intake
from bot.news.looks import MOST_UNDECIDED, NOTHING, Background, News
from bot.subscriptions.follower import Follower
from bot.subscriptions.hints import Thing
from bot.subscriptions.looks import Eyes
from integrations.emulators.linear import TOKEN, LinearWorld, linear_app
from integrations.emulators.server import serve
from integrations.errors import NotFound, OutsideError, Transient
from integrations.github import Commit, PullState, Repository, WorkflowRun
from integrations.linear import LinearApi, LinearReader, LinearSignIn
from storage import people
from storage.people import Identity
from tests.bot.followed.test_pull import state
from tests.bot.lab import Lab
from tests.bot.news.square import ADA, BO, NEWS, Square
from tests.bot.subscriptions.street import REPO


class Undecided(Eyes):
    """Sees a GitHub that does not say for long whether something can be merged."""

    looks = 0

    async def state(self, thing: Thing) -> object:
        seen = await super().state(thing)
        self.looks += 1
        return replace(seen, mergeable="unknown") if isinstance(seen, PullState) else seen


@asynccontextmanager
async def at_linear(plaza: Square, *who: Actor) -> AsyncIterator[LinearWorld]:
    """Have a Linear beside GitHub, where these people are known."""
    linear = LinearWorld(now=plaza.clock())
    linear.courier.hook("http://127.0.0.1:9", "ocean")
    async with plaza.database.begin() as connection:
        for each in who:
            found = await people.of(connection, each.platform, each.id)
            assert found is not None
            identity = Identity("linear", linear.user(each.name).id, each.name, "email")
            await people.give(connection, found.id, identity, plaza.clock())
    async with (
        serve(linear_app(linear)) as url,
        LinearApi(LinearSignIn(TOKEN), base_url=url) as api,
    ):
        eyes = Eyes(plaza.street.reader, LinearReader(api))
        news = News(plaza.database, plaza.street.reader)
        plaza.street.follower = Follower(plaza.database, eyes, plaza.clock, news)
        yield linear


async def told(plaza: Square, linear: LinearWorld) -> list[str]:
    """Hand over what Linear tells; return what people were told since."""
    street = plaza.street
    intake, hear = Intake(street.lab.queue.redis), street.follower.hear
    work = Deliveries(intake, plaza.database, (hear,), "w1", plaza.clock)
    for each in linear.courier.waiting:
        await work.deal(Delivery("linear", each.kind, each.id, each.body))
    linear.courier.waiting.clear()
    return await plaza.look()


async def test_an_issue_in_linear_is_told_to_who_gets_it(plaza: Square) -> None:
    """From somebody else, until it is done or another's."""
    await plaza.knows(ADA, BO)
    async with at_linear(plaza, ADA, BO) as linear:
        linear.team("ENG")
        linear.issue("ENG", "Orders are counted twice", priority=2)
        linear.change("ENG-1", by="ada", assignee=linear.user("bo"))
        [said] = await told(plaza, linear)
        assert said.startswith(
            "bo: Ada assigned you ENG-1 Orders are counted twice. Backlog · high"
        )
        linear.change("ENG-1", by="bo", title="Orders count twice")
        [said] = await told(plaza, linear)
        assert said.startswith("bo, edited: Ada assigned you ENG-1 Orders count twice.")
        linear.change("ENG-1", by="ada", assignee=linear.user("ada"))
        done = "bo, edited: ✓ Not assigned to you any more: ENG-1 Orders count twice."
        assert await told(plaza, linear) == [done]
        linear.change("ENG-1", by="ada", assignee=linear.user("bo"))
        assert len(await told(plaza, linear)) == 1
        linear.move("ENG-1", "Done", by="bo")
        assert await told(plaza, linear) == ["bo, edited: ✓ Done: ENG-1 Orders count twice."]


class Guarded:
    """A GitHub that answers everything with an error."""

    def __init__(self, error: OutsideError) -> None:
        self.error = error

    async def team_members(self, org: str, team: str) -> list[str]:
        raise self.error

    async def repository(self, repo: str) -> Repository:
        raise self.error

    async def run_before(self, repo: str, run: WorkflowRun) -> WorkflowRun | None:
        raise self.error

    async def head(self, repo: str, ref: str = "") -> Commit:
        raise self.error

    async def commits_between(self, repo: str, base: str, head: str) -> list[Commit]:
        raise self.error


async def test_what_the_bot_may_not_see_holds_up_nothing(lab: Lab) -> None:
    """It is as if nobody were there; a GitHub that is away is asked again."""
    about = Thing("pull", REPO, "7")
    asked = state(teams=("acme/platform",))
    async with lab.database.begin() as connection:
        person = await people.seen(connection, "slack", "U1", "ada", lab.clock())
        await people.save(connection, people.changed(person, NEWS), None)
    hidden = News(lab.database, Guarded(NotFound("It is hidden.")))
    assert await hidden.background(about, asked) == Background({"acme/platform": ()})
    assert await hidden.background(about, BROKEN) == NOTHING
    assert await hidden.background(about, replace(BROKEN, event="schedule")) == NOTHING
    assert await hidden.background(about, replace(asked, state="closed")) == NOTHING
    away = News(lab.database, Guarded(Transient("It is away.")))
    for each in (asked, BROKEN):
        with pytest.raises(Transient):
            await away.background(about, each)


async def test_github_is_asked_again_while_it_has_not_decided(plaza: Square) -> None:
    """Not for ever: then the author is told what is known."""
    await plaza.knows(ADA)
    eyes = Undecided(plaza.street.reader, None)
    news = News(plaza.database, plaza.street.reader)
    plaza.street.follower = Follower(plaza.database, eyes, plaza.clock, news)
    ada, bo = map(plaza.github.person, ("ada", "bo"))
    number = await ada.opens_pull(REPO, "Add limits", {"limits.py": "3\n"})
    await bo.approves(REPO, number)
    assert await plaza.settle() == []
    heard: list[str] = []
    for _ in range(MOST_UNDECIDED):
        await plaza.street.forward(150)
        heard += await plaza.look()
    [said] = heard
    assert said.startswith("ada: bo approved it: acme/api#2 Add limits. Open it (")
    looks = eyes.looks
    await plaza.street.forward(3600)
    assert await plaza.look() == []
    assert eyes.looks == looks
