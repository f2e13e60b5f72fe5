"""What an event has started answers below the card of what the event was about, in each channel."""

from dataclasses import replace

import pytest

from bot.bulletins import echo_of
from bot.chat import Gone, Origin, ThreadRef
from bot.deliveries import Heard, told_by
from bot.dispatch import Accepted
from bot.intake import Delivery
from bot.postings import posting_from
from bot.triggers import Triggers
from flows.engine.access import Role
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from flows.report import Code, Link, Report, table
from integrations.errors import Transient
from storage import posts, projects, runs, sightings, subscriptions
from storage.chat_records import PostRecord
from storage.followed_records import SubscriptionRecord
from tests.bot.lab import ADA, HERE, Lab, Nothing, _flow

PULL = "github:pull:acme/api#7"
COMMIT = "github:commit:acme/api@abc"
RUN = "github:run:acme/api/77"
BUILD = "github:ci:acme/api/test suite@main"
FAILED = Delivery(
    "github",
    "workflow_run",
    "d1",
    b'{"action": "completed", "repository": {"full_name": "acme/api"},'
    b' "workflow_run": {"id": 77, "head_sha": "abc", "pull_requests": []}}',
)
API = ProjectSettings(
    "acme/api", channels=["slack:C1"], triggers=["look"], roles={"*": Role.OPERATOR}
)


class Street(Lab):
    """A bot with one flow that a workflow run starts, and channels that follow its repository."""

    def flows(self) -> tuple[Flow, ...]:
        """Return the flow alone."""
        on = ("github:workflow_run.completed",)
        looks = replace(self._look_params(), on=on)
        return (looks,)

    def _look_params(self) -> Flow:
        return _flow("desk-watching", "look", Nothing, self._looked)

    async def _looked(self, run: object, params: Nothing) -> Report:
        return Report("It fails", "by a typo", "bad", self.about, quiet=self.quiet)

    async def follow(self, channel: str, *, paused: bool = False, platform: str = "slack") -> None:
        """Let a channel follow the repository."""
        record = SubscriptionRecord(
            id=f"s-{channel}",
            platform=platform,
            channel=channel,
            pattern="acme/api",
            settings={"features": {"prs": ""}},
            owner={"platform": "slack", "id": "U1", "name": "ada"},
            paused=paused,
            created_at=self.clock(),
        )
        async with self.database.begin() as connection:
            await subscriptions.save(connection, record)

    async def card(
        self, channel: str, topic: str = PULL, message: str = "m", head: str = ""
    ) -> None:
        """Let a channel have the card of something; without a message it is still to come."""
        key = f"{topic} in slack:{channel}"
        async with self.database.begin() as connection:
            await posts.put(
                connection,
                key=key,
                platform="slack",
                channel=channel,
                body=b"{}",
                topic=topic,
                source=f"s-{channel}",
                head=head,
                at=self.clock(),
            )
            row = await posts.get(connection, key)
            assert row
            if message:
                values = {"message": message, "thread": "day" if head else ""}
                sent = PostRecord(
                    **{name: getattr(row, name) for name in row.__struct_fields__} | values
                )
                await posts.settle(connection, sent, self.clock())

    async def heard(self) -> str:
        """Let GitHub tell that a workflow has failed; return the run that this starts."""
        async with self.database.begin() as connection:
            await projects.save(connection, API, self.clock())
        flows = {each.slug: each for each in self.flows()}
        triggers = Triggers(self.database, self.dispatch, lambda: flows)
        await triggers.hear(Heard(FAILED, told_by(FAILED), self.clock()))
        async with self.database.read() as connection:
            [run] = await runs.page(connection)
        return run.id

    async def told(self) -> list[PostRecord]:
        """Play what the event starts, and return what other channels are told of it."""
        run_id = await self.heard()
        await self.player().play(run_id)
        await self.threads.deliver()
        return await self.echoes(run_id)

    async def echoes(self, run_id: str) -> list[PostRecord]:
        """Return what other channels are told of a run."""
        async with self.database.read() as connection:
            every = await posts.of_topic(connection, PULL)
        return [each for each in every if each.key.startswith(f"run:{run_id}")]

    async def knows(self, topic: str, **state: object) -> None:
        """Let the bot have seen something."""
        async with self.database.begin() as connection:
            await sightings.held(connection, topic, self.clock())
            await sightings.keep(connection, topic, state, self.clock())


@pytest.fixture
async def street(lab: Lab) -> Street:
    """Return a bot that has seen which pull request brought the commit."""
    opened = Street(lab.database, lab.queue, lab.tools)
    await opened.knows(COMMIT, pull=7)
    return opened


