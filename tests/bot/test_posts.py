"""Channels are told what they follow: once, in order, edited in place, and taken away again."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from bot.chat import Gone, MessageRef, Posting, ThreadRef
from bot.claims import CLAIM
from bot.pace import Short
from bot.postings import posting_json
from bot.posts import BROKEN_AFTER, EDIT_EVERY, NEWS, Posts
from bot.retries import LONGEST_DELAY
from bot.rounds import SWEEP
from bot.vitals import SelfKnowledge
from flows.report import Link
from integrations.errors import NotFound, Refused, Transient, Unauthorized
from storage import channels, posts
from storage.channels import ChannelSettings
from storage.chat_records import PostRecord
from tests.bot.lab import Room
from tests.bot.patience import PatientLab

CHANNEL = "C1"
WAIT = EDIT_EVERY.total_seconds()
THREAD = ThreadRef("slack", CHANNEL, "pr")


class Stopped(Room):
    """A chat whose sender is stopped right after its first message."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._meanwhile = meanwhile

    async def post(
        self, where: ThreadRef, posting: Posting, key: str, *, again: bool, since: datetime
    ) -> MessageRef:
        ref = await super().post(where, posting, key, again=again, since=since)
        await self._meanwhile()
        return ref


class Board:
    """Posts of one channel, and what the channel shows."""

    def __init__(self, lab: PatientLab) -> None:
        self.lab = lab
        self.room: Room = lab.room
        self.lost: list[tuple[str, str]] = []
        self.posts = Posts(lab.database, lab.queue, lab.clock, {"slack": lab.room}, self.note)

    async def note(self, source: str, why: str) -> None:
        """Hear of a source that has lost its channel."""
        self.lost.append((source, why))

    async def put(
        self,
        key: str,
        posting: Posting | None = None,
        *,
        head: str = "",
        due_at: datetime | None = None,
    ) -> None:
        """Say what a message must show."""
        async with self.lab.database.begin() as connection:
            await posts.put(
                connection,
                key=key,
                platform="slack",
                channel=CHANNEL,
                body=posting_json(posting or about(key)),
                source="s1",
                head=head,
                at=self.lab.clock(),
                due_at=due_at,
            )

    async def withdraw(self, key: str) -> None:
        """Say that a message must go."""
        async with self.lab.database.begin() as connection:
            await posts.withdraw(connection, key, self.lab.clock())

    async def deliver(self, rounds: int = 4) -> list[str]:
        """Send what is due; return what the platform was asked for."""
        before = len(self.room.sent)
        for _ in range(rounds):
            await self.posts.deliver()
        return self.room.kinds[before:]

    async def row(self, key: str) -> PostRecord:
        """Return a post that is there."""
        async with self.lab.database.read() as connection:
            found = await posts.get(connection, key)
        assert found
        return found


def about(title: str, *lines: str) -> Posting:
    """Return a posting without a mark."""
    return Posting((title,), lines=tuple((each,) for each in lines))


@pytest.fixture
def board(patient: PatientLab) -> Board:
    """Return posts on each of the two engines."""
    return Board(patient)


async def test_a_post_is_sent_and_edited_where_it_is(board: Board) -> None:
    """Nothing is sent where nothing has changed; edits come no faster than people can read."""
    await board.put("pr", about("Open"))
    assert await board.deliver() == ["post"]
    await board.put("pr", about("Open"))
    assert await board.deliver() == []

    await board.put("pr", about("Merged"))
    assert await board.deliver() == []
    board.lab.clock.forward(WAIT)
    assert await board.deliver() == ["edit"]
    assert board.room.posts == {"pr": about("Merged")}


async def test_the_mark_follows_the_state(board: Board) -> None:
    """It replaces the one before, and is set once."""
    await board.put("ci", Posting(("CI",), mark="running"))
    await board.deliver()
    await board.put("ci", Posting(("CI",), mark="good"))
    board.lab.clock.forward(WAIT)
    await board.deliver()

    marks = [what for kind, what in board.room.sent if kind == "mark"]
    assert marks == [("ci", "", "running"), ("ci", "running", "good")]
    assert await board.deliver() == []


async def test_replies_go_below_their_head(board: Board) -> None:
    """Also a reply to a reply; what has no head any more goes into the channel."""
    await board.put("review", head="pr")
    await board.put("pr")
    await board.put("comment", head="review")
    await board.put("orphan", head="nothing")
    await board.deliver()

    places = dict(zip(board.room.posts, board.room.places, strict=True))
    assert places == {
        "review": THREAD,
        "pr": ThreadRef("slack", CHANNEL),
        "comment": THREAD,
        "orphan": ThreadRef("slack", CHANNEL),
    }


