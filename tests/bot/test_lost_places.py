"""A card that is gone is posted once more, and who asked is told where no place is left."""

import pytest

from bot.chat import Actor, Origin
from bot.delivery import ANEW
from flows.report import Report, Text
from integrations.errors import NotFound, OutsideError, Refused, Unauthorized
from storage import messages
from tests.bot.lab import ADA, BEN, Lab

GONE = NotFound("That message is gone.")
SHUT = Refused("I cannot see this channel.")


@pytest.mark.parametrize("lost", [GONE, SHUT])
async def test_a_lost_card_is_posted_once_more(lab: Lab, lost: OutsideError) -> None:
    """It says how things stand; its report follows into the new one's thread."""
    run_id = await lab.start("look desk")
    await lab.threads.deliver()
    await lab.player().play(run_id)
    lab.room.errors.append(lost)
    await lab.threads.deliver()

    assert lab.room.kinds == ["card", "card", "report"]
    assert lab.room.cards["m2"].state == "done"
    assert lab.room.places[-1].thread == "m2"
    assert ANEW in lab.room.keys[2][0]
    assert await lab.outbox() == []


async def test_a_card_that_is_lost_again_is_let_go(
    lab: Lab, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody does not want it there: the run goes on, and nothing is tried for ever."""
    run_id = await lab.start("choose")
    await lab.threads.deliver()
    await lab.player().play(run_id)
    lab.room.errors.append(GONE)
    await lab.threads.deliver()
    assert lab.room.kinds == ["card", "card"]

    await lab.dispatch.answer((await lab.asked(run_id)).id, "red", BEN)
    await lab.player().play(run_id)
    lab.room.errors.append(GONE)
    await lab.threads.deliver()
    assert (await lab.run(run_id)).state == "done"
    assert lab.room.kinds == ["card", "card"]
    assert await lab.outbox() == []
    assert "That message is gone." in caplog.text
    async with lab.database.read() as connection:
        assert await messages.get(connection, run_id, ANEW)


async def test_a_report_without_a_place_goes_to_who_asked(lab: Lab) -> None:
    """With the reason; the run has ended as it would have."""
    run_id = await lab.start("look desk")
    await lab.player().play(run_id)
    await lab.threads.deliver()
    assert lab.room.kinds == ["card", "report"]

    other = await lab.start("look chair")
    await lab.threads.deliver()
    await lab.player().play(other)
    lab.room.errors += [SHUT, SHUT, SHUT]  # the edit, the card anew, and then the report
    await lab.threads.deliver()
    [notice] = [what for kind, what in lab.room.sent if kind == "notice"]
    assert isinstance(notice, tuple)
    person, told = notice
    assert person == ADA
    assert isinstance(told, Report)
    assert told.blocks[0] == Text(
        ("I could not post this where you asked. I cannot see this channel.",)
    )
    assert (await lab.run(other)).state == "done"
    assert await lab.outbox() == []


async def test_who_is_elsewhere_is_not_told_here(lab: Lab) -> None:
    """Somebody who asked on another platform has no account on this one."""
    stranger = Actor("discord", "9", "Eve")
    run_id = await lab.start("look desk", stranger, origin=Origin("web", "slack", "C1"))
    await lab.threads.deliver()
    await lab.player().play(run_id)
    lab.room.errors += [SHUT, SHUT, SHUT]
    await lab.threads.deliver()
    assert lab.room.kinds == ["card"]
    assert await lab.outbox() == []


async def test_a_token_that_was_revoked_moves_nothing(lab: Lab) -> None:
    """The card is where it was: somebody has to renew the token, and then it goes on."""
    run_id = await lab.start("look desk")
    await lab.threads.deliver()
    await lab.player().play(run_id)
    lab.room.errors.append(Unauthorized("Renew my token."))
    await lab.threads.deliver()
    assert lab.room.kinds == ["card"]
    lab.clock.forward(300)
    lab.room.errors.append(Unauthorized("Renew my token."))
    await lab.threads.deliver()
    lab.clock.forward(300)
    await lab.threads.deliver()
    lab.clock.forward(2)
    await lab.threads.deliver()
    assert lab.room.kinds == ["card", "edit", "report"]
