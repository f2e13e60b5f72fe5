"""Playing a flow ends in an outcome that people can read, whatever the flow does."""

import asyncio

import pytest

from flows.engine.errors import FlowError
from flows.engine.run import ReadRun
from flows.report import Report
from integrations.errors import NotFound
from tests.flows.engine.stage import Stage


async def test_a_report_is_done_and_its_summary_is_the_line(stage: Stage) -> None:
    """The flow's own words."""
    report = Report("Looked", "All is well.", "good", data={"n": 1})

    async def body(_: ReadRun) -> Report:
        return report

    outcome = await stage.look(body)

    assert (outcome.ending, outcome.line, outcome.report) == ("done", "All is well.", report)


async def test_a_flow_error_stops_with_its_text(stage: Stage) -> None:
    """It is for the person in the thread."""

    async def body(_: ReadRun) -> Report:
        raise FlowError("Nothing was merged since v1.2.0.")

    outcome = await stage.look(body)

    text = "Nothing was merged since v1.2.0."
    assert (outcome.ending, outcome.line) == ("stopped", text)
    assert outcome.report == Report("care stopped", text, "warn")


async def test_what_the_outside_says_stops_with_its_text(stage: Stage) -> None:
    """Clients word their errors for people."""

    async def body(run: ReadRun) -> Report:
        await run.step("Look", stage.world.gone)
        return Report("Never")

    outcome = await stage.look(body)

    assert (outcome.ending, outcome.line) == ("stopped", "There is no such thing.")
    assert stage.memory.entries["Look"].error == str(NotFound("There is no such thing."))


async def test_a_bug_is_a_short_apology_and_a_traceback_in_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """People learn where to look it up, and nothing of what is inside."""

    async def body(_: ReadRun) -> Report:
        raise KeyError("token xyz")

    outcome = await stage.look(body)

    assert outcome.ending == "failed"
    assert outcome.report is not None
    assert outcome.report.tone == "bad"
    assert "r1" in repr(outcome.report.blocks)
    assert "token xyz" not in repr(outcome)
    [record] = caplog.records
    assert record.exc_info is not None
    assert "run r1 of thing-care broke" in record.getMessage()
    assert "token xyz" in caplog.text


async def test_a_bug_inside_a_step_does_not_show_its_words(stage: Stage) -> None:
    """The run page names the kind of error; its text may hold what nobody should read."""

    async def body(run: ReadRun) -> Report:
        stage.world.fail("desk", KeyError("token xyz"))
        await run.step("Look", stage.world.thing, "desk")
        return Report("Never")

    outcome = await stage.look(body)

    assert outcome.ending == "failed"
    assert "KeyError" in stage.memory.entries["Look"].error
    assert "token xyz" not in stage.memory.entries["Look"].error


async def test_a_report_that_cannot_be_stored_is_the_flows_bug(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """It fails here, where the run can still end, and not while it is being stored."""

    async def body(_: ReadRun) -> Report:
        return Report("Odd", data={"what": object()})

    outcome = await stage.look(body)

    assert outcome.ending == "failed"
    assert "broke" in caplog.text


async def test_a_cancelled_attempt_is_no_outcome(stage: Stage) -> None:
    """A process that stops takes its runs back into the line; that is not the flow's to say."""
    begun = asyncio.Event()

    async def body(_: ReadRun) -> Report:
        begun.set()
        await asyncio.Event().wait()
        return Report("Never")

    playing = asyncio.create_task(stage.look(body))
    await asyncio.wait_for(begun.wait(), 20)
    playing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await playing
