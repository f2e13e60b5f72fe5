"""What the desks share that change what is set for projects: who may, which project, what was."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import catalogue, grammar
from bot.admin.changes import YES, Edit, Kept, Regret, noted, refused
from bot.chat import Actor, Origin
from bot.places import Places, is_short, places_of
from bot.replies import Kind, Say, no
from bot.rules import Rules
from bot.words import Part
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from flows.report import Code, Inline, Report, Tone, text
from storage import names, projects
from storage.database import Database


class Place(NamedTuple):
    """Where a choice is: the project, and the way to the value; `choice` is empty for none."""

    project: str
    path: Sequence[str]
    choice: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What somebody says of what is set, in the transaction that decides about it.

    `words` begin with the verb, and are shown as `typed`: with names for those who are mentioned.
    `sure` says that they were asked, and said yes.
    """

    connection: AsyncConnection
    rules: Rules
    words: Sequence[str]
    sure: bool
    by: Actor
    origin: Origin
    at: datetime
    every: Sequence[ProjectSettings]
    places: Places
    typed: Sequence[str]

    def unread(self, number: int, *says: str | Code, part: Part = "word") -> grammar.Misread:
        """Return what helps with a word that makes no sense."""
        return grammar.Misread(*says).at(self.typed, number, part)

    def here(self) -> ProjectSettings:
        """Return the project that this channel is about."""
        if not self.places.here:
            known = Code(f"/flow project default {next(iter(self.places.known), 'acme/shop')}")
            told = "This channel is about no project: name one, or choose it with "
            raise Kept(answer("unfit", told, known, "."))
        return self.called(self.places.here)

    def project(self, number: int) -> ProjectSettings:
        """Return the project that a word names; raises Misread where none is known by it."""
        word = self.words[number]
        found = self.places.meant(word) if is_short(word) else (word,)
        known = {each.name.lower(): each for each in self.every}
        if len(found) == 1 and found[0].lower() in known:
            return known[found[0].lower()]
        meant = found if len(found) > 1 else catalogue.near(word, known)
        if not meant:
            hint: tuple[str | Code, ...] = (Code("/flow project create acme/shop"), " adds one.")
        else:
            hint = ("Did you mean ", Code(known[meant[0].lower()].name), "?")
        quoted = grammar.quoted(word)
        raise self.unread(number, f"I know no project {quoted}. ", *hint)

    def called(self, name: str) -> ProjectSettings:
        """Return what is set for a project; an unknown one has the defaults."""
        return next((each for each in self.every if each.name == name), ProjectSettings(name))

    def split(self, start: int) -> tuple[ProjectSettings, int]:
        """Return the project that the words name from here, or this channel's, and what follows."""
        if start < len(self.words) and is_name(self.words[start]):
            return self.project(start), start + 1
        return self.here(), start

    def role(self, project: ProjectSettings) -> Role:
        """Return the role of who speaks in a project."""
        return self.rules.subject(self.by, project).role

    async def changing(self, project: ProjectSettings, needed: Role, what: str) -> ProjectSettings:
        """Return a project as it is, for this person alone to change; who may not is refused."""
        now = await projects.alone(self.connection, project.name)
        self.require(needed, now, what)
        return now

    def require(self, needed: Role, project: ProjectSettings, what: str) -> None:
        """Go on only where this person may do this."""
        has = self.role(project)
        if not has.covers(needed):
            where = f" in {project.name}" if project.name else ""
            told = f"{what} needs the role {needed}{where}; yours is {has}."
            raise Kept(no(told, "forbidden"))

    def refuse(self, why: Say | None) -> None:
        """Go on only where nothing stands against it; else nothing has changed."""
        if why:
            raise Kept(why)

    async def edit(self, what: str, said: str, *places: Place) -> Edit:
        """Choose these values, and return what was changed by that."""
        before = [
            (
                each.project,
                [*each.path],
                await projects.choose(
                    self.connection, each.project, each.path, each.choice, self.at
                ),
            )
            for each in places
        ]
        after = [(each.project, [*each.path], [*each.choice]) for each in places]
        return Edit(what, said, before, after)

    async def noted(self, *edits: Edit) -> Say:
        """Return the answer to what was changed."""
        if not edits:
            return Say(Report("", "That is so already: nothing has changed."))
        return await noted(self.connection, edits, self.by, self.origin, self.at)


Work: TypeAlias = Callable[[Scene], Awaitable[Say]]


class Office:
    """Has what somebody says decided in one transaction; a no changes nothing, and is audited."""

    def __init__(self, database: Database, rules: Rules, clock: Callable[[], datetime]) -> None:
        self._database = database
        self.rules = rules
        self._clock = clock

    async def decide(self, said: grammar.Verb, by: Actor, origin: Origin, work: Work) -> Say:
        """Do what was said; what it answers is the answer."""
        words = [said.name, *(each for each in said.words if each != YES)]
        now = self._clock()
        try:
            async with self._database.begin() as connection:
                known = await projects.every(connection)
                places = places_of(known, origin.platform, origin.channel)
                sure = YES in said.words
                typed = await _named(connection, words, origin.platform)
                who = (by, origin, now, known, places, typed)
                scene = Scene(connection, self.rules, words, sure, *who)
                return await work(scene)
        except grammar.Misread as misread:
            return Say(misread.report, "misread")
        except Kept as kept:
            if kept.why.kind != "forbidden":
                return kept.why
            async with self._database.begin() as connection:
                about = grammar.joined(words)
                return await refused(connection, kept.why, about, by, origin, now)

    async def put_back(self, regret: Regret, needed: Role) -> Say | None:
        """Put back every choice that a change has replaced; return why somebody may not."""
        connection, change = regret.connection, regret.change
        about = change.before[0][0]
        has = self.rules.subject(regret.by, await projects.alone(connection, about)).role
        if not has.covers(needed):
            told = f"Taking this back needs the role {needed} in {about}; yours is {has}."
            return no(told, "forbidden")
        replaced = [
            await projects.choose(connection, project, path, choice, regret.at)
            for project, path, choice in reversed(change.before)
        ]
        if replaced != [choice for _, _, choice in reversed(change.after)]:
            return no("That is not as it was left any more: look at it, and set what you want.")
        return None


async def _named(connection: AsyncConnection, words: Sequence[str], platform: str) -> list[str]:
    """Return words in which those who are mentioned have their names, as far as they are known."""
    mentioned = {each: f"{platform}:{each[1:]}" for each in words if each[:1] == "@"}
    called = await names.of(connection, mentioned.values())
    return [
        f"@{called[mentioned[each]]}" if mentioned.get(each) in called else each for each in words
    ]


def is_name(word: str) -> bool:
    """Say whether a word can name a repository, and is neither an option nor a setting."""
    return "=" not in word and not word.startswith(("-", "@", "<"))


def answer(kind: Kind, *says: Inline) -> Say:
    """Return an answer of one sentence."""
    tone: Tone = "neutral" if kind == "answer" else "warn"
    return Say(Report("", "", tone, (text(*says),)), kind)
