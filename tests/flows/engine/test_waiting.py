"""A run waits for the world, for a moment, for a form or for another flow, and holds no worker."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import pytest
from pydantic import Field

from flows.engine.access import Role
from flows.engine.errors import FlowError
from flows.engine.journal import Answer, Entry
from flows.engine.patience import ATTEMPTS
from flows.engine.run import ReadRun, Run
from flows.engine.spec import Params
from flows.engine.tools import Tools
from flows.engine.waiting import LOOK_EVERY
from flows.report import Report, facts
from integrations.errors import NotFound, Transient
from tests.flows.engine.memory import NOW, Thing
from tests.flows.engine.stage import Body, Stage

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Details(Params):
    color: Literal["red", "blue"] = Field(description="Its color")
    count: int = Field(1, ge=1, le=9, description="How many")


def watching(stage: Stage, within: timedelta | None = DAY) -> Body:
    """Return a body that waits for the desk."""

    async def body(run: Run) -> Report:
        found = await run.until(
            "the desk", stage.world.present, "desk", on="thing:desk", within=within, every=HOUR
        )
        return Report(found.name if found else "never", str(found))

    return body


async def test_what_is_there_is_not_waited_for(stage: Stage) -> None:
    """One look is enough, and a replay takes none."""
    stage.world.things["desk"] = "red"

    first = await stage.play(watching(stage))
    again = await stage.play(watching(stage))

    assert first.report == Report("desk", str(Thing("desk", 4, NOW)))
    assert (again, stage.world.looks) == (first, ["desk"])
    assert stage.memory.entries["Wait for the desk"].kind == "wait"


async def test_a_run_looks_again_until_it_finds_something(stage: Stage) -> None:
    """It listens before it looks; it says what it waits for, and until when."""
    listened: list[tuple[str, ...]] = []
    stage.memory.heard = lambda _: listened.append(stage.memory.topics)

    outcome = await stage.play(watching(stage))

    assert (outcome.ending, outcome.line) == (
        "waiting",
        "Waiting for the desk, until 2026-03-05 15:30 UTC at the latest",
    )
    assert (stage.memory.topics, stage.memory.due) == (("thing:desk",), NOW + HOUR)
    stage.world.things["desk"] = "red"
    assert (await stage.play(watching(stage))).ending == "done"
    assert stage.world.looks == ["desk", "desk"]


async def test_the_deadline_is_fixed_when_the_wait_begins(stage: Stage) -> None:
    """Looking again does not put it off; the last look is at the deadline, and finds nothing."""
    await stage.play(watching(stage))
    stage.memory.clock += DAY - HOUR / 2
    outcome = await stage.play(watching(stage))
    assert (outcome.ending, stage.memory.due) == ("waiting", NOW + DAY)

    stage.memory.clock = NOW + DAY
    outcome = await stage.play(watching(stage))

    assert outcome.report == Report("never", "None")
    assert stage.memory.entries["Wait for the desk"].output == b"null"
    stage.world.things["desk"] = "too late"
    assert await stage.play(watching(stage)) == outcome


async def test_without_a_deadline_a_run_waits_for_ever(stage: Stage) -> None:
    """And looks every so often, should nobody tell it."""

    async def body(run: ReadRun) -> Report:
        return Report(str(await run.until("the desk", stage.world.present, "desk")))

    for _ in range(5):
        outcome = await stage.look(body)
        assert outcome == await stage.look(body)
        assert outcome.line == "Waiting for the desk"
        assert stage.memory.due == stage.memory.clock + LOOK_EVERY
        stage.memory.clock += 30 * DAY


async def test_a_busy_service_is_asked_again_as_often_as_ever_in_each_look(stage: Stage) -> None:
    """Looks that worked in between begin the count anew, and the deadline stays."""
    for _ in range(3):
        stage.world.fail("desk", *(Transient("Busy.") for _ in range(ATTEMPTS - 1)))
        endings = [(await stage.play(watching(stage))).ending for _ in range(ATTEMPTS)]
        assert endings == ["later"] * (ATTEMPTS - 1) + ["waiting"]
    assert "2026-03-05 15:30" in (await stage.play(watching(stage))).line

    stage.world.fail("desk", *(Transient("Busy.") for _ in range(ATTEMPTS)))
    endings = [(await stage.play(watching(stage))).ending for _ in range(ATTEMPTS)]
    assert endings[-1] == "stopped"


async def test_a_look_may_not_change_anything(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a read, like every step."""

    async def body(run: Run) -> Report:
        return Report(str(await run.until("a desk", stage.world.ensure_thing, "desk")))

    assert (await stage.play(body)).ending == "failed"
    assert stage.world.things == {}
    assert "Wrap this call in an effect" in caplog.text


