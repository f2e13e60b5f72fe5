"""A Discord server in which people act and an app answers; what tests and the demo hold."""

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from integrations.emulators.discord import commands, payloads
from integrations.emulators.discord.endpoint import Endpoint
from integrations.emulators.discord.forms import chosen, filled, pressed
from integrations.emulators.discord.gateway import Gateway
from integrations.emulators.discord.guild import Guild
from integrations.emulators.discord.model import (
    APPLICATION,
    AUTOCOMPLETE,
    BOT_USER,
    COMMAND,
    COMPONENT,
    GUILD,
    MODAL_SUBMIT,
    Call,
    Channel,
    DiscordError,
    Fault,
    Interaction,
    Json,
    Message,
    Modal,
    Permission,
    User,
)
from integrations.emulators.discord.plain import plain
from integrations.emulators.discord.shapes import channel_json, guild_json, own_json
from integrations.emulators.faults import next_of

PATIENCE = 3.0  # seconds


class DiscordWorld:
    """Everything about one server.

    With `keep`, the state is read from that file and written back after every change, so that a
    killed process comes back with the same threads. `patience` is how long the bot may take to
    answer an interaction, in seconds.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        keep: Path | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.now = clock
        self.guild = _read(keep) if keep and keep.exists() else Guild()
        self.token = "emulated-discord-token"  # noqa: S105 - the server is emulated
        self.base_url = "http://127.0.0.1"
        self.enforce_limits = False
        self.is_public = False
        self.calls: list[Call] = []
        self.ephemerals: list[Message] = []
        self.modals: dict[str, Modal] = {}
        self.interactions: dict[str, Interaction] = {}
        self.nonces: dict[tuple[str, str], tuple[str, float]] = {}
        self.endpoint = Endpoint(self.seconds)
        self.gateway = Gateway(self.token, self._hello, self.touch)
        self._patience = patience
        self._faults: list[Fault] = []
        self._keep = keep
        self._watching: list[asyncio.Future[None]] = []

    # People and places

    def user(self, name: str) -> User:
        """Return a person by name or id."""
        return self.guild.user(name)

    def channel(self, name: str, *lacks: Permission, private: bool = False) -> Channel:
        """Open a channel in which the bot lacks these permissions; not all see a private one."""
        channel = Channel(self.new_id(), name, private=private, lacks=list(lacks))
        self.guild.channels[channel.id] = channel
        self.gateway.dispatch("CHANNEL_CREATE", channel_json(self.guild, channel))
        self.touch()
        return channel

    def remove(self, channel: str) -> None:
        """Delete a channel with all that was said in it."""
        gone = self.guild.channel(channel)
        threads = [each for each in self.guild.threads() if each.parent == gone.id]
        for each in (gone, *threads):
            del self.guild.channels[each.id]
            self.guild.messages.pop(each.id, None)
        self.gateway.dispatch("CHANNEL_DELETE", channel_json(self.guild, gone))
        self.touch()

    def kick(self) -> None:
        """Throw the bot out of the server: from now on it sees nothing there."""
        for channel in self.guild.channels.values():
            if not channel.person:
                channel.lacks = ["VIEW_CHANNEL"]
        self.gateway.dispatch("GUILD_DELETE", {"id": GUILD})
        self.touch()

    def direct(self, person: User | str) -> Channel:
        """Return the conversation of the bot and one person."""
        who = person if isinstance(person, User) else self.user(person)
        return self.guild.direct(who, self.new_id())

    def _place(self, user: str, channel: str) -> Channel:
        """Return a channel; "@flowbot" is the person's conversation with the bot."""
        return self.direct(user) if channel == "@flowbot" else self.guild.channel(channel)

    # What people do

    def say(self, user: str, channel: str, text: str, thread: str = "") -> Message:
        """Post a message as a person, in a thread if one is named; `@name` is a mention."""
        who, where = self.user(user), self._place(user, thread or channel)
        message = Message(self.new_id(), where.id, who.id)
        message.content = self.guild.mentioning(text)
        named = dict.fromkeys(re.findall(r"<@(\d+)>", message.content))
        message.mentions = [each for each in named if each in self.guild.users]
        where.archived = False
        self.guild.add(message)
        self.announce("MESSAGE_CREATE", message)
        return message

    async def slash(self, user: str, channel: str, line: str, thread: str = "") -> Interaction:
        """Run an application command; options are typed as `name: value`."""
        command, options = commands.chosen(self.guild.commands, self.guild.mentioning(line))
        data = payloads.command_data(command, options, COMMAND)
        return await self._interact(COMMAND, user, self._place(user, thread or channel), data)

    async def use(self, user: str, message: Message, label: str) -> Interaction:
        """Choose an entry in the menu of a message."""
        command = commands.entry(self.guild.commands, label)
        data = payloads.entry_data(self.guild, command, message)
        return await self._interact(COMMAND, user, self.guild.channel(message.channel), data)

    async def complete(self, user: str, channel: str, line: str) -> list[str]:
        """Type a command without sending it; return what is offered for its last option."""
        command, options = commands.focused(self.guild.commands, line)
        data = payloads.command_data(command, options, AUTOCOMPLETE)
        made = await self._interact(AUTOCOMPLETE, user, self._place(user, channel), data)
        return [choice["value"] for choice in made.choices]

    async def press(self, user: str, message: Message | str, button: str) -> Interaction:
        """Press a button, named by its label or custom id, on a message (or its id)."""
        found = message if isinstance(message, Message) else self.message(message)
        return await self._touched(user, found, pressed(found, button))

    async def choose(self, user: str, message: Message | str, option: str) -> Interaction:
        """Choose from a menu, by the label or value of an option, on a message (or its id)."""
        found = message if isinstance(message, Message) else self.message(message)
        return await self._touched(user, found, chosen(found, option))

    async def _touched(self, user: str, message: Message, data: Json) -> Interaction:
        where = self.guild.channel(message.channel)
        return await self._interact(COMPONENT, user, where, data, message)

    async def submit(self, user: str, modal: Modal, values: Mapping[str, str]) -> Interaction:
        """Fill in a form (by field id or label) and submit it; it closes."""
        data = filled(modal.content, values)
        where = self.guild.channel(modal.channel)
        made = await self._interact(MODAL_SUBMIT, user, where, data, modal.source)
        if not made.failed:
            self.modals.pop(modal.user, None)
        self.touch()
        return made

    def modal(self, user: str) -> Modal | None:
        """Return the form that a person sees."""
        return self.modals.get(self.user(user).id)

    async def _interact(
        self, kind: int, user: str, where: Channel, data: Json, source: Message | None = None
    ) -> Interaction:
        token, who = secrets.token_urlsafe(24), self.user(user).id
        made = Interaction(self.new_id(), token, kind, who, where.id, self.seconds(), source)
        made.first = asyncio.get_running_loop().create_future()
        self.interactions[made.token] = made
        payload = payloads.interaction(self.guild, made, where, data)
        try:
            async with asyncio.timeout(self._patience):
                if self.endpoint.url:
                    made.failed = not await self.endpoint.takes(payload)
                else:
                    self.gateway.dispatch("INTERACTION_CREATE", payload)
                if not made.failed:
                    await made.first
        except TimeoutError:
            made.failed = True  # "The application did not respond"
        self.touch()
        return made

    def whispers(self, user: str) -> list[Message]:
        """Return what only this person was shown, oldest first."""
        who = self.user(user).id
        return [message for message in self.ephemerals if message.only_for == who]

    def transcript(self, channel: str) -> list[tuple[Message, list[Message]]]:
        """Return the messages of a channel (by name or id), each with those in its thread."""
        where = self.guild.channel(channel)
        return [
            (head, self.guild.messages.get(head.id, []))
            for head in self.guild.messages.get(where.id, [])
        ]

    def plain(self, message: Message) -> str:
        """Return a message as somebody reads it in a terminal."""
        return plain(self.guild, message)

    def message(self, name: str) -> Message:
        """Return a message of any channel by its id; raise DiscordError if there is none."""
        for every in (self.ephemerals, *self.guild.messages.values()):
            for message in every:
                if message.id == name:
                    return message
        raise DiscordError(404, 10008, "Unknown Message")

    # What the platform does

    def announce(self, kind: str, message: Message) -> None:
        """Tell the app of a message; it also hears of its own."""
        channel = self.guild.channel(message.channel)
        payload = payloads.message_created(self.guild, channel, message)
        self.gateway.dispatch(kind, payload)
        self.touch()

    def _hello(self, session: str) -> list[tuple[str, Json]]:
        """Return what a new session is told first."""
        ready = {
            "v": 10,
            "user": own_json(self.guild.users[BOT_USER]),
            "guilds": [{"id": GUILD, "unavailable": True}],
            "session_id": session,
            "session_type": "normal",
            "resume_gateway_url": self.gateway_url,
            "shard": [0, 1],
            "application": {"id": APPLICATION, "flags": 0},
        }
        return [("READY", ready), ("GUILD_CREATE", guild_json(self.guild))]

    @property
    def gateway_url(self) -> str:
        return self.base_url.replace("http", "ws", 1) + "/gw"

    # Faults, time, waiting, keeping

    def fail(
        self,
        route: str,
        *,
        status: int = 500,
        error: tuple[int, str] = (0, "500: Internal Server Error"),
        times: int = 1,
        retry_after: float = 1.0,
        after: int = 0,
        late: bool = False,
    ) -> None:
        """Answer calls of a route (`POST /channels/{channel_id}/messages`) wrongly.

        `error` is Discord's code and its words. `after` calls go well first; a `late` fault loses
        only the answer, not what was asked.
        """
        self._faults.append(Fault(route, status, error, times, retry_after, after, late))

    def next_fault(self, route: str) -> Fault | None:
        return next_of(self._faults, lambda fault: fault.route == route)

    def called(self, route: str) -> list[Json]:
        """Return the bodies of all calls of a route, oldest first."""
        return [call.body for call in self.calls if call.route == route]

    def new_id(self) -> str:
        return self.guild.new_id(self.seconds())

    def seconds(self) -> float:
        """Return the time, in seconds since 1970."""
        return self.now().timestamp()

    async def connected(self, within: float = 10.0) -> None:
        """Wait until a bot is connected to the gateway."""
        await self.until(lambda: self.gateway.connected, within)

    async def until(self, is_true: Callable[[], bool], within: float = 10.0) -> None:
        """Wait for a condition, looked at after every change; raise TimeoutError after `within`."""
        async with asyncio.timeout(within):
            while not is_true():
                await self.changed()

    async def changed(self) -> None:
        """Wait for the next change."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watching.append(waiting)
        await waiting

    def touch(self) -> None:
        """Note that something changed: wake those who wait, and keep the state."""
        for waiting in self._watching:
            if not waiting.done():
                waiting.set_result(None)
        self._watching.clear()
        if self._keep:
            fresh = self._keep.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(self.guild))
            fresh.replace(self._keep)

    async def close(self) -> None:
        """Give up what is still to be sent."""
        await self.gateway.close()


def _read(path: Path) -> Guild:
    return msgspec.json.decode(path.read_bytes(), type=Guild)
