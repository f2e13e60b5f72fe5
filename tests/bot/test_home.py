"""What somebody comes home to, on both engines, and how it is told where there is no tab."""

import re

from sqlalchemy import update

from bot.chat import MessageRef
from bot.console.render import render
from bot.dispatch import Say
from bot.home import DECISIONS, NOTHING_WAITS
from flows.engine.run import NO, YES
from flows.engine.tools import ProjectSettings
from storage import people, projects, tables
from storage.people import PersonSettings
from tests.bot.followed.lines import words
from tests.bot.lab import ADA, BEN, CAT, HERE, Lab
from tests.bot.patience import PatientLab


async def planned(lab: Lab, thing: str = "desk") -> str:
    """Let ada's run wait for a yes, with its card sent."""
    run_id = await lab.start(f"make {thing}")
    await lab.player().play(run_id)
    await lab.threads.deliver()
    return run_id


async def projects_are(lab: Lab, *names: str) -> None:
    """Set up projects."""
    async with lab.database.begin() as connection:
        for name in names:
            await projects.save(connection, ProjectSettings(name), lab.clock())


async def test_what_is_pinned_comes_first(patient: PatientLab) -> None:
    """By each person for themselves; the others follow by their names."""
    await projects_are(patient, "acme/api", "acme/shop", "acme/web")
    async with patient.database.begin() as connection:
        ada = await people.seen(connection, ADA.platform, ADA.id, ADA.name, patient.clock())
        settings = PersonSettings(pins=("acme/web", "acme/gone"))
        await people.save(connection, people.changed(ada, settings), None)
    home = await patient.dispatch.home(ADA)
    assert [each.name for each in home.projects] == ["acme/web", "acme/api", "acme/shop"]
    other = await patient.dispatch.home(BEN)
    assert [each.name for each in other.projects] == ["acme/api", "acme/shop", "acme/web"]


async def test_nothing_is_said_to_be_there(patient: PatientLab) -> None:
    """Whoever is new finds what they can type, and that nothing waits."""
    home = await patient.dispatch.home(ADA)
    assert (home.decisions, home.runs, home.projects, home.schedules) == ((), (), (), ())
    assert "health" in home.examples
    said = render((await patient.dispatch.command("home", ADA, HERE, "k")).report)  # type: ignore[union-attr] # a Say
    assert NOTHING_WAITS in said


async def test_what_i_may_approve_waits_for_me(patient: PatientLab) -> None:
    """Not for who asked, nor for who may not, nor for who has said yes, nor once it is decided."""
    run_id = await planned(patient)
    asked = await patient.asked(run_id)

    [decision] = (await patient.dispatch.home(BEN)).decisions
    assert decision.run.title == "make desk"
    assert decision.run.url == f"https://flowbot.example/runs/{run_id}"
    assert decision.asker == "ada"
    assert decision.message == MessageRef("slack", "C1", "m1")
    assert [each.label for each in decision.buttons] == ["Approve", "Decline"]
    assert "other than ada" in words(decision.note)
    for other in (ADA, CAT):
        assert (await patient.dispatch.home(other)).decisions == ()

    await patient.dispatch.press(decision.buttons[0].action, BEN, HERE, "k")
    assert (await patient.asked(run_id)).answer == YES
    assert asked.answer is None
    assert (await patient.dispatch.home(BEN)).decisions == ()


async def test_what_ran_out_waits_for_nobody(patient: PatientLab) -> None:
    """A deadline that has passed, or a run that was cancelled, leaves nothing to decide."""
    run_id = await planned(patient)
    await patient.type(f"cancel {run_id}", key="c")
    assert (await patient.dispatch.home(BEN)).decisions == ()

    vote = await patient.start("vote")
    await patient.player().play(vote)
    assert len((await patient.dispatch.home(ADA)).decisions) == 1
    patient.clock.forward(60 * 60 * 24 * 30)
    assert (await patient.dispatch.home(ADA)).decisions == ()


async def test_my_runs_are_mine_and_the_newest(patient: PatientLab) -> None:
    """Five of them, each with how it stands."""
    for number in range(6):
        await patient.start(f"look thing{number}")
        patient.clock.forward(1)
    await patient.start("look other", BEN)

    mine = (await patient.dispatch.home(ADA)).runs
    assert [each.title for each in mine] == [f"look thing{number}" for number in (5, 4, 3, 2, 1)]
    assert {each.state for each in mine} == {"queued"}
    [bens] = (await patient.dispatch.home(BEN)).runs
    assert bens.line == "Queued: it starts when a worker is free"


