"""What a run tells before its end is in its thread: once, in order, and on its card."""

from dataclasses import replace

import pytest

from bot.chat import Origin, Posting, ThreadRef
from bot.rules import GITHUB
from bot.threads import Threads
from flows.engine.run import ReadRun
from flows.engine.spec import Flow
from flows.report import Block, Person, Report, facts, table, text
from integrations.errors import Transient
from tests.bot.lab import HERE, NOBODY_READS, RULES, Lab, Nothing, _flow

NEWS = replace(HERE, tells="news")
ON_GITHUB = Origin("comment", GITHUB, "acme/api#7", "acme/api#7", "99")


class Days(Lab):
    """A bot with one flow, which tells two things and then asks."""

    more: tuple[Block, ...] = ()
    hushed = False

    def flows(self) -> tuple[Flow, ...]:
        """Return the flow alone."""
        return (_flow("day-living", "live", Nothing, self._live),)

    async def _live(self, run: ReadRun, _: Nothing) -> Report:
        red = (text("test – ", Person("ada")),)
        await run.tell(Report("Checks fail", "of #12", "bad", red, quiet=self.hushed))
        await run.tell(Report("Checks pass", tone="good", blocks=self.more, quiet=self.hushed))
        await run.ask("And now?", ("stop", "wait"))
        return Report("Over")

    async def lived(self, origin: Origin = HERE) -> str:
        """Play a run until it asks, and say what it has told; return its id."""
        run_id = await self.start("live", origin=origin)
        await self.player().play(run_id)
        await self.threads.deliver()
        return run_id


@pytest.fixture
def days(lab: Lab) -> Days:
    """Return the bot around that flow."""
    return Days(lab.database, lab.queue, lab.tools)


async def test_it_is_told_in_the_thread_and_on_the_card(days: Days) -> None:
    """Each is a message of its own in the order in which it happened; the card has the last."""
    await days.lived()

    assert days.room.kinds == ["card", "post", "post"]
    assert days.room.places[1:] == [ThreadRef("slack", "C1", "m1")] * 2
    first, second = (what for kind, what in days.room.sent if kind == "post")
    assert first == Posting(("Checks fail",), "bad", (("of #12",), ("test – ", Person("ada"))))
    assert second == Posting(("Checks pass",), "good")
    card = days.room.card
    assert [each.line for each in card.news] == [("Checks fail — of #12",), ("Checks pass",)]
    assert card.latest == card.news[-1]
    assert not card.steps
    assert await days.outbox() == []


async def test_what_could_not_be_told_comes_first_once_it_can(days: Days) -> None:
    """And nothing a second time, although the first try may have got through."""
    run_id = await days.start("live")
    await days.threads.deliver()
    await days.player().play(run_id)
    days.room.errors = [Transient("Slow down.", retry_after=None)]
    days.clock.forward(2)
    for _ in range(3):
        await days.threads.deliver()
        days.clock.forward(60)

    told = [each for each in days.room.sent if each[0] == "post"]
    assert [what.title for _, what in told if isinstance(what, Posting)] == [
        ("Checks fail",),
        ("Checks pass",),
    ]


async def test_what_is_long_is_a_message_like_a_report(days: Days) -> None:
    """A table does not fit in a line; a few figures do."""
    days.more = (table(["What"], [("test",)]),)
    await days.lived()
    assert days.room.kinds == ["card", "post", "report"]

    other = Days(days.database, days.queue, days.tools)
    other.clock.forward(1)
    other.more = (facts("Took", minutes="4"),)
    await other.lived()
    [(_, _), (_, _), (_, told)] = other.room.sent
    assert told == Posting(("Checks pass",), "good", (("Took",), ("Minutes: ", "4")))


async def test_on_github_the_comment_grows_instead(days: Days) -> None:
    """Whoever watches a pull request gets a mail for every comment, and none for an edit."""
    days.threads = Threads(
        days.database, days.queue, RULES, days.clock, {GITHUB: days.room}, days.find
    )
    await days.lived(ON_GITHUB)

    assert days.room.kinds == ["card"]
    assert len(days.room.card.news) == 2
    assert await days.outbox() == []


async def test_a_silent_run_speaks_up_when_it_tells_something(days: Days) -> None:
    """Unless it says itself that this is no news: then it speaks up when it asks."""
    days.hushed = True
    run_id = await days.start("live", origin=NEWS)
    await days.player().play(run_id)
    await days.threads.deliver()
    assert days.room.kinds == ["card", "post", "post"]  # since it asks

    for hushed, kinds in ((True, []), (False, ["card"])):
        other = Telling(days.database, days.queue, days.tools)
        other.hushed = hushed
        other.clock.forward(1 + len(kinds))
        await other.lived(NEWS)
        assert other.room.kinds[:1] == kinds


class Telling(Days):
    """The same, but it waits for something else than a person."""

    async def _live(self, run: ReadRun, _: Nothing) -> Report:
        await run.tell(Report("Checks fail", tone="bad", quiet=self.hushed))
        return Report("Over", quiet=True) if await run.until("it", _never) else Report("Never")


async def _never() -> bool | None:
    return None


async def test_where_nobody_reads_it_is_kept(days: Days) -> None:
    """The page has it."""
    await days.lived(NOBODY_READS)
    assert await days.outbox() == []
    assert days.room.sent == []
