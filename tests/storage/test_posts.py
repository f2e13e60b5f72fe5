"""Posts say what a message must show: they are sent in order, edited in place, and withdrawn."""

from datetime import datetime, timedelta

import msgspec

from storage import posts
from storage.chat_records import PostRecord
from storage.database import Database
from tests.storage.rows import NOW

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def put(
    database: Database,
    key: str,
    body: bytes = b"{}",
    *,
    channel: str = "C1",
    head: str = "",
    at: datetime = NOW,
    due_at: datetime | None = None,
) -> None:
    """Say what a message must show, in a transaction of its own."""
    async with database.begin() as connection:
        await posts.put(
            connection,
            key=key,
            platform="slack",
            channel=channel,
            body=body,
            topic="acme/api#1",
            source="s1",
            head=head,
            at=at,
            due_at=due_at,
        )


async def withdraw(database: Database, key: str) -> None:
    """Withdraw a message, in a transaction of its own."""
    async with database.begin() as connection:
        await posts.withdraw(connection, key, NOW)


async def due(database: Database, now: datetime = NOW) -> list[PostRecord]:
    """Return what may be sent at this moment."""
    async with database.read() as connection:
        return await posts.due(connection, now, {"slack"})


async def keys(database: Database, now: datetime = NOW) -> list[str]:
    """Return the keys of what may be sent at this moment."""
    return [row.key for row in await due(database, now)]


async def the(database: Database, key: str) -> PostRecord:
    """Return a post that is there."""
    async with database.read() as connection:
        found = await posts.get(connection, key)
    assert found
    return found


async def claim(database: Database, row: PostRecord, until: datetime = NOW + MINUTE) -> bool:
    """Claim a row in a transaction of its own."""
    async with database.begin() as connection:
        return await posts.claim(connection, row, until)


async def sent(database: Database, key: str, message: str, thread: str = "") -> PostRecord:
    """Settle a row as its sender does once the platform has the message."""
    row = msgspec.structs.replace(
        await the(database, key), message=message, thread=thread, shown="x", sent_at=NOW
    )
    async with database.begin() as connection:
        await posts.settle(connection, row, NOW + SECOND)
    return row


async def test_a_new_body_is_due_and_the_same_one_is_not(database: Database) -> None:
    """Nothing is written for what is shown already; a change is due once more, in its message."""
    await put(database, "pr", b"one")
    await sent(database, "pr", "1.1")

    await put(database, "pr", b"one", at=NOW + SECOND)
    unchanged = await the(database, "pr")
    await put(database, "pr", b"two", at=NOW + SECOND)
    changed = await the(database, "pr")

    assert (unchanged.due_at, unchanged.revision) == (None, 1)
    assert (changed.due_at, changed.revision) == (NOW + SECOND, 2)
    assert (changed.message, changed.body) == ("1.1", b"two")


async def test_what_waits_may_be_wanted_earlier_or_later(database: Database) -> None:
    """As long as nobody has begun to send it, the last word about its moment counts."""
    await put(database, "ci", b"red", due_at=NOW + 15 * MINUTE)
    assert not await keys(database)

    await put(database, "ci", b"redder")

    assert await keys(database) == ["ci"]


async def test_news_does_not_end_a_claim(database: Database) -> None:
    """A row that is being sent keeps its claim, and is due again once it was sent."""
    await put(database, "pr", b"one")
    [row] = await due(database)
    assert await claim(database, row)

    await put(database, "pr", b"two")
    claimed = await the(database, "pr")
    async with database.begin() as connection:
        await posts.settle(connection, msgspec.structs.replace(row, message="1.1"), NOW + SECOND)

    assert claimed.due_at == NOW + MINUTE
    assert (await the(database, "pr")).due_at == NOW + SECOND


async def test_only_one_sender_gets_a_row(database: Database) -> None:
    """A claim holds for as long as it is renewed, and is let go of at a start."""
    await put(database, "pr")
    [row] = await due(database)

    assert await claim(database, row)
    assert not await claim(database, row)
    async with database.begin() as connection:
        assert await posts.renew(connection, row.id, NOW + MINUTE, NOW + 2 * MINUTE)
        assert not await posts.renew(connection, row.id, NOW + MINUTE, NOW + 3 * MINUTE)
        await posts.drop_claims(connection, NOW)
    assert await keys(database) == ["pr"]


async def test_a_reply_waits_for_its_head(database: Database) -> None:
    """It is due once the message is there, or where there is none to wait for."""
    await put(database, "pr")
    await put(database, "review", head="pr")
    await put(database, "orphan", head="nothing")
    assert await keys(database) == ["pr", "orphan"]

    await sent(database, "pr", "1.1")

    assert await keys(database) == ["review", "orphan"]


async def test_what_is_tried_again_holds_up_what_is_newer_in_its_channel(
    database: Database,
) -> None:
    """So a burst arrives in order; other channels, edits and what breaks us hold up nobody."""
    for key, channel in (("a", "C1"), ("b", "C1"), ("c", "C2")):
        await put(database, key, channel=channel)
    first = (await due(database))[0]
    assert await claim(database, first)
    assert await keys(database) == ["c"]

    for error, tries, free in ((posts.TURN, 0, ["c"]), (posts.BROKEN, 4, ["b", "c"])):
        async with database.begin() as connection:
            await posts.postpone(connection, first, NOW + MINUTE, error, tries=tries)
        assert await keys(database) == free


