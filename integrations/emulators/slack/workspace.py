"""The state of an emulated workspace, and the changes that people and apps make to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from integrations.emulators.slack.model import (
    BOT_USER,
    Channel,
    Edit,
    File,
    Json,
    Message,
    SlackError,
    User,
)

_NAMED = re.compile(r"(?<![\w.])@(\w+)")


def _people() -> dict[str, User]:
    zones = {
        "ada": "Europe/London",
        "bo": "Europe/Stockholm",
        "cy": "America/New_York",
        "dee": "Asia/Kolkata",
        "eli": "Europe/Berlin",
    }
    users = [
        User(f"U0{name.upper():0<8}", name, name.capitalize(), zone) for name, zone in zones.items()
    ]
    users.append(User(BOT_USER, "flowbot", "Flowbot", "UTC", bot=True))
    return {user.id: user for user in users}


def _channels() -> dict[str, Channel]:
    everybody = list(_people())
    names = ("general", "dev", "releases")
    channels = [Channel(f"C0{name.upper():0<8}", name, list(everybody)) for name in names]
    return {channel.id: channel for channel in channels}


@dataclass(slots=True)
class Workspace:
    """Everything that outlives a restart; `messages` are per channel, oldest first."""

    users: dict[str, User] = field(default_factory=_people)
    channels: dict[str, Channel] = field(default_factory=_channels)
    messages: dict[str, list[Message]] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    last: int = 0
    count: int = 0

    def tick(self, now: int) -> str:
        """Return a new ts at or after `now` (microseconds since 1970), unique in the workspace."""
        self.last = max(now, self.last + 1)
        return f"{self.last // 1_000_000}.{self.last % 1_000_000:06d}"

    def new_id(self, letter: str) -> str:
        self.count += 1
        return f"{letter}0{self.count:09d}"

    def user(self, name: str) -> User:
        """Return a user by id or name; raise SlackError if there is none."""
        user = self.users.get(name) or next(
            (u for u in self.users.values() if u.name == name), None
        )
        if user is None:
            raise SlackError("user_not_found")
        return user

    def mentioning(self, typed: str) -> str:
        """Return what was typed with each `@name` as the mention that a client makes of it."""
        ids = {user.name: user.id for user in self.users.values()}
        return _NAMED.sub(lambda name: f"<@{ids[name[1]]}>" if name[1] in ids else name[0], typed)

    def channel(self, name: str) -> Channel:
        """Return a channel by id or name (with or without "#")."""
        bare = name.removeprefix("#")
        found = self.channels.get(bare) or next(
            (c for c in self.channels.values() if c.name == bare and c.kind != "im"), None
        )
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def visible(self, name: str) -> Channel:
        """Return a channel that the bot can see; an unknown and a private one look the same."""
        channel = self.channel(name)
        if channel.kind != "public" and BOT_USER not in channel.members:
            raise SlackError("channel_not_found")
        return channel

    def writable(self, name: str) -> Channel:
        """Return a channel that takes new messages of the bot; `chat:write.public` is granted."""
        if name in self.users and not self.users[name].bot:
            return self.direct(name)
        channel = self.visible(name)
        if channel.archived:
            raise SlackError("is_archived")
        return channel

    def joined(self, name: str) -> Channel:
        """Return a channel that the bot is in."""
        channel = self.writable(name)
        if BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def direct(self, user: str) -> Channel:
        """Return the conversation between the bot and one person, opening it if need be."""
        person = self.user(user)
        for channel in self.channels.values():
            if channel.kind == "im" and channel.name == person.id:
                return channel
        channel = Channel(self.new_id("D"), person.id, [person.id, BOT_USER], "im")
        self.channels[channel.id] = channel
        return channel

    def add(self, message: Message) -> Message:
        self.messages.setdefault(message.channel, []).append(message)
        for name in message.files:
            self.files[name].shared.append(message.ts)
        return message

    def message(self, channel: str, ts: str) -> Message:
        """Return a message; raise SlackError if it is not there."""
        for message in self.messages.get(channel, []):
            if message.ts == ts:
                return message
        raise SlackError("message_not_found")

    def edit(self, message: Message, at: str, text: str, blocks: list[Json]) -> None:
        message.edits.append(Edit(at, message.text, message.blocks))
        message.text, message.blocks = text, blocks

    def delete(self, message: Message) -> None:
        self.messages[message.channel].remove(message)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """Return the head of a thread and its replies, oldest first."""
        messages = self.messages.get(channel, [])
        return [m for m in messages if ts in (m.ts, m.thread)]

    def top_level(self, channel: str) -> Iterator[Message]:
        yield from (m for m in self.messages.get(channel, []) if not m.thread)
