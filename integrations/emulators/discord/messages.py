"""REST: messages, their reactions and their threads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from integrations.emulators.discord.faults import one_of, refuse, size
from integrations.emulators.discord.limits import check_message, everything
from integrations.emulators.discord.model import (
    BOT_USER,
    COMPONENTS_V2,
    PUBLIC_THREAD,
    REPLY,
    TEXT_CHANNEL,
    Attachment,
    Channel,
    DiscordError,
    Json,
    Message,
)
from integrations.emulators.discord.shapes import MENTION, channel_json, message_json

if TYPE_CHECKING:
    from integrations.emulators.discord.world import DiscordWorld

Answer: TypeAlias = tuple[int, Any]

PAGE, LARGEST_PAGE = 50, 100
NONCE_LIFE = 300.0  # seconds
THREAD_NAME = 100
ARCHIVE_AFTER = {60, 1_440, 4_320, 10_080}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: what its path, its query and its body say, and the files that came along."""

    path: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


def compose(world: DiscordWorld, ask: Ask, channel: str, *, check: bool = True) -> Message:
    """Return a new message of the bot, as the body says; it is nowhere yet."""
    body = ask.body
    if check:
        check_message(body, ask.files)
    message = Message(world.new_id(), channel, BOT_USER)
    message.content = body.get("content") or ""
    message.embeds = body.get("embeds") or []
    message.components = body.get("components") or []
    message.flags = body.get("flags") or 0
    message.attachments = attached(world, ask)
    message.mentions = pinged(world, body)
    return message


def attached(world: DiscordWorld, ask: Ask) -> list[Attachment]:
    """Return the files that came along; the body describes them."""
    about = {str(each.get("filename", "")): each for each in ask.body.get("attachments") or []}
    return [
        Attachment(world.new_id(), name, about.get(name, {}).get("description") or "", content)
        for name, content in ask.files.items()
    ]


def pinged(world: DiscordWorld, body: Json) -> list[str]:
    """Return who is notified by a message: everybody that it names, unless it forbids that."""
    shown = [body.get("content") or "", *_displayed(body)]
    named = [found for text in shown for found in MENTION.findall(text)]
    allowed = body.get("allowed_mentions")
    if allowed is None or "users" in (allowed.get("parse") or []):
        return [each for each in dict.fromkeys(named) if each in world.guild.users]
    return [each for each in dict.fromkeys(named) if each in (allowed.get("users") or [])]


def _displayed(body: Json) -> list[str]:
    return [str(each.get("content") or "") for each in everything(body.get("components") or [])]


def create(world: DiscordWorld, ask: Ask) -> Answer:
    """Post a message of the bot; the same nonce within minutes is the same message."""
    needed = ["SEND_MESSAGES", *(["ATTACH_FILES"] if ask.files else [])]
    channel = world.guild.permitted(ask.path["channel_id"], *needed)  # type: ignore[arg-type] # literals
    person = world.guild.users.get(channel.person)
    if person and person.takes_no_messages:
        raise DiscordError(403, 50007, "Cannot send messages to this user")
    if channel.locked:
        raise DiscordError(400, 50083, "Thread is archived")
    nonce = str(ask.body.get("nonce") or "")
    sent = world.nonces.get((channel.id, nonce)) if nonce else None
    if sent and ask.body.get("enforce_nonce") and world.seconds() - sent[1] < NONCE_LIFE:
        return 200, message_json(world.guild, world.guild.message(channel.id, sent[0]))
    message = compose(world, ask, channel.id)
    if reference := ask.body.get("message_reference"):
        message.reference, message.kind = _reference(world, channel, reference), REPLY
    message.nonce = nonce
    channel.archived = False
    world.guild.add(message)
    if nonce:
        world.nonces[channel.id, nonce] = (message.id, world.seconds())
    world.announce("MESSAGE_CREATE", message)
    shown = message_json(world.guild, message)
    return 200, shown | {"nonce": nonce} if nonce else shown