async def test_it_answers_below_the_pull_request_of_the_commit(street: Street) -> None:
    """With card and report in the channel of the project; others that follow it hear the result."""
    for channel in ("C1", "C2"):
        await street.follow(channel)
        await street.card(channel, message=f"card-{channel}")
    street.about = (table(["What"], [("typo",)]),)

    [echo] = await street.told()

    assert street.room.places == [ThreadRef("slack", "C1", "card-C1")] * 2
    assert street.room.kinds == ["card", "report"]
    assert (echo.channel, echo.head, echo.source) == ("C2", f"{PULL} in slack:C2", "s-C2")
    said = posting_from(echo.body)
    url = f"https://flowbot.example/runs/{echo.key.split(' ')[0].removeprefix('run:')}"
    assert (said.title, said.lines) == ((Link("It fails", url),), (("by a typo",),))
    assert said.why[-1] == Code("!flow why")


async def test_a_repeated_event_and_a_lost_try_say_nothing_twice(street: Street) -> None:
    """The run is the same, and so is what the other channel reads."""
    for channel in ("C2", "C3"):
        await street.follow(channel)
        await street.card(channel, message=f"card-{channel}")
    street.room.errors = [Transient("Slow down.", retry_after=None)]
    run_id = await street.heard()
    await street.player().play(run_id)
    for _ in range(3):
        await street.threads.deliver()
        street.clock.forward(60)
    assert await street.heard() == run_id
    await street.threads.deliver()

    assert street.room.kinds == ["card"]
    assert len(await street.echoes(run_id)) == 1
    assert await street.outbox() == []


async def test_where_nobody_shows_it_the_channel_of_the_project_hears(street: Street) -> None:
    """Neither a channel that rests counts, nor one whose card was taken away."""
    await street.follow("C2", paused=True)
    await street.card("C2")
    assert await street.told() == []
    assert street.room.places == [ThreadRef("slack", "C1")]


async def test_a_card_that_is_on_its_way_is_waited_for(street: Street) -> None:
    """For a minute: what GitHub tells makes the card as well."""
    await street.follow("C2")
    await street.card("C2", message="")
    run_id = await street.heard()
    await street.player().play(run_id)
    await street.threads.deliver()
    assert street.room.sent == []

    street.clock.forward(2)
    await street.card("C2", message="late")
    await street.threads.deliver()
    assert street.room.places == [ThreadRef("slack", "C2", "late")]


async def test_a_card_that_never_comes_holds_up_nothing(street: Street) -> None:
    """After a minute the channel of the project hears."""
    await street.follow("C2")
    await street.card("C2", message="")
    await street.player().play(await street.heard())
    street.clock.forward(61)
    await street.threads.deliver()
    assert street.room.places == [ThreadRef("slack", "C1")]


async def test_the_card_of_the_build_is_next_best(street: Street) -> None:
    """Where nobody follows pull requests; in a channel of threads it is in that of the day."""
    await street.knows(RUN, build=BUILD)
    await street.knows(BUILD)
    await street.follow("C2")
    await street.card("C2", BUILD, "broken", head="day:slack:C2:2026-03-04")
    await street.told()
    assert street.room.places == [ThreadRef("slack", "C2", "day")]


async def test_a_thread_that_was_deleted_is_no_reason_for_silence(street: Street) -> None:
    """The channel hears then."""
    await street.follow("C2")
    await street.card("C2")
    run_id = await street.heard()
    await street.player().play(run_id)
    street.room.errors = [Gone("It was deleted.")]
    await street.threads.deliver()
    assert street.room.places == [ThreadRef("slack", "C2")]


async def test_a_run_without_a_place_is_taken_back_on_its_page(street: Street) -> None:
    """Where nobody reads of it, there is no thread to go on in."""
    origin = Origin("event", "event", "", tells="news", about=PULL)
    run_id = await street.start("look", origin=origin)
    await street.player().play(run_id)
    await street.threads.deliver()
    assert street.room.sent == []
    again = await street.dispatch.command(f"rerun {run_id}", ADA, HERE, "again")
    assert isinstance(again, Accepted)


async def test_a_silent_run_stays_silent(street: Street) -> None:
    """Whoever follows what it looked at."""
    await street.follow("C2")
    await street.card("C2")
    street.quiet = True
    assert await street.told() == []
    assert street.room.sent == []


async def test_what_is_asked_is_told_with_the_way_there(street: Street) -> None:
    """Only its own thread has the buttons."""
    await street.follow("C1")
    await street.card("C1")
    await street.told()
    card = replace(street.room.card, title="heal", line="Waits.", question="Apply?")
    said = echo_of(card, None)
    assert said.lines == (("Waits.",), ("Apply?", " – answer on its page."))
    long = Report("It fails", "by a typo", blocks=(table(["What"], [("typo",)]),))
    assert echo_of(card, long).tone == "neutral"
