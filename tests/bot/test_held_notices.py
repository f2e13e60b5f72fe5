"""What is not urgent waits for the time of who is told, comes as one, and stays true."""

import asyncio
from datetime import timedelta

import pytest

from bot.chat import Actor, MessageRef
from bot.console.render import render
from bot.notices import Notices
from flows.report import Code, Link, Report, facts, text
from integrations.errors import Transient
from storage import notices, people
from storage.people import PersonSettings
from storage.records import Manner, Press
from tests.bot.lab import ADA, BEN
from tests.bot.yard import Yard

BERLIN = PersonSettings(zone="Europe/Berlin", has_hours=True)
HOUR = 3600
# The yard's clock says Wednesday, 15:30 in UTC: 16:30 in Berlin.


class Desk:
    """Has Ben told things, and looks at what he has read."""

    def __init__(self, yard: Yard) -> None:
        self.yard = yard

    async def set(self, settings: PersonSettings, who: Actor = BEN) -> None:
        """Set how somebody wants to be treated."""
        now = self.yard.clock()
        async with self.yard.database.begin() as connection:
            person = await people.seen(connection, who.platform, who.id, who.name, now)
            person = people.changed(person, settings)
            await people.save(connection, person, None)
            await notices.release(connection, [f"{who.platform}:{who.id}"], now)

    async def add(
        self,
        key: str,
        report: Report | None = None,
        *,
        topic: str = "",
        manner: Manner | None = None,
        to: Actor = BEN,
    ) -> None:
        """Have somebody told something."""
        whom = {"platform": to.platform, "id": to.id, "name": to.name}
        said = report or Report("", f"About {key}.")
        async with self.yard.database.begin() as connection:
            await notices.add(
                connection, key, whom, said, self.yard.clock(), topic=topic, manner=manner
            )

    async def settle(self, topic: str, said: str) -> int:
        """Say what became of something."""
        async with self.yard.database.begin() as connection:
            return await notices.settle(connection, topic, said, self.yard.clock())

    async def read(self, hours: float = 0) -> list[str]:
        """Deliver after so many hours; return what was sent or edited since, as plain text."""
        self.yard.clock.forward(hours * HOUR)
        before = len(self.yard.room.sent)
        await self.yard.notices.deliver()
        new = self.yard.room.sent[before:]
        return [
            f"{kind}: {' '.join(render(what[1]).split())}"  # type: ignore[index] # as the room writes it down
            for kind, what in new
        ]

    async def kept(self) -> int:
        """Return how many notices the database still has for Ben."""
        found = 0
        async with self.yard.database.read() as connection:
            for number in range(1, 20):
                found += await notices.get(connection, number) is not None
        return found


@pytest.fixture
def desk(yard: Yard) -> Desk:
    """Return the desk of a yard on each engine."""
    return Desk(yard)


async def test_what_comes_up_at_night_is_told_in_the_morning(desk: Desk) -> None:
    """Within hours at once; later it waits, and says since when."""
    await desk.set(BERLIN)
    await desk.add("first")
    assert await desk.read() == ["notice: About first."]

    desk.yard.clock.forward(HOUR)
    await desk.add("second")
    assert await desk.read() == []
    assert await desk.read(14) == []
    [told] = await desk.read(1.5)
    assert told.startswith("notice: About second. Held since 17:30 yesterday")
    assert await desk.read(1) == []
    assert await desk.kept() == 0


async def test_what_is_urgent_or_too_late_then_is_told_at_once(desk: Desk) -> None:
    """An answer to what somebody did, and what has a deadline before they are back."""
    await desk.set(BERLIN)
    desk.yard.clock.forward(2 * HOUR)
    now = desk.yard.clock()
    await desk.add("urgent", manner=Manner(urgent=True))
    await desk.add("soon", manner=Manner(before=now + timedelta(hours=3)))
    await desk.add("later", manner=Manner(before=now + timedelta(days=3)))
    assert await desk.read() == ["notice: About urgent.", "notice: About soon."]


async def test_several_that_were_held_come_as_one_message(desk: Desk) -> None:
    """The weightiest first, with all that they say; one message, and no second time."""
    await desk.set(BERLIN)
    desk.yard.clock.forward(HOUR)
    await desk.add("small")
    desk.yard.clock.forward(HOUR)
    await desk.add("alert", Report("Alarm", "It burns", blocks=(facts(where="here"),)))
    link = text(Link("Look", "https://flowbot.example/runs/1"), " or type ", Code("/flow runs"))
    await desk.add("great", Report("", "A plan waits.", blocks=(link,)), manner=Manner(weight=2))
    assert await desk.read() == []

    [told] = await desk.read(15)

    assert told.startswith("notice: 3 messages for you Held since 17:30 yesterday")
    assert told.index("A plan waits. Look") < told.index("About small") < told.index("Alarm.")
    assert "Where" in told
    assert await desk.read(1) == []


async def test_a_batch_survives_the_loss_of_its_sender(desk: Desk) -> None:
    """It is tried again as it was put together; what came since is told apart."""
    await desk.set(BERLIN)
    desk.yard.clock.forward(HOUR)
    await desk.add("first")
    await desk.add("second")
    await desk.read()
    desk.yard.room.errors.append(Transient("Slack is away."))
    assert await desk.read(16) == []
    await desk.add("third")

    told = await desk.read(0.1)
    assert [each.split(":")[0] for each in told] == ["notice", "edited", "notice"]
    assert "2 messages for you" in told[0]
    assert told[2] == "notice: About third."
    assert [again for _, again in desk.yard.room.keys] == [False, True, False, False]
    assert await desk.read(1) == []


