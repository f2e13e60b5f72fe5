"""What people say about a channel: how it wants to be told things."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import grammar
from bot.chat import Actor, Origin
from bot.places import places_of
from bot.replies import Say, no
from bot.rules import Rules
from bot.words import Misread
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from flows.engine.zones import zone_called
from flows.report import Code, Report, facts, text
from storage import audit, channels, projects
from storage.channels import ChannelSettings
from storage.database import Database

THREAD_ONLY, ZONE = "thread-only", "zone"
NEEDED = Role.OPERATOR
SAID: dict[str, bool] = {"on": True, "off": False}
TELLS = {
    True: "one message a day, with everything that is new in its thread",
    False: "one message for each thing that it follows, with its news in the thread of that",
}


class Channels:
    """The verb `channel`, for every door; each change is audited."""

    verbs = frozenset({"channel"})

    def __init__(self, database: Database, rules: Rules, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - saying it twice comes to the same
        """Show what is set for this channel, or change it."""
        if not origin.channel:
            return no("This place is no channel: say it in the one that it is about.", "unfit")
        match said.words:
            case ():
                return await self._show(origin)
            case (name, word) if name.lower() == THREAD_ONLY and word.lower() in SAID:
                return await self._set(by, origin, THREAD_ONLY, thread_only=SAID[word.lower()])
            case (name, zone) if name.lower() == ZONE:
                try:
                    known = zone_called(zone).key
                except ValueError as error:
                    told = Misread(f"{error} Example: ", Code("/flow channel zone Europe/Berlin"))
                    return Say(told.at([said.name, *said.words], 2).report, "misread")
                return await self._set(by, origin, ZONE, zone=known)
            case words:
                wrong = 1 if len(words) == 1 or words[0].lower() not in (THREAD_ONLY, ZONE) else 2
                told = Misread(
                    "A channel has two settings: ",
                    Code(f"/flow channel {THREAD_ONLY} on"),
                    " (or off), and ",
                    Code("/flow channel zone Europe/Berlin"),
                )
                return Say(told.at([said.name, *words], wrong).report, "misread")

    async def _show(self, origin: Origin) -> Say:
        async with self._database.read() as connection:
            found = await channels.find(connection, origin.platform, origin.channel)
        rows = facts(
            thread_only=_word(found, THREAD_ONLY),
            gets=TELLS[found.thread_only],
            zone=found.zone,
        )
        other = "off" if found.thread_only else "on"
        how = text("To change it: ", Code(f"/flow channel {THREAD_ONLY} {other}"))
        return Say(Report("This channel", blocks=(rows, how)))

    async def _set(self, by: Actor, origin: Origin, name: str, **given: bool | str) -> Say:
        async with self._database.begin() as connection:
            if not (await self._role(connection, by, origin)).covers(NEEDED):
                needs = f"Only people with the role {NEEDED.value} and up set up a channel."
                return no(f"{needs} Ask one of them.", "forbidden")
            place = origin.platform, origin.channel
            before = await channels.find(connection, *place)
            after = replace(before, **given)
            if after == before:
                return Say(Report("", f"{name} is {_word(after, name)} already."))
            await channels.save(connection, *place, after)
            await audit.append(
                connection,
                at=self._clock(),
                actor=msgspec.to_builtins(by),
                door=origin.door,
                action="set up a channel",
                run_id="",
                detail=f"{origin.platform}:{origin.channel}: {name} {_word(after, name)}",
            )
        gets = f"From now on this channel gets {TELLS[after.thread_only]}."
        told = (
            gets if name == THREAD_ONLY else f"The days of this channel are those of {after.zone}."
        )
        back = text("To take it back: ", Code(f"/flow channel {name} {_word(before, name)}"))
        return Say(Report("", told, "good", (back,)))

    async def _role(self, connection: AsyncConnection, by: Actor, origin: Origin) -> Role:
        """Return what somebody is in the project that the channel is about, if it is about one."""
        every = await projects.every(connection)
        here = places_of(every, origin.platform, origin.channel).here
        about = next((each for each in every if each.name == here), ProjectSettings(""))
        return self._rules.subject(by, about).role


def _word(settings: ChannelSettings, name: str) -> str:
    if name == ZONE:
        return settings.zone
    return "on" if settings.thread_only else "off"
