"""What somebody typed, from how Slack sends it; pure."""

import re
from collections.abc import Mapping
from typing import Any

from bot.wording import storable

MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
CHANNEL = re.compile(r"<#([A-Z0-9]+)(?:\|([^<>]*))?>")
SPECIAL = re.compile(r"<!([^<>|^]+)[^<>|]*(?:\|([^<>]*))?>")
ADDRESS = re.compile(r"<((?:https?://|mailto:|tel:)[^<>|]*)(?:\|([^<>]*))?>")
ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def typed(text: str) -> str:
    """Return the text as it was typed; people become `@U123`, channels `#name`."""
    if "<" in text:
        text = MENTION.sub(r"@\1", text)
        text = CHANNEL.sub(lambda found: f"#{found[2] or found[1]}", text)
        text = ADDRESS.sub(_address, text)
        text = SPECIAL.sub(lambda found: found[2] or f"@{found[1]}", text)
    for entity, character in ENTITIES:
        text = text.replace(entity, character)
    return storable(text).strip()


def _address(found: re.Match[str]) -> str:
    """Return what stood there: Slack links `acme.example` and mail addresses by itself."""
    url, label = found[1], found[2] or ""
    return label if label and label in url else url


def permalink(domain: str, channel: str, message: Mapping[str, Any]) -> str:
    """Return the address of a message in the workspace with this domain; "" without one."""
    if not domain:
        return ""
    place = f"https://{domain}.slack.com/archives/{channel}/p{message['ts'].replace('.', '')}"
    thread = message.get("thread_ts")
    in_thread = thread and thread != message["ts"]
    return f"{place}?thread_ts={thread}&cid={channel}" if in_thread else place


def mentions(text: str, user: str) -> bool:
    """Say whether a message, as Slack sends it, mentions this user."""
    return any(found[1] == user for found in MENTION.finditer(text))


def without_mention(text: str, user: str) -> str:
    """Return a message, as Slack sends it, without the mentions of this user."""
    return MENTION.sub(lambda found: " " if found[1] == user else found[0], text)