async def test_what_has_to_wait_keeps_the_order(board: Board) -> None:
    """Later ones stay behind it, whatever it waits for; an earlier try is looked for."""
    for key in ("a", "b"):
        await board.put(key)
    board.room.errors += [Short(timedelta(seconds=2)), Transient("Slack is away.")]
    assert await board.deliver(1) == []
    board.lab.clock.forward(2)
    assert await board.deliver(1) == []
    await board.put("c")
    board.lab.clock.forward(2)
    await board.deliver()

    assert list(board.room.posts) == ["a", "b", "c"]
    assert board.room.keys == [
        ("a", False),
        ("a", True),
        ("a", True),
        ("b", False),
        ("c", False),
    ]


async def test_what_breaks_us_holds_up_the_others_for_a_few_tries_alone(board: Board) -> None:
    """Then the rest of its channel goes on; it is tried again and again."""
    await board.put("a")
    await board.put("b")
    board.room.errors += [ValueError("It breaks us.")] * (BROKEN_AFTER + 1)
    for _ in range(BROKEN_AFTER + 2):
        await board.deliver(1)
        board.lab.clock.forward(20)

    assert sorted(board.room.posts) == ["a", "b"]
    assert not (await board.row("a")).error


async def test_a_channel_that_is_gone_ends_it(board: Board) -> None:
    """The source is told why, and nothing is tried again."""
    await board.put("pr")
    board.room.errors.append(NotFound("Slack shows me no such channel."))
    await board.deliver()

    row = await board.row("pr")
    assert (row.due_at, row.error) == (None, "Slack shows me no such channel.")
    assert board.lost == [("s1", "Slack shows me no such channel.")]
    await board.put("pr", about("New"))
    assert await board.deliver() == ["post"]


async def test_nobody_has_to_hear_of_what_is_lost(board: Board) -> None:
    """Without a listener it is noted in the row alone."""
    board.posts = Posts(board.lab.database, board.lab.queue, board.lab.clock, {"slack": board.room})
    await board.put("pr")
    board.room.errors.append(Refused("This channel is archived."))
    await board.deliver()

    assert (await board.row("pr")).error == "This channel is archived."


async def test_a_token_that_is_refused_is_waited_for(board: Board) -> None:
    """Somebody renews it; then everything is told."""
    await board.put("pr")
    board.room.errors.append(Unauthorized("Slack does not accept my token."))
    await board.deliver()
    board.lab.clock.forward(LONGEST_DELAY.total_seconds())

    assert await board.deliver() == ["post"]


async def test_a_message_that_somebody_deletes_is_posted_anew_once(board: Board) -> None:
    """Who deletes it twice means it."""
    await board.put("pr")
    await board.deliver()
    for number in range(2):
        await board.put("pr", about(f"Change {number}"))
        board.lab.clock.forward(WAIT)
        board.room.errors.append(Gone("That message is no longer in Slack."))
        await board.deliver()

    assert board.room.kinds == ["post", "post"]
    assert (await board.row("pr")).due_at is None


async def test_a_reply_whose_thread_is_gone_goes_into_the_channel(board: Board) -> None:
    """Its news is not lost with the message that headed it."""
    await board.put("pr")
    await board.deliver()
    await board.put("review", head="pr")
    board.room.errors.append(Gone("That thread is no longer in Slack."))
    await board.deliver()

    assert board.room.places[-1] == ThreadRef("slack", CHANNEL)


async def test_what_is_withdrawn_is_deleted(board: Board) -> None:
    """Wanted again, it is a new message."""
    await board.put("ci")
    await board.deliver()
    await board.withdraw("ci")
    assert await board.deliver() == ["remove"]
    assert board.room.posts == {}

    await board.put("ci")
    assert await board.deliver() == ["post"]


async def test_what_was_answered_stays_as_one_line(board: Board) -> None:
    """So that the answers still make sense; its mark goes."""
    title = (Link("#1 Add retries", "https://github.com/acme/api/pull/1"),)
    await board.put("ci", Posting(title, lines=(("It failed.",),), mark="bad"))
    await board.deliver()
    board.room.answered.add("ci")
    board.lab.clock.forward(WAIT)

    await board.withdraw("ci")
    assert await board.deliver() == ["edit", "mark"]
    assert board.room.posts == {"ci": Posting((*title, " — no longer current"))}
    await board.put("ci", about("Back"))
    board.lab.clock.forward(WAIT)
    assert await board.deliver() == ["edit"]


