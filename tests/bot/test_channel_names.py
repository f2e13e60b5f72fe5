"""Channels have names, asked for on their platform when nobody knows them, or not any more."""

from datetime import timedelta

from bot.channel_names import ChannelNames
from integrations.errors import Refused, Transient
from storage import channels
from storage.channels import ChannelSettings
from tests.bot.lab import Lab

DEV, OPS, GONE = ("slack", "C1"), ("slack", "C2"), ("slack", "C3")


class Platform:
    """Tells what its channels are called; of others it says so, or has trouble."""

    def __init__(self, **named: str | Exception) -> None:
        self.named = named
        self.asked: list[str] = []

    async def channel(self, channel: str) -> str:
        self.asked.append(channel)
        told = self.named[channel]
        if isinstance(told, Exception):
            raise told
        return told


async def test_a_name_is_asked_for_once_a_day(lab: Lab) -> None:
    """A new one is told then; what a channel has set for itself stays."""
    slack = Platform(C1="dev", C2=Refused("no"), C3=Transient("slow"))
    names = ChannelNames(lab.database, lab.clock, {"slack": slack})
    async with lab.database.begin() as connection:
        await channels.save(connection, *DEV, ChannelSettings(thread_only=True))

    assert await names.of([DEV, OPS, GONE, ("discord", "4"), DEV]) == {DEV: "dev"}
    assert await names.of([DEV, OPS]) == {DEV: "dev"}
    assert sorted(slack.asked) == ["C1", "C2", "C3"]

    lab.clock.now += timedelta(days=1)
    slack.named["C1"], slack.named["C3"] = "developers", "ops"
    assert await names.of([DEV, GONE]) == {DEV: "developers", GONE: "ops"}
    async with lab.database.read() as connection:
        assert (await channels.find(connection, *DEV)).thread_only
        assert await channels.names(connection, []) == {}


async def test_a_platform_in_trouble_leaves_the_old_name(lab: Lab) -> None:
    """It is better than none."""
    slack = Platform(C1="dev")
    names = ChannelNames(lab.database, lab.clock, {"slack": slack})
    await names.of([DEV])

    lab.clock.now += timedelta(days=2)
    slack.named["C1"] = Transient("slow")
    assert await names.of([DEV]) == {DEV: "dev"}
