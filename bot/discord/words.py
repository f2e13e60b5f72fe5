"""What somebody typed, from how Discord sends it; pure."""

import re

MENTION = re.compile(r"<@!?(\d+)>")
ROLE = re.compile(r"<@&(\d+)>")
CHANNEL = re.compile(r"<#(\d+)>")
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
    named = {int(found[1]) for found in MENTION.finditer(text)}
    return user in named or role in {int(found[1]) for found in ROLE.finditer(text)}


def without_mention(text: str, user: int, role: int) -> str:
    """Return a message, as Discord sends it, without the mentions of this user or role."""
    text = MENTION.sub(lambda found: " " if int(found[1]) == user else found[0], text)
    return ROLE.sub(lambda found: " " if int(found[1]) == role else found[0], text)
