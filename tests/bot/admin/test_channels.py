"""A channel says how it wants to be told things, to those who may set it up."""

import pytest

from bot.admin.channels import Channels
from bot.chat import Actor, Origin
from bot.console.render import render
from bot.dispatch import Dispatch
from bot.replies import Say
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from storage import audit, channels, projects
from tests.bot.lab import ADA, CAT, HERE, NOBODY_READS, RULES
from tests.bot.patience import PatientLab


class Channel:
    """What is typed in a channel, and what is set there."""

    def __init__(self, lab: PatientLab) -> None:
        self.lab = lab
        desk = Channels(lab.database, RULES, lab.clock)
        self.dispatch = Dispatch(lab.database, lab.queue, RULES, lab.clock, lab.find, desks=(desk,))

    async def say(self, words: str, by: Actor = ADA, origin: Origin = HERE) -> Say:
        """Type a command; return the answer."""
        reply = await self.dispatch.command(words, by, origin, words)
        assert isinstance(reply, Say)
        return reply

    async def is_thread_only(self) -> bool:
        """Say what is set."""
        async with self.lab.database.read() as connection:
            return (await channels.find(connection, "slack", "C1")).thread_only


@pytest.fixture
def channel(patient: PatientLab) -> Channel:
    """Return a channel on each of the two engines."""
    return Channel(patient)


async def test_it_shows_what_is_set_and_how_to_change_it(channel: Channel) -> None:
    """Everybody may look."""
    assert "/flow channel thread-only on" in render((await channel.say("channel", CAT)).report)
    await channel.say("channel thread-only on")
    assert "/flow channel thread-only off" in render((await channel.say("channel", CAT)).report)


async def test_a_change_is_audited_and_says_how_to_take_it_back(channel: Channel) -> None:
    """Saying it again changes nothing."""
    reply = await channel.say("channel Thread-only ON")
    assert "one message a day" in render(reply.report)
    assert "/flow channel thread-only off" in render(reply.report)
    assert await channel.is_thread_only()
    assert "on already" in render((await channel.say("channel thread-only on")).report)

    async with channel.lab.database.read() as connection:
        rows = [row async for row in audit.every(connection)]
    assert [(row.action, row.actor["name"], row.detail) for row in rows] == [
        ("set up a channel", "ada", "slack:C1: thread-only on")
    ]


async def test_only_some_may_change_it(channel: Channel) -> None:
    """A project's own word on its people counts in the channel that it is about."""
    reply = await channel.say("channel thread-only on", CAT)
    assert reply.kind == "forbidden"
    assert not await channel.is_thread_only()

    about = ["slack:C1"]
    settings = ProjectSettings("acme/shop", channels=about, roles={"slack:U3": Role.OPERATOR})
    async with channel.lab.database.begin() as connection:
        await projects.save(connection, settings, channel.lab.clock())
    assert (await channel.say("channel thread-only on", CAT)).kind == "answer"


@pytest.mark.parametrize("words", ["channel thread-only", "channel thread-only maybe", "channel x"])
async def test_what_makes_no_sense_gets_examples(channel: Channel, words: str) -> None:
    """Nothing is changed by it."""
    reply = await channel.say(words)
    assert reply.kind == "misread"
    assert "/flow channel thread-only on" in render(reply.report)


async def test_a_terminal_is_no_channel(channel: Channel) -> None:
    """It says where to say it."""
    reply = await channel.say("channel", origin=NOBODY_READS)
    assert "no channel" in render(reply.report)


async def test_the_days_of_a_channel_are_those_of_its_zone(channel: Channel) -> None:
    """A zone that there is none of gets those that may be meant."""
    near = await channel.say("channel zone Europe/Berlim")
    assert (near.kind, "Europe/Berlin" in render(near.report)) == ("misread", True)

    told = render((await channel.say("channel zone Europe/Berlin")).report)
    assert "Europe/Berlin" in told
    assert "/flow channel zone UTC" in told
    assert "Europe/Berlin" in render((await channel.say("channel")).report)
