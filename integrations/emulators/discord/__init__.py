"""An emulated Discord: people act in it, the bot talks to it as it talks to Discord."""

from integrations.emulators.discord.app import discord_app
from integrations.emulators.discord.world import DiscordWorld

__all__ = ["DiscordWorld", "discord_app"]
