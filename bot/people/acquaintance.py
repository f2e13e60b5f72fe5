"""Who somebody is: the one person behind what several platforms call them."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol
from zoneinfo import available_timezones

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Actor, Profile
from bot.people.preferences import next_queue
from integrations.errors import OutsideError
from storage import people
from storage.database import Database
from storage.people import Identity, Person

log = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds, of the three that a chat gives for an answer
TELLS_ADDRESSES = frozenset({"slack"})  # who is known there without one may have one by now
_ADDRESS = re.compile(r"(slack|discord|github|linear):(\S{1,120})", re.IGNORECASE)


class Profiles(Protocol):
    """A platform that tells who somebody is; may raise an `OutsideError`."""

    async def profile(self, user: str) -> Profile | None: ...


class Acquaintance:
    """Gets to know people when they say something about themselves.

    A platform's e-mail address tells that two are one; its time zone is taken until they set one.
    """

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        profiles: Mapping[str, Profiles],
    ) -> None:
        self._database = database
        self._clock = clock
        self._profiles = profiles

    async def person(self, by: Actor) -> Person:
        """Return the person who says something; who is new is asked for on their platform."""
        async with self._database.read() as connection:
            known = await people.of(connection, by.platform, by.id)
        if known and (known.email or by.platform not in TELLS_ADDRESSES & self._profiles.keys()):
            return known
        return await self._met(by, await self._profile(by))

    async def mentioned(self, platform: str, who: str) -> None:
        """Get to know somebody who was mentioned; whom the platform does not know stays unknown."""
        async with self._database.read() as connection:
            known = await people.of(connection, platform, who)
        if known:
            return
        if profile := await self._profile(Actor(platform, who, who)):
            await self._met(Actor(platform, who, profile.name or who), profile)

    async def _met(self, by: Actor, profile: Profile | None) -> Person:
        async with self._database.begin() as connection:
            person = await people.seen(connection, by.platform, by.id, by.name, self._clock())
            return await self._introduced(connection, person, by, profile) if profile else person

    async def _profile(self, by: Actor) -> Profile | None:
        """Ask the platform; who it does not know in time is known by their name alone."""
        source = self._profiles.get(by.platform)
        try:
            async with asyncio.timeout(PATIENCE):
                return await source.profile(by.id) if source else None
        except (OutsideError, TimeoutError) as error:
            log.warning("nothing is told of %s: %s", by.name, error)
            return None

    async def _introduced(
        self, connection: AsyncConnection, person: Person, by: Actor, profile: Profile
    ) -> Person:
        """Return the person with what the platform tells; the same address is the same person."""
        settings = person.settings
        if not settings.zone and profile.zone in available_timezones():
            settings = msgspec.structs.replace(settings, zone=profile.zone)
        same = await people.with_email(connection, profile.email) if profile.email else None
        told = msgspec.structs.replace(
            person, name=profile.name or person.name, email=profile.email, settings=settings
        )
        await people.save(connection, told, next_queue(settings, self._clock()))
        if same is None or same.id == person.id or overlapping(same, person):
            return told
        proven = Identity(by.platform, by.id, profile.name or by.name, "email")
        await people.give(connection, person.id, proven, self._clock())
        return await people.merge(connection, same, await people.get(connection, person.id) or told)


def overlapping(one: Person, other: Person) -> str:
    """Return the platform on which both have an identity already, or an empty string."""
    platforms = {each.platform for each in one.identities}
    return next((each.platform for each in other.identities if each.platform in platforms), "")


def address(word: str, platform: str) -> tuple[str, str] | None:
    """Return the platform and id of `github:ada-l`, or of a mention on a platform."""
    if found := _ADDRESS.fullmatch(word):
        return found[1].lower(), found[2]
    return (platform, word[1:]) if word.startswith("@") and len(word) > 1 else None


async def which(connection: AsyncConnection, word: str, platform: str) -> list[Person]:
    """Return who may be meant by a mention, by `platform:id`, by a name or by a login."""
    place = address(word, platform)
    if place and (person := await people.of(connection, *place)):
        return [person]
    name = word.removeprefix("@")
    if word.startswith("@") and (here := await people.named(connection, name, platform)):
        return here
    found = await people.named(connection, name)
    here = await people.named(connection, name, platform) if len(found) > 1 else []
    return here if len(here) == 1 else found
