"""What happens to a post while its sender is at work on it."""

import pytest
from sqlalchemy.exc import OperationalError

from bot.chat import Gone, MessageRef
from bot.posts import Posts
from tests.bot.lab import Room
from tests.bot.patience import PatientLab
from tests.bot.test_posts import WAIT, Board, about


class Removing(Room):
    """A chat in which a post is wanted again right after its message was deleted."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self._board = board

    async def remove(self, message: MessageRef) -> bool:
        removed = await super().remove(message)
        await self._board.put("ci", about("Back"))
        return removed


@pytest.fixture
def board(patient: PatientLab) -> Board:
    """Return posts on each of the two engines."""
    return Board(patient)


async def test_what_is_wanted_again_while_it_is_deleted_is_sent(board: Board) -> None:
    """As a message of its own: the one before is gone."""
    lab, room = board.lab, Removing(board)
    board.room, board.posts = room, Posts(lab.database, lab.queue, lab.clock, {"slack": room})
    await board.put("ci")
    await board.deliver()
    await board.withdraw("ci")
    lab.clock.forward(WAIT)

    assert await board.deliver() == ["remove", "post"]
    assert room.posts == {"ci": about("Back")}
    assert (await board.row("ci")).due_at is None


async def test_a_key_that_stands_for_a_deleted_message_is_not_used_again(board: Board) -> None:
    """Where the platform takes a message for one that is gone, it gets another key."""
    await board.put("pr")
    board.room.errors.append(Gone("That message is no longer in Discord."))

    assert await board.deliver() == ["post"]


async def test_what_was_deleted_before_it_was_withdrawn_is_forgotten(board: Board) -> None:
    """There is nothing left to do."""
    await board.put("ci")
    await board.deliver()
    await board.withdraw("ci")
    board.room.errors.append(Gone("That message is no longer in Slack."))
    await board.deliver()
    await board.put("ci")

    assert (await board.row("ci")).revision == 1


async def test_a_database_that_is_away_for_a_moment_costs_nothing(board: Board) -> None:
    """The row is tried again."""
    await board.put("pr")
    board.room.errors.append(OperationalError("SELECT 1", {}, OSError("away")))
    await board.deliver()
    board.lab.clock.forward(2)

    assert await board.deliver() == ["post"]


async def test_two_senders_at_once_send_it_once(board: Board) -> None:
    """Who is slower leaves it to the other."""
    lab = board.lab
    other = Posts(lab.database, lab.queue, lab.clock, {"slack": board.room})
    await board.put("pr")
    row = await board.row("pr")

    await board.posts.deliver()
    assert await other._delivered(row) is None
    assert board.room.kinds == ["post"]
