"""Plans are approved by as many people as policy asks for, in time, and not in a freeze."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat import Actor, Origin
from bot.decisions import LONGEST_REASON, Decisions
from bot.dispatch import Accepted, Say
from bot.replies import sentence
from flows.engine.access import Role
from flows.engine.policy import PolicySettings
from flows.engine.run import NO, YES
from flows.engine.tools import ProjectSettings
from flows.report import Snippet
from storage import audit, projects, questions, runs
from storage.database import Database
from storage.migrate import migrate
from storage.records import AuditRecord
from tests.bot.followed.lines import words
from tests.bot.lab import BEN, CAT, RULES, Lab

DAN = Actor("slack", "U4", "dan")
EVE = Actor("slack", "U9", "eve")  # an admin
SATURDAY = datetime(2026, 3, 7, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
WEEKENDS = ["Fri 16:00 - Mon 08:00 Europe/Berlin"]


async def settings(lab: Lab, **given: object) -> None:
    """Set the policy of all flows, and make dan a maintainer here."""
    policy = PolicySettings(**given)  # type: ignore[arg-type] # any of its fields
    project = ProjectSettings("", policies={"*": policy}, roles={"slack:U4": Role.MAINTAINER})
    async with lab.database.begin() as connection:
        await projects.save(connection, project, lab.clock())


async def planned(lab: Lab) -> tuple[str, int]:
    """Let ada's run ask for a yes to its plan; return its id and the number of the question."""
    run_id = await lab.start("make desk")
    await lab.player().play(run_id)
    return run_id, (await lab.asked(run_id)).id


def decisions(lab: Lab) -> Decisions:
    """Return what takes decisions in the lab."""
    return Decisions(lab.database, lab.queue, RULES, lab.clock, lab.find)


async def say(lab: Lab, question: int, choice: str, by: Actor) -> str:
    """Answer; return why it does not count, or nothing."""
    said = await decisions(lab).answer(question, choice, by)
    return said.report.summary if said else ""


async def noted(lab: Lab, run_id: str) -> list[AuditRecord]:
    """Return what the audit has of a run, and see that its chain holds."""
    async with lab.database.read() as connection:
        assert (await audit.verify(connection)).fault == ""
        return await audit.of_run(connection, run_id)


async def test_a_plan_takes_as_many_people_as_the_project_says(lab: Lab) -> None:
    """The run sleeps until the last of them has said yes; the card counts them."""
    await settings(lab, approvals=2)
    run_id, question = await planned(lab)

    assert await say(lab, question, YES, BEN) == ""
    assert (await lab.run(run_id)).state == "waiting"
    await lab.threads.deliver()
    [note] = lab.room.card.note
    assert str(note).startswith("1 of 2: approved by ben. Anybody with the role maintainer")
    assert lab.room.card.buttons

    assert await say(lab, question, YES, DAN) == ""
    await lab.player().play(run_id)

    assert (await lab.run(run_id)).state == "done"
    report = await lab.report(run_id)
    assert report is not None
    assert report.summary == "by ben and dan"
    lab.clock.forward(5)
    await lab.threads.deliver()
    assert lab.room.card.decided == "Approved by ben and dan"
    assert [(row.action, row.actor["name"], row.detail) for row in await noted(lab, run_id)] == [
        ("asked", "ada", "make desk"),
        ("decided", "ben", "approve (1 of 2)"),
        ("decided", "dan", "approve (2 of 2)"),
        ("did", "ada", ""),
        ("did", "ada", ""),
    ]


async def test_the_same_person_counts_once(lab: Lab) -> None:
    """However often they press, and by whatever name they go."""
    await settings(lab, approvals=2)
    run_id, question = await planned(lab)
    await say(lab, question, YES, BEN)

    again = await say(lab, question, YES, Actor("slack", "U2", "benjamin"))

    assert again == "You have approved this already: 1 of 2 have."
    assert (await lab.asked(run_id)).answer is None


async def test_one_no_ends_it(lab: Lab) -> None:
    """Also from somebody who had said yes, and from the one who asked."""
    await settings(lab, approvals=2)
    run_id, question = await planned(lab)
    await say(lab, question, YES, BEN)

    assert await say(lab, question, NO, BEN) == ""
    await lab.player().play(run_id)

    run = await lab.run(run_id)
    assert (run.state, run.line) == ("stopped", "ben declined the plan; nothing was changed.")
    assert lab.world.things == {}
    assert "has ended" in await say(lab, question, YES, DAN)


async def test_of_20_people_at_once_two_make_the_quorum(lab: Lab) -> None:
    """Nobody is lost and nobody counts twice: two yeses, one wake-up, 18 refusals."""
    await settings(lab, approvals=2)
    everybody = {f"slack:P{number}": Role.MAINTAINER for number in range(20)}
    project = ProjectSettings("", policies={"*": PolicySettings(approvals=2)}, roles=everybody)
    async with lab.database.begin() as connection:
        await projects.save(connection, project, lab.clock())
    run_id, question = await planned(lab)

    said = await asyncio.gather(
        *(say(lab, question, YES, Actor("slack", f"P{n}", f"p{n}")) for n in range(20))
    )

    assert said.count("") == 2
    assert all("was faster: the answer is approve." in each for each in said if each)
    asked = await lab.asked(run_id)
    assert (asked.answer, len(asked.answers)) == (YES, 2)
    assert await lab.queue.redis.zcard("flowbot:interactive") == 2


