"""Web API: `conversations.*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.emulators.slack.model import BOT_USER, Json, Message, SlackError
from integrations.emulators.slack.shapes import channel_json, message_json

if TYPE_CHECKING:
    from integrations.emulators.slack.world import SlackWorld

PAGE = 100
LARGEST_PAGE = 999
KINDS = {"public": "public_channel", "private": "private_channel", "im": "im"}


def _truth(value: object) -> bool:
    return value in {True, "1", "true", "True"}


def _size(body: Json) -> int:
    size = int(body.get("limit") or PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise SlackError("invalid_limit")
    return size


def _start(body: Json) -> int:
    cursor: str = body.get("cursor") or "at:0"
    place, _, number = cursor.partition(":")
    if place != "at" or not number.isdigit():
        raise SlackError("invalid_cursor")
    return int(number)


def _page(items: list[Json], key: str, body: Json) -> Json:
    start, size = _start(body), _size(body)
    more = len(items) > start + size
    cursor = f"at:{start + size}" if more else ""
    page = {key: items[start : start + size], "response_metadata": {"next_cursor": cursor}}
    return page | {"has_more": more} if key == "messages" else page


def listing(world: SlackWorld, body: Json) -> Json:
    """List the channels of the wanted types that the bot can see."""
    wanted = (body.get("types") or "public_channel").split(",")
    seen = [
        channel
        for channel in world.space.channels.values()
        if KINDS[channel.kind] in wanted
        and (channel.kind == "public" or BOT_USER in channel.members)
        and not (channel.archived and _truth(body.get("exclude_archived")))
    ]
    return _page([channel_json(channel) for channel in seen], "channels", body)


def info(world: SlackWorld, body: Json) -> Json:
    """Describe one channel."""
    return {"channel": channel_json(world.space.visible(body.get("channel", "")))}


def members(world: SlackWorld, body: Json) -> Json:
    """List the ids of those in a channel."""
    channel = world.space.visible(body.get("channel", ""))
    start, size = _start(body), _size(body)
    more = len(channel.members) > start + size
    cursor = f"at:{start + size}" if more else ""
    page = channel.members[start : start + size]
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def join(world: SlackWorld, body: Json) -> Json:
    """Add the bot to a public channel."""
    channel = world.space.visible(body.get("channel", ""))
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    if BOT_USER not in channel.members:
        channel.members.append(BOT_USER)
        return {"channel": channel_json(channel)}
    return {"channel": channel_json(channel), "warning": "already_in_channel"}


def open_direct(world: SlackWorld, body: Json) -> Json:
    """Open the conversation with one person."""
    people = [p for p in str(body.get("users") or "").split(",") if p]
    if len(people) != 1:
        raise SlackError("users_list_not_supplied")
    user = world.space.user(people[0])
    if user.bot:
        raise SlackError("cannot_dm_bot")
    channel = world.space.direct(user.id)
    shown = channel_json(channel) if _truth(body.get("return_im")) else {"id": channel.id}
    return {"channel": shown}


def history(world: SlackWorld, body: Json) -> Json:
    """Return the top-level messages of a channel, newest first."""
    channel = world.space.joined(body.get("channel", ""))
    found = [m for m in reversed(world.space.messages.get(channel.id, [])) if not m.thread]
    return _messages(world, found, body)


def replies(world: SlackWorld, body: Json) -> Json:
    """Return a thread with its head, oldest first."""
    channel = world.space.joined(body.get("channel", ""))
    ts = body.get("ts", "")
    try:
        head = world.space.message(channel.id, ts)
    except SlackError:
        raise SlackError("thread_not_found") from None
    return _messages(world, world.space.thread(channel.id, head.thread or ts), body)


def _messages(world: SlackWorld, found: list[Message], body: Json) -> Json:
    oldest, latest = body.get("oldest") or "", body.get("latest") or "~"
    within = [m for m in found if oldest < m.ts < latest]
    metadata = _truth(body.get("include_all_metadata"))
    shown = [message_json(world.space, m, metadata=metadata) for m in within]
    return _page(shown, "messages", body)
