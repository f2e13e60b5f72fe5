"""A Discord message as somebody reads it in a terminal."""

from collections.abc import Iterator

from integrations.emulators.discord.guild import Guild
from integrations.emulators.discord.limits import (
    BUTTON,
    CONTAINER,
    FILE,
    MEDIA,
    ROW,
    SEPARATOR,
    TEXT,
)
from integrations.emulators.discord.markdown import plain as read
from integrations.emulators.discord.model import LOADING, Json, Message
from integrations.emulators.discord.shapes import CHANNEL, MENTION


def plain(guild: Guild, message: Message) -> str:
    """Return what a message says, its files and its buttons."""
    lines = ["Flowbot is thinking …"] if message.flags & LOADING else []
    if message.content:
        lines.append(read(_named(guild, message.content)))
    for embed in message.embeds:
        footer = (embed.get("footer") or {}).get("text")
        texts = (embed.get("title"), embed.get("description"))
        lines += [read(each) for each in texts if each]
        lines += [f"{each['name']}: {read(each['value'])}" for each in embed.get("fields") or []]
        lines += [footer] if footer else []
    shown: set[str] = set()
    for component in message.components:
        lines += _component(guild, message, component, shown)
    rest = [each.filename for each in message.attachments if each.filename not in shown]
    lines += [f"[file: {name}]" for name in rest]
    lines += [f"({emoji} {len(people)})" for emoji, people in message.reactions.items()]
    return "\n".join(lines)


def _named(guild: Guild, text: str) -> str:
    users, channels = guild.users, guild.channels
    text = CHANNEL.sub(
        lambda found: f"#{channels[found[1]].name}" if found[1] in channels else "#?", text
    )
    return MENTION.sub(
        lambda found: f"@{users[found[1]].name}" if found[1] in users else "@?", text
    )


def _component(guild: Guild, message: Message, each: Json, shown: set[str]) -> Iterator[str]:
    match each["type"]:
        case kind if kind == CONTAINER:
            for held in each["components"]:
                yield from _component(guild, message, held, shown)
        case kind if kind == TEXT:
            yield read(_named(guild, each["content"]))
        case kind if kind == ROW:
            yield "  ".join(_label(held) for held in each["components"])
        case kind if kind == SEPARATOR:
            yield "─" * 40
        case kind if kind == MEDIA:
            for item in each["items"]:
                shown.add(_name(item["media"]))
                yield f"[picture: {item.get('description') or _name(item['media'])}]"
        case kind if kind == FILE:
            shown.add(_name(each["file"]))
            yield f"[file: {_name(each['file'])}]"
        case other:
            yield f"[{other}]"


def _label(held: Json) -> str:
    if held["type"] == BUTTON:
        return f"[ {held['label']} ]"
    options = " | ".join(option["label"] for option in held.get("options", []))
    return f"[ {held.get('placeholder') or '…'} ▾ {options} ]" if options else "[ … ]"


def _name(media: Json) -> str:
    return str(media["url"]).rpartition("/")[2]