async def test_a_plan_that_nobody_approves_in_time_is_declined(lab: Lab) -> None:
    """The safe end: nothing is changed, and the card and the audit say why."""
    await settings(lab, approvals=2, deadline="4 h")
    run_id, question = await planned(lab)
    await say(lab, question, YES, BEN)
    await decisions(lab).expire()
    assert (await lab.run(run_id)).state == "waiting"

    lab.clock.forward(4 * 3600)
    late = await say(lab, question, YES, DAN)
    await decisions(lab).expire()
    await decisions(lab).expire()
    await lab.player().play(run_id)

    assert late == "Nobody approved this in time, so it counts as declined."
    assert "has ended" in await say(lab, question, NO, BEN)
    run = await lab.run(run_id)
    assert (run.state, run.line) == (
        "stopped",
        "Nobody approved the plan in time; nothing was changed.",
    )
    assert lab.world.things == {}
    await lab.threads.deliver()
    assert lab.room.card.decided == "Declined because nobody approved it in time"
    rows = [(row.action, row.door, row.detail) for row in await noted(lab, run_id)]
    assert rows.count(("decided", "flowbot", NO)) == 1


async def test_a_run_that_ended_needs_no_deadline(lab: Lab) -> None:
    """Its question is closed, and the run is left alone."""
    await settings(lab, deadline="30 min")
    run_id, question = await planned(lab)
    await lab.database.write(runs.settle(run_id, "cancelled", "", lab.clock()))
    lab.clock.forward(3600)

    await decisions(lab).expire()

    assert (await lab.run(run_id)).state == "cancelled"
    async with lab.database.read() as connection:
        assert await questions.overdue(connection, lab.clock()) == []
    assert "has ended" in await say(lab, question, YES, BEN)


async def test_in_a_freeze_a_plan_waits_and_says_until_when(lab: Lab) -> None:
    """A yes is refused until it is over; then it counts."""
    await settings(lab, freezes=WEEKENDS)
    lab.clock.now = SATURDAY
    run_id, question = await planned(lab)
    await lab.threads.deliver()

    refusal = await say(lab, question, YES, BEN)

    assert "Nothing is applied before Mon 9 Mar 08:00 (Europe/Berlin)" in refusal
    assert "Nothing is applied before Mon 9 Mar" in words(lab.room.card.note)
    lab.clock.now = MONDAY
    assert await say(lab, question, YES, BEN) == ""
    await lab.player().play(run_id)
    assert (await lab.run(run_id)).state == "done"


async def test_an_admin_lifts_a_freeze_with_a_reason(lab: Lab) -> None:
    """A yes is needed as ever; the audit and the card know who let it through, and why."""
    await settings(lab, freezes=WEEKENDS)
    lab.clock.now = SATURDAY
    run_id, question = await planned(lab)
    lift = decisions(lab).lift

    assert "needs the role admin; yours is maintainer" in await lift(run_id, "now", BEN)
    assert "Say why" in await lift(run_id, " ", EVE)
    assert "Say why" in await lift(run_id, "x" * (LONGEST_REASON + 1), EVE)
    assert await lift(run_id, "payments\n are down", EVE) == ""
    assert "lifted the freeze for this plan already" in await lift(run_id, "again", EVE)
    assert (await lab.run(run_id)).state == "waiting"
    assert await say(lab, question, YES, BEN) == ""
    await lab.player().play(run_id)
    await lab.threads.deliver()

    assert (await lab.run(run_id)).state == "done"
    assert lab.room.card.decided == "Approved by ben; eve lifted the freeze: payments are down"
    rows = await noted(lab, run_id)
    assert [(row.actor["name"], row.detail) for row in rows if row.action == "lifted"] == [
        ("eve", "payments are down")
    ]


async def test_a_plan_approved_before_a_freeze_is_not_applied_in_it(lab: Lab) -> None:
    """The worker came late: the run goes on by itself when it is over, or when it is lifted."""
    await settings(lab, freezes=WEEKENDS)
    run_id, question = await planned(lab)
    assert await say(lab, question, YES, BEN) == ""

    lab.clock.now = SATURDAY
    await lab.player().play(run_id)

    run = await lab.run(run_id)
    assert (run.state, run.line) == (
        "queued",
        "Approved, and frozen until Mon 9 Mar 08:00 (Europe/Berlin)",
    )
    assert lab.world.things == {}
    await lab.player().play(run_id)
    assert (await lab.run(run_id)).state == "queued"
    assert await decisions(lab).lift(run_id, "payments are down", EVE) == ""
    await lab.player().play(run_id)
    assert (await lab.run(run_id)).state == "done"


