"""What Slack sends to an app: slash commands, events, presses of buttons, submitted modals."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from integrations.emulators.slack.model import (
    APP,
    BOT_USER,
    TEAM,
    Channel,
    Json,
    Message,
    User,
    View,
)
from integrations.emulators.slack.shapes import message_json, view_json
from integrations.emulators.slack.workspace import Workspace

TOKEN = "emulated-verification"  # noqa: S105 - Slack deprecated it; payloads still carry one
TEAM_JSON = {"id": TEAM, "domain": "acme"}


def _envelope() -> Json:
    return {"token": TOKEN, "team_id": TEAM, "api_app_id": APP}


def _user(user: User) -> Json:
    return {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team}


def _channel(channel: Channel) -> Json:
    name = "directmessage" if channel.kind == "im" else channel.name
    return {"id": channel.id, "name": name}


def slash_command(user: User, channel: Channel, line: str, trigger: str, response_url: str) -> Json:
    """Return the form of a slash command; `line` is all that was typed."""
    command, _, text = line.partition(" ")
    place = _channel(channel)
    return {
        **_envelope(),
        "team_domain": "acme",
        "channel_id": place["id"],
        "channel_name": place["name"],
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text.strip(),
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }


def event(space: Workspace, channel: Channel, message: Message, kind: str, name: str) -> Json:
    """Return one event about a message; `kind` is `message` or `app_mention`."""
    said: Json = {
        **message_json(space, message),
        "type": kind,
        "channel": channel.id,
        "event_ts": message.ts,
        "client_msg_id": f"00000000-0000-4000-8000-{message.ts.replace('.', '')[-12:]}",
    }
    if kind == "message":
        said["channel_type"] = {"public": "channel", "private": "group", "im": "im"}[channel.kind]
    author = space.users.get(message.user)
    if author and author.team != TEAM:
        said |= dict.fromkeys(("team", "user_team", "source_team"), author.team)
        return _callback(said, name, message.ts) | {"is_ext_shared_channel": True}
    return _callback(said, name, message.ts)


def _callback(said: Json, name: str, at: str) -> Json:
    return {
        **_envelope(),
        "type": "event_callback",
        "event": said,
        "event_id": name,
        "event_time": int(at.partition(".")[0]),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "context_team_id": TEAM,
    }


def block_action(  # noqa: PLR0913 - an action has this many sides
    space: Workspace,
    user: User,
    channel: Channel,
    message: Message,
    action: Json,
    *,
    trigger: str,
    response_url: str,
    at: str,
) -> Json:
    """Return the press of a button on a message."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": bool(message.only_for),
    }
    shown: Json = {} if message.only_for else {"message": message_json(space, message)}
    if message.thread:
        container["thread_ts"] = message.thread
    return {
        "type": "block_actions",
        "user": _user(user),
        "api_app_id": APP,
        "token": TOKEN,
        "container": container,
        "trigger_id": trigger,
        "team": TEAM_JSON,
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": _channel(channel),
        **shown,
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [{**action, "action_ts": at}],
    }


def submission(user: User, view: View, state: Mapping[str, Json], trigger: str) -> Json:
    """Return a submitted modal; `state` is by block id and action id."""
    return {
        "type": "view_submission",
        "team": TEAM_JSON,
        "user": _user(user),
        "api_app_id": APP,
        "token": TOKEN,
        "trigger_id": trigger,
        "view": view_json(view, dict(state)),
        "response_urls": [],
        "is_enterprise_install": False,
        "enterprise": None,
    }


def home_opened(user: User, place: str, tab: str, shown: View | None, name: str, at: str) -> Json:
    """Return the event of somebody who looks at a tab of the app."""
    said: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": place,
        "tab": tab,
        "event_ts": at,
    }
    return _callback(said | ({"view": view_json(shown)} if shown else {}), name, at)


def view_action(user: User, view: View, action: Json, *, trigger: str, at: str) -> Json:
    """Return the press of a button in a view."""
    return {
        "type": "block_actions",
        "user": _user(user),
        "api_app_id": APP,
        "token": TOKEN,
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": trigger,
        "team": TEAM_JSON,
        "enterprise": None,
        "is_enterprise_install": False,
        "view": view_json(view),
        "actions": [{**action, "action_ts": at}],
    }


def message_action(
    space: Workspace,
    user: User,
    channel: Channel,
    message: Message,
    name: str,
    *,
    trigger: str,
    at: str,
) -> Json:
    """Return the use of an entry in a message's menu."""
    return {
        "type": "message_action",
        "token": TOKEN,
        "action_ts": at,
        "team": TEAM_JSON,
        "user": {"id": user.id, "name": user.name, "team_id": user.team},
        "channel": _channel(channel),
        "is_enterprise_install": False,
        "enterprise": None,
        "callback_id": name,
        "trigger_id": trigger,
        "response_url": "",
        "message_ts": message.ts,
        "message": message_json(space, message),
    }


def link_shared(message: Message, urls: Sequence[str], name: str) -> Json:
    """Return the event of a message with links to the domains of the app."""
    said: Json = {
        "type": "link_shared",
        "channel": message.channel,
        "is_bot_user_member": True,
        "user": message.user,
        "message_ts": message.ts,
        "unfurl_id": f"{message.channel}.{message.ts}",
        "source": "conversations_history",
        "event_ts": message.ts,
        "links": [{"url": url, "domain": urlsplit(url).hostname} for url in urls],
    }
    return _callback(
        said | ({"thread_ts": message.thread} if message.thread else {}), name, message.ts
    )
