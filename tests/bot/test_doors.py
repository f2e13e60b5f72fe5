"""Whoever does something is treated the same at every door: policy, answers and audit."""

import pytest

from bot.chat import Actor
from flows.engine.run import NO, YES
from integrations.errors import Refused
from storage import audit
from tests.bot.doors import Doors, opened
from tests.bot.lab import ADA, BEN, CAT, Lab
from tests.bot.patience import PatientLab
from tests.bot.test_control import finished, played, waiting

DOORS = ("slash", "button", "web", "api")
NEEDS = "needs the role maintainer; yours is viewer."


async def rows(lab: Lab, run_id: str) -> list[tuple[str, str, str]]:
    """Return what the audit has of a run: action, person and door; its chain holds."""
    async with lab.database.read() as connection:
        assert (await audit.verify(connection)).fault == ""
        return [
            (each.action, each.actor["name"], each.door)
            for each in await audit.of_run(connection, run_id)
        ]


async def ready(lab: Lab, verb: str) -> str:
    """Return a run to which this can be done."""
    if verb == "cancel":
        return await waiting(lab)
    if verb == "real":
        run_id = await lab.start("make desk --dry-run")
        await lab.player().play(run_id)
        return run_id
    if verb == "undo":
        return await finished(lab)
    lab.world.fail("desk", Refused("There is no desk."))
    run_id = await waiting(lab)
    await played(lab, run_id)
    return run_id


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("verb", ["cancel", "retry", "rerun", "real", "undo"])
async def test_every_act_is_the_same_at_every_door(lab: Lab, verb: str, door: str) -> None:
    """Who may not is told so and noted; who may has it done once, and that is noted too."""
    run_id = await ready(lab, verb)
    before = await rows(lab, run_id)
    async with opened(lab) as doors:
        refused = await doors.do(door, verb, run_id, CAT)
        assert NEEDS in refused.said
        assert refused.status in (200, 403)
        assert (refused.status == 403) == (door in ("web", "api"))

        came = await doors.do(door, verb, run_id, ADA)

    added = (await rows(lab, run_id))[len(before) :]
    if verb in ("cancel", "retry"):
        done = {"cancel": "cancelled", "retry": "retried"}[verb]
        assert added == [("refused", "cat", door), (done, "ada", door)]
        state = {"cancel": "cancelled", "retry": "queued"}[verb]
        assert (await lab.run(run_id)).state == state
    else:
        refusals = [("refused", "cat", door)] if verb == "undo" else []
        assert added == refusals
        assert await rows(lab, came.run_id) == [("asked", "ada", door)]
        started = await lab.run(came.run_id)
        assert started.undoes == (run_id if verb == "undo" else "")
        assert started.origin["channel"] == "C1"


@pytest.mark.parametrize("door", DOORS[1:])
async def test_a_plan_is_approved_the_same_at_every_door(lab: Lab, door: str) -> None:
    """Not by the one who asked, not by a viewer, and once."""
    run_id = await waiting(lab)
    async with opened(lab) as doors:
        own = await doors.answer(door, run_id, YES, ADA)
        viewer = await doors.answer(door, run_id, YES, CAT)
        counted = await doors.answer(door, run_id, YES, BEN)
        late = await doors.answer(door, run_id, NO, BEN)

    assert own.said == "You asked for this plan, so somebody else has to approve it."
    assert NEEDS in viewer.said
    assert counted.status == 200
    assert late.said == "ben was faster: the answer is approve."
    statuses = (own.status, viewer.status, late.status)
    assert statuses == ((200,) * 3 if door == "button" else (403, 403, 409))
    assert (await rows(lab, run_id))[1:] == [
        ("refused", "ada", door),
        ("refused", "cat", door),
        ("decided", "ben", door),
        ("refused", "ben", door),
    ]


@pytest.mark.parametrize("door", DOORS)
async def test_what_is_not_there_is_said(lab: Lab, door: str) -> None:
    """As a sentence, and as a status where there are such."""
    async with opened(lab) as doors:
        came = await doors.do(door, "cancel", "0" * 16, ADA)
    assert came.run_id == ""
    assert came.status == (404 if door in ("web", "api") else 200)


@pytest.mark.parametrize("door", DOORS)
async def test_what_does_not_fit_is_said(lab: Lab, door: str) -> None:
    """An ended run is not cancelled; the same sentence everywhere."""
    run_id = await finished(lab)
    async with opened(lab) as doors:
        came = await doors.do(door, "cancel", run_id, ADA)
    assert came.said == "This run has ended already: it is done."
    assert came.status == (409 if door in ("web", "api") else 200)


