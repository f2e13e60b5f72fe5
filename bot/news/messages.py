"""Keeps the direct messages about a thing true: one to each person, whoever looks how often."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.news.turns import Turn, quiet
from storage import notices, people
from storage.people import Person
from storage.records import Manner, NoticeRecord

WEIGHT = 1
NEWER = "There is newer news of this below."


async def bring(
    connection: AsyncConnection,
    about: str,
    turns: Iterable[tuple[Person, Turn]],
    after: Callable[[str], str],
    at: datetime,
) -> None:
    """Tell people how a thing stands; `after` says to a login why it needs them no more.

    A turn that is new to somebody is a new message, and what they had becomes one line; anything
    else edits what they have.
    """
    there = {each.topic: each for each in await notices.asking(connection, f"{about}:")}
    for person, turn in turns:
        topic = f"{about}:{person.id}"
        said = turn if person.settings.news else quiet(turn)
        await _told(connection, person, topic, said, there.pop(topic, None), at)
    for topic in there:
        person_id = topic.rpartition(":")[2]
        known = await people.get(connection, person_id)
        login = known.on("github") if known else None
        await notices.settle(connection, topic, after(login.id if login else ""), at)


async def _told(
    connection: AsyncConnection,
    person: Person,
    topic: str,
    turn: Turn,
    there: NoticeRecord | None,
    at: datetime,
) -> None:
    key = f"{topic}:{hashlib.sha256(turn.name.encode()).hexdigest()[:16]}"
    known = await notices.keyed(connection, key) if turn.name else there
    if known is None:
        if turn.name and person.chat:
            to = person.chat
            whom = {"platform": to.platform, "id": to.id, "name": to.name}
            await notices.settle(connection, topic, NEWER, at)
            manner = Manner(weight=WEIGHT)
            await notices.add(connection, key, whom, turn.report, at, topic=topic, manner=manner)
        return
    await notices.revise(connection, there or known, turn.report, topic, at)
