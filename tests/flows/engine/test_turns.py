"""Work is measured turn by turn: what others do while it waits is not its own."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import pytest

from flows.engine.run import ReadRun
from flows.engine.turns import Name, Turns, Watch
from flows.report import Report
from integrations.meter import Meter
from tests.flows.engine.stage import Stage


@dataclass
class Time:
    """Passes only where something says that it does."""

    seconds: float = 0

    def __call__(self) -> float:
        return self.seconds

    def work(self, seconds: float) -> None:
        """Let something take this long, and hold up everybody else."""
        self.seconds += seconds


@pytest.fixture
def time() -> Time:
    """Return a clock that stands still."""
    return Time()


def measured(work: Any, time: Time, meter: Meter, within: Turns[Any] | None = None) -> Turns[Any]:  # noqa: ANN401 - anything to await
    """Return work that is measured by this clock."""
    return Turns(work, meter, Watch(time, time), Name("r1", "care", "Work"), within)


async def test_each_turn_counts_and_waiting_does_not(time: Time) -> None:
    """Two pieces of work that take turns have each their own time."""
    mine, other = Meter(), Meter()

    async def busy(seconds: float) -> str:
        for _ in range(3):
            time.work(seconds)
            await asyncio.sleep(0)
        return f"{seconds}"

    answers = await asyncio.gather(
        measured(busy(0.25), time, mine), measured(busy(0.5), time, other)
    )

    assert tuple(answers) == ("0.25", "0.5")
    assert (mine.cpu, other.cpu) == (0.75, 1.5)


async def test_work_within_work_counts_for_itself(time: Time) -> None:
    """What is left for the outer one is what it does between."""
    outer, inner = Meter(), Meter()
    around: list[Turns[Any]] = []

    async def step() -> None:
        time.work(0.5)
        await asyncio.sleep(0)
        time.work(0.25)

    async def flow() -> None:
        time.work(0.125)
        await measured(step(), time, inner, around[0])
        time.work(0.0625)

    around.append(measured(flow(), time, outer))
    await around[0]

    assert (outer.cpu, inner.cpu) == (0.1875, 0.75)


async def test_an_error_comes_out_as_it_went_in(time: Time) -> None:
    """What was used until then is counted."""
    meter = Meter()

    async def broken() -> None:
        time.work(0.5)
        await asyncio.sleep(0)
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        await measured(broken(), time, meter)
    assert meter.cpu == 0.5


async def test_work_can_be_cancelled_and_may_clean_up(time: Time) -> None:
    """It hears of it where it waits, and what it does then is counted as well."""
    meter, begun = Meter(), asyncio.Event()
    done: list[str] = []

    async def patient() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            time.work(0.5)
            await asyncio.sleep(0)
            done.append("cleaned up")

    async def all_of_it() -> None:
        await measured(patient(), time, meter)

    task = asyncio.create_task(all_of_it())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert done == ["cleaned up"]
    assert meter.cpu == 0.5


async def test_work_that_nobody_awaits_to_the_end_is_closed(time: Time) -> None:
    """As a plain coroutine is, so that its blocks end."""
    done: list[str] = []

    async def patient() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            done.append("closed")

    turns = measured(patient(), time, Meter()).__await__()
    next(turns)
    turns.close()

    assert done == ["closed"]


async def test_a_step_that_blocks_the_loop_is_named(
    stage: Stage, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    """With its run, its title and for how long; one that lets others in between is not."""
    stage.tools = replace(stage.tools, watch=Watch(time, time))

    async def blocking() -> int:
        time.work(5)
        return 1

    async def polite() -> int:
        for _ in range(9):
            time.work(0.9)
            await asyncio.sleep(0)
        return 2

    async def body(run: ReadRun) -> Report:
        await run.step("Count by hand", blocking)
        await run.step("Count in turns", polite)
        return Report("Counted")

    assert (await stage.look(body)).ending == "done"

    [warning] = [each.getMessage() for each in caplog.records if "held up" in each.message]
    assert warning == "run r1 of thing-care: 'Count by hand' held up the event loop for 5.0 s"
    assert stage.memory.used["Count by hand"].cpu == 5
    assert stage.memory.used["Count in turns"].cpu == pytest.approx(8.1)


async def test_code_between_steps_that_blocks_is_named_by_its_flow(
    stage: Stage, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    """What it takes counts for the step that follows."""
    stage.tools = replace(stage.tools, watch=Watch(time, time))

    async def body(run: ReadRun) -> Report:
        time.work(2)
        await run.step("Look at the thing", stage.world.thing, "desk")
        return Report("Looked")

    assert (await stage.look(body)).ending == "done"

    assert "run r1 of thing-care: 'thing-care' held up the event loop for 2.0 s" in caplog.text
    assert stage.memory.used["Look at the thing"].cpu == 2


async def test_a_real_step_has_real_cpu_time(stage: Stage) -> None:
    """By the clock of its thread."""

    async def counting() -> int:
        return sum(range(100_000))

    async def body(run: ReadRun) -> Report:
        await run.step("Count", counting)
        return Report("Counted")

    await stage.look(body)

    assert 0 < stage.memory.used["Count"].cpu < 10