async def test_what_is_withdrawn_while_it_may_be_there_is_looked_for(board: Board) -> None:
    """A try whose answer was lost: either nothing came of it, or that is deleted."""
    for key in ("a", "b"):
        await board.put(key)
        board.room.errors.append(Transient("Slack is away."))
        await board.deliver(1)
        await board.withdraw(key)
        board.lab.clock.forward(2)
        if key == "b":
            board.room.posts["b"] = about("b")  # it got through
        await board.deliver()

    assert board.room.kinds == ["remove"]


async def test_a_sender_that_was_stopped_leaves_it_to_another(board: Board) -> None:
    """What it sent late is looked at again, so that it is there once."""
    await board.put("pr")
    other = board.posts

    async def away() -> None:
        board.lab.clock.forward(CLAIM.total_seconds() + 1)
        await other.deliver()

    board.lab.room = Stopped(away)
    board.posts = Posts(
        board.lab.database, board.lab.queue, board.lab.clock, {"slack": board.lab.room}
    )
    await board.deliver(1)
    board.lab.clock.forward(WAIT)
    await board.deliver()

    assert board.room.keys == [("pr", True)]
    assert [keep for _, keep in board.lab.room.tidied] == ["pr"]
    assert board.lab.room.kinds == ["post", "edit"]
    assert not (await board.row("pr")).error


async def test_an_edit_whose_answer_was_lost_is_made_again(board: Board) -> None:
    """It may have got through, and what must be shown may be what was shown before."""
    await board.put("pr", about("A"))
    await board.deliver()
    await board.put("pr", about("B"))
    board.lab.clock.forward(WAIT)
    board.room.errors.append(Transient("Slack is away."))
    await board.deliver(1)
    await board.put("pr", about("A"))
    board.lab.clock.forward(5)

    assert await board.deliver() == ["edit"]
    assert board.room.posts == {"pr": about("A")}


async def test_what_is_wanted_later_is_sent_then(board: Board) -> None:
    """And not at all if it is withdrawn before."""
    later = board.lab.clock() + timedelta(minutes=15)
    await board.put("ci", due_at=later)
    await board.put("held", due_at=later)
    assert await board.deliver() == []
    await board.withdraw("ci")
    board.lab.clock.forward(900)

    await board.deliver()
    assert list(board.room.posts) == ["held"]


async def test_a_channel_can_have_one_message_a_day(board: Board) -> None:
    """All that is new is in its thread, also what is said below that; it is counted."""
    async with board.lab.database.begin() as connection:
        settings = ChannelSettings(thread_only=True, zone="Asia/Tokyo")
        await channels.save(connection, "slack", CHANNEL, settings)
    await board.put("pr")
    await board.put("review", head="pr")
    await board.deliver(6)
    [day, *_] = board.room.posts
    assert board.room.posts[day] == about("Thursday 5 March: 1 update")
    below = ThreadRef("slack", CHANNEL, day)
    assert board.room.places == [ThreadRef("slack", CHANNEL), below, below]

    await board.put("issue")
    board.lab.clock.forward(WAIT)
    await board.deliver(6)
    assert board.room.posts[day] == about("Thursday 5 March: 2 updates")
    board.lab.clock.forward(86_400)
    await board.put("release")
    await board.deliver(6)
    assert about("Friday 6 March: 1 update") in board.room.posts.values()


async def test_news_wakes_the_sender(board: Board) -> None:
    """It does not wait for its next round; news of runs does not wake it."""
    task = asyncio.create_task(board.posts.run())
    await asyncio.sleep(0)
    await board.put("pr")
    board.lab.queue.changed("a run")
    board.lab.queue.changed(NEWS)
    await board.room.until("post")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert list(board.room.posts) == ["pr"]


async def test_nothing_to_do_is_looked_at_again_soon(board: Board) -> None:
    """And a step that is left is taken at once."""
    assert await board.posts.deliver() == SWEEP
    await board.put("ci", Posting(("CI",), mark="good"))
    assert await board.posts.deliver() == timedelta()


async def test_health_shows_what_channels_are_still_owed(board: Board) -> None:
    """With what the platform said last."""
    await board.put("pr")
    board.room.errors.append(Transient("Slack is away."))
    await board.deliver(1)
    knowledge = SelfKnowledge(board.lab.database, board.lab.queue, board.lab.clock, [])
    [vital] = [each for each in (await knowledge.vitals()).items if each.name == "Posts"]

    assert (vital.ok, vital.remedy) == (True, "The chat said: Slack is away.")
    assert vital.value == "nothing waits, 1 failing"
