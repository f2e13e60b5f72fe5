"""People: one person has an identity on each platform, and settings for their time."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from flows.engine.hours import FIVE, NINE, WORKDAYS, WorkTime
from storage.insert import insert
from storage.tables import identities, people

Proof: TypeAlias = Literal["email", "link", "admin", "seen"]
"""Why an identity is somebody's: the same address, a link that was followed, an admin's word."""

ID = 16  # characters
CHATS = ("slack", "discord")
LONGEST_NAME = 200


class PersonSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """How somebody wants to be treated; without `has_hours` they can be told things at any time.

    `begin` and `end` are minutes after midnight, `days` count from Monday, 0; `queue_at` is the
    time of the day for what waits for them, None for never. In `quiet`, messages come together
    at the next start of work; without `mentions`, their name is never a ping. `pins` are the
    projects that come first where they come home to. With `news` they are told when something of
    theirs moves.
    """

    zone: str = ""
    has_hours: bool = False
    begin: int = NINE
    end: int = FIVE
    days: tuple[int, ...] = tuple(sorted(WORKDAYS))
    holidays: str = ""
    away_until: datetime | None = None
    away_why: str = ""
    quiet: bool = False
    mentions: bool = True
    queue_at: int | None = None
    pins: tuple[str, ...] = ()
    news: bool = False

    @property
    def work(self) -> WorkTime:
        """When they work, by the hours of an office where they have not said."""
        return WorkTime(
            self.zone or "UTC", self.begin, self.end, frozenset(self.days), self.holidays
        )

    def away(self, at: datetime) -> bool:
        """Say whether somebody is away at this instant."""
        return self.away_until is not None and at < self.away_until

    def free_at(self, made: datetime, now: datetime) -> datetime:
        """Return when somebody may be told what came up at `made`; not after `now`: at once."""
        free = now
        if self.quiet:
            free = max(free, self.work.next_start(made))
        if self.away_until and free < self.away_until:
            free = self.away_until
        rests = self.has_hours or self.holidays or free > now
        return free if not rests or self.work.is_working(free) else self.work.next_start(free)


class Identity(msgspec.Struct, frozen=True):
    """Somebody on one platform; on GitHub the `id` is the login in small letters."""

    platform: str
    id: str
    name: str
    proof: Proof


class Person(msgspec.Struct, frozen=True):
    id: str
    name: str
    email: str
    settings: PersonSettings
    created_at: datetime
    identities: tuple[Identity, ...] = ()

    @property
    def addresses(self) -> frozenset[str]:
        """Every `platform:id` that is this person."""
        return frozenset(f"{each.platform}:{each.id}" for each in self.identities)

    @property
    def chat(self) -> Identity | None:
        """Where they are told things: on the chat that they were known on first."""
        return next((each for each in self.identities if each.platform in CHATS), None)

    def on(self, platform: str) -> Identity | None:
        """Return who this is on a platform; None where nobody knows."""
        return next((each for each in self.identities if each.platform == platform), None)


class Account(NamedTuple):
    """Where somebody can be reached on one platform, and whether they want to be pinged."""

    id: str
    mentions: bool


class Queue(NamedTuple):
    """A person whose time for what waits for them has come."""

    person_id: str
    due_at: datetime


async def of(connection: AsyncConnection, platform: str, name: str) -> Person | None:
    """Return the person with this id on a platform."""
    query = select(identities.c.person_id).where(
        identities.c.platform == platform, identities.c.id == account(platform, name)
    )
    found = (await connection.execute(query)).scalar_one_or_none()
    return await get(connection, found) if found else None


async def away(
    connection: AsyncConnection, platform: str, names: Collection[str], at: datetime
) -> dict[str, str]:
    """Return who of these on a platform is away at an instant, and until which day."""
    known = {account(platform, each): each for each in names}
    query = (
        select(identities.c.id, people.c.settings)
        .join(people, people.c.id == identities.c.person_id)
        .where(identities.c.platform == platform, identities.c.id.in_(list(known)))
    )
    found = {}
    for name, told in await connection.execute(query):
        settings = msgspec.convert(told, PersonSettings)
        if settings.away_until and settings.away(at):
            found[known[name]] = f"{settings.away_until:%Y-%m-%d}"
    return found


async def get(connection: AsyncConnection, person_id: str, *, lock: bool = False) -> Person | None:
    """Return a person with all their identities."""
    query = select(people).where(people.c.id == person_id)
    row = (await connection.execute(query.with_for_update() if lock else query)).first()
    if row is None:
        return None
    known = (
        select(identities.c.platform, identities.c.id, identities.c.name, identities.c.proof)
        .where(identities.c.person_id == person_id)
        .order_by(identities.c.at, identities.c.platform, identities.c.id)
    )
    return Person(
        row.id,
        row.name,
        row.email,
        msgspec.convert(row.settings, PersonSettings),
        row.created_at,
        tuple(Identity(*each) for each in await connection.execute(known)),
    )


async def named(connection: AsyncConnection, name: str, platform: str = "") -> list[Person]:
    """Return the people who are called so on a platform, or on any; whatever the letters' case."""
    query = select(identities.c.person_id).where(func.lower(identities.c.name) == name.lower())
    if platform:
        query = query.where(identities.c.platform == platform)
    ids = (await connection.execute(query.distinct().order_by(identities.c.person_id))).scalars()
    return [each for person_id in ids.all() if (each := await get(connection, person_id))]


