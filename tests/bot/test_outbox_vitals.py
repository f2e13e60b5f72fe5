"""What the bot tells about the messages that it still owes people."""

from datetime import timedelta

import pytest

from bot.delivery import BROKEN_AFTER
from bot.vitals import OUTBOX_LATE, SelfKnowledge
from flows.engine.tools import Vital
from integrations.errors import Refused, Transient, Unauthorized
from tests.bot.lab import Lab


async def outbox(lab: Lab) -> Vital:
    """Return what the bot says of its outbox."""
    knowledge = SelfKnowledge(lab.database, lab.queue, lab.clock, [])
    [vital] = [each for each in (await knowledge.vitals()).items if each.name == "Outbox"]
    return vital


async def test_what_is_late_is_late_however_often_it_was_tried(lab: Lab) -> None:
    """A platform that is away for long shows, with what it said last."""
    await lab.start("look desk")
    for _ in range(6):
        lab.room.errors.append(Transient("Slack is busy."))
        await lab.threads.deliver()
        lab.clock.forward(20)
    vital = await outbox(lab)

    assert not vital.ok
    assert vital.value == "1 waiting, the oldest late by 120.0 s, 1 failing"
    assert vital.remedy == "The chat said: Slack is busy."


async def test_what_breaks_us_again_and_again_is_found_in_the_log(lab: Lab) -> None:
    """By then the rest of its thread no longer waits for it."""
    await lab.start("look desk")
    for _ in range(BROKEN_AFTER + 1):
        lab.room.errors.append(ZeroDivisionError("a bug"))
        await lab.threads.deliver()
        lab.clock.forward(20)
    vital = await outbox(lab)

    assert (vital.ok, vital.remedy) == (False, "Our log says why a message breaks us.")


@pytest.mark.parametrize(
    ("error", "ok", "value", "remedy"),
    [
        (Refused("This channel is archived."), True, "nothing waits", "doctor"),
        (Unauthorized("Renew the token."), True, "0.0 s, 1 failing", "Renew the token."),
        (ZeroDivisionError("a bug"), True, "0.0 s, 1 failing", "Something broke on our side."),
    ],
)
async def test_what_cannot_be_sent_says_why(
    lab: Lab, error: Exception, ok: bool, value: str, remedy: str
) -> None:
    """What will never be sent is dropped; what somebody can mend waits for it."""
    await lab.start("look desk")
    lab.room.errors.append(error)
    await lab.threads.deliver()
    vital = await outbox(lab)

    assert vital.ok is ok
    assert vital.value.endswith(value)
    assert remedy in vital.remedy
    lab.clock.forward(OUTBOX_LATE / timedelta(seconds=1))
    assert (await outbox(lab)).ok is (await lab.outbox() == [])
