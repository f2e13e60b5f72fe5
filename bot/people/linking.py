"""Who is who: a code that joins two platforms, and an admin's word on people and teams."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.admin.changes import YES, confirming
from bot.chat import Actor, Origin
from bot.grammar import Verb
from bot.passes import Passes
from bot.people.acquaintance import Acquaintance, overlapping
from bot.people.naming import Naming
from bot.people.preferences import next_queue
from bot.people.whereabouts import identities_of
from bot.replies import Say, no
from bot.words import PLATFORMS, Misread
from flows.engine.tools import ProjectSettings
from flows.report import Code, Link, Report, text
from storage import audit, passes, people
from storage.database import Database
from storage.people import Identity, Person

NOWHERE = ProjectSettings("")  # people belong to no project
HOW = "Say what to link: "
USED = "This code has been used already: ask for a new one."
OLD = "This code is too old, or no code of mine. A code is good for ten minutes: "
_TEAM = re.compile(r"[\w.-]+/[\w.-]+")
_GROUP = re.compile(r"<!subteam\^(\w+)(?:\|[^>]*)?>|<@&(\d+)>|@?(\w+)")


class Logins(Protocol):
    """Finds who has an e-mail address on a platform that tells of it."""

    async def with_email(self, email: str) -> Identity | None: ...


class Linking:
    """The verbs about who is who; what an admin says of others can be taken back."""

    verbs = frozenset({"link", "unlink"})

    def __init__(
        self,
        database: Database,
        naming: Naming,
        clock: Callable[[], datetime],
        known: Acquaintance,
        signed: Passes,
        *,
        linear: Logins | None = None,
        github_at: str = "",
    ) -> None:
        self._database = database
        self._naming = naming
        self._clock = clock
        self._known = known
        self._passes = signed
        self._linear = linear
        self._github_at = github_at

    async def answer(self, said: Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - saying it twice comes to the same
        """Do what was said."""
        words = [said.name, *(each for each in said.words if each != YES)]
        sure = YES in said.words
        try:
            match said.name, words[1:]:
                case _, [_, _]:
                    return await self._of_others(words, by, origin, sure=sure)
                case "unlink", [platform]:
                    return await self._unlink(platform.lower(), words, by, origin)
                case "link", [platform] if _is_platform(platform):
                    return await self._offer(platform.lower(), by)
                case "link", [code] if code.count("-") >= len(("id", "end", "mark")):
                    return await self._join(code, by, origin, sure=sure)
            raise _misread(words)
        except Misread as misread:
            return Say(misread.report, "misread")

    async def _of_others(self, words: list[str], by: Actor, origin: Origin, *, sure: bool) -> Say:
        if words[0] == "link":
            return await self._naming.link(words, by, origin, sure=sure)
        return await self._naming.unlink(words, by, origin)

    async def _offer(self, platform: str, by: Actor) -> Say:
        """Say how somebody shows who they are on another platform."""
        person = await self._known.person(by)
        if known := person.on(platform):
            name = PLATFORMS[platform]
            return Say(Report("", f"You are {known.name} on {name} already.", "good"))
        if platform in ("slack", "discord") and by.platform != platform:
            code = self._passes.code(by)
            how = text("Type this there, to the bot: ", Code(f"/flow link {code}"))
            told = f"Say on {PLATFORMS[platform]} that you are the same person."
            good = text("The code works once, for ten minutes, and for you alone.")
            return Say(Report("", told, blocks=(how, good)))
        if platform == "github" and self._github_at:
            where = Link("Sign in at GitHub", self._passes.joining(by, self._github_at))
            how = text(where, ", then press the button. The link works once, for ten minutes.")
            return Say(Report("", "", blocks=(how,)))
        if platform == "linear" and person.email and self._linear:
            found = await self._linear.with_email(person.email)
            if found:
                return await self._proven(person, found, by, "the e-mail address is the same")
        ask = text("An admin can say it: ", Code(f"/flow link @{by.name} {platform}:LOGIN"))
        told = f"I cannot see by myself who you are on {PLATFORMS[platform]}."
        return Say(Report("", told, blocks=(ask,)))

    async def with_login(self, by: Actor, login: str) -> Say:
        """Make a login somebody's, who has signed in with it at GitHub."""
        person = await self._known.person(by)
        found = Identity("github", people.account("github", login), login, "link")
        return await self._proven(person, found, by, "you have signed in there")

    async def _proven(self, person: Person, found: Identity, by: Actor, how: str) -> Say:
        async with self._database.begin() as connection:
            other = await people.of(connection, found.platform, found.id)
            if other and other.id != person.id:
                return no(f"{found.name} on {PLATFORMS[found.platform]} is {other.name} already.")
            await people.give(connection, person.id, found, self._clock())
            await self._audited(connection, by, by.platform, f"{found.platform}:{found.id}")
        told = f"You are {found.name} on {PLATFORMS[found.platform]}: {how}."
        return Say(Report("", told, "good"))

    async def _join(self, code: str, by: Actor, origin: Origin, *, sure: bool) -> Say:
        """Make one person of who made the code and who types it."""
        pass_ = self._passes.read_code(code)
        if pass_ is None:
            how = text(OLD, Code("/flow link slack"), " or ", Code("/flow link discord"))
            return Say(Report("", "", "warn", (how,)), "unfit")
        if (pass_.actor.platform, pass_.actor.id) == (by.platform, by.id):
            return no("Type it on the other platform: that shows that both are you.")
        await self._known.person(by)
        now, other = self._clock(), pass_.actor
        async with self._database.begin() as connection:
            if await passes.is_spent(connection, pass_.id):
                return no(USED)
            first = await people.seen(connection, other.platform, other.id, other.name, now)
            second = await people.seen(connection, by.platform, by.id, by.name, now)
            platform = overlapping(first, second)
            if first.id != second.id and platform and not sure:
                return _two_of(platform, first, second, code)
            if not await passes.spend(connection, pass_.id, pass_.until, now):
                return no(USED)  # at the same time, by somebody else
            joined = first
            if first.id != second.id:
                await people.prove(connection, other.platform, other.id, "link")
                await people.prove(connection, by.platform, by.id, "link")
                joined = await people.merge(connection, first, second)
                await people.save(connection, joined, next_queue(joined.settings, now))
                joined = await people.get(connection, joined.id) or joined
            about = f"{other.platform}:{other.id} and {by.platform}:{by.id}"
            await self._audited(connection, by, origin.door, about)
        undo = text("If that is not so: ", Code(f"/flow unlink {other.platform}"))
        both = f"{PLATFORMS.get(other.platform, other.platform)} and here"
        told = f"You are one person on {both} from now on."
        return Say(Report("", told, "good", (identities_of(joined), undo)))

    async def _unlink(self, platform: str, words: list[str], by: Actor, origin: Origin) -> Say:
        if not _is_platform(platform):
            raise _misread(words)
        now = self._clock()
        async with self._database.begin() as connection:
            person = await people.of(connection, by.platform, by.id)
            mine = (
                [each for each in person.identities if each.platform == platform] if person else []
            )
            mine = [each for each in mine if (each.platform, each.id) != (by.platform, by.id)]
            if not mine:
                return no(f"No other account on {PLATFORMS[platform]} is linked with you.")
            for each in mine:
                await people.take(connection, each.platform, each.id)
                about = f"no longer {each.platform}:{each.id}"
                await self._audited(connection, by, origin.door, about, now)
        names = ", ".join(each.name for each in mine)
        return Say(Report("", f"{names} on {PLATFORMS[platform]} is no longer you.", "good"))

    async def _audited(
        self,
        connection: AsyncConnection,
        by: Actor,
        door: str,
        about: str,
        at: datetime | None = None,
    ) -> None:
        await audit.append(
            connection,
            at=at or self._clock(),
            actor=msgspec.to_builtins(by),
            door=door,
            action="linked",
            run_id="",
            detail=about,
        )


def _two_of(platform: str, first: Person, second: Person, code: str) -> Say:
    names = [each.name for person in (first, second) if (each := person.on(platform))]
    asked = (
        f"Then you are both {' and '.join(names)} on {PLATFORMS.get(platform, platform)}. "
        "Are both of them you?"
    )
    return confirming(asked, "Both are me", ["link", code])


def _is_platform(word: str) -> bool:
    return word.lower() in PLATFORMS


def _misread(words: list[str]) -> Misread:
    misread = Misread(
        "Say who you are elsewhere: ",
        Code(f"/flow {words[0]} discord"),
        ", ",
        Code(f"/flow {words[0]} github"),
        "; an admin can say it of others: ",
        Code("/flow link @ada github:ada-l"),
    )
    return misread.at(words, 1) if len(words) > 1 else misread