async def test_what_is_wanted_later_holds_up_nobody(database: Database) -> None:
    """A notification that is held until the morning is not in the way of the others."""
    await put(database, "held", due_at=NOW + MINUTE)
    await put(database, "now")

    assert await keys(database) == ["now"]


async def test_what_was_not_sent_yet_is_forgotten(database: Database) -> None:
    """Nobody ever hears of it."""
    await put(database, "ci")

    await withdraw(database, "ci")

    async with database.read() as connection:
        assert await posts.get(connection, "ci") is None


async def test_what_was_sent_is_taken_away(database: Database) -> None:
    """The row is due as one that must go, once; wanted again, it is a message as before."""
    await put(database, "ci")
    await sent(database, "ci", "1.1")

    await withdraw(database, "ci")
    await withdraw(database, "ci")
    gone = await the(database, "ci")
    await put(database, "ci", at=NOW + SECOND)
    back = await the(database, "ci")

    assert (gone.gone_at, gone.due_at, gone.revision) == (NOW, NOW, 2)
    assert (back.gone_at, back.revision) == (None, 3)
    async with database.begin() as connection:
        assert not await posts.drop(connection, gone)
        assert await posts.drop(connection, back)


async def test_posts_are_found_by_topic_and_by_message(database: Database) -> None:
    """A message heads its thread: who asks there asks about it, else about what is in it."""
    await put(database, "pr")
    await put(database, "review", head="pr")
    await sent(database, "pr", "1.1")
    await sent(database, "review", "1.2", thread="1.1")
    await put(database, "other", channel="C2")
    await sent(database, "other", "9.2", thread="9.1")

    async with database.read() as connection:
        of_topic = await posts.of_topic(connection, "acme/api#1")
        below = await posts.under(connection, "pr")
        found = [
            await posts.by_message(connection, channel, message)
            for channel, message in (("C1", "1.1"), ("C1", "1.2"), ("C2", "9.1"), ("C2", "1.1"))
        ]
        assert await posts.by_message(connection, "C1", "") is None

    assert [row.key for row in of_topic] == ["pr", "review", "other"]
    assert [row.key for row in below] == ["review"]
    assert [row.key if row else "" for row in found] == ["pr", "review", "other", ""]


async def test_a_post_moves_into_a_thread(database: Database) -> None:
    """From then on it waits for the message that heads it."""
    await put(database, "pr")
    row = await the(database, "pr")
    await put(database, "day")

    async with database.begin() as connection:
        await posts.move(connection, row, "day", NOW)

    assert await keys(database) == ["day"]


async def test_what_was_sent_late_is_looked_at(database: Database) -> None:
    """Nobody knows what it shows, or whether it is there twice; no later error hides that."""
    await put(database, "pr")
    row = await sent(database, "pr", "1.1")

    async with database.begin() as connection:
        await posts.doubt(connection, row, NOW)
        await posts.postpone(connection, row, NOW, "Slack has trouble", tries=1)

    doubted = await the(database, "pr")
    assert (doubted.shown, doubted.error, doubted.due_at) == ("", posts.LATE, NOW)


async def test_what_is_sent_in_steps_stays_due(database: Database) -> None:
    """The ids are there before the next step."""
    await put(database, "pr")
    [row] = await due(database)
    await claim(database, row)

    async with database.begin() as connection:
        sent_row = msgspec.structs.replace(row, message="1.1", shown="x")
        await posts.settle(connection, sent_row, NOW, done=False)

    kept = await the(database, "pr")
    assert (kept.message, kept.shown, kept.tries, kept.due_at) == ("1.1", "x", 0, NOW)


async def test_only_what_a_process_can_send_is_due(database: Database) -> None:
    """The rest waits for one that is connected to its platform."""
    await put(database, "pr")

    async with database.read() as connection:
        assert not await posts.due(connection, NOW, {"discord"})


async def test_what_is_in_a_thread_is_counted(database: Database) -> None:
    """Sent or not; what was withdrawn is not."""
    for key in ("a", "b", "c"):
        await put(database, key, head="day")
    await sent(database, "b", "1.2")
    await withdraw(database, "b")

    async with database.read() as connection:
        assert await posts.count_under(connection, "day") == 2


async def test_how_the_sending_goes_is_known(database: Database) -> None:
    """What is not wanted yet is not overdue; what failed says why."""
    await put(database, "a")
    await put(database, "b", at=NOW + SECOND)
    await put(database, "c", due_at=NOW + MINUTE)
    async with database.read() as connection:
        assert await posts.health(connection, NOW + SECOND) == (2, NOW, 0, "")

    row = await the(database, "a")
    async with database.begin() as connection:
        await posts.postpone(connection, row, NOW + MINUTE, "Slack is away.", tries=1)
    async with database.read() as connection:
        later = await posts.health(connection, NOW + SECOND)
    assert later == (1, NOW + SECOND, 1, "Slack is away.")


async def test_posts_of_a_source_are_found_by_their_time(database: Database) -> None:
    """Whatever became of them."""
    await put(database, "old", at=NOW - MINUTE)
    await put(database, "new")
    async with database.read() as connection:
        found = await posts.of_sources(connection, ["s1", "s2"], NOW)
        assert [each.key for each in found] == ["new"]
        assert await posts.of_sources(connection, ["s2"], NOW - MINUTE) == []