async def with_email(connection: AsyncConnection, email: str) -> Person | None:
    """Return the first who has this address."""
    query = select(people.c.id).where(people.c.email == email.lower()).order_by(people.c.created_at)
    found = (await connection.execute(query.limit(1))).scalar_one_or_none()
    return await get(connection, found) if email and found else None


async def seen(
    connection: AsyncConnection, platform: str, name: str, shown: str, at: datetime
) -> Person:
    """Return the person with this id, and make one where there is none yet."""
    if known := await of(connection, platform, name):
        return known
    person_id = hashlib.sha256(f"{platform}:{name}:{at.isoformat()}".encode()).hexdigest()[:ID]
    row = {
        "id": person_id,
        "name": shown[:LONGEST_NAME],
        "email": "",
        "settings": {},
        "created_at": at,
    }
    statement = insert(connection.dialect.name, people).values(row)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["id"]))
    identity = Identity(platform, account(platform, name), shown, "seen")
    if not await _added(connection, person_id, identity, at):  # somebody else was faster
        await connection.execute(delete(people).where(people.c.id == person_id))
    found = await of(connection, platform, name)
    if found is None:
        raise LookupError(f"{platform}:{name} is gone")
    return found


async def give(
    connection: AsyncConnection, person_id: str, identity: Identity, at: datetime
) -> None:
    """Make an identity this person's, whoever had it; who has none left is forgotten."""
    before = await of(connection, identity.platform, identity.id)
    if not await _added(connection, person_id, identity, at):
        await connection.execute(
            update(identities)
            .where(identities.c.platform == identity.platform, identities.c.id == identity.id)
            .values(
                person_id=person_id,
                name=identity.name[:LONGEST_NAME],
                proof=identity.proof,
                at=at,
            )
        )
    if before and before.id != person_id:
        await _forget_empty(connection, before.id)


async def prove(connection: AsyncConnection, platform: str, name: str, proof: Proof) -> None:
    """Remember why an identity is somebody's."""
    await connection.execute(
        update(identities)
        .where(identities.c.platform == platform, identities.c.id == account(platform, name))
        .values(proof=proof)
    )


async def take(connection: AsyncConnection, platform: str, name: str) -> None:
    """Make an identity nobody's; who has none left is forgotten."""
    before = await of(connection, platform, name)
    await connection.execute(
        delete(identities).where(
            identities.c.platform == platform, identities.c.id == account(platform, name)
        )
    )
    if before:
        await _forget_empty(connection, before.id)


async def save(connection: AsyncConnection, person: Person, due_at: datetime | None) -> None:
    """Store somebody's name, address and settings, and when they are next sent their queue."""
    await connection.execute(
        update(people)
        .where(people.c.id == person.id)
        .values(
            name=person.name[:LONGEST_NAME],
            email=person.email.lower(),
            settings=msgspec.to_builtins(person.settings),
            due_at=due_at,
        )
    )


def changed(person: Person, settings: PersonSettings) -> Person:
    """Return a person with other settings."""
    return msgspec.structs.replace(person, settings=settings)


def with_address(person: Person, email: str) -> Person:
    """Return a person with an e-mail address."""
    return msgspec.structs.replace(person, email=email)


