"""Who is heard: the members of the servers that were named, on whichever way they come."""

from bot.chat import Actor, Origin
from bot.discord.chat import open_chat
from bot.discord.members import KNOWN_FOR, STRANGER, Members, of_members
from bot.replies import Accepted, Say
from bot.shortcuts import Posted
from flows.report import Report
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.model import GUILD
from tests.bot.desk import Desk

HERE = Origin("mention", "discord", "1")
EVE = Actor("discord", "666", "Eve")


async def test_only_members_are_heard(world: DiscordWorld) -> None:
    """A stranger's command, button, form, entry and answer come to nothing, and they are told."""
    desk, now = Desk(), [0.0]
    ada = Actor("discord", world.user("ada").id, "Ada")
    async with open_chat(world.token, f"{world.base_url}/api/v10") as chat:
        door = Members(desk, chat.rest, {"42", GUILD}, lambda: now[0])
        refused = Say(Report("", STRANGER, "warn"), "forbidden")
        assert await door.command("dora", EVE, HERE, "1") == refused
        assert await door.press("answer:7:yes", EVE, HERE, "2") == refused
        assert await door.submit_form("release", {}, EVE, HERE, "3") == refused
        assert await door.answer_form(7, {}, EVE) == refused
        assert await door.shortcut("x", Posted("", "", ""), EVE, HERE) == refused
        assert desk == Desk()

        world.calls.clear()
        for key in ("1", "2"):
            assert isinstance(await door.command("dora", ada, HERE, key), Accepted)
        assert await door.press("answer:7:yes", ada, HERE, "3") is None
        assert isinstance(await door.submit_form("release", {}, ada, HERE, "4"), Accepted)
        assert await door.answer_form(7, {}, ada) is None
        assert isinstance(await door.shortcut("x", Posted("", "", ""), ada, HERE), Say)
        assert len(world.calls) == 1
        assert (await door.home(ada), await door.glance("r1")) == (desk.shown, None)

        now[0] += KNOWN_FOR
        del world.guild.users[ada.id]
        assert await door.command("dora", ada, HERE, "5") == refused


async def test_without_names_everybody_is_heard(world: DiscordWorld) -> None:
    """As long as nobody says otherwise."""
    desk = Desk()
    async with open_chat(world.token, f"{world.base_url}/api/v10") as chat:
        assert of_members(desk, chat.rest, frozenset()) is desk
        assert of_members(desk, chat.rest, {GUILD}) is not desk
