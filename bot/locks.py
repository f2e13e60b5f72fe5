"""What people say about locks: take one, let go of it, see them all, take one away, be told."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import catalogue, grammar, handover
from bot.chat import Actor, Origin
from bot.people.clocks import zone_of
from bot.pressing import typing
from bot.replies import Kind, Say
from bot.rules import Rules
from bot.times import said
from bot.worker import Signals
from flows.engine.access import Role
from flows.engine.freezes import duration
from flows.engine.locks import named
from flows.engine.policy import Act, Case, Policy, objection
from flows.engine.tools import ProjectSettings
from flows.report import Code, Inline, Link, Report, table, text
from storage import audit, locks, projects
from storage.database import Database
from storage.records import LockRecord

Verb: TypeAlias = Literal["lock", "unlock", "steal", "notify-me"]
CHANGES: tuple[Verb, ...] = get_args(Verb)
VERBS = frozenset({"locks", *CHANGES})
EXAMPLE = "deploy:acme/shop:production"
REASON = "We look for the leak"
WITH_REASON: tuple[Verb, ...] = ("lock", "steal")
LONGEST_REASON = 500
LONGEST_NAME_OF_A_THIEF = 50  # of what a run keeps about who stopped it
RULES = Policy(run=Role.OPERATOR)  # a lock belongs to no flow


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a lock; `lasts` says how long in words, None until it is let go."""

    verb: Verb
    name: str
    why: str = ""
    lasts: str | None = None


@dataclass(slots=True)
class _Scene:
    """One lock that somebody wants something of, in the transaction that decides about it.

    `calls` are the runs that have news by it; `zone` is whose clock they read, "" for UTC; `done`
    is what the audit calls it, "" for nothing.
    """

    connection: AsyncConnection
    name: str
    line: list[LockRecord]
    by: Actor
    who: str
    project: ProjectSettings
    now: datetime
    calls: handover.Calls
    zone: str = ""
    done: str = ""
    about: str = ""
    run_id: str = ""

    @property
    def held(self) -> LockRecord | None:
        return self.line[0] if self.line and self.line[0].held_at else None

    @property
    def own(self) -> LockRecord | None:
        """Return what this person holds, or waits for."""
        mine = (each for each in self.line if not each.run_id and each.who == self.who)
        return next(mine, None)

    async def pass_on(self) -> None:
        self.calls |= await handover.pass_on(self.connection, self.name, self.now)
        self.line = await locks.line(self.connection, self.name)

    async def tell(self, why: str, to: LockRecord, report: Report) -> None:
        if to.who != self.who:
            await handover.tell(self.connection, why, self.name, to.by, self.now, report)


