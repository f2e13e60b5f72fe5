"""A step happens once, whatever happens to the process, and returns what it returned."""

import asyncio
from datetime import timedelta

import pytest

from flows.engine.errors import AuthorError
from flows.engine.patience import ATTEMPTS, FIRST_DELAY
from flows.engine.run import ReadRun, Run
from flows.report import Report
from integrations.errors import Transient
from tests.flows.engine.memory import NOW, Thing
from tests.flows.engine.stage import Stage


async def test_a_recorded_step_is_not_called_again(stage: Stage) -> None:
    """A replay returns equal values of equal types, and calls nothing."""
    seen: list[object] = []

    async def body(run: ReadRun) -> Report:
        world = stage.world
        seen.append(await run.step("Look at the thing", world.thing, "desk"))
        seen.append(await run.step("List the names", world.names))
        seen.append(await run.step("Look for what is not there", world.missing))
        return Report("Looked")

    assert (await stage.look(body)).ending == "done"
    first, again = list(seen), len(stage.world.looks)
    assert (await stage.look(body)).ending == "done"

    assert first == [Thing("desk", 4, NOW), [], None]
    assert seen == first * 2
    assert isinstance(seen[3], Thing)
    assert len(stage.world.looks) == again


async def test_a_step_records_what_it_used(stage: Stage) -> None:
    """Calls and bytes of everything it started, also of tasks of its own, are on its meter."""

    async def both() -> list[Thing]:
        return list(await asyncio.gather(*map(stage.world.thing, ("desk", "chair"))))

    async def body(run: ReadRun) -> Report:
        await run.step("Look at both", both)
        return Report("Looked")

    await stage.look(body)

    used = stage.memory.used["Look at both"]
    assert (used.calls, used.bytes) == ({"world": 2}, {"world": 200})


async def test_a_short_step_is_written_once(stage: Stage) -> None:
    """Only its end: what is over at once needs no line that says it runs."""

    async def body(run: ReadRun) -> Report:
        await run.step("Look at the thing", stage.world.thing, "desk")
        return Report("Looked")

    await stage.look(body)

    assert stage.memory.log == [("Look at the thing", "done")]


async def test_a_long_step_is_announced(stage: Stage) -> None:
    """While it runs, people see that it does; it goes on when they could."""
    announced = asyncio.Event()
    stage.memory.heard = lambda entry: announced.set() if entry.state == "running" else None

    async def patient() -> str:
        await asyncio.wait_for(announced.wait(), 20)
        return "seen"

    async def body(run: ReadRun) -> Report:
        return Report(await run.step("Wait to be seen", patient))

    outcome = await stage.look(body)

    assert outcome.report == Report("seen")
    assert [state for _, state in stage.memory.log] == ["running", "done"]


async def test_steps_have_places(stage: Stage) -> None:
    """They are numbered as they come, so that a page can list them."""

    async def body(run: ReadRun) -> Report:
        await run.step("First", stage.world.thing, "a")
        await run.step("Second", stage.world.thing, "b")
        return Report("Looked")

    await stage.look(body)

    assert [entry.position for entry in stage.memory.entries.values()] == [1, 2]


async def not_annotated():  # type: ignore[no-untyped-def] # noqa: ANN201 - that is the point
    """Return something of a type that nobody knows."""
    return 1


async def unstorable() -> object:
    """Return what JSON cannot hold."""
    return object()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("twice", "titles are unique"),
        ("long", "longer than 60 characters"),
        ("unstorable", "cannot be stored as JSON"),
        ("not annotated", "needs a return type"),
    ],
)
async def test_a_broken_rule_is_the_authors_error(
    stage: Stage, caplog: pytest.LogCaptureFixture, wrong: str, says: str
) -> None:
    """People see an apology; the log tells the author which rule it was."""

    async def body(run: ReadRun) -> Report:
        match wrong:
            case "twice":
                await run.step("Same", stage.world.thing, "a")
                await run.step("Same", stage.world.thing, "b")
            case "long":
                await run.step("x" * 61, stage.world.thing, "a")
            case "unstorable":
                await run.step("Fetch", unstorable)
            case _:
                await run.step("Fetch", not_annotated)
        return Report("Never")

    outcome = await stage.look(body)

    assert outcome.ending == "failed"
    assert says in caplog.text
    assert AuthorError.__name__ in caplog.text
    assert says not in outcome.line


async def test_a_title_of_60_characters_is_fine(stage: Stage) -> None:
    """The limit itself is allowed."""

    async def body(run: ReadRun) -> Report:
        await run.step("x" * 60, stage.world.thing, "a")
        return Report("Looked")

    assert (await stage.look(body)).ending == "done"


