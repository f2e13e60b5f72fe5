"""What waits for somebody comes by one message at their time, and not at all where nothing does."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from bot.home import DECISIONS
from bot.people.preferences import next_queue
from flows.engine.tools import ProjectSettings
from integrations.github import Pull, Review
from storage import people, projects
from storage.people import Identity, PersonSettings
from tests.bot.lab import ADA, BEN, Lab
from tests.bot.people.test_summons import plan
from tests.bot.town import ADMIN, Town

HOUR = 3600


@pytest.fixture
def town(lab: Lab) -> Town:
    """Return the bot with its desks about people."""
    return Town(lab)


def pull(
    number: int,
    *reviewers: str,
    draft: bool = False,
    author: str = "cat",
    teams: tuple[str, ...] = (),
) -> Pull:
    """Return a pull request that was opened on Tuesday at noon."""
    return Pull(
        number=number,
        title="Add retries",
        url=f"https://github.example/acme/shop/pull/{number}",
        author=author,
        created_at=datetime(2026, 3, 3, 12, tzinfo=UTC),
        head_ref="x",
        base_ref="main",
        draft=draft,
        reviewers=reviewers,
        teams=teams,
    )


async def set_up(town: Town) -> None:
    """Have two projects, of which one cannot be read, and know Ben's login."""
    async with town.lab.database.begin() as connection:
        for name in ("acme/shop", "acme/web"):
            await projects.save(connection, ProjectSettings(name), town.clock())
    await town.say("me", BEN)
    await town.say("link @ben github:Ben-B", ADMIN)
    reviews = [pull(7, "ada", "BEN-b"), pull(8, "ada"), pull(9, "ben-b", draft=True)]
    town.outside.pulls["acme/shop"] = reviews


async def test_a_queue_has_plans_reviews_and_failures(town: Town) -> None:
    """Of all projects; ages are in working hours."""
    await set_up(town)
    town.outside.away.add("acme/web")
    await plan(town)
    run_id = await town.lab.start("choose", BEN)
    await town.lab.player().play(run_id)
    await town.lab.player().play(await town.lab.start("look nothing", BEN))

    told = await town.say("me queue now", BEN)

    assert told.startswith("Your queue ")
    assert "To approve or answer" in told
    assert "make desk (https://flowbot.example/runs/" in told
    assert "Asked by ada." in told
    assert "acme/shop#7 Add retries" in told
    assert "by cat, open for 11 working hours" in told
    assert "acme/shop#8" not in told
    assert "acme/shop#9" not in told
    assert "since GitHub did not tell: acme/web" in told
    assert "/flow me queue off stops it." in told


async def test_a_queue_tells_reviews_by_what_github_still_asks_for(town: Town) -> None:
    """What has its approvals waits for nobody else; teams are those whom they have."""
    await set_up(town)
    town.outside.teams["acme/web"] = ["BEN-b"]
    many = [pull(each, "ben-b") for each in range(20, 35)]
    teams = [pull(10, teams=("web", "gone")), pull(11, teams=("gone",)), pull(12, "ben-b")]
    town.outside.pulls["acme/web"] = [*teams, *many]
    done = await town.outside.pull_state("acme/web", 12)
    town.outside.states[12] = replace(done, decision="approved")

    told = await town.say("me queue now", BEN)

    assert "17 things wait for you." in told
    assert "acme/web#10" in told
    assert "acme/web#11" not in told
    assert "acme/web#12" not in told
    assert "acme/web#34" in told


async def test_a_queue_has_what_is_somebodys_own(town: Town) -> None:
    """Where it is their turn: changes, conflicts, red checks, or nothing more than the merge."""
    await set_up(town)
    own = [pull(each, author="Ben-B") for each in range(10, 15)]
    town.outside.pulls["acme/shop"] = [*own, pull(15, author="ben-b", draft=True)]
    fine = await town.outside.pull_state("acme/shop", 10)
    asks, yes = Review("cat", "changes_requested"), Review("dee", "approved")
    town.outside.states = {
        11: replace(fine, reviews=(asks,), mergeable="conflicts"),
        12: replace(fine, checks="failure"),
        13: replace(fine, decision="approved", reviews=(yes,), mergeable="clean"),
        14: replace(fine, state="merged"),
    }

    told = await town.say("me queue now", BEN)

    assert "3 things wait for you. Yours, and your turn" in told
    mine = "acme/shop#11 Add retries (https://github.example/acme/shop/pull/11): cat asks for "
    assert f"{mine}changes, conflicts with main, open for 11 working hours" in told
    assert "pull/12): checks fail, open for 11 working hours" in told
    assert "pull/13): ready to merge, open for 11 working hours" in told
    assert "acme/shop#15" not in told


