"""What concerns one person alone is told to them, once, and in the end."""

import asyncio

from bot.chat import Actor
from bot.notices import MOST_TRIES
from integrations.errors import Refused, Transient
from tests.bot.lab import BEN, CAT
from tests.bot.yard import LOCKED, SHOP, Yard


async def test_a_notice_that_fails_is_tried_again_and_holds_up_no_other(yard: Yard) -> None:
    """It is looked for first: the try that failed may have got through."""
    await yard.say(LOCKED)
    await yard.say(f"notify-me {SHOP}", BEN)
    await yard.say(f"notify-me {SHOP}", CAT)
    await yard.say(f"unlock {SHOP}")
    yard.room.errors.append(Transient("Slack is away."))

    assert len(await yard.told()) == 1
    yard.clock.forward(60)
    assert sorted(name for name, _ in await yard.told()) == ["ben", "cat"]
    assert [again for _, again in yard.room.keys] == [False, False, True]
    assert len({key for key, _ in yard.room.keys}) == 2


async def test_a_notice_that_nobody_takes_is_given_up(yard: Yard) -> None:
    """At once where Slack refuses it, after about a day where it cannot be sent."""
    await yard.say(LOCKED)
    for person in (BEN, CAT, Actor("elsewhere", "U1", "eve"), Actor("terminal", "", "tom")):
        await yard.say(f"notify-me {SHOP}", person)
    await yard.say(f"unlock {SHOP}")
    yard.room.errors += [Refused("There is no such person."), ValueError("It breaks us.")]

    for _ in range(MOST_TRIES + 2):
        await yard.notices.deliver()
        yard.clock.forward(301)

    assert [name for name, _ in await yard.told()] == ["cat"]
    assert "Nobody holds" in await yard.say("locks")


async def test_notices_are_told_for_as_long_as_the_process_lives(yard: Yard) -> None:
    """The loop sends what is due without anybody else."""
    await yard.say(LOCKED)
    await yard.say(f"notify-me {SHOP}", CAT)
    await yard.say(f"unlock {SHOP}")

    task = asyncio.create_task(yard.notices.run())
    await yard.room.until("notice")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert await yard.told() == [("cat", f"{SHOP} is free.")]
