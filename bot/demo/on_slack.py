"""The stage of a demo that is an emulated Slack."""

from typing import Any

from bot.demo.stage import ANSWERS, ASKS, CHANNEL, NO_FORM, indented, opened_form
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.model import Message


class SlackStage:
    """Implements the `Stage` of a demo."""

    platform = "slack"

    def __init__(self, world: SlackWorld) -> None:
        self._world = world

    @property
    def people(self) -> list[str]:
        """Who can type."""
        return [user.name for user in self._world.space.users.values() if not user.bot]

    def id_of(self, name: str) -> str:
        """Return the id by which the chat knows somebody."""
        return self._world.user(name).id

    async def connected(self) -> None:
        """Wait until the bot is there."""
        await self._world.connected()

    async def changed(self) -> None:
        """Wait for the next change."""
        await self._world.changed()

    async def type(self, who: str, line: str) -> str:
        """Type a line as somebody: a command, a mention, or words in the last thread."""
        if line.startswith("/"):
            await self._world.slash(who, CHANNEL, line)
        else:
            heads = self._world.transcript(CHANNEL)
            thread = heads[-1][0].ts if heads and line.startswith("!") else ""
            await self._world.say(who, CHANNEL, line, thread)
        return ""

    async def fill(self, who: str, values: dict[str, str]) -> str:
        """Fill in the form that somebody sees; return what is wrong with it."""
        modal = self._world.modal(who)
        if modal is None:
            return NO_FORM
        try:
            errors = await self._world.submit(who, modal, values)
        except (LookupError, ValueError) as error:
            return str(error)
        return " ".join(f"{name}: {error}" for name, error in errors.items())

    def form(self, who: str) -> str:
        """Return the form that somebody sees, as text; empty where none is open."""
        modal = self._world.modal(who)
        if modal is None:
            return ""
        fields = ", ".join(
            block["label"]["text"] + ("" if block.get("optional") else " (required)")
            for block in modal.content["blocks"]
            if block["type"] == "input"
        )
        return opened_form(modal.content["title"]["text"], fields)

    async def press(self, label: str, message: str = "", who: str = ANSWERS) -> bool:
        """Press a button as somebody, on a message or wherever it is; False without one."""
        found = [self._world.message(message)] if message else self._messages()[::-1]
        for each in found:
            if f'"{label}"' in str(each.blocks).replace("'", '"'):
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
            [self._json(whisper) | {"only_for": self._name(whisper.only_for)}]
            for whisper in self._world.ephemerals
        ]
        if form := self.form(ASKS):
            shown.append([{"text": form, "blocks": [], "files": [], "only_for": self._name(ASKS)}])
        return [{"platform": self.platform, "channel": CHANNEL, "messages": each} for each in shown]

    def spoken(self) -> dict[str, str]:
        """Return every message as a person reads it, by its id, in the order of the page."""
        return {message.ts: self._spoken(message) for message in self._messages()}

    async def close(self) -> None:
        """Give up what is still to be sent."""
        await self._world.close()

    def _messages(self) -> list[Message]:
        threads = self._world.transcript(CHANNEL)
        heads = [message for head, replies in threads for message in (head, *replies)]
        return [*heads, *self._world.ephemerals]

    def _name(self, user: str) -> str:
        return self._world.user(user).real_name

    def _spoken(self, message: Message) -> str:
        known = self._world.space.users
        author = known[message.user].real_name if message.user in known else "Slack"
        if message.only_for:
            author += f" (only {self._name(message.only_for)} sees this)"
        is_reply = message.thread and message.thread != message.ts and not message.only_for
        return indented(author, self._world.plain(message), "    " if is_reply else "")

    def _json(self, message: Message) -> dict[str, Any]:
        files = [self._world.space.files[each] for each in message.files]
        return {
            "user": message.user,
            "ts": message.ts,
            "text": message.text,
            "blocks": message.blocks,
            "files": [{"name": each.name, "title": each.title} for each in files],
        }
