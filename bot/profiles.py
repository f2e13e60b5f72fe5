"""The platforms that tell who somebody is, and what a channel is called."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from bot.channel_names import TellsNames
from bot.people.acquaintance import Profiles

if TYPE_CHECKING:
    from bot.discord.chat import DiscordChat
    from bot.slack.chat import SlackChat


class Tells(Profiles, TellsNames, Protocol):
    """A platform that tells both."""


def profiles_of(slack: "SlackChat | None", discord: "DiscordChat | None") -> Mapping[str, Tells]:
    """Return those that are connected; what asks them is imported only then."""
    found: dict[str, Tells] = {}
    if slack:
        from bot.slack.profiles import SlackProfiles

        found["slack"] = SlackProfiles(slack)
    if discord:
        from bot.discord.profiles import DiscordProfiles

        found["discord"] = DiscordProfiles(discord.rest)
    return found
