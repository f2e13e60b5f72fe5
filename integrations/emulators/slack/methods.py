"""The Web API methods of an emulated Slack: messages, reactions, views, people, places, files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from integrations.emulators.slack import files, messages, places, views
from integrations.emulators.slack.model import APP, BOT, BOT_USER, TEAM, Json, SlackError
from integrations.emulators.slack.shapes import user_json

if TYPE_CHECKING:
    from integrations.emulators.slack.world import SlackWorld

Method: TypeAlias = "Callable[[SlackWorld, Json], Json]"


def unknown(_: SlackWorld, __: Json) -> Json:
    """Refuse a method that does not exist here."""
    raise SlackError("unknown_method")


def auth_test(_: SlackWorld, __: Json) -> Json:
    """Say whose token this is."""
    return {
        "url": "https://acme.slack.com/",
        "team": "Acme",
        "user": "flowbot",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "app_id": APP,
        "is_enterprise_install": False,
    }


def bots_info(_: SlackWorld, body: Json) -> Json:
    """Describe the bot."""
    if body.get("bot", BOT) != BOT:
        raise SlackError("bot_not_found")
    bot = {"id": BOT, "deleted": False, "name": "flowbot", "app_id": APP, "user_id": BOT_USER}
    return {"bot": bot}


def users_info(world: SlackWorld, body: Json) -> Json:
    """Describe one person."""
    user = world.space.users.get(body.get("user", ""))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_json(user, world.now())}


def users_list(world: SlackWorld, _: Json) -> Json:
    """Describe everybody."""
    members = [user_json(user, world.now()) for user in world.space.users.values()]
    return {"members": members, "response_metadata": {"next_cursor": ""}}


def users_lookup(world: SlackWorld, body: Json) -> Json:
    """Find a person by e-mail address."""
    for user in world.space.users.values():
        if user.email and user.email == body.get("email"):
            return {"user": user_json(user, world.now())}
    raise SlackError("users_not_found")


METHODS: dict[str, Method] = {
    "auth.test": auth_test,
    "bots.info": bots_info,
    "chat.delete": messages.delete,
    "chat.getPermalink": messages.permalink,
    "chat.postEphemeral": messages.post_ephemeral,
    "chat.postMessage": messages.post,
    "chat.unfurl": messages.unfurl,
    "chat.update": messages.update,
    "conversations.history": places.history,
    "conversations.info": places.info,
    "conversations.join": places.join,
    "conversations.list": places.listing,
    "conversations.members": places.members,
    "conversations.open": places.open_direct,
    "conversations.replies": places.replies,
    "files.completeUploadExternal": files.complete,
    "files.getUploadURLExternal": files.upload_url,
    "files.info": files.info,
    "reactions.add": messages.react,
    "reactions.remove": messages.unreact,
    "users.info": users_info,
    "users.list": users_list,
    "users.lookupByEmail": users_lookup,
    "views.open": views.open_view,
    "views.publish": views.publish,
    "views.push": views.push,
    "views.update": views.update,
}
