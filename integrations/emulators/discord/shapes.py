"""How Discord writes users, channels, messages and components in answers and events."""

import re
from datetime import UTC, datetime
from mimetypes import guess_type
from typing import Any

from integrations.emulators.discord.endpoint import Endpoint
from integrations.emulators.discord.guild import EPOCH, Guild
from integrations.emulators.discord.limits import ATTACHMENT, CONTAINER, FILE, MEDIA, SEPARATOR
from integrations.emulators.discord.model import (
    APPLICATION,
    BOT_USER,
    DIRECT,
    GUILD,
    PUBLIC_THREAD,
    Attachment,
    Channel,
    Json,
    Message,
    User,
)

JOINED = "2026-01-05T00:00:00+00:00"
EVERYTHING = "2248473465835073"
ARCHIVE_AFTER = 1_440  # minutes
MESSAGE_CONTENT = 1 << 18  # the intent is switched on for this application
MENTION = re.compile(r"<@!?(\d+)>")
CHANNEL = re.compile(r"<#(\d+)>")


def instant(name: str) -> str:
    """Return when an id was made, as Discord writes times."""
    moment = ((int(name) >> 22) + EPOCH) / 1000
    return datetime.fromtimestamp(moment, UTC).isoformat()


def user_json(user: User) -> Json:
    """Return a user as every answer shows them."""
    shown: Json = {
        "id": user.id,
        "username": user.name,
        "global_name": user.global_name or None,
        "discriminator": "0",
        "avatar": None,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
    }
    return shown | {"bot": True} if user.bot else shown


def own_json(user: User) -> Json:
    """Return the bot as it sees itself."""
    return user_json(user) | {"mfa_enabled": True, "locale": "en-US", "verified": True}