async def test_a_look_that_fails_stops_the_run(stage: Stage) -> None:
    """What the service said is what people read."""

    async def body(run: Run) -> Report:
        return Report(str(await run.until("it", stage.world.gone)))

    outcome = await stage.play(body)

    assert (outcome.ending, outcome.line) == ("stopped", str(NotFound("There is no such thing.")))


async def test_a_run_sleeps_until_a_moment(stage: Stage) -> None:
    """In whatever zone it was written; one that has passed is no wait."""
    moment = datetime.fromisoformat("2026-03-05T09:00:00+02:00")

    async def body(run: ReadRun) -> Report:
        await run.sleep_until(run.started - HOUR)
        await run.sleep_until(moment)
        return Report("Awake")

    outcome = await stage.look(body)
    assert (outcome.ending, outcome.line) == ("waiting", "Waiting for 2026-03-05 07:00 UTC")
    assert (stage.memory.topics, stage.memory.due) == ((), moment.astimezone(UTC))

    stage.memory.clock = moment
    assert (await stage.look(body)).report == Report("Awake")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("topic", "A topic has 1 to 240 characters"),
        ("hurry", "at most once a second"),
        ("at once", "Nobody can answer within"),
        ("naive", "needs a time zone"),
        ("no choice", "have to be there, and to differ"),
        ("same choice", "have to be there, and to differ"),
        ("same question", "titles are unique"),
        ("inner form", "belongs at the top level"),
    ],
)
async def test_a_wait_that_cannot_be_meant_is_the_authors_error(
    stage: Stage, caplog: pytest.LogCaptureFixture, wrong: str, says: str
) -> None:
    """People see an apology; the log tells the author what to write."""

    class Inner(Params):
        pass

    async def body(run: ReadRun) -> Report:
        look = stage.world.present
        match wrong:
            case "topic":
                await run.until("it", look, "desk", on="x" * 241)
            case "hurry":
                await run.until("it", look, "desk", every=timedelta())
            case "at once":
                await run.until("it", look, "desk", within=-DAY)
            case "naive":
                await run.sleep_until(datetime(2026, 3, 5))  # noqa: DTZ001 - the mistake
            case "no choice":
                await run.ask("Which?", ())
            case "same choice":
                await run.ask("Which?", ("a", "a"))
            case "same question":
                await run.ask("Which?", ("a", "b"))
                await run.ask("Which?", ("a", "b"))
            case _:
                await run.ask_for("Which?", Inner)
        return Report("Never")

    await stage.look(body)
    stage.memory.say("a")
    outcome = await stage.look(body)

    assert outcome.ending == "failed"
    assert says in caplog.text


async def test_a_question_says_who_may_answer_and_until_when(stage: Stage) -> None:
    """It is stored with what policy has to know."""

    async def body(run: ReadRun) -> Report:
        return Report(await run.ask("Go?", ("yes", "no"), who=Role.ADMIN, within=HOUR))

    outcome = await stage.look(body)
    [asked] = stage.memory.asked.values()

    assert outcome.line == "Waiting for an answer"
    assert (asked.who, asked.within, asked.otherwise) == (Role.ADMIN, HOUR, "then the answer is no")


async def filled(stage: Stage, answer: Answer | None) -> Report | str:
    """Return what a run says that asks for details, once they are given."""

    async def body(run: ReadRun) -> Report:
        given = await run.ask_for("What is it like?", Details, within=HOUR)
        return Report(given.color, str(given.count))

    outcome = await stage.look(body)
    if answer:
        stage.memory.answers["What is it like?"] = answer
        outcome = await stage.look(body)
    return outcome.report if outcome.ending == "done" and outcome.report else outcome.line


async def test_a_form_comes_back_as_its_model(stage: Stage) -> None:
    """With the types that its fields have."""
    assert await filled(stage, None) == "Waiting for an answer"
    given = Details(color="blue", count=3).model_dump_json()
    assert await filled(stage, Answer(given, "ben", NOW)) == Report("blue", "3")


async def test_a_form_that_nobody_filled_in_stops_the_run(stage: Stage) -> None:
    """There is no safe default for what only a person knows."""
    said = await filled(stage, Answer("", "", NOW))
    assert said == "Nobody answered “What is it like?” in time."


async def test_a_form_that_has_changed_since_ends_the_run_as_changed(stage: Stage) -> None:
    """Its answer does not fit the fields of today: no traceback."""

    async def body(run: ReadRun) -> Report:
        return Report((await run.ask_for("Like?", Details)).color)

    stage.memory.answers["Like?"] = Answer('{"colour": "red"}', "ben", NOW)
    assert (await stage.look(body)).ending == "changed"