async def merge(connection: AsyncConnection, first: Person, second: Person) -> Person:
    """Make one of two persons: the one who was known longer, with the settings of both.

    What only one of them has set is kept; what both have, as the longer known one has it.
    """
    kept, gone = sorted((first, second), key=lambda each: (each.created_at, each.id))
    moved = update(identities).where(identities.c.person_id == gone.id).values(person_id=kept.id)
    await connection.execute(moved)
    due = select(func.min(people.c.due_at)).where(people.c.id.in_((kept.id, gone.id)))
    due_at = (await connection.execute(due)).scalar_one()
    await connection.execute(delete(people).where(people.c.id == gone.id))
    joined = msgspec.structs.replace(
        kept,
        email=kept.email or gone.email,
        settings=_together(kept.settings, gone.settings),
        identities=(*kept.identities, *gone.identities),
    )
    await save(connection, joined, due_at)
    return joined


async def accounts(
    connection: AsyncConnection, of_platform: str, names: Collection[str], on: str
) -> Mapping[str, Account]:
    """Return who people of one platform are on another, by their ids there."""
    theirs, ours = identities.alias("theirs"), identities.alias("ours")
    query = (
        select(theirs.c.id, ours.c.id, people.c.settings)
        .join(ours, ours.c.person_id == theirs.c.person_id)
        .join(people, people.c.id == ours.c.person_id)
        .where(
            theirs.c.platform == of_platform,
            theirs.c.id.in_([account(of_platform, each) for each in names]),
            ours.c.platform == on,
        )
        .order_by(ours.c.at.desc())
    )
    return {
        login: Account(name, msgspec.convert(settings, PersonSettings).mentions)
        for login, name, settings in await connection.execute(query)
    }


async def on_platforms(connection: AsyncConnection, platforms: Collection[str]) -> list[Person]:
    """Return everybody who is known on one of these platforms."""
    query = select(identities.c.person_id).where(identities.c.platform.in_(platforms)).distinct()
    ids = (await connection.execute(query.order_by(identities.c.person_id))).scalars().all()
    return [each for person_id in ids if (each := await get(connection, person_id))]


async def want_news(connection: AsyncConnection) -> bool:
    """Say whether anybody wants to be told when something of theirs moves."""
    query = select(people.c.id).where(people.c.settings["news"].as_boolean()).limit(1)
    return (await connection.execute(query)).first() is not None


async def due(connection: AsyncConnection, now: datetime, limit: int = 100) -> list[Queue]:
    """Return whose time for their queue has come, the longest ago first."""
    query = select(people.c.id, people.c.due_at).where(people.c.due_at <= now)
    found = await connection.execute(query.order_by(people.c.due_at).limit(limit))
    return [Queue(*row) for row in found]


async def advance(connection: AsyncConnection, queue: Queue, until: datetime | None) -> bool:
    """Set when somebody is sent their queue next; False where another process was faster."""
    moved = await connection.execute(
        update(people)
        .where(people.c.id == queue.person_id, people.c.due_at == queue.due_at)
        .values(due_at=until)
    )
    return moved.rowcount == 1


def account(platform: str, name: str) -> str:
    """Return an id as it is kept: GitHub does not tell letters' case apart in logins."""
    return name.lower() if platform == "github" else name


async def _added(
    connection: AsyncConnection, person_id: str, identity: Identity, at: datetime
) -> bool:
    row = {
        "platform": identity.platform,
        "id": account(identity.platform, identity.id),
        "person_id": person_id,
        "name": identity.name[:LONGEST_NAME],
        "proof": identity.proof,
        "at": at,
    }
    statement = insert(connection.dialect.name, identities).values(row)
    added = await connection.execute(
        statement.on_conflict_do_nothing(index_elements=["platform", "id"])
    )
    return added.rowcount == 1


async def _forget_empty(connection: AsyncConnection, person_id: str) -> None:
    query = select(identities.c.id).where(identities.c.person_id == person_id).limit(1)
    if (await connection.execute(query)).first() is None:
        await connection.execute(delete(people).where(people.c.id == person_id))


_OF_HOURS = ("has_hours", "begin", "end", "days")


def _together(kept: PersonSettings, other: PersonSettings) -> PersonSettings:
    """Return the settings of one person who had two: hours are taken whole."""
    plain, given = PersonSettings(), {}
    for name in PersonSettings.__struct_fields__:
        whole = "has_hours" if name in _OF_HOURS else name
        is_set = getattr(kept, whole) != getattr(plain, whole)
        given[name] = getattr(kept if is_set else other, name)
    return PersonSettings(**given)
