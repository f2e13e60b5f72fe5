"""How flows hear what people said: by the ears of each platform that is connected."""

from typing import TYPE_CHECKING

from bot.comments.ears import CommentEars
from bot.talk import Ears
from integrations.github.conversation import Conversation

if TYPE_CHECKING:  # their libraries take half a second to import, and not everybody uses both
    from bot.discord.chat import DiscordChat
    from bot.slack.chat import SlackChat


def ears_of(
    slack: "SlackChat | None", discord: "DiscordChat | None", github: Conversation
) -> dict[str, Ears]:
    """Return the ears by platform."""
    found: dict[str, Ears] = {"github": CommentEars(github)}
    if slack:
        from bot.slack.ears import SlackEars

        found["slack"] = SlackEars(slack.client)
    if discord:
        from bot.discord.ears import DiscordEars

        found["discord"] = DiscordEars(discord.rest)
    return found
