"""The manifest asks Slack for what the code uses, and for nothing else."""

import re
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

import bot.slack

FOLDER = Path(bot.slack.__file__ or "").parent
MANIFEST = (FOLDER / "manifest.yaml").read_text()
# What Slack's documentation asks for, per method and event.
SCOPES: dict[str, set[str]] = {
    "auth_test": set(),
    "chat_postMessage": {"chat:write", "chat:write.public"},
    "chat_postEphemeral": {"chat:write"},
    "chat_delete": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history", "im:history"},
    "conversations_open": {"im:write"},
    "conversations_replies": {"channels:history", "groups:history", "im:history"},
    "files_completeUploadExternal": {"files:write"},
    "files_getUploadURLExternal": {"files:write"},
    "reactions_add": {"reactions:write"},
    "users_info": {"users:read"},
    "views_open": set(),
    "app_mention": {"app_mentions:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "/flow": {"commands"},
}


def test_every_scope_has_a_use_and_a_reason() -> None:
    """The scopes are exactly those that the calls and events need; each says why."""
    code = "\n".join(place.read_text() for place in FOLDER.glob("*.py"))
    calls = {name for name in re.findall(r"client\.(\w+)", code) if hasattr(AsyncWebClient, name)}
    events = set(re.findall(r"^ {6}- ((?:app|message)[\w.]+)$", MANIFEST, re.MULTILINE))
    commands = set(re.findall(r"command: (\S+)", MANIFEST))
    needed = set().union(*(SCOPES[name] for name in calls | events | commands))

    asked = re.findall(r"^ {6}- (\S+) # \S.+$", MANIFEST, re.MULTILINE)
    assert set(asked) == needed
    assert asked == sorted(asked)


def test_the_manifest_is_safe_and_complete() -> None:
    """Names in commands arrive as ids, Socket Mode and buttons work."""
    for line in (
        "should_escape: true",
        "socket_mode_enabled: true",
        "is_enabled: true",
        "messages_tab_enabled: true",
    ):
        assert line in MANIFEST
