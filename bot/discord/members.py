"""Whose word counts: anybody can bring a public bot into a server of their own, and write to it."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from time import monotonic

from bot.chat import Actor, Card, Origin
from bot.discord.failures import MISSING_ACCESS, UNKNOWN_MEMBER, UNKNOWN_PERSON, UNKNOWN_SERVER
from bot.discord.rest import Rest
from bot.doors import Dispatch
from bot.home import Home
from bot.replies import Accepted, Form, FormErrors, Say, no
from bot.shortcuts import Posted

STRANGER = "I work for the people of another server, and you are not one of them."
KNOWN_FOR = 3_600.0  # seconds
REMEMBERED = 10_000
NOT_THERE = {MISSING_ACCESS, UNKNOWN_MEMBER, UNKNOWN_PERSON, UNKNOWN_SERVER}


class Members:
    """The way in for the members of these servers alone; Discord is asked once an hour."""

    def __init__(
        self,
        dispatch: Dispatch,
        rest: Rest,
        servers: AbstractSet[str],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._dispatch = dispatch
        self._rest = rest
        self._servers = servers
        self._clock = clock
        self._until: dict[str, float] = {}

    async def command(
        self, text: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form:
        """Take a command."""
        return await self._refusal(by) or await self._dispatch.command(text, by, origin, key)

    async def submit_form(
        self, flow: str, values: Mapping[str, str], by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | FormErrors:
        """Take a form that was filled in."""
        refusal = await self._refusal(by)
        return refusal or await self._dispatch.submit_form(flow, values, by, origin, key)

    async def press(
        self, action: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form | None:
        """Take a button."""
        return await self._refusal(by) or await self._dispatch.press(action, by, origin, key)

    async def home(self, by: Actor) -> Home:
        """Return what somebody comes home to, which Discord has no place for."""
        return await self._dispatch.home(by)

    async def glance(self, run_id: str) -> Card | None:
        """Return what the card of a run says."""
        return await self._dispatch.glance(run_id)

    async def shortcut(self, name: str, posted: Posted, by: Actor, origin: Origin) -> Form | Say:
        """Return the form that an entry of a message's menu opens."""
        refusal = await self._refusal(by)
        return refusal or await self._dispatch.shortcut(name, posted, by, origin)

    async def answer_form(
        self, question_id: int, values: Mapping[str, str], by: Actor, door: str = ""
    ) -> Say | FormErrors | None:
        """Take a form that answers a question."""
        refusal = await self._refusal(by)
        return refusal or await self._dispatch.answer_form(question_id, values, by, door)

    async def _refusal(self, by: Actor) -> Say | None:
        if self._until.get(by.id, 0.0) > self._clock():
            return None
        for server in sorted(self._servers):
            path = f"/guilds/{server}/members/{by.id}"
            if await self._rest("GET", path, write=False, fine=NOT_THERE):
                if len(self._until) >= REMEMBERED:
                    self._until.clear()
                self._until[by.id] = self._clock() + KNOWN_FOR
                return None
        return no(STRANGER, "forbidden")


def of_members(dispatch: Dispatch, rest: Rest, servers: AbstractSet[str]) -> Dispatch:
    """Return the way in for the members of these servers, or for everybody where there are none."""
    return Members(dispatch, rest, servers) if servers else dispatch
