"""What a button does can be typed: yes, no and choices, by the same rules."""

from bot.chat import Actor, Origin
from bot.dispatch import Say
from bot.replies import sentence
from flows.engine.access import Role
from flows.engine.policy import PolicySettings
from flows.engine.tools import ProjectSettings
from storage import messages, projects
from storage.records import MessageRecord
from tests.bot.lab import ADA, BEN, CAT, Lab
from tests.bot.patience import PatientLab

DAN = Actor("slack", "U4", "dan")
THREAD = Origin("thread", "slack", "C1", "m1", "m2")
COUNTED = "That counts; the card of the run shows how it stands."


async def planned(lab: Lab, command: str = "make desk") -> str:
    """Let ada's run ask, in a thread of its own."""
    run_id = await lab.start(command)
    await lab.player().play(run_id)
    card = MessageRecord(
        run_id=run_id,
        kind="card",
        platform="slack",
        channel="C1",
        thread="",
        message="m1",
        sent_at=lab.clock(),
    )
    async with lab.database.begin() as connection:
        await messages.add(connection, card)
    return run_id


async def say(lab: Lab, command: str, by: Actor, origin: Origin = THREAD) -> str:
    """Type something; return the answer as one sentence."""
    reply = await lab.type(command, by, origin=origin, key=f"{command} {by.id}")
    assert isinstance(reply, Say)
    return sentence(reply.report).strip()


async def test_a_yes_is_typed_in_the_thread(lab: Lab) -> None:
    """Not by who asked for the plan, and not by who may not."""
    run_id = await planned(lab)
    assert "somebody else has to approve it" in await say(lab, "approve", ADA)
    assert "maintainer" in await say(lab, "approve", CAT)
    assert (await lab.run(run_id)).state == "waiting"

    assert await say(lab, "approve", BEN) == COUNTED
    assert (await lab.asked(run_id)).answer == "approve"
    assert await say(lab, "approve", BEN) == "ben was faster: the answer is approve."


async def test_a_yes_is_typed_with_the_run_or_its_page(lab: Lab) -> None:
    """Anywhere; it counts for the plan whose number it names, as people have read it."""
    run_id = await planned(lab)
    number, elsewhere = (await lab.asked(run_id)).id, Origin("slash", "slack", "C2")
    for wrong in (f"approve {run_id} {number + 1}", f"decline {run_id} now"):
        assert "This run has no plan" in await say(lab, wrong, BEN, elsewhere)
    page = f"https://flowbot.example/runs/{run_id}"
    assert await say(lab, f"approve {page} {number}", BEN, elsewhere) == COUNTED


async def test_as_many_have_to_type_it_as_policy_asks_for(lab: Lab) -> None:
    """One person counts once."""
    policy = PolicySettings(approvals=2)
    roles = {"slack:U4": Role.MAINTAINER}
    async with lab.database.begin() as connection:
        project = ProjectSettings("", policies={"make": policy}, roles=roles)
        await projects.save(connection, project, lab.clock())
    run_id = await planned(lab)

    assert await say(lab, "approve", BEN) == COUNTED
    assert "You have approved this already: 1 of 2 have." in await say(
        lab, f"approve {run_id}", BEN
    )
    assert (await lab.asked(run_id)).answer is None
    assert await say(lab, "approve", DAN) == COUNTED
    assert (await lab.asked(run_id)).answer == "approve"


async def test_a_no_is_typed(lab: Lab) -> None:
    """It counts at once."""
    run_id = await planned(lab)
    assert await say(lab, "decline", BEN) == COUNTED
    assert (await lab.asked(run_id)).answer == "decline"


async def test_a_choice_is_typed(lab: Lab) -> None:
    """In any letters; what is none of the answers is refused."""
    run_id = await planned(lab, "choose")
    assert await say(lab, "answer green", BEN) == "'green' is none of the answers."
    told = "This run does not ask for a yes to a plan: say /flow answer"
    assert await say(lab, "approve", BEN) == f"{told} {run_id} red."
    assert await say(lab, "answer RED", BEN) == COUNTED


async def test_a_form_cannot_be_typed(patient: PatientLab) -> None:
    """It has a button."""
    await planned(patient, "fill")
    assert await say(patient, "answer red", BEN) == "This question has a form to fill in."


async def test_what_is_not_there_is_told(lab: Lab) -> None:
    """Which run is meant, and whether it asks anything."""
    nowhere = Origin("slash", "slack", "C1")
    how = "Say which run: /flow approve RUN, or !flow approve in its thread. "
    how += "/flow home has what waits for you."
    assert await say(lab, "approve", BEN, nowhere) == how
    assert await say(lab, "approve 0123456789abcdef", BEN, nowhere) == how
    await planned(lab, "look desk")
    assert await say(lab, "approve", BEN) == "This run has not asked anything."