async def test_without_a_freeze_or_a_plan_there_is_nothing_to_lift(lab: Lab) -> None:
    """One sentence each."""
    run_id, _ = await planned(lab)
    look = await lab.start("look desk")
    lift = decisions(lab).lift

    assert await lift(run_id, "why not", EVE) == "There is no freeze now."
    assert "no run with this id that has a plan" in await lift(look, "why not", EVE)
    assert "no run with this id that has a plan" in await lift("nothing", "why not", EVE)
    lab.clock.forward(timedelta(days=9).total_seconds())
    await lab.database.write(runs.settle(run_id, "cancelled", "", lab.clock()))
    assert "has ended" in await lift(run_id, "why not", EVE)


async def test_a_plan_of_named_changes_needs_nobody(lab: Lab) -> None:
    """Outside of a freeze; in one, somebody is asked after all."""
    await settings(lab, auto_approve=["Make a *", "Tell everybody"], freezes=WEEKENDS)
    free = await lab.start("make desk")
    await lab.player().play(free)
    assert (await lab.run(free)).state == "done"

    lab.clock.now = SATURDAY
    run_id, question = await planned(lab)
    assert (await lab.run(run_id)).state == "waiting"
    lab.clock.now = MONDAY
    assert await say(lab, question, YES, BEN) == ""


async def test_a_project_has_its_own_viewers(lab: Lab) -> None:
    """Whoever is one here neither runs nor approves, wherever else they may."""
    project = ProjectSettings("", roles={"slack:U2": Role.VIEWER})
    async with lab.database.begin() as connection:
        await projects.save(connection, project, lab.clock())
    _, question = await planned(lab)

    assert "yours is viewer" in await say(lab, question, YES, BEN)
    assert "yours is viewer" in await say(lab, question, NO, CAT)


@pytest.mark.parametrize("choice", [YES, NO])
async def test_who_comes_second_hears_who_was_first(lab: Lab, choice: str) -> None:
    """Whichever way it went."""
    _, question = await planned(lab)
    await say(lab, question, choice, BEN)

    assert await say(lab, question, YES, DAN) == f"ben was faster: the answer is {choice}."


LIFT = "Say which run and why: /flow lift RUN The fix has to go out"


async def test_a_freeze_is_lifted_by_a_word_in_the_thread_or_elsewhere(lab: Lab) -> None:
    """The run is the one that is named, or the one whose thread it is; the rest is the reason."""
    await settings(lab, freezes=WEEKENDS)
    lab.clock.now = SATURDAY
    here = Origin("thread", "slack", "C1", thread="1.5")
    reply = await lab.type("make desk", origin=here)
    assert isinstance(reply, Accepted)
    await lab.player().play(reply.run_id)
    await lab.threads.deliver()

    lost = await lab.type("lift payments are down", EVE, key="1")
    bare = await lab.type(f"lift {reply.run_id}", EVE, key="4")
    mute = await lab.type("lift", EVE, origin=here, key="5")
    asked = await lab.type(f"lift {reply.run_id} payments are down", BEN, key="2")
    lifted = await lab.type("lift payments are down", EVE, origin=here, key="3")

    assert [each.report.summary for each in (asked, lifted) if isinstance(each, Say)] == [
        "Lifting a freeze needs the role admin; yours is maintainer.",
        "The freeze is lifted for this plan; it has to be approved as ever.",
    ]
    assert (await lab.asked(reply.run_id)).lifted_why == "payments are down"
    for answer, says, mark in (
        (lost, f"I know no run “payments”. {LIFT}", "^^^^^^^^"),
        (bare, f"Say why as well: it goes into the audit. Example: /flow lift {reply.run_id}", "^"),
        (mute, "Say why: it goes into the audit. Example: !flow lift The fix", ""),
    ):
        assert isinstance(answer, Say)
        assert says in sentence(answer.report)
        marks = [each for each in answer.report.blocks if isinstance(each, Snippet)]
        assert [mark in each.lines for each in marks] == [True] * bool(mark)


async def test_two_processes_on_postgresql_count_every_yes_once(
    lab: Lab, postgres_database: str
) -> None:
    """20 people at once through two of them: two make the quorum, and the audit is one chain."""
    one, two = Database(postgres_database), Database(postgres_database)
    await migrate(one)
    shared = Lab(one, lab.queue, lab.tools)
    everybody = {f"slack:P{number}": Role.MAINTAINER for number in range(20)}
    project = ProjectSettings("", policies={"*": PolicySettings(approvals=2)}, roles=everybody)
    async with one.begin() as connection:
        await projects.save(connection, project, shared.clock())
    run_id, question = await planned(shared)
    doors = [Decisions(each, lab.queue, RULES, shared.clock, shared.find) for each in (one, two)]

    said = await asyncio.gather(
        *(doors[n % 2].answer(question, YES, Actor("slack", f"P{n}", f"p{n}")) for n in range(20))
    )
    await shared.player().play(run_id)

    assert said.count(None) == 2
    assert (await shared.run(run_id)).state == "done"
    rows = [row.action for row in await noted(shared, run_id)]
    assert (rows.count("decided"), rows.count("refused"), rows.count("did")) == (2, 18, 2)
    await one.aclose()
    await two.aclose()
