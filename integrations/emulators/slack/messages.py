"""Web API: `chat.*` and `reactions.*`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.emulators.slack.limits import TEXT, check_message, check_metadata
from integrations.emulators.slack.model import BOT_USER, Channel, Json, Message, SlackError
from integrations.emulators.slack.shapes import message_json

if TYPE_CHECKING:
    from integrations.emulators.slack.world import SlackWorld


def content(body: Json, *, cut: bool) -> tuple[str, list[Json]]:
    """Return the text and blocks of a message; a text that is too long is cut or refused."""
    text, blocks = body.get("text") or "", body.get("blocks") or []
    if not text and not blocks:
        raise SlackError("no_text")
    if len(text) > TEXT and not cut:
        raise SlackError("msg_too_long")
    check_message(blocks)
    return text[:TEXT], blocks


def _thread(world: SlackWorld, channel: Channel, body: Json) -> str:
    """Return the head of the thread to answer in; a reply's ts leads to its head."""
    ts: str = body.get("thread_ts") or ""
    if not ts:
        return ""
    try:
        return world.space.message(channel.id, ts).thread or ts
    except SlackError:
        raise SlackError("thread_not_found") from None


def post(world: SlackWorld, body: Json) -> Json:
    """Post a message of the bot."""
    channel = world.space.writable(body.get("channel", ""))
    thread = _thread(world, channel, body)
    text, blocks = content(body, cut=True)
    metadata = body.get("metadata")
    if metadata:
        check_metadata(metadata)
    message = world.space.add(
        Message(channel.id, world.tick(), BOT_USER, text, blocks, thread, metadata)
    )
    answer = {
        "channel": channel.id,
        "ts": message.ts,
        "message": message_json(world.space, message),
    }
    if len(body.get("text") or "") > TEXT:
        answer |= {"warning": "message_truncated"}
    return answer


def update(world: SlackWorld, body: Json) -> Json:
    """Replace what a message of the bot says."""
    channel = world.space.writable(body.get("channel", ""))
    message = world.space.message(channel.id, body.get("ts", ""))
    if message.user != BOT_USER:
        raise SlackError("cant_update_message")
    text, blocks = content(body, cut=False)
    if body.get("metadata"):
        check_metadata(body["metadata"])
        message.metadata = body["metadata"]
    world.space.edit(message, world.tick(), text, blocks)
    shown = message_json(world.space, message)
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": shown}


def delete(world: SlackWorld, body: Json) -> Json:
    """Take a message of the bot away."""
    channel = world.space.writable(body.get("channel", ""))
    message = world.space.message(channel.id, body.get("ts", ""))
    if message.user != BOT_USER:
        raise SlackError("cant_delete_message")
    world.space.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def unfurl(world: SlackWorld, body: Json) -> Json:
    """Show what the links of a message lead to."""
    unfurls = body.get("unfurls")
    if not isinstance(unfurls, dict) or not unfurls:
        raise SlackError("missing_unfurls")
    for shown in unfurls.values():
        check_message(shown.get("blocks") or [])
    if body.get("source") == "composer" and body.get("unfurl_id"):
        return {}  # what is still being typed is nobody else's to see
    try:
        message = world.space.message(body.get("channel", ""), body.get("ts", ""))
    except SlackError:
        raise SlackError("cannot_find_message") from None
    if any(url not in message.text for url in unfurls):
        raise SlackError("cannot_unfurl_url")
    message.unfurls |= unfurls
    return {}


def post_ephemeral(world: SlackWorld, body: Json) -> Json:
    """Show a message to one person."""
    channel = world.space.joined(body.get("channel", ""))
    if body.get("user") not in channel.members:
        raise SlackError("user_not_in_channel")
    thread = _thread(world, channel, body)
    text, blocks = content(body, cut=True)
    message = Message(channel.id, world.tick(), BOT_USER, text, blocks, thread)
    message.only_for = body["user"]
    world.ephemerals.append(message)
    return {"message_ts": message.ts}


def permalink(world: SlackWorld, body: Json) -> Json:
    """Return the address of a message."""
    channel = world.space.visible(body.get("channel", ""))
    message = world.space.message(channel.id, body.get("message_ts", ""))
    place = f"https://acme.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread:
        place += f"?thread_ts={message.thread}&cid={channel.id}"
    return {"channel": channel.id, "permalink": place}


def react(world: SlackWorld, body: Json) -> Json:
    """Add the bot's reaction to a message."""
    message, name = _reacted(world, body)
    people = message.reactions.setdefault(name, [])
    if BOT_USER in people:
        raise SlackError("already_reacted")
    people.append(BOT_USER)
    return {}


def unreact(world: SlackWorld, body: Json) -> Json:
    """Take the bot's reaction away."""
    message, name = _reacted(world, body)
    people = message.reactions.get(name, [])
    if BOT_USER not in people:
        raise SlackError("no_reaction")
    people.remove(BOT_USER)
    if not people:
        del message.reactions[name]
    return {}


def _reacted(world: SlackWorld, body: Json) -> tuple[Message, str]:
    channel = world.space.joined(body.get("channel", ""))
    name: str = body.get("name") or ""
    if not name:
        raise SlackError("invalid_name")
    return world.space.message(channel.id, body.get("timestamp", "")), name