def application_json(owner: User, endpoint: Endpoint) -> Json:
    """Return the application as it sees itself."""
    return {
        "id": APPLICATION,
        "name": "Flowbot",
        "icon": None,
        "description": "",
        "type": None,
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": endpoint.public_key,
        "flags": MESSAGE_CONTENT,
        "flags_new": str(MESSAGE_CONTENT),
        "redirect_uris": [],
        "interactions_endpoint_url": endpoint.url or None,
        "role_connections_verification_url": None,
        "owner": user_json(owner),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


def member_json(user: User) -> Json:
    """Return somebody's membership in the server."""
    return {
        "user": user_json(user),
        "nick": None,
        "avatar": None,
        "banner": None,
        "roles": [],
        "joined_at": JOINED,
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": None,
        "permissions": EVERYTHING,
    }


def channel_json(guild: Guild, channel: Channel) -> Json:
    """Return a channel, a thread or a conversation."""
    messages = guild.messages.get(channel.id, [])
    shared: Json = {
        "id": channel.id,
        "type": channel.kind,
        "flags": 0,
        "last_message_id": messages[-1].id if messages else None,
    }
    if channel.kind == DIRECT:
        return {**shared, "recipients": [user_json(guild.users[channel.person])]}
    shared |= {"guild_id": GUILD, "name": channel.name, "rate_limit_per_user": 0}
    if channel.kind == PUBLIC_THREAD:
        return {
            **shared,
            "parent_id": channel.parent,
            "owner_id": channel.owner,
            "message_count": len(messages),
            "member_count": 1,
            "total_message_sent": len(messages),
            "thread_metadata": {
                "archived": channel.archived,
                "archive_timestamp": instant(channel.id),
                "auto_archive_duration": ARCHIVE_AFTER,
                "locked": channel.locked,
                "create_timestamp": instant(channel.id),
            },
        }
    return {
        **shared,
        "position": 0,
        "parent_id": None,
        "topic": None,
        "nsfw": False,
        "permission_overwrites": [_kept()] if channel.private else [],
    }


def _kept() -> Json:
    """Return what keeps a private channel from everybody: the role with the id of the server."""
    return {"id": GUILD, "type": 0, "allow": "0", "deny": f"{1 << 10}"}


def guild_json(guild: Guild) -> Json:
    """Return the server as GUILD_CREATE shows it."""
    names = (
        "icon splash banner afk_channel_id system_channel_id rules_channel_id "
        "public_updates_channel_id vanity_url_code description discovery_splash"
    )
    zeros = (
        "verification_level default_message_notifications explicit_content_filter mfa_level "
        "nsfw_level premium_tier premium_subscription_count system_channel_flags"
    )
    lists = (
        "features emojis stickers voice_states presences stage_instances "
        "guild_scheduled_events soundboard_sounds"
    )
    role = {
        "id": GUILD,
        "name": "@everyone",
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0,
        "permissions": EVERYTHING,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
    channels = [each for each in guild.channels.values() if not each.kind]
    return {
        **dict.fromkeys(names.split()),
        **dict.fromkeys(zeros.split(), 0),
        **{name: [] for name in lists.split()},
        "id": GUILD,
        "name": "acme",
        "owner_id": next(iter(guild.users)),
        "afk_timeout": 300,
        "preferred_locale": "en-US",
        "premium_progress_bar_enabled": False,
        "roles": [role],
        "joined_at": JOINED,
        "large": False,
        "unavailable": False,
        "member_count": len(guild.users),
        "members": [member_json(guild.users[BOT_USER])],
        "channels": [channel_json(guild, each) for each in channels],
        "threads": [channel_json(guild, each) for each in guild.threads() if not each.archived],
    }


def message_json(guild: Guild, message: Message) -> Json:
    """Return a message as history shows it."""
    shown: Json = {
        "id": message.id,
        "channel_id": message.channel,
        "type": message.kind,
        "author": user_json(guild.users[message.author]),
        "content": message.content,
        "embeds": message.embeds,
        "components": components_json(message),
        "attachments": [attachment_json(message, each) for each in message.attachments],
        "timestamp": instant(message.id),
        "edited_timestamp": message.edited or None,
        "flags": message.flags,
        "tts": False,
        "pinned": False,
        "mention_everyone": False,
        "mentions": [user_json(guild.users[each]) for each in message.mentions],
        "mention_roles": [],
    }
    if message.author == BOT_USER:
        shown["application_id"] = APPLICATION
    if message.reference:
        shown["message_reference"] = {"type": 0, "channel_id": message.channel} | message.reference
    if message.reactions:
        shown["reactions"] = [
            _reaction(emoji, people) for emoji, people in message.reactions.items()
        ]
    if not message.only_for and (thread := guild.thread(message)):
        shown["thread"] = channel_json(guild, thread)
        shown["flags"] |= 1 << 5  # HAS_THREAD
    return shown


def _reaction(emoji: str, people: list[str]) -> Json:
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(people),
        "count_details": {"normal": len(people), "burst": 0},
        "burst_colors": [],
        "me_burst": False,
        "me": BOT_USER in people,
    }


def attachment_json(message: Message, file: Attachment) -> Json:
    """Return a file of a message."""
    url = f"https://cdn.discordapp.com/attachments/{message.channel}/{file.id}/{file.filename}"
    shown = {
        "id": file.id,
        "filename": file.filename,
        "size": len(file.content),
        "url": url,
        "proxy_url": url.replace("cdn.discordapp.com", "media.discordapp.net"),
        "content_type": guess_type(file.filename)[0] or "application/octet-stream",
    }
    return shown | {"description": file.description} if file.description else shown


def components_json(message: Message) -> list[Json]:
    """Return the components as Discord gives them back: numbered, and with real addresses."""
    taken = {each.get("id") for each in _every(message.components)}
    numbers = (number for number in range(1, 1_000) if number not in taken)
    files = {each.filename: attachment_json(message, each) for each in message.attachments}

    def shown(each: Json) -> Json:
        made = each | {"id": each.get("id") or next(numbers)}
        if "components" in each:
            made["components"] = [shown(held) for held in each["components"]]
        match each["type"]:
            case kind if kind == CONTAINER:
                made = {"accent_color": None, "spoiler": False} | made
            case kind if kind == SEPARATOR:
                made = {"spacing": 1, "divider": True} | made
            case kind if kind == MEDIA:
                made["items"] = [
                    {"description": None, "spoiler": False}
                    | item
                    | {"media": _media(item["media"], files)}
                    for item in each["items"]
                ]
            case kind if kind == FILE:
                file = _media(each["file"], files)
                own = files.get(each["file"]["url"].removeprefix(ATTACHMENT), {})
                about = {"name": own.get("filename", ""), "size": own.get("size", 0)}
                made = {"spoiler": False} | made | {"file": file} | about
        return made

    return [shown(each) for each in message.components]


def _every(components: list[Json]) -> list[Json]:
    return [held for each in components for held in (each, *_every(each.get("components") or []))]


def _media(media: Json, files: dict[str, Any]) -> Json:
    own = files.get(str(media["url"]).removeprefix(ATTACHMENT))
    if own is None:
        return {"id": "0", "proxy_url": media["url"]} | media
    return {
        "id": own["id"],
        "url": own["url"],
        "proxy_url": own["proxy_url"],
        "content_type": own["content_type"],
        "attachment_id": own["id"],
    }
