"""What a test of the Discord surface holds."""

from dataclasses import dataclass

from bot.discord.chat import DiscordChat
from integrations.emulators.discord import DiscordWorld
from tests.bot.desk import Desk


@dataclass
class Office:
    """All that a test of the surface holds: the server, the desk, the chat."""

    world: DiscordWorld
    desk: Desk
    chat: DiscordChat
