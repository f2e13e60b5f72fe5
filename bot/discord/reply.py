"""The answer to one interaction: the first within three seconds, the rest by its token."""

from collections.abc import Sequence

from bot.discord.render import Json, Message
from bot.discord.rest import Rest

MESSAGE, DEFER, DEFER_UPDATE, CHOICES, MODAL = 4, 5, 6, 8, 9
EPHEMERAL = 1 << 6


class Reply:
    """What we say to an interaction; only the person who acted sees it."""

    def __init__(self, rest: Rest, application: str, interaction: int, token: str) -> None:
        self._rest = rest
        self._path = f"/interactions/{interaction}/{token}/callback"
        self._webhook = f"/webhooks/{application}/{token}"
        self._given = 0
        self.said = 0  # messages that were shown

    @property
    def is_open(self) -> bool:
        """Whether nothing was answered yet: only then a form can open."""
        return not self._given

    @property
    def has_form(self) -> bool:
        """Whether a form has opened: then nothing has to be said."""
        return self._given == MODAL

    async def defer(self, *, update: bool) -> None:
        """Ask for more time; `update` is for a button, whose message stays as it is."""
        if update:
            await self._first(DEFER_UPDATE, None)
        else:
            await self._first(DEFER, {"flags": EPHEMERAL})

    async def say(self, messages: Sequence[Message]) -> None:
        """Show messages, in this order."""
        for message in messages:
            body = _hidden(message)
            if not self._given:
                await self._first(MESSAGE, body, message)
            elif self._given == DEFER:
                path = f"{self._webhook}/messages/@original"
                await self._rest("PATCH", path, body, files=message.files)
                self._given = MESSAGE
            else:
                await self._rest("POST", self._webhook, body, files=message.files)
            self.said += 1

    async def open(self, modal: Json) -> None:
        """Open a form."""
        await self._first(MODAL, modal)

    async def offer(self, choices: Sequence[Json]) -> None:
        """Offer what may be meant by what is being typed."""
        await self._first(CHOICES, {"choices": list(choices)})

    async def _first(self, kind: int, data: Json | None, message: Message | None = None) -> None:
        files = message.files if message else ()
        body = {"type": kind, **({} if data is None else {"data": data})}
        await self._rest("POST", self._path, body, files=files)
        self._given = kind


def _hidden(message: Message) -> Json:
    body = message.body
    return body | {"flags": body["flags"] | EPHEMERAL}