async def test_reaching_out_between_steps_is_refused(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """A replay would reach again; the world is not even asked."""

    async def body(_: ReadRun) -> Report:
        return Report((await stage.world.thing("desk")).name)

    outcome = await stage.look(body)

    assert outcome.ending == "failed"
    assert stage.world.looks == []
    assert "Wrap this call in run.step" in caplog.text


async def test_a_write_inside_a_step_is_refused(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """Even a run that may change things changes nothing that no plan has shown."""

    async def body(run: Run) -> Report:
        await run.step("Sneak it in", stage.world.ensure_thing, "desk")
        return Report("Never")

    outcome = await stage.play(body)

    assert outcome.ending == "failed"
    assert stage.world.things == {}
    assert "Wrap this call in an effect" in caplog.text


async def test_a_run_that_looks_has_no_way_to_write(stage: Stage) -> None:
    """Neither a plan nor a client with a verb that changes something."""
    github = type(stage.tools.github_reader)

    async def body(run: ReadRun) -> Report:
        return Report(type(run.github).__name__, ", ".join(dir(run)))

    outcome = await stage.look(body)

    assert outcome.report is not None
    assert outcome.report.title == github.__name__
    assert "apply" not in outcome.report.summary
    assert not [name for name in dir(github) if name.startswith(("ensure", "delete"))]
    assert [name for name in dir(stage.tools.github) if name.startswith("ensure")]


async def test_a_busy_service_is_asked_again_with_growing_patience(stage: Stage) -> None:
    """Every delay doubles, with up to a quarter more; no attempt holds the worker."""
    busy = [Transient("The world is busy.") for _ in range(ATTEMPTS - 1)]
    stage.world.fail("desk", *busy)

    async def body(run: ReadRun) -> Report:
        return Report((await run.step("Look", stage.world.thing, "desk")).name)

    for attempt in range(ATTEMPTS - 1):
        outcome = await stage.look(body)
        grown = FIRST_DELAY * 2**attempt
        assert outcome.ending == "later"
        assert outcome.line == "Trying again soon: The world is busy."
        assert grown <= outcome.after <= grown * 1.25
        assert stage.memory.entries["Look"].attempt == attempt + 1

    assert (await stage.look(body)).report == Report("desk")
    assert stage.memory.entries["Look"].attempt == ATTEMPTS


async def test_a_service_that_names_its_time_is_obeyed(stage: Stage) -> None:
    """Never earlier than it asked for."""
    asked = timedelta(minutes=3)
    stage.world.fail("desk", Transient("Too many calls.", asked))

    async def body(run: ReadRun) -> Report:
        return Report((await run.step("Look", stage.world.thing, "desk")).name)

    outcome = await stage.look(body)

    assert outcome.ending == "later"
    assert asked <= outcome.after <= asked + FIRST_DELAY


async def test_after_the_last_attempt_people_are_told(stage: Stage) -> None:
    """What the service said is what they read; nothing waits any more."""
    stage.world.fail("desk", *(Transient("The world is away.") for _ in range(ATTEMPTS)))

    async def body(run: ReadRun) -> Report:
        return Report((await run.step("Look", stage.world.thing, "desk")).name)

    endings = [(await stage.look(body)).ending for _ in range(ATTEMPTS)]

    assert endings == ["later"] * (ATTEMPTS - 1) + ["stopped"]
    entry = stage.memory.entries["Look"]
    assert (entry.state, entry.error) == ("failed", "The world is away.")


async def test_steps_before_a_busy_one_are_not_repeated(stage: Stage) -> None:
    """Coming back later costs one call, not all of them."""
    stage.world.fail("chair", Transient("Busy."))

    async def body(run: ReadRun) -> Report:
        await run.step("First", stage.world.thing, "desk")
        await run.step("Second", stage.world.thing, "chair")
        return Report("Looked")

    await stage.look(body)
    await stage.look(body)

    assert stage.world.looks == ["desk", "chair", "chair"]


async def test_the_last_result_is_looked_up_once(stage: Stage) -> None:
    """A baseline is a step like any other, with an instant that survives."""
    found: list[object] = []

    async def body(run: ReadRun) -> Report:
        baseline = await run.baseline()
        found.append(baseline)
        return Report("Compared")

    await stage.look(body)
    await stage.look(body)

    assert found[0] == found[1]
    assert stage.memory.titles("done") == ["Look up the last result"]


async def test_a_flow_knows_when_and_for_whom_it_runs(stage: Stage) -> None:
    """Its clock stands still at the moment the run was accepted."""

    async def body(run: ReadRun) -> Report:
        return Report(run.actor, f"{run.started.isoformat()} {run.settings.name}")

    outcome = await stage.look(body)

    assert outcome.report == Report("ada", f"{NOW.isoformat()} acme/api")
