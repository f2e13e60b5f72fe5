"""Who follows what, for flows: what came of it, and changes that can be taken back."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import days
from bot.channel_names import ChannelNames
from bot.places import Places
from bot.replies import sentence
from bot.subscriptions import filters
from bot.subscriptions.hints import thing_of
from bot.subscriptions.preview import FULL_LOOK, Sent, happened
from bot.subscriptions.reasons import TOLD_BY
from bot.subscriptions.wishes import FEATURES, Rule, fits, rule_of, wished
from bot.words import Misread
from flows.engine.following import Arrival, Direct, Followed, Following, Happened, Told
from flows.engine.talk import Place
from flows.report import spoken
from integrations.errors import Refused
from integrations.meter import permit
from storage import deliveries, notices, posts, subscriptions
from storage.chat_records import PostRecord
from storage.database import Database, answering
from storage.followed_records import SubscriptionRecord
from storage.records import NoticeRecord

MOST = 2000  # deliveries that are looked at
LONGEST_TITLE = 120


class Ledger:
    """Implements the engine's `KeepsSubscriptions`."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], names: ChannelNames
    ) -> None:
        self._database = database
        self._clock = clock
        self._names = names

    async def following(
        self, project: str, team: str, since: datetime, until: datetime, beside: Sequence[Place]
    ) -> Following:
        """Return who follows a project, or its team in Linear, and what came of it in this time."""
        with answering():
            async with self._database.read() as connection:
                every = await subscriptions.every(connection)
                here = [each for each in every if _is_about(each, project, team)]
                refusals = await subscriptions.refused(connection, [each.id for each in here])
                told = await deliveries.of_project(connection, project, since, MOST)
                sent = await posts.of_sources(connection, [each.id for each in here], since)
                direct = await notices.of_project(connection, project, since)
            followed = [_followed(each, project, refusals.get(each.id, "")) for each in here]
            places = [*(each.place for each in followed), *beside]
            names = await self._names.of([(each.platform, each.channel) for each in places])
        heard = [each for each in happened(project, told) if each.at <= until]
        return Following(
            followed,
            _counted(heard, here),
            _told([each for each in sent if _home(each) in {project, team} - {""}]),
            _direct(direct),
            is_cut=len(told) == MOST,
            names={f"{platform}:{channel}": name for (platform, channel), name in names.items()},
        )

    async def wished(
        self, place: Place, project: str, what: str, where: str, mark: str
    ) -> Followed:
        """Return what a channel would follow by these features and this filter."""
        words = [project, *([what] if what else []), *([f"filter={where}"] if where else [])]
        try:
            wish = wished(words, Places())
        except Misread as misread:
            raise Refused(sentence(misread.report)) from misread
        new_id = hashlib.sha256(f"follow:{mark}".encode()).hexdigest()[:8]
        return _followed_of(new_id, place, wish.pattern, wish.rule, self._clock())

    async def narrowed(self, one: Followed, where: str) -> Followed:
        """Return a subscription that lets less through: what fits this filter as well."""
        try:
            more = filters.read(where)
        except Misread as misread:
            raise Refused(sentence(misread.report)) from misread
        asked = filters.fields_of(more)
        features = {
            name: filters.written(filters.conjunction((filters.read(own), more)))
            if asked <= FEATURES[name].fields
            else own
            for name, own in one.features.items()
        }
        if features == one.features:
            known = ", ".join(sorted({each for name in features for each in FEATURES[name].fields}))
            raise Refused(f"That changes nothing here: its filters know {known}.")
        return msgspec.structs.replace(one, features=features)

    async def stands(self, subscription: str) -> Followed | None:
        """Return a subscription as it is now; None where there is none, or it has ended."""
        with answering():
            async with self._database.read() as connection:
                found = await subscriptions.get(connection, subscription)
        if found is None or found.ended_at:
            return None
        still = msgspec.structs.replace(found, last_at=None, trouble="")
        return _followed(still, found.pattern, "")

    async def arrival(self, key: str) -> Arrival | None:
        """Return what became of what was posted under this key; None as long as it is coming."""
        with answering():
            async with self._database.read() as connection:
                post = await posts.get(connection, key)
        if post is None:
            return Arrival(ok=False, why="It was taken back before it was sent.")
        if post.message:
            return Arrival(ok=True)
        if post.due_at is None and post.error:
            return Arrival(ok=False, why=post.error)
        return None

    async def ensure_followed(self, one: Followed) -> Followed:
        """Let a channel follow what this says, and nothing else by the same pattern."""
        permit(write=True)
        with answering():
            async with self._database.begin() as connection:
                before = await subscriptions.get(connection, one.id)
                twin = await _twin(connection, one)
                if twin:
                    raise Refused(f"By now the channel follows {twin.pattern} in another way.")
                await subscriptions.save(connection, self._record(one, before))
        return one

    async def delete_followed(self, subscription: str) -> None:
        """End a subscription; one that has ended stays so."""
        permit(write=True)
        with answering():
            async with self._database.begin() as connection:
                found = await subscriptions.get(connection, subscription)
                if found and found.ended_at is None:
                    ended = msgspec.structs.replace(found, ended_at=self._clock())
                    await subscriptions.save(connection, ended)

    def _record(self, one: Followed, before: SubscriptionRecord | None) -> SubscriptionRecord:
        rule = Rule(one.features, one.lasts, one.changes_only)
        settings = msgspec.to_builtins(rule)
        if before:
            return msgspec.structs.replace(
                before, settings=settings, paused=one.paused, ended_at=None
            )
        return SubscriptionRecord(
            id=one.id,
            platform=one.place.platform,
            channel=one.place.channel,
            pattern=one.pattern,
            settings=settings,
            owner={"platform": one.place.platform, "id": "", "name": one.owner},
            paused=one.paused,
            created_at=self._clock(),
        )


