"""What our messages and files are known by in Slack, so that none is sent twice; pure."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from bot.slack.inline import Json
from bot.slack.render import Upload

CARD = "flowbot_card"
REPORT = "flowbot_report"
NOTICE = "flowbot_notice"
POST = "flowbot_post"


def keys(message: Json) -> Iterator[str]:
    """Yield what one of our messages is known by."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") in (CARD, REPORT, NOTICE, POST):
        yield metadata["event_payload"]["key"]
    for file in message.get("files", []):
        yield file["name"]


def keyed(file: Upload, key: str) -> Upload:
    """Return a file with a name of its own for this report: files carry no metadata."""
    stem, dot, ending = file.name.rpartition(".")
    named = f"{stem or ending}{mark_of(key)}{dot}{ending if stem else ''}"
    return replace(file, name=named.rstrip("."))


def mark_of(key: str) -> str:
    """Return what tells the files of one report from those of another."""
    return f"-{hashlib.sha256(key.encode()).hexdigest()[:6]}"