async def test_what_somebody_else_did_is_not_told_any_more(desk: Desk) -> None:
    """What was sent becomes one line; what was not sent is never sent."""
    buttons = (Press("Open", "type:status 1"),)
    await desk.add("plan:ben", topic="question:1", manner=Manner(buttons=buttons))
    await desk.set(BERLIN, ADA)
    desk.yard.clock.forward(HOUR)
    await desk.add("plan:ada", topic="question:1", to=ADA)
    await desk.read()
    [shown] = desk.yard.room.pressable.values()
    assert [each.label for each in shown] == ["Open", "Remind me in 1 h", "Tomorrow"]

    assert await desk.settle("question:1", "Cat approved it.") == 2
    assert await desk.settle("question:1", "Again.") == 0
    assert await desk.settle("", "Nothing.") == 0

    assert await desk.read() == ["edited: ✓ Cat approved it."]
    assert list(desk.yard.room.pressable.values()) == [()]
    assert await desk.read(24) == []
    assert await desk.kept() == 0


async def test_one_of_several_is_settled_in_their_message(desk: Desk) -> None:
    """The others go on; once all are, the message says so."""
    await desk.set(BERLIN)
    desk.yard.clock.forward(HOUR)
    await desk.add("first", topic="question:1", manner=Manner(weight=1))
    await desk.add("second", topic="question:2")
    await desk.read()
    await desk.read(16)

    await desk.settle("question:1", "Cat approved the first.")
    [told] = await desk.read()
    assert told.startswith("edited: 2 messages for you")
    assert told.index("About second") < told.index("✓ Cat approved the first.")
    await desk.settle("question:2", "Cat declined the second.")
    [told] = await desk.read()
    assert told.startswith("edited: ✓ Nothing of this waits for you any more.")
    assert await desk.kept() == 2
    await desk.yard.notices.forget()
    assert await desk.kept() == 2
    desk.yard.clock.forward(31 * 24 * HOUR)
    await desk.yard.notices.forget()
    assert await desk.kept() == 0


async def test_one_that_is_settled_while_its_message_is_on_the_way_waits_for_it(
    desk: Desk,
) -> None:
    """The message is right in the end."""
    await desk.set(BERLIN)
    desk.yard.clock.forward(HOUR)
    await desk.add("first", topic="question:1", manner=Manner(weight=1))
    await desk.add("second", topic="question:2")
    await desk.read()
    desk.yard.room.errors.append(Transient("Slack is away.", timedelta(seconds=60)))
    assert await desk.read(16) == []
    await desk.settle("question:2", "Cat did it.")
    assert await desk.read() == []

    told = await desk.read(0.1)
    assert "✓ Cat did it." in told[0]
    assert await desk.read(0.1) in ([], [told[0].replace("notice", "edited")])
    assert await desk.read(0.1) == []


async def test_one_that_is_settled_when_it_may_have_been_sent_says_so(desk: Desk) -> None:
    """The try that failed may have got through: what it sent is found and edited."""
    await desk.add("first", topic="question:1")
    desk.yard.room.errors.append(Transient("Slack is away."))
    assert await desk.read() == []
    await desk.settle("question:1", "Cat did it.")

    assert [each.split(":")[0] for each in await desk.read(0.1)] == ["notice", "edited"]
    assert desk.yard.room.sent[-1][1] == (
        MessageRef("slack", "DU2", "n1"),
        Report("", "✓ Cat did it."),
    )
    assert await desk.kept() == 0


async def test_one_that_says_something_else_by_now_is_edited(desk: Desk) -> None:
    """Also where nobody knows whether it was sent; what is put off stays so."""

    async def revise(key: str, said: str) -> None:
        async with desk.yard.database.begin() as connection:
            row = await notices.keyed(connection, key)
            assert row is not None
            at = desk.yard.clock()
            await notices.revise(connection, row, Report("", said), "thing:1", at)

    await desk.add("first", topic="thing:1")
    desk.yard.room.errors.append(Transient("Slack is away."))
    assert await desk.read() == []
    await revise("first", "About two.")
    assert await desk.read(0.1) == ["notice: About two.", "edited: About two."]
    await revise("first", "About two.")
    assert await desk.read() == []
    await revise("first", "About three.")
    assert await desk.read() == ["edited: About three."]

    await desk.set(BERLIN)
    desk.yard.clock.forward(2 * HOUR)
    await desk.add("second", topic="thing:1")
    assert await desk.read() == []
    await revise("second", "About four.")
    assert await desk.read(1) == []
    [told] = await desk.read(14)
    assert told.startswith("notice: About four. Held since")


async def test_who_changes_their_hours_hears_at_once_what_was_held_by_the_old_ones(
    desk: Desk,
) -> None:
    """Nothing waits for a time that is nobody's any more."""
    await desk.set(PersonSettings(away_until=desk.yard.clock() + timedelta(days=9)))
    await desk.add("first")
    assert await desk.read(1) == []
    await desk.set(PersonSettings())
    assert len(await desk.read()) == 1


async def test_two_senders_make_one_message(desk: Desk) -> None:
    """Whoever has a notice first, nobody is told twice."""
    await desk.set(BERLIN)
    desk.yard.clock.forward(HOUR)
    for number in range(4):
        await desk.add(f"n{number}")
    await desk.read()
    desk.yard.clock.forward(16 * HOUR)
    other = Notices(desk.yard.database, desk.yard.clock, {"slack": desk.yard.room})

    await asyncio.gather(desk.yard.notices.deliver(), other.deliver())
    await desk.read(1)

    told = [what for kind, what in desk.yard.room.sent if kind == "notice"]
    text_of = " ".join(render(what[1]) for what in told)  # type: ignore[index] # as above
    assert [text_of.count(f"About n{number}.") for number in range(4)] == [1] * 4
