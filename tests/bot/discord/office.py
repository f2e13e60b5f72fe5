"""What a test of the Discord surface holds."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.discord.chat import DiscordChat
from flows.engine.registry import catalogue
from flows.engine.spec import Flow, Shortcut
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.model import BOT_USER, Message
from tests.bot.desk import Desk


@dataclass
class Office:
    """All that a test of the surface holds: the server, the desk, the chat."""

    world: DiscordWorld
    desk: Desk
    chat: DiscordChat


CREATE_BUG = Shortcut("Create bug", text="repo")


def flows_of_tests() -> Mapping[str, Flow]:
    """Return all flows, one of which alone is in the menu of every message."""
    known = {slug: replace(each, shortcuts=()) for slug, each in catalogue().items()}
    release = known["release-management"]
    bug = replace(release, slug="bug-fix-workflow", alias="bug-of-tests", shortcuts=(CREATE_BUG,))
    return {**known, bug.slug: bug}


CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"


def place(world: DiscordWorld, channel: str = "dev") -> str:
    """Return the id of a channel."""
    return world.guild.channel(channel).id


async def heard(office: Office, count: int = 1) -> None:
    """Wait until the desk was asked so many times."""
    while len(office.desk.asked) < count:
        await asyncio.wait_for(office.world.changed(), 5)


async def whispered(office: Office, user: str = "ada", count: int = 1) -> list[str]:
    """Return what somebody was told by direct message, once it is so much."""
    world = office.world
    where = world.direct(user).id
    sent = world.guild.messages.setdefault(where, [])
    own: list[Message] = []
    while len(own) < count:
        own = [each for each in sent if each.author == BOT_USER]
        if len(own) < count:
            await asyncio.wait_for(world.changed(), 5)
    return [world.plain(each) for each in own]