async def test_a_queue_counts_every_plan(town: Town) -> None:
    """Those beyond the first have one line, which leads to all of them."""
    await set_up(town)
    for _ in range(DECISIONS + 2):
        town.clock.forward(1)
        await plan(town)
    told = await town.say("me queue now", BEN)
    assert f"{DECISIONS + 3} things wait for you." in told
    assert "… 2 more (https://flowbot.example" in told


async def test_a_queue_that_cannot_be_read_is_not_called_empty(town: Town) -> None:
    """Who asks is told what was not looked at; nobody is sent that."""
    await set_up(town)
    town.outside.pulls = {}
    town.outside.away |= {"acme/shop", "acme/web"}
    told = await town.say("me queue now", BEN)
    assert told.startswith("Nothing waits for you, as far as I can see.")
    assert "since GitHub did not tell: acme/shop, acme/web" in told
    await town.say("me queue 09:30", BEN)
    town.clock.forward(18 * HOUR)
    assert await town.look() == []


async def test_a_queue_comes_at_its_time(town: Town) -> None:
    """Once a day, on days of work; an empty one is not sent."""
    await set_up(town)
    await town.say("me queue 09:30", BEN)
    await town.say("me queue 09:30", ADA)
    assert await town.look() == []
    town.clock.forward(18 * HOUR)

    [told] = await town.look()
    assert told.startswith("notice: Your queue 1 thing waits for you. To review")
    assert await town.look() == []
    town.clock.forward(24 * HOUR)
    assert len(await town.look()) == 1
    town.clock.forward(24 * HOUR)  # a Saturday
    assert await town.look() == []
    await town.say("me queue off", BEN)
    town.clock.forward(72 * HOUR)
    assert await town.look() == []


async def test_who_has_nothing_is_told_so_when_they_ask(town: Town) -> None:
    """Only then."""
    assert "Nothing waits for you." in await town.say("me queue now", ADA)


async def test_a_run_that_failed_is_in_the_queue_until_it_went_well(town: Town) -> None:
    """For a day; the last try counts."""
    lab = town.lab

    async def look() -> None:
        town.clock.forward(60)
        await lab.player().play(await lab.start("look desk"))

    lab.world.fail("desk", ZeroDivisionError("It breaks."))
    await look()
    told = await town.say("me queue now")
    assert "Your runs that failed" in told
    assert "look desk (https://flowbot.example/runs/" in told
    town.clock.forward(25 * HOUR)
    assert "Nothing waits for you." in await town.say("me queue now")

    lab.world.fail("desk", ZeroDivisionError("It breaks."))
    await look()
    assert "1 thing waits for you." in await town.say("me queue now")
    await look()
    assert "Nothing waits for you." in await town.say("me queue now")


async def test_who_left_the_chats_is_sent_nothing(town: Town) -> None:
    """Their time goes by."""
    async with town.lab.database.begin() as connection:
        person = await people.seen(connection, "slack", "U2", "ben", town.clock())
        await people.give(
            connection, person.id, Identity("github", "b", "b", "admin"), town.clock()
        )
        settings = PersonSettings(queue_at=930)
        await people.save(connection, people.changed(person, settings), town.clock())
        await people.take(connection, "slack", "U2")
    assert await town.look() == []
    async with town.lab.database.read() as connection:
        assert await people.due(connection, town.clock()) == []


def test_a_queue_waits_for_who_is_away() -> None:
    """It comes on the first day that they are back."""
    now = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
    back = datetime(2026, 3, 10, 9, tzinfo=UTC)
    settings = PersonSettings(queue_at=9 * 60 + 30, away_until=back)
    assert next_queue(settings, now) == datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    assert next_queue(PersonSettings(), now) is None
