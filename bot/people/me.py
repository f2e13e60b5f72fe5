"""What somebody says about themselves: their time, when they are away, and what to remind them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Actor, Origin
from bot.grammar import Verb
from bot.people import preferences
from bot.people.acquaintance import Acquaintance, which
from bot.people.phrasing import plain
from bot.people.whereabouts import identities_of, settings_of, standing, whereabouts
from bot.replies import Say, no
from bot.times import said as told
from bot.words import Misread, quoted
from flows.report import Block, Code, Report, text
from storage import notices, people
from storage.database import Database
from storage.people import Person, PersonSettings
from storage.records import NoticeRecord, report_from

BUSINESS_DAY = ("next", "business", "day")
OF_GITHUB = frozenset({"news", "queue"})  # settings that need to know who somebody is there


class Queues(Protocol):
    """Says what waits for somebody."""

    async def of(self, person: Person) -> Report | None: ...


class Me:
    """The verbs about oneself; each answer says how one is treated from now on."""

    verbs = frozenset({"me", "away", "whois", "snooze"})

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        known: Acquaintance,
        queues: Queues,
    ) -> None:
        self._database = database
        self._clock = clock
        self._known = known
        self._queues = queues

    async def answer(self, said: Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - saying it twice comes to the same
        """Do what was said."""
        words = plain([said.name, *said.words], preferences.SETTINGS)
        try:
            if said.name == "whois":
                return await self._who(words, by, origin)
            if said.name == "snooze":
                return await self._snooze(by, words)
            if [each.lower() for each in words] == ["me", "queue", "now"][: len(words)] and words[
                1:
            ]:
                return await self._queue(by)
            return await (self._set(by, words) if words[1:] or words == ["away"] else self._me(by))
        except Misread as misread:
            return Say(misread.report, "misread")

    async def _me(self, by: Actor) -> Say:
        person, now = await self._known.person(by), self._clock()
        blocks = (identities_of(person), *settings_of(person.settings, now))
        return Say(Report(person.name, standing(person.settings, now), blocks=blocks))

    async def _queue(self, by: Actor) -> Say:
        report = await self._queues.of(await self._known.person(by))
        return Say(report or Report("", "Nothing waits for you.", "good"))

    async def _set(self, by: Actor, words: list[str]) -> Say:
        """Change one setting, and look again at what is held for this person."""
        await self._known.person(by)
        now = self._clock()
        async with self._database.begin() as connection:
            person = await _locked(connection, by, now)
            settings = self._changed(person.settings, words, now)
            person = people.changed(person, settings)
            await people.save(connection, person, preferences.next_queue(settings, now))
            addresses = [f"{each.platform}:{each.id}" for each in person.identities]
            await notices.release(connection, addresses, now)
        blocks = (*_unlinked(person, words), *settings_of(settings, now)[:1])
        return Say(Report("", standing(settings, now), "good", blocks))

    def _changed(self, settings: PersonSettings, words: list[str], now: datetime) -> PersonSettings:
        if words[0] == "me":
            return preferences.changed(settings, words)
        if [each.lower() for each in words[1:]] == ["off"]:
            return preferences.away(settings, None, "")
        until, why = preferences.back_at(settings, words, now)
        return preferences.away(settings, until, why)

    async def _who(self, words: list[str], by: Actor, origin: Origin) -> Say:
        if len(words) == 1:
            raise Misread(
                "Say who: ", Code("/flow whois @ada"), " or a login: ", Code("/flow whois ada-l")
            )
        async with self._database.read() as connection:
            found = await which(connection, words[1], origin.platform)
            reader = await people.of(connection, by.platform, by.id)
        if not found:
            return no(f"I know nobody called {quoted(words[1])} yet.", "unknown")
        if len(found) > 1:
            raise several(found, words)
        [person] = found
        now = self._clock()
        zone = reader.settings.zone if reader else ""
        login = person.on("github")
        known = (text("On GitHub: ", Code(login.name)),) if login else ()
        return Say(Report(person.name, whereabouts(person, now, zone), blocks=known))

    async def _snooze(self, by: Actor, words: list[str]) -> Say:
        """Let a message come again later; without a number it is the newest that asks something."""
        now, rest = self._clock(), words[1:]
        number = int(rest.pop(0)) if rest and rest[0].isascii() and rest[0].isdecimal() else 0
        person = await self._known.person(by)
        until = _until(person.settings, words, len(words) - len(rest), now)
        async with self._database.begin() as connection:
            row = await _asking(connection, person, by, number)
            if row is None:
                return no("There is no message of mine to you that still asks something.")
            for each in await notices.together(connection, row):
                if each.topic:
                    await _again(connection, each, until, now, person.settings.zone)
        return Say(Report("", f"I remind you {_at(until, now, person.settings.zone)}.", "good"))


def _unlinked(person: Person, words: Sequence[str]) -> tuple[Block, ...]:
    """Return what is missing for what was set just now."""
    is_wanted = words[0] == "me" and words[1].lower() in OF_GITHUB and words[-1].lower() != "off"
    if not is_wanted or person.on("github"):
        return ()
    missing = "I do not know yet who you are on GitHub, so nothing of that is told: "
    return (text(missing, Code("/flow link github"), "."),)


def several(found: list[Person], words: list[str]) -> Misread:
    """Ask which of these people is meant."""
    names: list[str | Code] = []
    for each in found[:5]:
        identity = each.identities[0]
        command = " ".join([words[0], f"{identity.platform}:{identity.id}", *words[2:]])
        names += [" or " if names else "", Code(f"/flow {command}")]
    return Misread(f"Several people are called {quoted(words[1])}: ", *names).at(words, 1)


async def _locked(connection: AsyncConnection, by: Actor, now: datetime) -> Person:
    person = await people.seen(connection, by.platform, by.id, by.name, now)
    return await people.get(connection, person.id, lock=True) or person


async def _asking(
    connection: AsyncConnection, person: Person, by: Actor, number: int
) -> NoticeRecord | None:
    """Return the notice that is meant, if it is this person's and still asks something."""
    if not number:
        return await notices.last_asking(connection, f"{by.platform}:{by.id}")
    row = await notices.get(connection, number)
    own = {f"{each.platform}:{each.id}" for each in person.identities}
    if row is None or row.person not in own or not row.message:
        return None
    together = await notices.together(connection, row)
    return row if any(each.topic for each in together) else None