class Locks:
    """The verbs about locks, for every door; policy is asked for each, and each is audited."""

    verbs = VERBS

    def __init__(
        self, database: Database, queue: Signals, rules: Rules, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._queue = queue
        self._rules = rules
        self._clock = clock

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - saying it twice comes to the same
        """Do what was said, and say how the lock stands by that."""
        if said.name == "locks":
            return Say(await self._list(by))
        wish = _wish(said)
        if wish is None:
            return Say(catalogue.help_for_verb(said.name))
        if wish.lasts is not None and (misread := _unread(said, wish.lasts)):
            return Say(misread.report, "misread")
        if wish.verb in WITH_REASON and not wish.why:
            words = [said.name, *said.words]
            return Say(_unreasoned(wish).at(words, len(words) - 1).report, "misread")
        return await self.act(wish, by, origin)

    async def act(self, wish: Wish, by: Actor, origin: Origin) -> Say:
        """Do what somebody wants of a lock, and say how it stands by that."""
        name, why = named(wish.name), " ".join(wish.why.split())
        if not name:
            return _no("Say which lock, such as ", Code(EXAMPLE), ".", kind="misread")
        try:
            lasts = None if wish.lasts is None else duration(wish.lasts)
        except ValueError as error:
            return _no(str(error), kind="misread")
        if wish.verb in WITH_REASON and not 0 < len(why) <= LONGEST_REASON:
            return Say(_unreasoned(wish).report, "misread")
        now = self._clock()
        async with self._database.begin() as connection:
            await locks.alone(connection, [name])
            line, project = await locks.line(connection, name), await _project(connection, name)
            who = f"{by.platform}:{by.id}"
            zone = await zone_of(connection, by)
            scene = _Scene(connection, name, line, by, who, project, now, {}, zone)
            reply = await self._do(scene, wish.verb, why, lasts)
            if scene.done:
                await audit.append(
                    connection,
                    at=now,
                    actor=msgspec.to_builtins(by),
                    door=origin.door,
                    action=scene.done,
                    run_id=scene.run_id,
                    detail=scene.about or f"{name}: {why}".removesuffix(": "),
                )
        await handover.call(self._queue, scene.calls)
        return reply

    async def _do(self, scene: _Scene, verb: Verb, why: str, lasts: timedelta | None) -> Say:
        match verb:
            case "lock":
                return await self._lock(scene, why, lasts)
            case "unlock":
                return await self._unlock(scene)
            case "steal":
                return await self._steal(scene, why)
            case "notify-me":
                return await self._notify(scene)

    async def _lock(self, scene: _Scene, why: str, lasts: timedelta | None) -> Say:
        if refusal := self._objection(scene, "lock"):
            return _no(refusal, kind="forbidden")
        connection, own, now = scene.connection, scene.own, scene.now
        scene.done = "locked"
        if own:
            await locks.extend(connection, own, why, lasts, now)
        else:
            by = msgspec.to_builtins(scene.by)
            await locks.wish(connection, scene.name, by, now, reason=why, lasts=lasts)
        await self._take(scene)
        await scene.pass_on()
        back = typing(grammar.joined(["unlock", scene.name]), "Undo")
        return Say(self._standing(scene), buttons=(back,))

    async def _unlock(self, scene: _Scene) -> Say:
        held, own = scene.held, scene.own
        if own is None and held is None:
            return await self._unknown(scene, "there is nothing to unlock")
        gone = own or held
        if gone is None or gone.run_id:
            return _no(
                f"{_holder(scene)} ",
                Code(f"/flow cancel {held.run_id if held else ''}"),
                " ends that run, ",
                Code(f"/flow steal {scene.name} WHY"),
                " takes the lock from it.",
            )
        if refusal := self._objection(scene, "unlock", gone.who):
            return _no(refusal, kind="forbidden")
        scene.done = "unlocked"
        await locks.drop(scene.connection, gone)
        taken = f"{scene.by.name} took your lock on {scene.name} off."
        await scene.tell("unlocked", gone, Report("", taken, "warn"))
        await scene.pass_on()
        if gone.ahead == locks.LENDS:
            return _yes(f"{scene.name} is let go once your run has ended.")
        if gone.held_at is None:
            return _yes(f"You no longer wait for {scene.name}.")
        told = _yes(f"{scene.name} is unlocked: {_after(scene)}.")
        again = typing(grammar.joined(["lock", scene.name, gone.reason]), "Lock it again")
        return replace(told, buttons=(again,) if own else ())

    async def _steal(self, scene: _Scene, why: str) -> Say:
        held, own, name = scene.held, scene.own, scene.name
        if held is None:
            return await self._unknown(scene, "there is nobody to take it from")
        if own is held:
            return _no(f"You hold {name} already.")
        if refusal := self._objection(scene, "steal"):
            return _no(refusal, kind="forbidden")
        scene.done, scene.run_id = "stole", held.run_id
        if own:
            await locks.hasten(scene.connection, own, why)
        else:
            by = msgspec.to_builtins(scene.by)
            await locks.wish(scene.connection, name, by, scene.now, reason=why, ahead=locks.TAKES)
        victim = f"your run {held.reason}" if held.run_id else "you"
        taken = f"{scene.by.name} took {name} from {victim}: {why}"
        is_free = True
        for lender in scene.line:
            if lender.ahead == locks.LENDS and lender is not own:
                await locks.drop(scene.connection, lender)
        if held.run_id:
            thief = f"{scene.by.name[:LONGEST_NAME_OF_A_THIEF]}, who took its lock"
            is_free, calls = await handover.stop_holder(scene.connection, held, thief, scene.now)
            scene.calls |= calls
            await locks.drop_ended(scene.connection, name)
        else:
            await locks.drop(scene.connection, held)
        await scene.tell("stolen", held, Report("", taken, "warn"))
        if is_free:
            await self._take(scene)
        await scene.pass_on()
        stands = self._standing(scene)
        if is_free:
            return Say(stands)
        stops = f"{held.by['name']}'s run stops at its next step."
        return Say(Report("", f"{stops} {stands.summary}", "neutral", stands.blocks))

    async def _take(self, scene: _Scene) -> None:
        """Give a free lock to who is first: without a message, since the answer says it."""
        scene.line = await locks.line(scene.connection, scene.name)
        first = scene.line[0]
        if first is scene.own and not first.held_at:
            await locks.grant(scene.connection, first, scene.now)

    async def _notify(self, scene: _Scene) -> Say:
        if scene.held is None:
            return await self._unknown(scene, "you can have it now")
        if scene.by.platform == handover.TERMINAL:
            return _no("A terminal gets no messages: ask from the chat.")
        scene.done = "asked to be told"
        await locks.watch(scene.connection, scene.name, msgspec.to_builtins(scene.by))
        return _yes(f"{_holder(scene)} You get a message when it is free.")

    async def _list(self, by: Actor) -> Report:
        now = self._clock()
        async with self._database.read() as connection:
            found = await locks.every(connection)
            zone = await zone_of(connection, by)
        if not found:
            return Report("Locks", "Nobody holds a lock.")
        rows = []
        for held in (each for each in found if each.held_at):
            line = [each for each in found if each.name == held.name and each is not held]
            name = held.by["name"]
            run = Link(f"{name}'s run", self._rules.url(held.run_id))
            who: Inline = run if held.run_id else name
            rows.append(
                (
                    held.name,
                    who,
                    said(held.held_at, now, zone) if held.held_at else "",
                    said(held.until, now, zone) if held.until else "until it is let go",
                    held.reason,
                    ", ".join(each.by["name"] for each in line) or "nobody",
                )
            )
        head = ["Lock", "Held by", "Since", "Until", "Why", "In the line"]
        return Report("Locks", blocks=(table(head, rows),))

    def _objection(self, scene: _Scene, act: Act, of: str = "") -> str:
        """Return why this person may not do this, and have it noted."""
        subject = self._rules.subject(scene.by, scene.project)
        refusal = objection(RULES, subject, act, Case(scene.name, of or subject.id, scene.now))
        if refusal:
            scene.done, scene.about = "refused", f"{scene.name}: {refusal}"
        return refusal

    def _standing(self, scene: _Scene) -> Report:
        """Say how the lock stands for who wants it."""
        own = scene.own
        if own and own.ahead == locks.LENDS:
            return Report("", f"You hold {scene.name}, and your own run has it first.", "good")
        if own and own.held_at:
            until = f" until {said(own.until, scene.now, scene.zone)}" if own.until else ""
            how = text("When you are done: ", Code(f"/flow unlock {scene.name}"))
            return Report("", f"You hold {scene.name}{until}.", "good", (how,))
        place = scene.line.index(own) if own else len(scene.line)
        stands = handover.standing(scene.line, place, scene.now, scene.zone)
        told = scene.by.platform != handover.TERMINAL
        how = text(
            "You get a message when it is yours. " if told else "",
            Code(f"/flow unlock {scene.name}"),
            " leaves the line.",
        )
        return Report("", f"You are {stands[:1].lower()}{stands[1:]}.", "neutral", (how,))

    async def _unknown(self, scene: _Scene, so: str) -> Say:
        known = {each.name: each for each in await locks.every(scene.connection)}
        parts = [each for each in known if scene.name in re.split("[:/]", each)]
        meant = [*parts, *catalogue.near(scene.name, known)]
        told = f"Nobody holds {scene.name}: {so}. "
        if meant and meant[0] != scene.name:
            return _no(told, "Did you mean ", Code(meant[0]), "?", kind="unknown")
        return _no(told, Code("/flow locks"), " lists all.", kind="unknown")


async def _project(connection: AsyncConnection, name: str) -> ProjectSettings:
    """Return the settings of the project that a lock names, if it names one."""
    parts = name.split(":")
    for each in await projects.every(connection):
        if each.name.casefold() in parts:
            return each
    return ProjectSettings("")


def _wish(said: grammar.Verb) -> Wish | None:
    """Return what these words want of a lock; None where they name none."""
    words, lasts = list(said.words), None
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        if said.name == "lock" and option == "--for":
            lasts = value if equals else " ".join(words[place + 1 : place + 2])
            del words[place : place + (1 if equals else 2)]
            break
    verb = next(each for each in CHANGES if each == said.name)
    return Wish(verb, words[0], " ".join(words[1:]), lasts) if words and words[0] else None


def _unreasoned(wish: Wish) -> grammar.Misread:
    """Return what helps where nothing, or too much, is said about why."""
    told = f"Say why, in at most {LONGEST_REASON} characters: others read it. Example: "
    name = named(wish.name)
    return grammar.Misread(told, Code(f"/flow {grammar.joined([wish.verb, name])} {REASON}"))


def _unread(said: grammar.Verb, lasts: str) -> grammar.Misread | None:
    """Return what helps where `lasts` is no length of time, with a mark under it."""
    try:
        duration(lasts)
    except ValueError as error:
        words = [said.name, *said.words]
        number = next(n for n, each in enumerate(words) if each.partition("=")[0] == "--for")
        number += words[number] == "--for" and number + 1 < len(words)
        example = Code(f"/flow lock {EXAMPLE} --for 2h {REASON}")
        return grammar.Misread(f"{error} Example: ", example).at(words, number, "value")
    return None


def _holder(scene: _Scene) -> str:
    held = scene.held
    return f"{handover.holding(held, scene.now, held.name, scene.zone)}." if held else ""


def _after(scene: _Scene) -> str:
    held = scene.held
    return handover.holding(held, scene.now, "it", scene.zone) if held else "nobody holds it"


def _yes(told: str) -> Say:
    return Say(Report("", told, "good"))


def _no(*why: str | Code, kind: Kind = "unfit") -> Say:
    return Say(Report("", "", "warn", (text(*why),)), kind)
