"""Those who may approve a plan hear of it, until somebody has decided; and can be reminded."""

import pytest

from bot.chat import Actor, Origin
from bot.replies import Say
from bot.threads import Threads
from flows.engine.run import NO, YES
from flows.engine.tools import ProjectSettings
from storage import projects
from tests.bot.lab import ADA, BEN, CAT, RULES
from tests.bot.town import Town
from tests.bot.yard import Yard

HOUR = 3600
BEN_THERE = Actor("discord", "88", "ben_b")


@pytest.fixture
def town(yard: Yard) -> Town:
    """Return the bot with its desks about people, on each engine."""
    return Town(yard)


async def plan(town: Town, by: Actor = ADA, name: str = "desk") -> str:
    """Have a plan wait for a yes; return its run."""
    run_id = await town.lab.start(f"make {name}", by)
    await town.lab.player().play(run_id)
    return run_id


async def decide(town: Town, run_id: str, choice: str, by: Actor = BEN) -> None:
    """Answer the plan of a run."""
    assert await town.dispatch.answer((await town.lab.asked(run_id)).id, choice, by) is None


async def test_who_wants_a_queue_is_told_of_a_plan(town: Town) -> None:
    """Neither who asked, nor who may not, nor who did not want to."""
    for person in (ADA, CAT):
        await town.say("me queue 09:30", person)
    await town.say("me", BEN)
    run_id = await plan(town)
    assert await town.look() == []

    await town.say("me queue 09:30", BEN)
    other = await plan(town, name="chair")
    [told] = await town.look()

    assert told.startswith("notice: ada asks for a yes: make chair. 2 changes: Make a chair, ….")
    assert f"Open its page (https://flowbot.example/runs/{other})" in told
    assert "Anybody with the role maintainer other than ada can approve." in told
    assert "/flow me queue off stops it." in told
    assert await town.look() == []

    await decide(town, run_id, YES)
    await decide(town, other, NO)
    assert await town.look() == ["edited: ✓ ben declined it: make chair."]
    assert await town.look() == []


async def test_a_project_tells_all_who_may(town: Town) -> None:
    """With a link to the thread, where the plan is on their platform."""
    lab = town.lab
    async with lab.database.begin() as connection:
        settings = ProjectSettings("", tell_approvers=True)
        await projects.save(connection, settings, town.clock())
    await town.say("me", BEN)
    run_id = await plan(town)
    await Threads(
        lab.database, lab.queue, RULES, lab.clock, {"slack": lab.room}, lab.find
    ).deliver()

    [told] = await town.look()
    assert "Open the thread (https://acme.example/m1)" in told

    await town.say(f"cancel {run_id}")
    assert await town.look() == ["edited: ✓ Nobody has to decide any more: make desk."]


async def test_a_plan_that_nobody_approved_in_time_says_so(town: Town) -> None:
    """The message does not promise any more what cannot be done."""
    from bot.decisions import Decisions

    lab = town.lab
    async with lab.database.begin() as connection:
        policies = {"make": {"deadline": "1 h"}}
        settings = ProjectSettings("", policies=policies)  # type: ignore[arg-type] # as it is stored
        await projects.save(connection, settings, town.clock())
    await town.say("me queue 09:30", BEN)
    await town.say("me hours 09:00-17:00", BEN)
    town.clock.forward(3 * HOUR)
    await plan(town)
    assert len(await town.look()) == 1  # it would be too late in the morning
    town.clock.forward(HOUR + 1)
    await Decisions(lab.database, lab.queue, RULES, lab.clock, lab.find).expire()
    assert await town.look() == ["edited: ✓ Nobody approved it in time: make desk."]


async def test_who_asked_can_remind_those_who_are_at_work(town: Town) -> None:
    """Once an hour, by the button on the card, and is told whom that reached."""
    lab = town.lab
    run_id = await plan(town)
    await lab.threads.deliver()
    [button] = [each for each in lab.room.card.controls if each.label == "Remind the approvers"]
    assert button.action == f"type:nudge {run_id}"
    told = await town.say(f"nudge {run_id}")
    assert "I know nobody else who may approve it" in told

    await town.say("me", BEN)
    assert f"Only ada, who asked for it, can remind" in await town.say(f"nudge {run_id}", BEN)  # noqa: F541 - reads like the others
    assert "I remind ben." in await town.say(f"nudge {run_id}")
    assert "once an hour is enough" in await town.say(f"nudge {run_id}")
    [told] = await town.look()
    assert "ada reminds you, since you may approve it." in told
    town.clock.forward(HOUR + 1)
    assert "I remind ben." in await town.say(f"nudge {run_id}")
    assert len(await town.look()) == 1
    assert ("nudged", "ben") in await town.audited()

    await decide(town, run_id, YES)
    assert await town.look() == ["edited: ✓ ben approved it: make desk."] * 2
    assert "No plan of" in await town.say(f"nudge {run_id}")
    assert "Say which run: /flow nudge RUN" in await town.say("nudge")


async def test_nobody_is_reminded_outside_their_hours(town: Town) -> None:
    """The answer says who is back first, and when."""
    run_id = await plan(town)
    await town.say("me hours 09:00-15:00", BEN)
    told = await town.say(f"nudge {run_id}")
    assert "Nobody who may approve it is at work now. Next is ben, at 09:00 UTC tomorrow." in told
    assert await town.look() == []


async def test_a_comment_names_nobody_who_is_reminded(town: Town) -> None:
    """Everybody reads it: it says that they are, or when the first of them is back."""
    run_id = await plan(town)
    passing = Origin("comment", "github", "acme/api#1", "acme/api#1")

    async def told(key: str) -> str:
        reply = await town.dispatch.command(f"nudge {run_id}", ADA, passing, key)
        assert isinstance(reply, Say)
        return str(reply.report.summary)

    await town.say("me hours 09:00-15:00", BEN)
    assert (await told("k1")).endswith("now. The next one is there at 09:00 UTC tomorrow.")
    await town.say("me hours off", BEN)
    assert await told("k2") == "I remind those who may approve it."
    assert ("nudged", "ben") in await town.audited()


async def test_one_person_of_two_platforms_is_told_where_the_run_is(town: Town) -> None:
    """And once."""
    await town.say("me queue 09:30", BEN)
    told = await town.say("link discord", BEN)
    await town.say("link " + told.partition("/flow link ")[2].split()[0], BEN_THERE)
    await plan(town)

    assert len(await town.look()) == 1
    [whom] = [what[0] for kind, what in town.lab.room.sent if kind == "notice"]  # type: ignore[index] # as the room writes it down
    assert whom == BEN
