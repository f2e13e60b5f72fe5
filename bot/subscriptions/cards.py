"""Where a thing is shown: the card in each channel below which more can be said about it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.subscriptions.hints import thing_of
from storage import posts, sightings, subscriptions
from storage.chat_records import PostRecord
from storage.followed_records import SightingRecord

FIRST = ("pull", "issue", "linear", "deployment", "release", "ci")
"""What is said about several things is said below the card of the first kind that has one."""


class Shown(NamedTuple):
    """The card of each channel; `is_coming` says that there may be one in a moment."""

    cards: tuple[PostRecord, ...] = ()
    is_coming: bool = False


async def cards_of(connection: AsyncConnection, about: Sequence[str]) -> Shown:
    """Return where things are shown: those of these topics, and what they belong to."""
    found = {topic: await sightings.get(connection, topic) for topic in about}
    related = [other for topic, seen in found.items() for other in _related(topic, seen)]
    for topic in related:
        found.setdefault(topic, await sightings.get(connection, topic))
    live = {each.id for each in await subscriptions.every(connection) if not each.paused}
    cards: dict[tuple[str, str], PostRecord] = {}
    is_coming = any(seen and seen.due_at for seen in found.values())
    for topic in sorted(filter(_place, found), key=_place):
        for each in reversed(await _heads(connection, topic)):
            if each.source not in live or each.gone_at:
                continue
            if each.message:
                cards.setdefault((each.platform, each.channel), each)
            else:
                is_coming |= each.due_at is not None
    return Shown(tuple(cards.values()), is_coming)


async def _heads(connection: AsyncConnection, topic: str) -> list[PostRecord]:
    """Return the cards of a topic, without what stands below them."""
    every = await posts.of_topic(connection, topic)
    keys = {each.key for each in every}
    return [each for each in every if each.head not in keys]


def _related(topic: str, seen: SightingRecord | None) -> Iterator[str]:
    """Yield what shows a thing as well: the pull request of a commit, the build of a run."""
    thing = thing_of(topic)
    if thing and seen and "pull" in seen.state:
        yield f"github:pull:{thing.home}#{seen.state['pull']}"
    if seen and "build" in seen.state:
        yield seen.state["build"]


def _place(topic: str) -> int:
    """Return the place of a topic among others, from 1; 0 where it has no cards."""
    thing = thing_of(topic)
    return FIRST.index(thing.kind) + 1 if thing and thing.kind in FIRST else 0