@pytest.mark.parametrize("kind", ["step", "wait"])
async def test_a_result_that_no_longer_fits_ends_the_run_as_changed(
    stage: Stage, kind: str
) -> None:
    """A step that returns something else now cannot go on from what it returned then."""
    name = "Look"

    async def before(run: ReadRun) -> Report:
        await run.step("Wait for it" if kind == "wait" else name, stage.world.names)
        raise FlowError("That was it.")

    async def after(run: ReadRun) -> Report:
        if kind == "wait":
            return Report(str(await run.until("it", stage.world.present, "desk")))
        return Report((await run.step(name, stage.world.thing, "desk")).name)

    await stage.look(before)
    assert (await stage.look(after)).ending == "changed"


async def test_a_step_that_became_a_wait_ends_the_run_as_changed(stage: Stage) -> None:
    """What failed as a step has no deadline to go on with."""
    stage.world.fail("desk", Transient("Busy."))

    async def before(run: ReadRun) -> Report:
        return Report((await run.step("Wait for it", stage.world.thing, "desk")).name)

    async def after(run: ReadRun) -> Report:
        return Report(str(await run.until("it", stage.world.present, "desk")))

    assert (await stage.look(before)).ending == "later"
    assert (await stage.look(after)).ending == "changed"


async def starting(run: Run) -> Report:
    """Start two flows, one after the other."""
    first = await run.start("look", name="desk")
    second = await run.start("look-again", "Look once more", name="chair", big=True)
    return Report(first.title, second.summary)


async def test_another_flow_is_started_once_and_its_report_is_waited_for(stage: Stage) -> None:
    """However often the run is played; its report is recorded with everything in it."""
    outcome = await stage.play(starting)
    assert outcome.line == "Waiting for look name=desk"
    assert stage.memory.topics == ("run:r1:look",)
    await stage.play(starting)
    assert stage.others.started == [("Run look name=desk", {"name": "desk"})]

    report = Report("A desk", "It is red.", blocks=(facts(color="red"),), data={"n": 1})
    stage.others.ended = {"r1:look": report}
    await stage.play(starting)
    stage.others.ended = {"r1:look-again": report}
    outcome = await stage.play(starting)

    assert outcome.report == Report("A desk", "It is red.")
    assert [title for title, _ in stage.others.started] == ["Run look name=desk", "Look once more"]
    stored = stage.memory.entries["Run look name=desk"].output
    assert msgspec.json.decode(stored, type=Report) == report


async def test_another_flow_that_comes_to_nothing_stops_the_run(stage: Stage) -> None:
    """What it said is what people read here too; playing on starts it anew."""
    stage.others.ended = {"r1:look": FlowError("`look desk` is stopped: It is gone.")}

    outcome = await stage.play(starting)

    assert (outcome.ending, outcome.line) == ("stopped", "`look desk` is stopped: It is gone.")
    assert stage.memory.entries["Run look name=desk"].state == "failed"


async def test_a_journal_without_the_report_ends_the_run_as_changed(stage: Stage) -> None:
    """Something else was waited for under this title."""
    entry = Entry("Run look name=desk", "wait", 1, "done", output=b"null")
    stage.memory.entries[entry.title] = entry

    assert (await stage.play(starting)).ending == "changed"


async def test_a_long_command_makes_a_title_that_fits(stage: Stage) -> None:
    """Its beginning, so that two of the kind need titles of their own."""

    async def body(run: Run) -> Report:
        return await run.start("look", name="x" * 80)

    await stage.play(body)

    [(title, _)] = stage.others.started
    assert (len(title), title[-1]) == (60, "…")


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_loss_at_any_write_of_a_wait_changes_nothing(
    tools: Tools, moment: Literal["before", "after"]
) -> None:
    """The run ends as it would have, with the deadline that it began with."""

    def body_of(stage: Stage) -> Body:
        stage.world.fail("desk", Transient("Busy."))
        stage.others.ended = {"r1:look": Report("Looked")}

        async def body(run: Run) -> Report:
            looked = await run.start("look", name="desk")
            await run.sleep_until(run.started + HOUR)
            found = await run.until("the desk", stage.world.present, "desk", within=2 * HOUR)
            color = await run.ask("Color?", ("approve", "blue"), within=HOUR)
            return Report(looked.title, f"{found} {color}")

        return body

    stage = Stage(tools)
    expected = await stage.finish(body_of(stage))
    assert expected.report == Report("Looked", "None approve")

    for write in range(1, len(stage.memory.log) + 1):
        stage = Stage(tools)
        stage.memory.lose = (moment, write)
        assert await stage.finish(body_of(stage)) == expected, f"lost {moment} write {write}"
        assert stage.memory.lose[1] <= 0
