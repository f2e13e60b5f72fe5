"""What admins say of who is who: people's names elsewhere, and the groups of teams."""

import re
from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.admin.changes import Edit, Regret, confirming, noted, refused
from bot.chat import Actor, Origin
from bot.grammar import Verb
from bot.people.acquaintance import address, which
from bot.people.me import several
from bot.people.preferences import next_queue
from bot.replies import Say, no
from bot.rules import Rules
from bot.words import PLATFORMS, Misread, quoted
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from flows.report import Code, Report, table, text
from storage import people, teams
from storage.database import Database
from storage.people import Identity, Person, PersonSettings

CHATS = ("slack", "discord")
NOWHERE = ProjectSettings("")  # people belong to no project
_TEAM = re.compile(r"[\w.-]+/[\w.-]+")
_GROUP = re.compile(r"<!subteam\^(\w+)(?:\|[^>]*)?>|<@&(\d+)>|@?(\w+)")
_MENTIONED = re.compile(r"[UW][A-Z0-9]{1,30}|\d{1,30}")


class Naming:
    """Maps people and teams; each change can be taken back, and is asked first where it takes."""

    verbs = frozenset({"team"})

    def __init__(self, database: Database, rules: Rules, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock

    async def answer(self, said: Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - saying it twice comes to the same
        """Say which group of this platform stands for a team of GitHub, or list them all."""
        words = [said.name, *said.words]
        try:
            return await (self._team(words, by, origin) if said.words else self._teams())
        except Misread as misread:
            return Say(misread.report, "misread")

    async def link(self, words: list[str], by: Actor, origin: Origin, *, sure: bool) -> Say:
        """Take an admin's word on who somebody is; what is somebody else's is asked for."""
        place = _identity(words)
        async with self._database.begin() as connection:
            if why := self._not_admin(by):
                return await refused(connection, why, " ".join(words), by, origin, self._clock())
            person = await self._meant(connection, words, origin)
            before = await people.of(connection, *place)
            if before and before.id == person.id:
                return Say(Report("", f"That is known: {_shown(place)} is {person.name}.", "good"))
            if before and not sure:
                owner = (
                    f"{_shown(place)} is {before.name} so far. Shall it be {person.name} instead?"
                )
                return confirming(owner, f"It is {person.name}", words)
            edit = await _given(connection, person, place, before, self._clock())
            return await noted(connection, [edit], by, origin, self._clock())

    async def unlink(self, words: list[str], by: Actor, origin: Origin) -> Say:
        """Take an admin's word that somebody is not whom they are known as on a platform."""
        platform = words[2].lower()
        if platform not in PLATFORMS:
            misread = Misread("Say the platform: ", Code("/flow unlink @ada github"))
            raise misread.at(words, 2)
        async with self._database.begin() as connection:
            if why := self._not_admin(by):
                return await refused(connection, why, " ".join(words), by, origin, self._clock())
            person = await self._meant(connection, words, origin)
            gone = [each for each in person.identities if each.platform == platform]
            if not gone:
                return no(f"{person.name} is not known on {PLATFORMS[platform]}.")
            edits = []
            for each in gone:
                await people.take(connection, each.platform, each.id)
                said = f"{each.name} on {PLATFORMS[platform]} is no longer {person.name}."
                what = f"identity {each.platform}:{each.id}"
                edits.append(Edit(what, said, _kept(person, each), None))
            return await noted(connection, edits, by, origin, self._clock())

    async def _meant(self, connection: AsyncConnection, words: list[str], origin: Origin) -> Person:
        """Return the one who is meant by a word; who was only mentioned so far is made known."""
        found = await which(connection, words[1], origin.platform)
        if len(found) > 1:
            raise several(found, words)
        if found:
            return found[0]
        place = address(words[1], origin.platform)
        if place is None or place[0] not in CHATS or not _MENTIONED.fullmatch(place[1]):
            raise Misread(
                f"I know nobody called {quoted(words[1])}: mention them, as ", Code("@ada"), "."
            ).at(words, 1)
        return await people.seen(connection, *place, place[1], self._clock())

    async def put_back(self, regret: Regret) -> Say | None:
        """Give an identity back to who had it before an admin said otherwise."""
        if why := self._not_admin(regret.by):
            return why
        platform, _, name = regret.change.what.partition(" ")[2].partition(":")
        kept = regret.change.before
        if kept is None:
            await people.take(regret.connection, platform, name)
            return None
        identity = msgspec.convert(kept["identity"], Identity)
        owner = await people.get(regret.connection, kept["person"])
        if owner:
            await people.give(regret.connection, owner.id, identity, regret.at)
            return None
        await people.take(regret.connection, platform, name)  # who had it had nothing else
        made = await people.seen(regret.connection, platform, name, identity.name, regret.at)
        await people.give(regret.connection, made.id, identity, regret.at)
        settings = msgspec.convert(kept["settings"], PersonSettings)
        due_at = next_queue(settings, regret.at)
        await people.save(regret.connection, people.changed(made, settings), due_at)
        return None

    async def put_team_back(self, regret: Regret) -> Say | None:
        """Let a team have the groups again that it had."""
        if why := self._not_admin(regret.by):
            return why
        name = regret.change.what.partition(" ")[2]
        await teams.save(regret.connection, name, regret.change.before, regret.at)
        return None

    async def _team(self, words: list[str], by: Actor, origin: Origin) -> Say:
        name = words[1].removeprefix("@").lower()
        example = Code("/flow team acme/platform @platform-group")
        if len(words) != len(("team", "name", "group")) or not _TEAM.fullmatch(name):
            raise Misread("Say the team and its group here: ", example).at(words, 1)
        group = _group(words[2], origin.platform)
        if group is None:
            raise Misread(
                f"{quoted(words[2])} is no group of this chat: mention it, or say off. Example: ",
                example,
            ).at(words, 2)
        async with self._database.begin() as connection:
            if why := self._not_admin(by):
                return await refused(connection, why, " ".join(words), by, origin, self._clock())
            before = dict((await teams.named(connection, [name])).get(name, {}))
            rest = {each: one for each, one in before.items() if each != origin.platform}
            after = rest | ({origin.platform: group} if group else {})
            await teams.save(connection, name, after, self._clock())
            here = PLATFORMS.get(origin.platform, origin.platform)
            told = f"{name} has no group on {here} any more."
            said = f"{name} is the group {group} on {here}." if group else told
            edit = Edit(f"team {name}", said, before, after)
            return await noted(connection, [edit], by, origin, self._clock())

    async def _teams(self) -> Say:
        async with self._database.read() as connection:
            every = await teams.every(connection)
        how = text("An admin adds one: ", Code("/flow team acme/platform @platform-group"))
        if not every:
            return Say(Report("", "No team has a group of a chat yet.", blocks=(how,)))
        rows = [
            (Code(name), PLATFORMS.get(platform, platform), Code(group))
            for name, groups in every.items()
            for platform, group in groups.items()
        ]
        return Say(Report("Teams", blocks=(table(["Team", "Where", "Group"], rows), how)))

    def _not_admin(self, by: Actor) -> Say | None:
        role = self._rules.subject(by, NOWHERE).role
        if role.covers(Role.ADMIN):
            return None
        return no(f"Saying who is who needs the role admin; yours is {role}.", "forbidden")


async def _given(
    connection: AsyncConnection,
    person: Person,
    place: tuple[str, str],
    before: Person | None,
    at: datetime,
) -> Edit:
    """Make an identity somebody's, and return the change."""
    platform, name = place
    old = (
        next((e for e in before.identities if (e.platform, e.id) == place), None)
        if before
        else None
    )
    identity = Identity(
        platform, people.account(platform, name), old.name if old else name, "admin"
    )
    await people.give(connection, person.id, identity, at)
    return Edit(
        f"identity {platform}:{identity.id}",
        f"{_shown(place)} is {person.name}.",
        _kept(before, old) if before and old else None,
        _kept(person, identity),
    )


def _shown(place: tuple[str, str]) -> str:
    """Return `ada-l on GitHub`."""
    platform, name = place
    return f"{name} on {PLATFORMS[platform]}"


def _kept(person: Person, identity: Identity) -> dict[str, object]:
    """Return what it takes to give an identity back."""
    return {
        "person": person.id,
        "identity": msgspec.to_builtins(identity),
        "settings": msgspec.to_builtins(person.settings),
    }


def _identity(words: list[str]) -> tuple[str, str]:
    place = None if words[2].startswith("@") else address(words[2], "")
    if place is None and words[1].lower() in PLATFORMS:
        raise Misread(
            f"Who you are on {PLATFORMS[words[1].lower()]} is said by signing in there: ",
            Code(f"/flow link {words[1].lower()}"),
            ". An admin can say it of others: ",
            Code("/flow link @ada github:ada-l"),
        ).at(words, 2)
    if place is None:
        raise Misread(
            f"{quoted(words[2])} is nobody: say the platform too, as ",
            Code(f"/flow link {words[1]} github:ada-l"),
        ).at(words, 2)
    return place[0], people.account(*place)


def _group(word: str, platform: str) -> str | None:
    """Return the id of a group of a chat; "" for none any more, None for what is no group."""
    if word.lower() == "off":
        return ""
    found = _GROUP.fullmatch(word)
    if not found or platform not in ("slack", "discord"):
        return None
    name = str(found[1] or found[2] or found[3])
    wanted = r"S[A-Z0-9]{1,30}" if platform == "slack" else r"\d{1,30}"
    return name if re.fullmatch(wanted, name) else None
