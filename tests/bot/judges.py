"""Judge whether a platform takes a message, and whether it does no more than we meant."""

import json
import re
from collections.abc import Iterator
from typing import Any

from bot.discord.render import FILES as DISCORD_FILES
from bot.discord.render import Message as DiscordMessage
from bot.slack.render import FILES as SLACK_FILES
from bot.slack.render import SIZE
from bot.slack.render import Message as SlackMessage
from integrations.emulators.discord.limits import check_message as check_on_discord
from integrations.emulators.discord.limits import everything
from integrations.emulators.discord.markdown import Piece, read
from integrations.emulators.slack.limits import check_message as check_on_slack

PINGS = {"user", "usergroup", "channel", "broadcast", "emoji"}
ON_SLACK = re.compile(
    r"<https?://[^\s<>|]+\|[^<>]+>|<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>]+>"
)
FORMATS = re.compile(r"([*_~`:]).*\1", re.DOTALL)
OUR_MARKS = {"**", "*"}


def elements(node: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """Yield every JSON object in a document."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from elements(value)
    elif isinstance(node, list):
        for item in node:
            yield from elements(item)


def assert_slack_takes(message: SlackMessage) -> None:
    """Check a message against Slack's limits and our own, tighter one."""
    check_on_slack(message.blocks)
    assert message.blocks
    assert 0 < len(message.text) < 4_000
    assert len(json.dumps(message.blocks, ensure_ascii=False, separators=(",", ":"))) <= SIZE
    assert len(message.files) <= SLACK_FILES


def assert_inert_on_slack(blocks: Any, text: str = "") -> None:  # noqa: ANN401 - any JSON
    """Check that nobody is pinged, and that only what we meant links and formats."""
    for element in elements(blocks):
        assert element.get("type") not in PINGS
        if element.get("type") == "mrkdwn":
            assert ON_SLACK.fullmatch(element["text"])
            label = element["text"].partition("|")[2]
            assert element["text"].startswith("<!date") or not FORMATS.search(label)
        if element.get("type") == "plain_text":
            assert element["emoji"] is False
        if element.get("type") == "link":
            assert element["url"].startswith(("http://", "https://"))
    assert "<" not in text
    assert ">" not in text


def assert_discord_takes(message: DiscordMessage) -> None:
    """Check a message against Discord's limits."""
    files = {file.name: file.content for file in message.files}
    check_on_discord(message.body, files)
    assert len(files) == len(message.files) <= DISCORD_FILES


def assert_inert_on_discord(message: DiscordMessage) -> None:
    """Check that nobody is pinged, and that only what we meant links and formats."""
    assert message.body["allowed_mentions"] == {"parse": []}
    for piece in _pieces(message):
        assert piece.kind not in ("mention", "emoji", "address")
        if piece.kind == "mark":
            assert piece.text in OUR_MARKS
        if piece.kind == "link":
            assert piece.url.startswith(("http://", "https://"))


def _pieces(message: DiscordMessage) -> Iterator[Piece]:
    for each in everything(message.body["components"]):
        if each["type"] == 10:
            yield from read(each["content"])
