"""The stage of a demo that is an emulated Discord."""

from contextlib import suppress
from typing import Any

from bot.demo.stage import ANSWERS, ASKS, CHANNEL, NO_FORM, indented, opened_form
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.commands import Unsendable
from integrations.emulators.discord.model import BOT_USER, Interaction, Message

ANSWER_WITHIN = 10.0  # seconds
NO_ANSWER = "The application did not respond."


class DiscordStage:
    """Implements the `Stage` of a demo."""

    platform = "discord"

    def __init__(self, world: DiscordWorld) -> None:
        self._world = world

    @property
    def people(self) -> list[str]:
        """Who can type."""
        return [user.name for user in self._world.guild.users.values() if not user.bot]

    def id_of(self, name: str) -> str:
        """Return the id by which the chat knows somebody."""
        return self._world.user(name).id

    async def connected(self) -> None:
        """Wait until the bot is there, with its commands."""
        await self._world.connected()

    async def changed(self) -> None:
        """Wait for the next change."""
        await self._world.changed()

    async def type(self, who: str, line: str) -> str:
        """Type a line as somebody; return what their client says, "" where it was sent."""
        if not line.startswith("/"):
            heads = self._world.transcript(CHANNEL)
            inside = [head.id for head, _ in heads if head.id in self._world.guild.channels]
            thread = inside[-1] if inside and line.startswith("!") else ""
            said = self._world.say(who, CHANNEL, line, thread)
            if line.startswith("!") or "@flowbot" in line:
                await self._answered(said)
            return ""
        try:
            return _said(await self._world.slash(who, CHANNEL, line))
        except Unsendable as error:
            return str(error)

    async def _answered(self, said: Message) -> None:
        """Wait for what the bot says to a message; nothing else tells that it was taken."""
        with suppress(TimeoutError):
            await self._world.until(lambda: self._newest() > int(said.id), ANSWER_WITHIN)

    def _newest(self) -> int:
        """Return the id of the bot's newest message."""
        every = (self._world.ephemerals, *self._world.guild.messages.values())
        own = (int(each.id) for held in every for each in held if each.author == BOT_USER)
        return max(own, default=0)

    async def fill(self, who: str, values: dict[str, str]) -> str:
        """Fill in the form that somebody sees; return what is wrong with it."""
        modal = self._world.modal(who)
        if modal is None:
            return NO_FORM
        try:
            return _said(await self._world.submit(who, modal, values))
        except (LookupError, ValueError) as error:
            return str(error)

    def form(self, who: str) -> str:
        """Return the form that somebody sees, as text; empty where none is open."""
        modal = self._world.modal(who)
        if modal is None:
            return ""
        fields = ", ".join(
            part["label"] + (" (required)" if part["component"].get("required") else "")
            for part in modal.content["components"]
            if "label" in part
        )
        return opened_form(modal.content["title"], fields)

    async def press(self, label: str, message: str = "", who: str = ANSWERS) -> bool:
        """Press a button as somebody, on a message or wherever it is; False without one."""
        name = message.rpartition("/")[2]
        found = [self._world.message(name)] if name else self._messages()[::-1]
        for each in found:
            if f"'label': '{label}'" in str(each.components):
                await self._world.press(who, each, label)
                return True
        return False

    def threads(self) -> list[dict[str, Any]]:
        """Return what the channel shows, thread by thread, and what was said to one person."""
        shown = [
            [self._json(each) for each in (head, *replies)]
            for head, replies in self._world.transcript(CHANNEL)
        ]
        shown += [
            [self._json(whisper) | {"only_for": self._listener(whisper)}]
            for whisper in self._whispers()
        ]
        if form := self.form(ASKS):
            name = self._world.user(ASKS).global_name
            shown.append([{"text": form, "blocks": [], "files": [], "only_for": name}])
        return [{"platform": self.platform, "channel": CHANNEL, "messages": each} for each in shown]

    def spoken(self) -> dict[str, str]:
        """Return every message as a person reads it, by its id, in the order of the page."""
        return {message.id: self._spoken(message) for message in self._messages()}

    async def close(self) -> None:
        """Give up what is still to be sent."""
        await self._world.close()

    def _messages(self) -> list[Message]:
        threads = self._world.transcript(CHANNEL)
        heads = [message for head, replies in threads for message in (head, *replies)]
        return [*heads, *self._whispers()]

    def _whispers(self) -> list[Message]:
        """Return what only one person sees: hidden answers, and direct messages of the bot."""
        guild = self._world.guild
        direct = [each.id for each in guild.channels.values() if each.person]
        said = [message for name in direct for message in guild.messages.get(name, [])]
        own = [message for message in said if message.author == BOT_USER]
        return sorted([*self._world.ephemerals, *own], key=lambda message: int(message.id))

    def _listener(self, message: Message) -> str:
        guild = self._world.guild
        person = message.only_for or guild.channels[message.channel].person
        return guild.users[person].global_name if person else ""

    def _spoken(self, message: Message) -> str:
        user = self._world.guild.users[message.author]
        author = user.global_name or user.name.capitalize()
        if listener := self._listener(message):
            author += f" (only {listener} sees this)"
        is_reply = self._world.guild.channels[message.channel].parent and not message.only_for
        return indented(author, self._world.plain(message), "    " if is_reply else "")

    def _json(self, message: Message) -> dict[str, Any]:
        files = [{"name": each.filename, "title": each.description} for each in message.attachments]
        return {
            "user": message.author,
            "ts": message.id,
            "text": self._world.plain(message),
            "blocks": message.components,
            "files": files,
        }


def _said(made: Interaction) -> str:
    return NO_ANSWER if made.failed else ""