async def _twin(connection: AsyncConnection, one: Followed) -> SubscriptionRecord | None:
    here = await subscriptions.of_channel(connection, one.place.platform, one.place.channel)
    same = (each for each in here if each.pattern.lower() == one.pattern.lower())
    return next((each for each in same if each.id != one.id), None)


def _is_about(record: SubscriptionRecord, project: str, team: str) -> bool:
    return fits(record.pattern, project) or (bool(team) and fits(record.pattern, team))


def _followed(record: SubscriptionRecord, project: str, refusal: str) -> Followed:
    place, rule = Place(record.platform, record.channel), rule_of(record.settings)
    found = _followed_of(record.id, place, record.pattern, rule, record.created_at)
    return msgspec.structs.replace(
        found,
        owner=record.owner.get("name", ""),
        paused=record.paused,
        trouble=refusal or record.trouble,
        last=record.last_at,
        is_whole=record.pattern.lower() == project.lower(),
    )


def _followed_of(new_id: str, place: Place, pattern: str, rule: Rule, since: datetime) -> Followed:
    asked = (filters.fields_of(filters.read(own)) for own in rule.features.values())
    return Followed(
        new_id,
        place,
        pattern,
        dict(rule.features),
        since,
        lasts=rule.lasts,
        changes_only=rule.changes_only,
        is_blind=any(each & FULL_LOOK for each in asked),
    )


def _counted(heard: Sequence[Sent], here: Sequence[SubscriptionRecord]) -> list[Happened]:
    """Return what happened with who lets it through; what is alike in all of that is counted."""
    rules = [(each, rule_of(each.settings)) for each in here]
    found: dict[bytes, Happened] = {}
    counts: Counter[bytes] = Counter()
    for each in heard:
        title = "".join(map(spoken, each.line))[:LONGEST_TITLE]
        lets = [one for one, rule in rules if rule.lets(each.feature, each.facts)]
        facts = {name: values for name, values in each.facts.items() if name not in UNLIKE}
        one = Happened(
            each.feature,
            title,
            facts,
            by=tuple(record.id for record in lets if not record.paused),
            muted=tuple(record.id for record in lets if record.paused),
        )
        key = msgspec.json.encode(msgspec.structs.replace(one, title=""), order="deterministic")
        found.setdefault(key, one)
        counts[key] += 1
    return [msgspec.structs.replace(one, count=counts[key]) for key, one in found.items()]


UNLIKE = frozenset({"title", "head", "path", "repo"})  # facts that tell most things apart


def _told(sent: Iterable[PostRecord]) -> list[Told]:
    found: dict[tuple[str, str], Told] = {}
    for each in sent:
        kind = TOLD_BY.get(_kind(each), ("linear",))[0]
        so_far = found.get((each.source, kind), Told(each.source, kind))
        is_coming = not each.message and each.due_at is not None
        found[each.source, kind] = msgspec.structs.replace(
            so_far,
            messages=so_far.messages + bool(each.message),
            gathered=so_far.gathered + each.head.startswith(days.PREFIX),
            waiting=so_far.waiting + (is_coming and each.gone_at is None),
            refused=so_far.refused + (not each.message and each.due_at is None),
        )
    return [found[key] for key in sorted(found)]


def _direct(told: Sequence[NoticeRecord]) -> list[Direct]:
    found: dict[str, Direct] = {}
    for each in told:
        so_far = found.get(each.person, Direct(each.to["name"]))
        found[each.person] = msgspec.structs.replace(
            so_far,
            why=tuple(sorted({*so_far.why, _why(each)})),
            sent=so_far.sent + bool(each.message),
            held=so_far.held + (not each.message and each.is_held),
            batched=so_far.batched + bool(each.batch),
        )
    return sorted(found.values(), key=lambda each: each.name)


def _why(told: NoticeRecord) -> str:
    return "news of their own work" if told.key.startswith(notices.NEWS) else "plans to approve"


def _home(post: PostRecord) -> str:
    thing = thing_of(post.topic)
    return thing.home if thing else ""


def _kind(post: PostRecord) -> str:
    thing = thing_of(post.topic)
    return thing.kind if thing else ""
