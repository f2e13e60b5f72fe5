"""How Slack writes users, channels, messages, files and views in answers and events."""

from datetime import datetime
from mimetypes import guess_type
from zoneinfo import ZoneInfo

from integrations.emulators.slack.model import (
    APP,
    BOT,
    BOT_USER,
    TEAM,
    Channel,
    File,
    Json,
    Message,
    User,
    View,
)
from integrations.emulators.slack.workspace import Workspace


def user_json(user: User, now: datetime) -> Json:
    """Return a user as `users.info` shows it; the offset is the one at `now`."""
    zone = now.astimezone(ZoneInfo(user.tz))
    offset = zone.utcoffset()
    profile = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.real_name,
        "display_name_normalized": user.real_name,
        "first_name": user.real_name,
        "team": user.team,
    }
    if user.bot:
        profile |= {"bot_id": BOT, "api_app_id": APP}
    else:
        profile["email"] = user.email
    return {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": False,
        "tz": user.tz,
        "tz_label": zone.tzname() or user.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_bot": user.bot,
        "is_app_user": False,
        "updated": 0,
    }


def channel_json(channel: Channel) -> Json:
    """Return a channel as `conversations.info` shows it."""
    shared = {
        "id": channel.id,
        "is_archived": channel.archived,
        "is_im": channel.kind == "im",
        "is_private": channel.kind != "public",
        "context_team_id": TEAM,
    }
    if channel.kind == "im":
        return {**shared, "user": channel.name}
    return {
        **shared,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_mpim": False,
        "is_general": channel.name == "general",
        "is_member": BOT_USER in channel.members,
        "num_members": len(channel.members),
    }


def file_json(file: File) -> Json:
    """Return a file as `files.info` shows it."""
    mime = guess_type(file.name)[0] or "text/plain"
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": mime,
        "filetype": file.name.rpartition(".")[2],
        "user": file.user,
        "user_team": TEAM,
        "size": file.length,
        "mode": "hosted",
        "is_external": False,
        "alt_txt": file.alt,
        "permalink": f"https://acme.slack.com/files/{file.user}/{file.id}/{file.name}",
    }


def message_json(space: Workspace, message: Message, *, metadata: bool = False) -> Json:
    """Return a message as history shows it; its metadata only where it was asked for."""
    shape: Json = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": TEAM,
    }
    if message.user == BOT_USER:
        shape |= {"bot_id": BOT, "app_id": APP}
    if message.blocks:
        shape["blocks"] = message.blocks
    if message.files:
        shape |= {"files": [file_json(space.files[f]) for f in message.files], "upload": True}
    if message.edits:
        shape["edited"] = {"user": message.user, "ts": message.edits[-1].at}
    if message.reactions:
        shape["reactions"] = [
            {"name": name, "users": users, "count": len(users)}
            for name, users in message.reactions.items()
        ]
    if metadata and message.metadata:
        shape["metadata"] = message.metadata
    return shape | _place_in_thread(space, message)


def _place_in_thread(space: Workspace, message: Message) -> Json:
    if message.thread:
        heads = [m for m in space.messages[message.channel] if m.ts == message.thread]
        parent = {"parent_user_id": heads[0].user} if heads else {}
        return {"thread_ts": message.thread, **parent}
    replies = [m for m in space.thread(message.channel, message.ts) if m.thread]
    if not replies:
        return {}
    users = sorted({m.user for m in replies})
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
    }


def view_json(view: View, state: Json | None = None) -> Json:
    """Return a view, with what was filled in (`state`, by block id and action id)."""
    content = view.content
    return {
        "id": view.id,
        "team_id": TEAM,
        "type": content["type"],
        "blocks": content["blocks"],
        "private_metadata": content.get("private_metadata", ""),
        "callback_id": content.get("callback_id", ""),
        "state": {"values": state or {}},
        "hash": view.hash,
        "title": content.get("title"),
        "close": content.get("close"),
        "submit": content.get("submit"),
        "clear_on_close": bool(content.get("clear_on_close")),
        "notify_on_close": bool(content.get("notify_on_close")),
        "previous_view_id": view.previous,
        "root_view_id": view.root,
        "app_id": APP,
        "external_id": content.get("external_id", ""),
        "app_installed_team_id": TEAM,
        "bot_id": BOT,
    }
