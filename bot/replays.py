"""Looks back at deliveries: what came, what became of it, and whom it would reach now.

A replay changes nothing outside and posts nothing: flows that it would start, start as dry runs.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import grammar
from bot.chat import Actor, Origin
from bot.deliveries import KEPT, Heard, told_by
from bot.intake import Delivery
from bot.people.clocks import zone_of
from bot.replies import Accepted, Form, Say, no, sentence
from bot.rules import Rules
from bot.subscriptions.follower import FOLLOWED_BY_NONE
from bot.subscriptions.hints import hints_of
from bot.subscriptions.preview import sent_of
from bot.subscriptions.wishes import fits, rule_of
from bot.times import said
from bot.triggers import PLATFORM, Wanted, wanted_by
from flows.engine.access import Role
from flows.engine.registry import catalogue
from flows.engine.spec import Flow
from flows.report import (
    Block,
    Channel,
    Code,
    Inline,
    Line,
    Link,
    Report,
    Tone,
    bullets,
    table,
    text,
)
from storage import deliveries, projects, subscriptions, waits
from storage.database import Database
from storage.followed_records import SubscriptionRecord
from storage.records import DeliveryRecord

SHOWN = 20
SOURCES = ("github", "linear")
NOWHERE = Origin("event", PLATFORM, "")  # a run from here has its page alone
NOTHING = "It is posted nowhere, and changes nothing."
MARKS: Mapping[str, str] = {"done": "✅", "failed": "🔴", "waiting": "⏳", "ignored": "⚪"}
"""How a delivery stands; what was received and not dealt with yet has no mark."""

Start = Callable[[str, Actor, Origin, str], Awaitable[Accepted | Say | Form]]


@dataclass(frozen=True, slots=True)
class Replayed:
    """Whom a delivery would reach now; `started` has the dry run of each flow, or why not."""

    kept: DeliveryRecord
    waiting: Sequence[str]
    told: Sequence[tuple[SubscriptionRecord, Sequence[Line]]]
    started: Sequence[tuple[Wanted, Accepted | Say]]
    unread: str = ""


class Replays:
    """Answers `deliveries`, to operators, and `replay`, to admins."""

    verbs = frozenset({"deliveries", "replay"})

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Callable[[], datetime],
        start: Start,
        flows: Callable[[], Mapping[str, Flow]] = catalogue,
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._start = start
        self._flows = flows

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - the answer is for who asked
        """Say what came, or whom one delivery would reach."""
        words = " ".join(said.words)
        if said.name == "replay" and words:
            found = await self.replay(words, by, key)
            return found if isinstance(found, Say) else Say(self.shown(found))
        return await self._listed(words, by)

    async def replay(self, words: str, by: Actor, key: str) -> Replayed | Say:
        """Return whom a delivery would reach, or why it cannot be replayed."""
        async with self._database.read() as connection:
            every = await projects.every(connection)
            role = self._rules.highest(by, every)
            if not role.covers(Role.ADMIN):
                return no(f"A replay needs the role admin; yours is {role}.", "forbidden")
            kept = await self._kept(connection, words)
            if kept is None:
                days = f"{KEPT.days} days"
                hint = f"I have no delivery {grammar.quoted(words)}: they are kept for {days}. "
                how = text(hint, Code("/flow deliveries"), " lists the newest.")
                return Say(Report("", "", "warn", (how,)), "unknown")
            delivery = Delivery(kept.source, kept.event, kept.id.partition(":")[2], kept.body)
            try:
                told = told_by(delivery)
            except ValueError as error:
                return Replayed(kept, (), (), (), str(error))
            waiting = await waits.listeners(connection, told.topics)
            heard = Heard(delivery, told, kept.received_at)
            follow = _following(await subscriptions.every(connection), kept, heard)
        started = []
        for each in wanted_by(self._flows().values(), every, delivery, told):
            reply = await self._start(f"{each.command} --dry-run", by, NOWHERE, f"{key}:{each.key}")
            started.append((each, no("It needs more.") if isinstance(reply, Form) else reply))
        return Replayed(kept, waiting, follow, started)

    async def _kept(self, connection: AsyncConnection, words: str) -> DeliveryRecord | None:
        """Return a delivery by its id, with or without the service before it."""
        for each in (words, *(f"{source}:{words}" for source in SOURCES)):
            if found := await deliveries.get(connection, each):
                return found
        return None

    async def _listed(self, project: str, by: Actor) -> Say:
        """Return the newest deliveries, of one repository where it is named."""
        async with self._database.read() as connection:
            role = self._rules.highest(by, await projects.every(connection))
            if not role.covers(Role.OPERATOR):
                why = f"Deliveries are shown to operators and up; your role is {role}."
                return no(why, "forbidden")
            newest = await deliveries.newest(connection, SHOWN, project)
            zone, now = await zone_of(connection, by), self._clock()
        if not newest:
            of = f" of {project}" if project else ""
            told = f"No webhook{of} came in the last {KEPT.days} days."
            how = text("Look how the services are: ", Code("/flow integrations"))
            return Say(Report("Deliveries", told, "warn", (how,)))
        rows: list[tuple[Inline, ...]] = [
            (
                MARKS.get(each.state, ""),
                said(each.received_at, now, zone),
                _name(each),
                each.project or "–",
                each.error or each.state,
                Code(each.id),
            )
            for each in newest
        ]
        shown = table(("", "When", "What", "About", "How it stands", "Delivery"), rows)
        bad = sum(each.state == "failed" for each in newest)
        told = f"{bad} of {len(newest)} could not be used." if bad else "The newest first."
        how = text("Whom one would reach now: ", Code(f"/flow replay {newest[0].id}"))
        return Say(Report("Deliveries", told, "warn" if bad else "neutral", (shown, how)))

    def shown(self, found: Replayed) -> Report:
        """Return what came of a replay, to be read."""
        kept = found.kept
        blocks: list[Block] = []
        about = f" about {kept.project}" if kept.project else ""
        title = f"Replay of {_name(kept)}{about}"
        came = f"It came {kept.received_at:%Y-%m-%d %H:%M} UTC and is {kept.state}"
        came += f": {kept.error}." if kept.error else "."
        if found.unread:
            return Report(title, f"{came} It cannot be read: {found.unread}.", "warn")
        if found.started:
            blocks.append(
                bullets([*map(self._begun, found.started)], "Flows, as dry runs of yours")
            )
        if found.waiting:
            runs: list[Line] = [
                (Link(each, self._rules.url(each)), " waits for it") for each in found.waiting
            ]
            blocks.append(bullets(runs, "Runs that it would wake"))
        if found.told:
            blocks.append(bullets([*map(_follows, found.told)], "Channels that follow it"))
        reaches = "" if blocks else " It would reach nobody now."
        tone: Tone = "neutral" if blocks else "warn"
        return Report(title, f"{came}{reaches}", tone, (*blocks, text(NOTHING)))

    def _begun(self, one: tuple[Wanted, Accepted | Say]) -> Line:
        wanted, reply = one
        if isinstance(reply, Accepted):
            return (Code(wanted.command), " → ", Link("its dry run", self._rules.url(reply.run_id)))
        return (Code(wanted.command), f" does not start: {sentence(reply.report)}")


def _name(kept: DeliveryRecord) -> str:
    return f"{kept.event}.{kept.action}" if kept.action else kept.event


def _following(
    live: Sequence[SubscriptionRecord], kept: DeliveryRecord, heard: Heard
) -> list[tuple[SubscriptionRecord, Sequence[Line]]]:
    """Return who follows what a delivery is about, and what it alone would tell them."""
    things = [hint.thing for hint in hints_of(heard)]
    homes = {each.home for each in things if each.kind not in FOLLOWED_BY_NONE}
    return [
        (each, [sent.line for sent in sent_of(kept, rule_of(each.settings))])
        for each in live
        if any(fits(each.pattern, home) for home in homes)
    ]


def _follows(one: tuple[SubscriptionRecord, Sequence[Line]]) -> Line:
    record, lines = one
    where = (Channel(record.platform, record.channel), f" follows {record.pattern}")
    if record.paused:
        return (*where, ": paused")
    if not lines:
        return (*where, ": it alone would tell nothing there")
    return (*where, ": ", *lines[0])
