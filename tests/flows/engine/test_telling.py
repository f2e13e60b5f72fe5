"""A run says something into its thread before its end: once, in order, and in few words."""

import msgspec
import pytest

from flows.engine.run import ReadRun, Run
from flows.engine.waiting import TITLE_LENGTH
from flows.report import Report
from tests.flows.engine.stage import Body, Stage

LONG = "The checks of a pull request with quite a long title have failed once more"


def telling(stage: Stage) -> Body:
    """Return a body that tells the same twice, and something long, between two steps."""

    async def body(run: Run) -> Report:
        await run.step("Look at the desk", stage.world.thing, "desk")
        await run.tell(Report("It is red", "since noon", "bad"))
        await run.step("Look at the chair", stage.world.thing, "chair")
        for _ in range(2):
            await run.tell(Report(LONG))
        await run.tell(Report("It is red", "again", "bad"))
        return Report("Seen")

    return body


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_what_is_told_is_told_once(stage: Stage, moment: str) -> None:
    """Wherever the process is lost; what comes again is numbered in the journal alone."""
    titles = [
        "Tell: It is red",
        f"Tell: {LONG}"[:TITLE_LENGTH],
        f"{f'Tell: {LONG}'[: TITLE_LENGTH - 4]} (2)",
        "Tell: It is red (2)",
    ]
    for at in range(1, 8):
        alone = Stage(stage.tools)
        alone.memory.lose = (moment, at)  # type: ignore[assignment] # one of its two words
        assert (await alone.finish(telling(alone))).ending == "done"
        assert [title for title in alone.memory.titles("done") if title in titles] == titles
        said = [alone.memory.entries[title].output for title in titles]
        assert [msgspec.json.decode(each, type=Report).title for each in said] == [
            "It is red",
            LONG,
            LONG,
            "It is red",
        ]


async def test_who_only_looks_may_tell_and_has_something_to_say(stage: Stage) -> None:
    """Its own thread is nothing outside; a line without words is the author's mistake."""

    async def looks(run: ReadRun) -> Report:
        await run.tell(Report("So far, so good"))
        await run.tell(Report("", "No title"))
        return Report("Never")

    assert (await stage.look(looks)).ending == "failed"
    assert stage.memory.titles("done") == ["Tell: So far, so good"]
