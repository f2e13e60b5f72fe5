"""What is shown in which channel: from how a thing stands to its cards and the replies below them.

Everything here happens in the transaction that notes how the thing was seen.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Posting
from bot.followed import saying
from bot.followed.things import Said, Seen, merged
from bot.postings import posting_json
from bot.subscriptions.filters import Facts
from bot.subscriptions.wishes import Rule, fits, rule_of
from flows.report import Code, Line
from storage import posts, subscriptions
from storage.chat_records import PostRecord
from storage.followed_records import SubscriptionRecord

LONGEST_KEY = 200


class Follows(NamedTuple):
    """A subscription with its rule, as it is asked about many things."""

    record: SubscriptionRecord
    rule: Rule

    def wants(self, features: Sequence[str], facts: Facts) -> str:
        """Return the feature by which this wants a thing; "" where it does not."""
        return next((each for each in features if self.rule.lets(each, facts)), "")


class Place(NamedTuple):
    """A channel, with what it follows of the home of a thing."""

    platform: str
    channel: str
    follows: tuple[Follows, ...]

    def wanted(self, features: Sequence[str], facts: Facts) -> tuple[Follows, str] | None:
        """Return the first that wants a thing, and by which feature."""
        found = ((each, each.wants(features, facts)) for each in self.follows)
        return next(((each, feature) for each, feature in found if feature), None)


class Board(NamedTuple):
    """Where a thing is shown: its posts so far, and the channels that may want it."""

    connection: AsyncConnection
    topic: str
    at: datetime
    places: tuple[Place, ...]
    posts: Mapping[str, PostRecord]

    def key(self, place: Place, name: str = "") -> str:
        """Return the key of the card in a channel; `name` tells several of one topic apart."""
        about = f"{self.topic}/{name}" if name else self.topic
        if len(about) > LONGEST_KEY // 2:
            about = hashlib.sha256(about.encode()).hexdigest()
        return f"{about} in {place.platform}:{place.channel}"

    def shown(self, key: str) -> PostRecord | None:
        """Return a post that is there and was not withdrawn."""
        post = self.posts.get(key)
        return post if post and post.gone_at is None else None

    async def put(
        self,
        place: Place,
        key: str,
        posting: Posting,
        source: tuple[Follows, str],
        *,
        head: str = "",
        due_at: datetime | None = None,
    ) -> None:
        """Show this under a key; what is new there counts for the subscription."""
        follows, feature = source
        is_new = self.shown(key) is None
        await posts.put(
            self.connection,
            key=key,
            platform=place.platform,
            channel=place.channel,
            body=posting_json(replace(posting, why=why(follows.record, feature))),
            topic=self.topic,
            source=follows.record.id,
            head=head,
            at=self.at,
            due_at=due_at,
        )
        if is_new:
            await subscriptions.counted(self.connection, [follows.record.id], self.at)

    async def take_back(self, key: str) -> None:
        """Withdraw a card, and the replies below it."""
        for each in [*await posts.under(self.connection, key)]:
            await posts.withdraw(self.connection, each.key, self.at)
        await posts.withdraw(self.connection, key, self.at)


async def board_of(
    connection: AsyncConnection,
    topic: str,
    home: str,
    at: datetime,
    live: Sequence[SubscriptionRecord],
) -> Board:
    """Return where a thing is shown that belongs to this repository or team."""
    found = {each.key: each for each in await posts.of_topic(connection, topic)}
    return Board(connection, topic, at, tuple(_places(home, live)), found)


async def show(board: Board, seen: Seen, said: Sequence[Said] = ()) -> None:
    """Bring every channel up to date: cards appear, are edited, or are withdrawn."""
    for place in board.places:
        await _show_in(board, place, seen)
        for gone in saying.withdrawn(said):
            await posts.withdraw(board.connection, f"{board.key(place)}/{gone}", board.at)


def with_cards(board: Board) -> Board:
    """Return a board of the channels that have a card already."""
    kept = tuple(each for each in board.places if board.shown(board.key(each)))
    return board._replace(places=kept)


def without_quiet(board: Board) -> Board:
    """Return a board without what is followed for changes alone, where it has no card yet."""
    kept = []
    for place in board.places:
        loud = tuple(each for each in place.follows if not each.rule.changes_only)
        if board.shown(board.key(place)):
            kept.append(place)
        elif loud:
            kept.append(place._replace(follows=loud))
    return board._replace(places=tuple(kept))


def why(record: SubscriptionRecord, feature: str) -> Line:
    """Return why a message is there, and how to learn more of it."""
    return (f"{record.pattern} {feature} · ", Code("!flow why"))


def source_of(post: PostRecord | None, place: Place) -> Follows | None:
    """Return the subscription that has brought a post, where it is still there."""
    if post is None:
        return None
    return next((each for each in place.follows if each.record.id == post.source), None)


async def _show_in(board: Board, place: Place, seen: Seen) -> None:
    key, wanted = board.key(place), place.wanted(seen.features, seen.facts)
    # Who no longer follows a thing keeps what there is of it, as it was.
    source = source_of(board.shown(key), place)
    replies = [
        (reply, by)
        for reply in seen.replies
        if (by := place.wanted(reply.features, merged(seen.facts, reply.facts)))
    ]
    by = wanted or (replies[0][1] if replies else None)
    if by is None and source and (seen.ended or place.wanted(seen.keeps, seen.facts)):
        by = (source, seen.features[0])
    if by is None:
        if source:
            await board.take_back(key)
        return
    await board.put(place, key, seen.card, by)
    for reply, follows in replies:
        await board.put(place, f"{key}/{reply.key}", reply.posting, follows, head=key)


def _places(home: str, live: Sequence[SubscriptionRecord]) -> Iterator[Place]:
    found: dict[tuple[str, str], list[Follows]] = {}
    for each in live:
        if not each.paused and fits(each.pattern, home):
            some = found.setdefault((each.platform, each.channel), [])
            some.append(Follows(each, rule_of(each.settings)))
    for (platform, channel), some in found.items():
        yield Place(platform, channel, tuple(some))