def _reference(world: DiscordWorld, channel: Channel, reference: Json) -> Json | None:
    try:
        world.guild.message(channel.id, str(reference.get("message_id")))
    except DiscordError:
        if reference.get("fail_if_not_exists", True):
            said = "Unknown message"
            refuse([(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", said)])
        return None
    return {"message_id": str(reference["message_id"])}


def edit(world: DiscordWorld, ask: Ask) -> Answer:
    """Change a message of the bot."""
    channel = world.guild.permitted(ask.path["channel_id"])
    message = world.guild.message(channel.id, ask.path["message_id"])
    if message.author != BOT_USER:
        raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
    if channel.locked or channel.archived:
        raise DiscordError(400, 50083, "Thread is archived")
    change(world, ask, message)
    world.announce("MESSAGE_UPDATE", message)
    return 200, message_json(world.guild, message)


def change(world: DiscordWorld, ask: Ask, message: Message) -> None:
    """Edit a message as the body says, within the limits."""
    flags = message.flags | (ask.body.get("flags") or 0)
    kept = {each.filename: each.content for each in message.attachments}
    check_message(ask.body | {"flags": flags}, kept | dict(ask.files), edit=True)
    if flags & COMPONENTS_V2 and "components" in ask.body and not ask.body["components"]:
        raise DiscordError(400, 50006, "Cannot send an empty message")
    world.guild.edit(message, world.now().isoformat(), ask.body)
    message.attachments += attached(world, ask)


def delete(world: DiscordWorld, ask: Ask) -> Answer:
    """Take a message of the bot away."""
    channel = world.guild.permitted(ask.path["channel_id"])
    message = world.guild.message(channel.id, ask.path["message_id"])
    if message.author != BOT_USER:
        raise DiscordError(403, 50013, "Missing Permissions")
    world.guild.delete(message)
    world.touch()
    return 204, None


def show(world: DiscordWorld, ask: Ask) -> Answer:
    """Return one message."""
    channel = world.guild.permitted(ask.path["channel_id"])
    return 200, message_json(world.guild, world.guild.message(channel.id, ask.path["message_id"]))


def listing(world: DiscordWorld, ask: Ask) -> Answer:
    """Return messages, the newest first: the last ones, or those beside an id."""
    channel = world.guild.permitted(ask.path["channel_id"])
    most = ask.query.get("limit", str(PAGE))
    if not re.fullmatch(r"\d{1,3}", most) or not 1 <= int(most) <= LARGEST_PAGE:
        said = f"int value should be less than or equal to {LARGEST_PAGE}."
        refuse([(("limit",), "NUMBER_TYPE_MAX", said)])
    found = world.guild.messages.get(channel.id, [])
    if after := ask.query.get("after"):
        page = [each for each in found if int(each.id) > int(after)][: int(most)]
    else:
        before = int(ask.query.get("before") or 1 << 63)
        page = [each for each in found if int(each.id) < before][-int(most) :]
    return 200, [message_json(world.guild, each) for each in reversed(page)]


def react(world: DiscordWorld, ask: Ask) -> Answer:
    """Put the bot's reaction on a message; once is as good as twice."""
    channel = world.guild.permitted(ask.path["channel_id"], "ADD_REACTIONS")
    message = world.guild.message(channel.id, ask.path["message_id"])
    emoji = ask.path["emoji_name"]
    if emoji.isascii():
        raise DiscordError(400, 10014, "Unknown Emoji")
    people = message.reactions.setdefault(emoji, [])
    if BOT_USER not in people:
        people.append(BOT_USER)
    world.touch()
    return 204, None


def unreact(world: DiscordWorld, ask: Ask) -> Answer:
    """Take the bot's reaction away."""
    channel = world.guild.permitted(ask.path["channel_id"])
    message = world.guild.message(channel.id, ask.path["message_id"])
    people = message.reactions.get(ask.path["emoji_name"], [])
    if BOT_USER not in people:
        raise DiscordError(404, 10014, "Unknown Emoji")
    people.remove(BOT_USER)
    if not people:
        del message.reactions[ask.path["emoji_name"]]
    world.touch()
    return 204, None


def start_thread(world: DiscordWorld, ask: Ask) -> Answer:
    """Hang a thread on a message; it gets the message's id."""
    channel = world.guild.permitted(ask.path["channel_id"], "CREATE_PUBLIC_THREADS")
    message = world.guild.message(channel.id, ask.path["message_id"])
    if channel.kind != TEXT_CHANNEL:
        raise DiscordError(400, 50024, "Cannot execute action on this channel type")
    if world.guild.thread(message):
        raise DiscordError(400, 160004, "A thread has already been created for this message")
    found = list(size(ask.body.get("name"), ("name",), 1, THREAD_NAME))
    if after := ask.body.get("auto_archive_duration"):
        found += one_of(after, ("auto_archive_duration",), ARCHIVE_AFTER)
    refuse(found)
    thread = Channel(message.id, ask.body["name"], PUBLIC_THREAD, channel.id, BOT_USER)
    world.guild.channels[thread.id] = thread
    world.gateway.dispatch(
        "THREAD_CREATE", channel_json(world.guild, thread) | {"newly_created": True}
    )
    world.touch()
    return 201, channel_json(world.guild, thread)


def show_channel(world: DiscordWorld, ask: Ask) -> Answer:
    """Return a channel, a thread or a conversation."""
    return 200, channel_json(world.guild, world.guild.permitted(ask.path["channel_id"]))


def change_channel(world: DiscordWorld, ask: Ask) -> Answer:
    """Put a thread to sleep or wake it; a locked one sleeps on."""
    channel = world.guild.permitted(ask.path["channel_id"], "SEND_MESSAGES")
    if channel.kind != PUBLIC_THREAD or channel.locked:
        raise DiscordError(403, 50013, "Missing Permissions")
    channel.archived = bool(ask.body.get("archived", channel.archived))
    world.touch()
    return 200, channel_json(world.guild, channel)


def open_direct(world: DiscordWorld, ask: Ask) -> Answer:
    """Open the conversation with one person."""
    person = world.guild.users.get(str(ask.body.get("recipient_id")))
    if person is None or person.bot:
        raise DiscordError(400, 50033, "Invalid Recipient(s)")
    return 200, channel_json(world.guild, world.direct(person))