async def test_projects_and_schedules_are_listed(patient: PatientLab) -> None:
    """Ten projects and how many more; only my schedules, the next one first, paused ones last."""
    await projects_are(patient, *(f"acme/p{number:02}" for number in range(12)))
    await patient.type('schedule "weekdays 9:00" look desk', key="s1")
    await patient.type('schedule "every 5 minutes" look chair', key="s2")
    await patient.type('schedule "daily 8:00" look table', BEN, key="s3")
    home = await patient.dispatch.home(ADA)

    assert [each.name for each in home.projects][:2] == ["acme/p00", "acme/p01"]
    assert (len(home.projects), home.more_projects) == (10, 2)
    assert [each.command for each in home.schedules] == ["look chair", "look desk"]
    assert all(each.next_at for each in home.schedules)

    said = (await patient.type("schedules", key="l")).report  # type: ignore[union-attr] # a Say
    chair = next(row for row in said.blocks[0].rows if row[1].code == "look chair")  # type: ignore[union-attr] # a table
    await patient.type(f"schedule pause {chair[0].code}", key="p")  # type: ignore[union-attr] # a Code
    last = (await patient.dispatch.home(ADA)).schedules[-1]
    assert (last.command, last.next_at, last.trouble) == ("look chair", None, "paused")


async def test_the_answer_can_be_pressed(lab: Lab) -> None:
    """Where several wait, buttons and lines have numbers; each door gets the same."""
    first, second = await planned(lab, "desk"), await planned(lab, "chair")
    reply = await lab.type("home", BEN)
    assert isinstance(reply, Say)
    assert [each.label for each in reply.buttons] == [
        "Approve 1",
        "Decline 1",
        "Approve 2",
        "Decline 2",
    ]
    said = render(reply.report)
    assert "1: make desk" in said
    assert "2: make chair" in said

    await lab.dispatch.press(reply.buttons[1].action, BEN, HERE, "k")
    assert (await lab.asked(first)).answer == NO
    assert (await lab.asked(second)).answer is None
    again = await lab.type("home", BEN)
    assert isinstance(again, Say)
    assert [each.label for each in again.buttons] == ["Approve", "Decline"]


async def test_more_than_fits_is_counted(lab: Lab) -> None:
    """Those that wait longest are shown."""
    for number in range(DECISIONS + 1):
        await planned(lab, f"thing{number}")
    home = await lab.dispatch.home(BEN)
    assert (len(home.decisions), home.more_decisions) == (DECISIONS, 1)
    assert home.decisions[0].run.title == "make thing0"


async def test_a_run_at_a_glance_is_what_its_card_says(patient: PatientLab) -> None:
    """What came of it, who asked and how long it took; what does not exist is nothing."""
    run_id = await patient.start("look desk")
    going_on = await patient.dispatch.glance(run_id)
    assert going_on is not None
    assert (going_on.state, going_on.seconds, going_on.buttons) == ("queued", None, ())
    await patient.player().play(run_id)

    card = await patient.dispatch.glance(run_id)
    assert card is not None
    assert (card.title, card.state, card.line) == ("desk is there", "done", "It is well.")
    assert (card.by, card.seconds) == (ADA, 0)
    assert await patient.dispatch.glance("0" * 16) is None


async def test_all_of_it_is_told_in_words(lab: Lab) -> None:
    """Runs with how they stand, projects with what was done last, schedules with when next."""
    await projects_are(lab, *(f"acme/p{number:02}" for number in range(11)))
    run_id = await lab.start("look desk")
    async with lab.database.begin() as connection:
        await connection.execute(update(tables.runs).values(project="acme/p00"))
    await lab.type('schedule "weekdays 9:00" look desk', key="s1")
    await lab.type('schedule "every 5 minutes" look chair', key="s2")
    listed = await lab.type("schedules", key="l")
    assert isinstance(listed, Say)
    [last] = re.findall(r"(\w{8})\s+look chair", render(listed.report))
    await lab.type(f"schedule pause {last}", key="p")

    reply = await lab.type("home")
    assert isinstance(reply, Say)
    said = render(reply.report)
    page = f"https://flowbot.example/runs/{run_id}"
    for line in (
        f"queued: look desk ({page}) — Queued: it starts when a worker is free",
        f"acme/p00 — last: look desk ({page})",
        "acme/p01 — nothing has run yet",
        "… 1 more",
        "/flow look desk weekdays 9:00 UTC; next 2026-03-05 09:00 UTC",
        "/flow look chair every 5 minutes UTC; paused",
    ):
        assert line in said
