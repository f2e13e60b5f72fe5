"""What flows may do in a chat: through the platforms' ears, and through posts that are stored."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.bulletins import details_of, head_of
from bot.chat import Posting, ThreadRef
from bot.postings import posting_json
from bot.posts import NEWS
from flows.engine.talk import Place, Posted, Said
from flows.report import Report
from integrations.errors import Refused
from integrations.meter import permit
from storage import posts
from storage.database import Database

SOURCE = "flow"
NO_THREAD = "There is no thread here to read: type the command in the thread, or give a link."
NOT_HERE = "That message is in another channel: run this in the channel that it is in."
NO_MESSAGE = "That is no address of a message here: copy it by “Copy link” in its menu."
NO_PLATFORM = "Nobody here is connected to {}, so nothing can be read there."


class Ears(Protocol):
    """A platform on which threads can be read."""

    def meant(self, link: str) -> ThreadRef | None:
        """Return the thread that the address of a message stands for; None: it is none of ours."""
        ...

    async def thread(self, where: ThreadRef) -> list[Said]:
        """Return what people said in a thread, the oldest first, without what we said."""
        ...


class Talk:
    """Reads by ears, and posts by rows: whoever delivers posts sends them, once it is `told`."""

    def __init__(
        self,
        database: Database,
        ears: Mapping[str, Ears],
        clock: Callable[[], datetime],
        told: Callable[[str], None],
    ) -> None:
        self._database = database
        self._ears = ears
        self._clock = clock
        self._told = told

    async def thread(self, place: Place, link: str = "") -> list[Said]:
        """Return the messages of the place's thread, or of a link's in the same channel."""
        ears = self._ears.get(place.platform)
        if ears is None:
            raise Refused(NO_PLATFORM.format(place.platform.capitalize()))
        where: ThreadRef | None = ThreadRef(place.platform, place.channel, place.thread)
        if link:
            where = ears.meant(link)
        if where is None:
            raise Refused(NO_MESSAGE)
        if where.channel not in (place.channel, place.thread):
            # The bot may be where the one who asks is not, and must not carry words out of there.
            raise Refused(NOT_HERE)
        if not where.thread:
            raise Refused(NO_THREAD)
        return await ears.thread(where)

    async def ensure_posted(self, place: Place, report: Report, key: str) -> Posted:
        """Store what the channel and the thread must show; a repeated one changes nothing."""
        permit(write=True)
        now = self._clock()
        async with self._database.begin() as connection:
            await _put(connection, place, head_of(report), key, now)
            details = details_of(report)
            for number, posting in enumerate(details):
                await _put(connection, place, posting, f"{key}:{number}", now, head=key)
            kept = {f"{key}:{number}" for number in range(len(details))}
            for each in await posts.under(connection, key):
                if each.key not in kept:
                    await posts.withdraw(connection, each.key, now)
        self._told(NEWS)
        return Posted(key, place)

    async def delete_posted(self, key: str) -> None:
        """Withdraw the message and everything below it."""
        permit(write=True)
        now = self._clock()
        async with self._database.begin() as connection:
            for each in await posts.under(connection, key):
                await posts.withdraw(connection, each.key, now)
            await posts.withdraw(connection, key, now)
        self._told(NEWS)


async def _put(
    connection: AsyncConnection,
    place: Place,
    posting: Posting,
    key: str,
    at: datetime,
    *,
    head: str = "",
) -> None:
    await posts.put(
        connection,
        key=key,
        platform=place.platform,
        channel=place.channel,
        body=posting_json(posting),
        source=SOURCE,
        head=head,
        at=at,
    )


def place_from(origin: Mapping[str, str]) -> Place | None:
    """Return where a run came from, as it was stored; None where that is no chat."""
    if not origin.get("channel"):
        return None
    return Place(
        origin["platform"], origin["channel"], origin.get("thread", ""), origin.get("message", "")
    )
