"""The app as Slack wants it, from the code: one place for its scopes, each with what needs it."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from bot import shortcuts
from bot.settings import Settings
from bot.slack.inline import Json
from bot.wording import fit
from flows.engine.registry import catalogue
from flows.engine.spec import Flow

COMMAND, EVENTS = "/flow", "/slack/events"
LONGEST_ABOUT = 100
HEAD = """\
# Written by `python -m bot docs`; `python -m bot manifest` prints it for your settings.
# Create the app at https://api.slack.com/apps → "Create New App" → "From a manifest".
# Then: "Install to Workspace" gives the bot token; "Basic Information" → "App-Level Tokens" with
# the scope connections:write gives the token for Socket Mode.
"""


class Scope(NamedTuple):
    """A right that the app asks for: why, and the methods, events and commands that need it."""

    name: str
    why: str
    needed_by: tuple[str, ...]


SCOPES = (
    Scope("app_mentions:read", "hears @Flowbot", ("app_mention",)),
    Scope(
        "channels:history",
        "hears !flow in public channels it is in, finds its own messages again",
        ("message.channels", "conversations.history", "conversations.replies"),
    ),
    Scope("channels:read", "calls public channels by their names", ("conversations.info",)),
    Scope(
        "chat:write",
        "posts cards and reports, edits and deletes its own messages",
        ("chat.postMessage", "chat.postEphemeral", "chat.update", "chat.delete"),
    ),
    Scope(
        "chat:write.public",
        "answers /flow in public channels that it was not invited to",
        ("chat.postMessage",),
    ),
    Scope("commands", "offers /flow, and entries in the menu of a message", (COMMAND, "shortcuts")),
    Scope(
        "files:write",
        "attaches pictures and files to reports",
        ("files.getUploadURLExternal", "files.completeUploadExternal"),
    ),
    Scope(
        "groups:history",
        "hears !flow in private channels it is in, finds its own messages again",
        ("message.groups", "conversations.history", "conversations.replies"),
    ),
    Scope(
        "im:history",
        "hears direct messages, finds its own again",
        ("message.im", "conversations.history", "conversations.replies"),
    ),
    Scope(
        "im:write",
        "opens a direct message where a channel is out of reach, or for one person alone",
        ("conversations.open",),
    ),
    Scope("links:read", "sees links to the status page", ("link_shared",)),
    Scope("links:write", "shows what such a link leads to", ("chat.unfurl",)),
    Scope(
        "reactions:write",
        "shows at once that a message was noticed, and how things stand that a channel follows",
        ("reactions.add", "reactions.remove"),
    ),
    Scope("users:read", "calls people by their names and knows their zones", ("users.info",)),
    Scope("users:read.email", "knows who is the same person elsewhere", ("users.info",)),
)
# These need no scope.
FREE = ("app_home_opened", "auth.test", "chat.getPermalink", "views.open", "views.publish")
ONLY_WITH_LINKS = {"link_shared", "chat.unfurl"}
LISTENED_TO = (
    "app_home_opened",
    "app_mention",
    "link_shared",
    "message.channels",
    "message.groups",
    "message.im",
)


def manifest(flows: Sequence[Flow], public_url: str = "", *, socket: bool = True) -> Json:
    """Return the manifest; links are shown only where the page has an address of its own."""
    domain = urlsplit(public_url).hostname or ""
    place = f"{public_url.rstrip('/')}{EVENTS}" if domain and not socket else ""
    request: Json = {"request_url": place} if place else {}
    command = {
        "command": COMMAND,
        **({"url": place} if place else {}),
        "description": "Run a flow, or ask for help",
        "usage_hint": "help | home | dora acme/shop | release acme/shop --level patch",
        "should_escape": True,
    }
    entries = _shortcuts(flows)
    return {
        "display_information": {
            "name": "Flowbot",
            "description": "Runs flows of the development life cycle and answers in the thread.",
            "background_color": "#1f3a5f",
        },
        "features": {
            "bot_user": {"display_name": "Flowbot", "always_online": True},
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            **({"shortcuts": entries} if entries else {}),
            "slash_commands": [command],
            **({"unfurl_domains": [domain]} if domain else {}),
        },
        "oauth_config": {"scopes": {"bot": [each.name for each in _asked_for(domain)]}},
        "settings": {
            "event_subscriptions": {**request, "bot_events": _events(domain)},
            "interactivity": {"is_enabled": True, **request},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not place,
            "token_rotation_enabled": False,
        },
    }


def _shortcuts(flows: Sequence[Flow]) -> list[Json]:
    return [
        {
            "name": label,
            "type": "message",
            "callback_id": name,
            "description": fit(flow.summary, LONGEST_ABOUT),
        }
        for flow in flows
        for name, label in shortcuts.offered([flow]).items()
    ]


def _asked_for(domain: str) -> list[Scope]:
    return [each for each in SCOPES if domain or not ONLY_WITH_LINKS & {*each.needed_by}]


def _events(domain: str) -> list[str]:
    return [name for name in LISTENED_TO if domain or name not in ONLY_WITH_LINKS]


def written(made: Mapping[str, Any]) -> str:
    """Return a manifest as YAML; each scope says what it is for."""
    return HEAD + "".join(f"{line}\n" for line in _lines(made, ""))


def page() -> str:
    """Return the manifest that comes with the code: Socket Mode, no address of its own."""
    return written(manifest(list(catalogue().values())))


def _lines(value: Mapping[str, Any] | list[Any], indent: str) -> Iterator[str]:
    why = {each.name: f"  # {each.why}" for each in SCOPES}
    if isinstance(value, list):
        for each in value:
            if isinstance(each, Mapping):
                first, *rest = _lines(each, f"{indent}  ")
                yield f"{indent}- {first.lstrip()}"
                yield from rest
            else:
                yield f"{indent}- {_plain(each)}{why.get(str(each), '')}"
        return
    for name, each in value.items():
        if isinstance(each, Mapping | list):
            yield f"{indent}{name}:"
            yield from _lines(each, f"{indent}  ")
        else:
            yield f"{indent}{name}: {_plain(each)}"


def _plain(value: str | bool) -> str:
    return json.dumps(value, ensure_ascii=False)


async def show(settings: Settings) -> int:
    """Print the manifest that fits these settings."""
    socket = bool(settings.slack_app_token.get_secret_value())
    flows = list(catalogue().values())
    sys.stdout.write(written(manifest(flows, settings.public_url, socket=socket)))
    return 0
