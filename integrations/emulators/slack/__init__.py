"""An emulated Slack workspace: people act in it, the bot talks to it as it talks to Slack."""

from integrations.emulators.slack.app import slack_app
from integrations.emulators.slack.world import SlackWorld

__all__ = ["SlackWorld", "slack_app"]