async def test_a_question_with_a_form_has_a_page_of_its_own(patient: PatientLab) -> None:
    """What was typed stays where it does not fit; who is nobody, and what is gone, is refused."""
    run_id = await patient.start("fill")
    await patient.play(run_id)
    question = (await patient.asked(run_id)).id
    path = f"/runs/{run_id}/questions/{question}"
    async with opened(patient) as doors:
        assert (await doors.client.get(path)).status_code == 401
        wrong = await doors._form(f"{path}/form", CAT, color="red", count="12")
        page = (await doors.client.get(path)).text
        run_page = (await doors.client.get(f"/runs/{run_id}")).text
        gone = await doors.client.get(f"/runs/{run_id}/questions/999")
        counted = await doors._form(f"{path}/form", CAT, color="red", count="3")
        late = await doors._form(f"{path}/form", ADA, color="red", count="3")
        call = await doors._api(f"/questions/{question}/answer", ADA, {"values": {"count": "3"}})
    assert (wrong.status, counted.status, late.status, call.status) == (422, 200, 409, 409)
    assert "<h1>What is it like?</h1>" in page
    assert f'href="{path}">Fill in the form</a>' in run_page
    assert gone.status_code == 404
    assert counted.said == "Your answer counts."
    assert await rows(patient, run_id) == [
        ("asked", "ada", "slash"),
        ("decided", "cat", "web"),
        ("refused", "ada", "web"),
        ("refused", "ada", "api"),
    ]


async def test_a_program_fills_in_a_form(patient: PatientLab) -> None:
    """By the values of its fields; each that does not fit is said."""
    run_id = await patient.start("fill")
    await patient.play(run_id)
    path = f"/questions/{(await patient.asked(run_id)).id}/answer"
    async with opened(patient) as doors:
        wrong = await doors._api(path, CAT, {"values": {"count": 3}})
        counted = await doors._api(path, CAT, {"values": {"color": "red", "count": 3}})
    assert (wrong.said, wrong.status) == ("color: This is needed.", 422)
    assert counted.said == "Your answer counts."


async def test_a_form_that_is_sent_twice_counts_once(lab: Lab) -> None:
    """A second press of the same button leads to the same run, and says so."""
    run_id = await ready(lab, "rerun")
    async with opened(lab) as doors:
        session = lab.passes.session(ADA)
        doors.client.cookies.set("flowbot_session", session)
        values = {"_form": _token(lab, session), "_once": "x"}
        places = [
            (await doors.client.post(f"/runs/{run_id}/rerun", data=values)).headers["location"]
            for _ in range(2)
        ]
        other = await doors.client.post(f"/runs/{run_id}/rerun", data=values | {"_once": "y"})
    assert places[0] == places[1] != other.headers["location"]


async def test_cancel_with_undo_is_one_tick_on_the_page(lab: Lab) -> None:
    """Where nothing was changed yet, the run is cancelled and that is all."""
    run_id = await waiting(lab)
    async with opened(lab) as doors:
        came = await doors._form(f"/runs/{run_id}/cancel", ADA, undo="yes")
    assert came.said == "Cancelled by ada; nothing was changed."
    assert (await lab.run(run_id)).state == "cancelled"


@pytest.mark.parametrize("by", [ADA, CAT])
async def test_a_personal_link_comes_from_the_chat(lab: Lab, by: Actor) -> None:
    """Everybody has one, whatever their role; it is for this person alone."""
    reply = await lab.type("page", by)
    async with opened(lab) as doors:
        [block] = reply.report.blocks  # type: ignore[union-attr] # it is a Say
        url = block.parts[0].url.removeprefix("https://flowbot.example")  # type: ignore[union-attr]
        page = (await doors.client.get(url)).text
        token = url.partition("token=")[2]
        signed = await doors.client.post("/sign-in", data={"token": token})
        again = await doors.client.post("/sign-in", data={"token": token})
    assert f"This link is for <strong>{by.name}</strong> (Slack)." in page
    assert (signed.status_code, again.status_code) == (303, 403)


def _token(lab: Lab, session: str) -> str:
    shown = lab.passes.read(session, "session")
    assert shown is not None
    return lab.passes.form_token(shown.id)


async def test_doors_are_closed_to_nobody_known(lab: Lab) -> None:
    """Without a session and without a token nothing is done."""
    run_id = await waiting(lab)
    async with opened(lab) as doors:
        assert isinstance(doors, Doors)
        form = await doors.client.post(f"/runs/{run_id}/cancel", data={"_form": "x"})
        call = await doors.client.post(f"/api/v1/runs/{run_id}/cancel")
    assert (form.status_code, call.status_code) == (401, 401)
    assert call.headers["www-authenticate"] == "Bearer"
    assert "python -m bot token" in call.json()["detail"]
    assert (await lab.run(run_id)).state == "waiting"
