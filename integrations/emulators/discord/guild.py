"""The state of an emulated Discord server, and the changes that people and apps make to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from integrations.emulators.discord.model import (
    BOT_USER,
    DIRECT,
    PUBLIC_THREAD,
    Channel,
    DiscordError,
    Edit,
    Json,
    Message,
    Permission,
    User,
)

_NAMED = re.compile(r"(?<![\w.])@(\w+)")
EPOCH = 1_420_070_400_000  # milliseconds: Discord's ids count from 2015
PEOPLE = ("ada", "bo", "cy", "dee", "eli")
CHANNELS = ("general", "dev", "releases")
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_USER = 10003, 10008, 10013
MISSING_ACCESS, MISSING_PERMISSIONS = 50001, 50013


def _people() -> dict[str, User]:
    users = [
        User(f"{1_300_000_000_000_000_100 + number}", name, name.capitalize())
        for number, name in enumerate(PEOPLE)
    ]
    users.append(User(BOT_USER, "flowbot", "", bot=True))
    return {user.id: user for user in users}


def _channels() -> dict[str, Channel]:
    channels = [
        Channel(f"{1_300_000_000_000_000_200 + number}", name)
        for number, name in enumerate(CHANNELS)
    ]
    return {channel.id: channel for channel in channels}


@dataclass(slots=True)
class Guild:
    """Everything that outlives a restart; `messages` are per channel, oldest first."""

    users: dict[str, User] = field(default_factory=_people)
    channels: dict[str, Channel] = field(default_factory=_channels)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    commands: list[Json] = field(default_factory=list)
    last: int = 0

    def new_id(self, now: float) -> str:
        """Return a new id at or after `now` (seconds since 1970), larger than all before."""
        self.last = max((int(now * 1000) - EPOCH) << 22, self.last + 1)
        return str(self.last)

    def user(self, name: str) -> User:
        """Return a user by id or name; raise DiscordError if there is none."""
        found = self.users.get(name) or next(
            (user for user in self.users.values() if user.name == name), None
        )
        if found is None:
            raise DiscordError(404, UNKNOWN_USER, "Unknown User")
        return found

    def mentioning(self, typed: str) -> str:
        """Return what was typed with each `@name` as the mention that a client makes of it."""
        ids = {user.name: user.id for user in self.users.values()}
        return _NAMED.sub(lambda name: f"<@{ids[name[1]]}>" if name[1] in ids else name[0], typed)

    def channel(self, name: str) -> Channel:
        """Return a channel, thread or conversation by its id, or a channel by its name."""
        found = self.channels.get(name) or next(
            (each for each in self.channels.values() if each.name == name and not each.kind), None
        )
        if found is None:
            raise DiscordError(404, UNKNOWN_CHANNEL, "Unknown Channel")
        return found

    def permitted(self, name: str, *needed: Permission) -> Channel:
        """Return a channel in which the bot may do this; a thread has its channel's rules."""
        channel = self.channels.get(name)
        if channel is None:
            raise DiscordError(404, UNKNOWN_CHANNEL, "Unknown Channel")
        lacks = self.channels[channel.parent].lacks if channel.parent else channel.lacks
        if "VIEW_CHANNEL" in lacks:
            raise DiscordError(403, MISSING_ACCESS, "Missing Access")
        if set(needed) & set(lacks):
            raise DiscordError(403, MISSING_PERMISSIONS, "Missing Permissions")
        return channel

    def direct(self, person: User, new_id: str) -> Channel:
        """Return the conversation of the bot and one person, opening it if need be."""
        for channel in self.channels.values():
            if channel.kind == DIRECT and channel.person == person.id:
                return channel
        channel = Channel(new_id, "", DIRECT, person=person.id)
        self.channels[channel.id] = channel
        return channel

    def add(self, message: Message) -> Message:
        self.messages.setdefault(message.channel, []).append(message)
        return message

    def message(self, channel: str, name: str) -> Message:
        """Return a message of a channel; raise DiscordError if it is not there."""
        for message in self.messages.get(channel, []):
            if message.id == name:
                return message
        raise DiscordError(404, UNKNOWN_MESSAGE, "Unknown Message")

    def edit(self, message: Message, at: str, body: Json) -> None:
        """Replace what a message says by what the body names; the rest stays."""
        message.edits.append(Edit(at, message.content, message.components))
        message.edited = at
        message.content = body["content"] or "" if "content" in body else message.content
        message.embeds = body["embeds"] or [] if "embeds" in body else message.embeds
        message.components = (
            body["components"] or [] if "components" in body else message.components
        )
        message.flags |= body.get("flags") or 0
        if "attachments" in body:
            kept = {str(each["id"]) for each in body["attachments"] or []}
            message.attachments = [each for each in message.attachments if each.id in kept]

    def delete(self, message: Message) -> None:
        self.messages[message.channel].remove(message)

    def thread(self, message: Message) -> Channel | None:
        """Return the thread that hangs on a message: it has the message's id."""
        found = self.channels.get(message.id)
        return found if found and found.kind == PUBLIC_THREAD else None

    def threads(self) -> Iterator[Channel]:
        yield from (each for each in self.channels.values() if each.kind == PUBLIC_THREAD)
