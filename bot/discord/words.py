"""What somebody typed, from how Discord sends it; pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.shortcuts import Posted

CHANNELS = "https://discord.com/channels"
TO_THE_LETTER = re.compile(r"(?s)(?<!`)(`{1,3})(?!`).+?(?<!`)\1(?!`)|\\<")
MENTION = re.compile(r"<@!?([0-9]{1,20})>")
ROLE = re.compile(r"<@&([0-9]{1,20})>")
CHANNEL = re.compile(r"<#([0-9]{1,20})>")
EMOJI = re.compile(r"<a?(:\w+:)\d+>")
COMMAND = re.compile(r"<(/[^:<>]+):\d+>")
ADDRESS = re.compile(r"<(https?://[^<>\s]+)>")


def typed(text: str) -> str:
    """Return the text as it was typed; people become `@123`, channels `#123`."""
    text = MENTION.sub(r"@\1", text)
    text = CHANNEL.sub(r"#\1", text)
    for shape in (EMOJI, COMMAND, ADDRESS):
        text = shape.sub(r"\1", text)
    return text.strip()


def mentions(text: str, user: int, role: int) -> bool:
    """Say whether a message, as Discord sends it, names this user or the role that is theirs."""
    said = TO_THE_LETTER.sub(" ", text)  # where Discord pings nobody either
    named = {int(found[1]) for found in MENTION.finditer(said)}
    return user in named or role in {int(found[1]) for found in ROLE.finditer(said)}


def without_mention(text: str, user: int, role: int) -> str:
    """Return a message, as Discord sends it, without the mentions of this user or role."""
    text = MENTION.sub(lambda found: " " if int(found[1]) == user else found[0], text)
    return ROLE.sub(lambda found: " " if int(found[1]) == role else found[0], text)


def posted(message: Mapping[str, Any], guild: int | None) -> Posted:
    """Return what somebody posted, from the message as Discord sends it with an entry's choice.

    What a bot posted may stand in its boxes alone, what was forwarded in another message.
    """
    held = [each["message"] for each in message.get("message_snapshots") or ()]
    boxes = (*(message.get("embeds") or ()), *(message.get("components") or ()), *held)
    said = message.get("content") or "\n".join(_texts(boxes))
    author = message.get("author") or {}
    name = author.get("global_name") or author.get("username") or ""
    link = f"{CHANNELS}/{guild or '@me'}/{message['channel_id']}/{message['id']}"
    return Posted(typed(said), link, name)


def _texts(boxes: Any) -> Iterator[str]:  # noqa: ANN401 - embeds and components of many kinds
    for box in boxes:
        for part in ("title", "description", "content"):
            if box.get(part):
                yield str(box[part])
        yield from _texts(box.get("components") or ())