async def _again(
    connection: AsyncConnection, row: NoticeRecord, until: datetime, now: datetime, zone: str
) -> None:
    """Settle what was sent, and have it sent once more."""
    report = report_from(row.body)
    what = (report.summary or report.title).rstrip(".")
    if await notices.settle_one(connection, row, f"Later, {_at(until, now, zone)}: {what}", now):
        await notices.repeat(connection, row, until, now)


def _until(settings: PersonSettings, words: list[str], first: int, now: datetime) -> datetime:
    """Return until when something is put off; `first` is the word that says so."""
    rest = tuple(each.lower() for each in words[first:])
    if rest == BUSINESS_DAY:
        return preferences.next_business_day(settings, now)
    try:
        if len(rest) != 1:
            raise ValueError("Say until when: 4h, tomorrow, next business day, friday or 14:00")  # noqa: TRY301 - one answer for all
        until = preferences.when(settings, rest[0], now)
        if not now < until <= now + preferences.LONGEST_AWAY:
            raise ValueError(f"{quoted(rest[0])} is not ahead of us")  # noqa: TRY301 - as above
    except ValueError as error:
        misread = Misread(f"{error}. Example: ", Code("/flow snooze 4h"))
        raise misread.at(words, min(first, len(words) - 1)) from error
    return until


def _at(until: datetime, now: datetime, zone: str) -> str:
    return f"at {told(until, now, zone)}"
