"""What a test of the Slack surface holds."""

from dataclasses import dataclass

from bot.slack.chat import SlackChat
from integrations.emulators.slack import SlackWorld
from tests.bot.desk import Desk


@dataclass
class Office:
    """All that a test of the surface holds: the workspace, the desk, the chat."""

    world: SlackWorld
    desk: Desk
    chat: SlackChat
