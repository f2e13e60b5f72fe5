"""What people say about subscriptions: follow something, list it, end it, ask why."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import catalogue, grammar
from bot.admin.changes import YES, Edit, PutBack, Regret, confirming, noted, refused
from bot.chat import Actor, Button, Origin
from bot.people.clocks import zone_of
from bot.places import Places, places_of
from bot.pressing import typing
from bot.replies import Say, no
from bot.rules import Rules
from bot.subscriptions import telling
from bot.subscriptions.phrasing import plain, rehearsed
from bot.subscriptions.preview import Previews
from bot.subscriptions.reasons import Reasons
from bot.subscriptions.standing import with_troubles
from bot.subscriptions.wishes import Wish, fits, is_team, pattern_of, rule_of, wished
from bot.words import Misread
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from flows.report import Code, Report, text
from integrations.errors import NotFound, Transient
from integrations.linear import LinearReader
from storage import projects, subscriptions
from storage.database import Database
from storage.followed_records import SubscriptionRecord

log = logging.getLogger(__name__)

SUBJECT = "subscription"
NO_CHANNEL = "Say this in the channel that is to be told: only a channel can follow something."
NO_SUCH = "Say this in the channel that is told. By its id there is no such subscription either."
EXAMPLE = Code("/flow unsubscribe acme/*")


class Subscriptions:
    """Answers what is said about what channels follow."""

    verbs = frozenset({"subscribe", "unsubscribe", "subscriptions", "why"})

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Callable[[], datetime],
        previews: Previews,
        linear: LinearReader | None = None,
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._previews = previews
        self._linear = linear
        self._reasons = Reasons(database)

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin, key: str) -> Say:
        """Do what was said; `key` names the trigger, so a repeat is one subscription."""
        try:
            match said.name:
                case "subscribe":
                    return await self._subscribe(said.words, by, origin, key)
                case "unsubscribe":
                    return await self._unsubscribe(said.words, by, origin)
                case "why":
                    return await self._reasons.answer(said.words, origin)
                case _ if said.words[:1] in (("pause",), ("resume",)):
                    return await self._rest(said.words, by, origin)
                case _:
                    return await self._list(said.words, by, origin)
        except Misread as misread:
            return Say(misread.report, "misread")

    @property
    def subjects(self) -> dict[str, PutBack]:
        """What of this can be taken back, and how."""
        return {SUBJECT: self.put_back}

    async def put_back(self, regret: Regret) -> Say | None:
        """Put a subscription back as it was before a change; why not, where policy is against."""
        was, now = regret.change.before, regret.change.after
        pattern = (was or now)["pattern"]
        every = await projects.every(regret.connection)
        if refusal := self._refusal(pattern, every, regret.by):
            return no(refusal, "forbidden")
        if was is None:
            record = replace(_record(now), ended_at=regret.at)
        else:
            record = _record(was)
            twin = await _same(regret.connection, record.platform, record.channel, pattern)
            if twin and twin.id != record.id:
                return no(f"By now the channel follows {pattern} in another way.")
        current = await subscriptions.get(regret.connection, record.id)
        if current:  # what it has sent meanwhile is sent
            record = replace(record, matched=current.matched, last_at=current.last_at)
        await subscriptions.save(regret.connection, record)
        return None

    async def _subscribe(self, words: Sequence[str], by: Actor, origin: Origin, key: str) -> Say:
        wanted, is_rehearsal = rehearsed(words)
        places = await self._places(origin)
        wish = wished(wanted, places)
        if not origin.channel:
            return no(NO_CHANNEL)
        if unknown := await self._unknown(wish.pattern, by):
            return no(unknown, "unknown")
        if is_rehearsal:
            preview = await self._previews.of(wish.pattern, wish.rule)
            follow = typing(grammar.joined(["subscribe", *wanted]), "Follow it")
            return Say(telling.rehearsed(wish, preview), buttons=(follow,))
        stored = await self._stored(wish, by, origin, key)
        if isinstance(stored, Say):
            return stored
        record, is_new, buttons = stored
        preview = await self._previews.of(record.pattern, wish.rule)
        near = catalogue.near(record.pattern, dict.fromkeys(places.known))
        report, every = telling.made(record, preview, near, is_new=is_new, buttons=buttons)
        return Say(report, buttons=every)

    async def _unknown(self, pattern: str, by: Actor) -> str:
        """Return what Linear says of a team that it does not have; it is asked for who may."""
        if self._linear is None or not is_team(pattern):
            return ""
        async with self._database.read() as connection:
            every = await projects.every(connection)
        if self._refusal(pattern, every, by):
            return ""  # that is said where it is noted
        try:
            await self._linear.team(pattern)
        except NotFound as error:
            return str(error)
        except Transient:
            log.warning("Linear is away: the team %s is taken on trust", pattern)
        return ""

    async def _stored(
        self, wish: Wish, by: Actor, origin: Origin, key: str
    ) -> Say | tuple[SubscriptionRecord, bool, tuple[Button, ...]]:
        """Store what is wished; why not, or what there is now and how to take that back."""
        now, settings = self._clock(), msgspec.to_builtins(wish.rule)
        new_id = hashlib.sha256(f"subscribe:{key}".encode()).hexdigest()[:8]
        async with self._database.begin() as connection:
            every = await projects.every(connection)
            if refusal := self._refusal(wish.pattern, every, by):
                about = f"subscribe {wish.pattern}"
                said = no(refusal, "forbidden")
                return await refused(connection, said, about, by, origin, now)
            before = await _same(connection, origin.platform, origin.channel, wish.pattern)
            if before and before.settings == settings:
                return before, True, ()
            if before is None and (repeat := await subscriptions.get(connection, new_id)):
                return repeat, True, ()
            record = SubscriptionRecord(
                id=new_id,
                platform=origin.platform,
                channel=origin.channel,
                pattern=wish.pattern,
                settings=settings,
                owner=msgspec.to_builtins(by),
                created_at=now,
            )
            if before:
                record = replace(before, settings=settings, trouble="")
            await subscriptions.save(connection, record)
            told = f"{'Changed' if before else 'Set up'}: {telling.command_of(record)}"
            edit = _edit(told, before, record)
            answer = await noted(connection, [edit], by, origin, now)
        return record, before is None, answer.buttons

    async def _unsubscribe(self, words: Sequence[str], by: Actor, origin: Origin) -> Say:
        named = [word for word in plain(words) if word != YES]
        if len(named) != 1:
            raise Misread("Say what is to end, such as ", EXAMPLE)

        def ended(each: SubscriptionRecord, now: datetime) -> SubscriptionRecord:
            return replace(each, ended_at=now)

        return await self._change(named[0], "Ended", ended, by, origin, sure=YES in words)

    async def _rest(self, words: Sequence[str], by: Actor, origin: Origin) -> Say:
        if len(words) != 2:  # noqa: PLR2004 - the verb and what it is about
            how = Code(f"/flow subscriptions {words[0]} acme/*")
            raise Misread("Say which: ", how)
        paused = words[0] == "pause"

        def rested(each: SubscriptionRecord, _: datetime) -> SubscriptionRecord:
            return replace(each, paused=paused)

        said = "Paused" if paused else "Goes on"
        return await self._change(words[1], said, rested, by, origin, sure=True)

    async def _change(
        self,
        word: str,
        said: str,
        changed: Callable[[SubscriptionRecord, datetime], SubscriptionRecord],
        by: Actor,
        origin: Origin,
        *,
        sure: bool,
    ) -> Say:
        """Change what a word means here, all of it or nothing; ask first where it is several.

        Outside of a channel it is the id of one subscription, whichever channel that is of.
        """
        now, places = self._clock(), await self._places(origin)
        async with self._database.begin() as connection:
            here = await subscriptions.of_channel(connection, origin.platform, origin.channel)
            if origin.channel:
                meant = _meant(word, here, places)
            else:
                found = await subscriptions.get(connection, word.lower())
                meant = [found] if found and found.ended_at is None else []
            if not meant:
                return _nothing(word, here) if origin.channel else no(NO_SUCH, "unknown")
            every = await projects.every(connection)
            for each in meant:
                if refusal := self._refusal(each.pattern, every, by):
                    about = f"{said.lower()}: {each.pattern}"
                    answer = no(refusal, "forbidden")
                    return await refused(connection, answer, about, by, origin, now)
            if len(meant) > 1 and not sure:
                return _asked(word, meant)
            edits = []
            for each in meant:
                after = changed(each, now)
                await subscriptions.save(connection, after)
                edits.append(_edit(f"{said}: {telling.command_of(each)}", each, after))
            return await noted(connection, edits, by, origin, now)

    async def _list(self, words: Sequence[str], by: Actor, origin: Origin) -> Say:
        now = self._clock()
        async with self._database.read() as connection:
            every = await subscriptions.every(connection)
            told = await with_troubles(connection, every)
            zone = await zone_of(connection, by)
        here = [each for each in told if _is_here(each, origin)]
        is_admin = self._rules.subject(by, ProjectSettings("")).role.covers(Role.ADMIN)
        match words:
            case ():
                return Say(telling.listed(here, now, zone, everywhere=False))
            case ("all",) if is_admin:
                return Say(telling.listed(told, now, zone, everywhere=True))
            case ("all",):
                return no("Only an admin sees what other channels follow.", "forbidden")
        known = {each.id: each for each in (told if is_admin else here)}
        record = known.get(words[0].lower())
        if record is None:
            said = f"I know no subscription {grammar.quoted(words[0])} here: "
            how = text(said, Code("/flow subscriptions"), " lists them.")
            return Say(Report("", "", "warn", (how,)), "unknown")
        preview = await self._previews.of(record.pattern, rule_of(record.settings))
        return Say(telling.detailed(record, preview, now))

    async def _places(self, origin: Origin) -> Places:
        async with self._database.read() as connection:
            every = await projects.every(connection)
        return places_of(every, origin.platform, origin.channel)

    def _refusal(self, pattern: str, every: Sequence[ProjectSettings], by: Actor) -> str:
        """Return why somebody may not decide what is told of this; "" where they may."""
        concerned = [each for each in every if fits(pattern, each.name)]
        for project in concerned or [ProjectSettings(pattern)]:
            role = self._rules.subject(by, project).role
            if not role.covers(Role.OPERATOR):
                return (
                    f"To follow {project.name} needs the role operator there; you are {role}. "
                    "Ask an admin for it."
                )
        return ""


def _meant(
    word: str, here: Sequence[SubscriptionRecord], places: Places
) -> list[SubscriptionRecord]:
    """Return what a word ends: itself, or all that belongs to it as a pattern."""
    if word in ("*", "all", "*/*"):
        return [*here]
    by_id = [each for each in here if each.id == word.lower()]
    if by_id:
        return by_id
    pattern = pattern_of(word, places, EXAMPLE)
    same = [each for each in here if each.pattern.lower() == pattern.lower()]
    covered = [each for each in here if fits(pattern, each.pattern)]
    return list({each.id: each for each in [*same, *covered]}.values())


async def _same(
    connection: AsyncConnection, platform: str, channel: str, pattern: str
) -> SubscriptionRecord | None:
    """Return what a channel follows by the same pattern."""
    here = await subscriptions.of_channel(connection, platform, channel)
    return next((each for each in here if each.pattern.lower() == pattern.lower()), None)


def _nothing(word: str, here: Sequence[SubscriptionRecord]) -> Say:
    known = ", ".join(each.pattern for each in here)
    told = f"This channel does not follow {grammar.quoted(word)}"
    return no(f"{told}; it follows {known}." if known else f"{told}, nor anything else.", "unknown")


def _asked(word: str, ending: Sequence[SubscriptionRecord]) -> Say:
    names = ", ".join(each.pattern for each in ending)
    count = len(ending)
    asked = f"This ends {count} subscriptions of this channel: {names}."
    return confirming(asked, f"End all {count}", ["unsubscribe", word])


def _edit(said: str, before: SubscriptionRecord | None, after: SubscriptionRecord) -> Edit:
    """Return a change of a subscription, so that it can be taken back."""
    rows = [msgspec.to_builtins(each) if each else None for each in (before, after)]
    return Edit(f"{SUBJECT} {after.id}", said, *rows)


def _record(row: dict[str, Any]) -> SubscriptionRecord:
    return msgspec.convert(row, SubscriptionRecord)


def _is_here(record: SubscriptionRecord, origin: Origin) -> bool:
    return (record.platform, record.channel) == (origin.platform, origin.channel)
