"""Web API: `files.*`, in the three steps that Slack asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.emulators.slack.messages import content
from integrations.emulators.slack.model import BOT_USER, File, Json, Message, SlackError
from integrations.emulators.slack.shapes import file_json

if TYPE_CHECKING:
    from integrations.emulators.slack.world import SlackWorld


def upload_url(world: SlackWorld, body: Json) -> Json:
    """Announce a file; its bytes go to the answer's `upload_url`."""
    name, length = body.get("filename") or "", int(body.get("length") or 0)
    if not name or length <= 0:
        raise SlackError("invalid_arguments")
    file = File(world.space.new_id("F"), name, name, body.get("alt_txt") or "", BOT_USER, length)
    world.space.files[file.id] = file
    return {"upload_url": f"{world.base_url}/upload/{file.id}", "file_id": file.id}


def complete(world: SlackWorld, body: Json) -> Json:
    """Share uploaded files as one message; without a channel they stay unshared."""
    wanted = body.get("files") or []
    found = [_uploaded(world, item) for item in wanted]
    if not found:
        raise SlackError("invalid_arguments")
    if body.get("channel_id"):
        channel = world.space.joined(body["channel_id"])
        thread = body.get("thread_ts") or ""
        if thread:
            thread = world.space.message(channel.id, thread).thread or thread
        text, blocks = body.get("initial_comment") or "", body.get("blocks") or []
        if text or blocks:
            text, blocks = content({"text": text, "blocks": blocks}, cut=True)
        message = Message(channel.id, world.tick(), BOT_USER, text, blocks, thread)
        message.files = [file.id for file in found]
        world.space.add(message)
    return {"files": [file_json(file) for file in found]}


def _uploaded(world: SlackWorld, item: Json) -> File:
    file = world.space.files.get(item.get("id", ""))
    if file is None or file.content is None:
        raise SlackError("file_not_found")
    file.title = item.get("title") or file.name
    return file


def info(world: SlackWorld, body: Json) -> Json:
    """Describe one file."""
    file = world.space.files.get(body.get("file", ""))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": file_json(file)}
