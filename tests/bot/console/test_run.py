"""A flow from the terminal: progress on one channel, its report on the other, and an exit code."""

import argparse
import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from bot.console.run import run
from bot.dispatch import Dispatch
from bot.worker import Worker, connect
from flows.engine.policy import PolicySettings
from flows.engine.run import YES
from flows.engine.tools import ProjectSettings
from integrations.errors import Refused
from storage import projects, questions
from tests.bot.lab import BEN, PATIENCE, RULES, Lab
from tests.bot.lab import at_work as at_work_with
from tests.bot.patience import PatientLab
from tests.bot.test_telling import Days


class Terminal(io.StringIO):
    """Somebody who sits at a terminal and types these lines."""

    def isatty(self) -> bool:
        return True


def options(flow: str, *inputs: str, **given: bool) -> argparse.Namespace:
    """Return what the command line was."""
    flags = {"dry_run": False, "yes": False, "json": False} | given
    return argparse.Namespace(flow=flow, inputs=list(inputs), **flags)


@pytest.fixture
async def at_work(lab: Lab, redis_url: str) -> AsyncIterator[Lab]:
    """Yield the bot with a worker that plays."""
    worker = Worker(await connect(redis_url), lab.player().play, concurrency={"interactive": 2})
    async with at_work_with(worker):
        yield lab


async def typed(lab: Lab, given: argparse.Namespace) -> int:
    """Run a flow from the terminal."""
    return await asyncio.wait_for(run(lab.database, lab.dispatch, given), PATIENCE)


async def test_a_flow_is_followed_to_its_report(
    at_work: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """Steps as they end, then the report, and success; nothing waits for a chat."""
    assert await typed(at_work, options("look", "the long desk")) == 0

    told = capsys.readouterr()
    assert told.err == "✓ Look at the thing\n✓ Count the names\n"
    assert told.out.startswith("\n✓ the long desk is there\nIt is well.\n")
    assert await at_work.outbox() == []


async def test_a_plan_is_approved_beforehand(
    at_work: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --yes, and the plan is shown all the same."""
    assert await typed(at_work, options("make", "desk", yes=True)) == 0

    told = capsys.readouterr()
    assert "1. Make a desk\n2. Tell everybody  (final: cannot be taken back)\n" in told.err
    assert "desk is made" in told.out
    assert at_work.world.things == {"desk": "red", "news": ""}


async def test_without_anybody_to_ask_a_plan_is_declined(
    at_work: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that forgot --yes changes nothing, and fails."""
    monkeypatch.setattr("sys.stdin", io.StringIO())

    assert await typed(at_work, options("make", "desk")) == 1

    assert "add --yes to approve the plan" in capsys.readouterr().err
    assert at_work.world.writes == []


@pytest.mark.parametrize(("line", "code"), [("y\n", 0), ("yes\n", 0), ("\n", 1), ("no\n", 1)])
async def test_a_plan_is_asked_at_the_prompt(
    at_work: Lab, monkeypatch: pytest.MonkeyPatch, line: str, code: int
) -> None:
    """Only a clear yes is one."""
    monkeypatch.setattr("sys.stdin", Terminal(line))

    assert await typed(at_work, options("make", "desk")) == code

    assert bool(at_work.world.writes) == (code == 0)


async def test_a_choice_is_asked_until_it_is_one(
    at_work: Lab, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answers that there are stand in the prompt."""
    monkeypatch.setattr("sys.stdin", Terminal("green\nblue\n"))

    assert await typed(at_work, options("choose")) == 0

    told = capsys.readouterr().out
    assert told.count("Which color? [red/blue]") == 2
    assert "Chosen\nblue" in told


async def test_what_is_done_to_a_run_is_said(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """Success where it counted, bad input where it does not."""
    run_id = await lab.start("look desk")

    assert await typed(lab, options("help")) == 0
    assert "What I can do" in capsys.readouterr().out
    assert await typed(lab, options("cancel", run_id)) == 0
    assert "nothing was changed." in capsys.readouterr().out
    assert await typed(lab, options("cancel", run_id)) == 2
    told = capsys.readouterr()
    assert (told.out, "This run has ended already" in told.err) == ("", True)


async def test_a_run_that_does_not_succeed_fails(
    at_work: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says why."""
    at_work.world.fail("desk", Refused("There is no desk."))

    assert await typed(at_work, options("look", "desk")) == 1
    assert "There is no desk." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flow", "inputs", "says"),
    [
        ("zzzzz", (), "I know no flow called"),
        ("make", ("desk", "color=green"), "take red or blue"),
        ("make", (), "make needs name. See `python -m bot run help make`."),
    ],
)
async def test_what_makes_no_sense_is_a_usage_error(
    lab: Lab, capsys: pytest.CaptureFixture[str], flow: str, inputs: tuple[str, ...], says: str
) -> None:
    """Exit code 2, and the sentence that people get in a chat."""
    assert await typed(lab, options(flow, *inputs)) == 2

    told = capsys.readouterr()
    assert says in told.err
    assert told.out == ""


async def test_the_result_can_be_json(at_work: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """The run and its report, for programs."""
    assert await typed(at_work, options("look", "desk", json=True)) == 0

    result = msgspec.json.decode(capsys.readouterr().out)
    assert (result["state"], result["flow"]) == ("done", "desk-watching")
    assert result["report"]["data"] == {"n": 4}


async def test_a_dry_run_shows_the_plan(at_work: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    """It succeeds without asking or changing anything."""
    assert await typed(at_work, options("make", "desk", dry_run=True)) == 0

    assert "This would happen\n• Make a desk" in capsys.readouterr().out
    assert at_work.world.writes == []


async def test_a_freeze_holds_at_the_terminal_too(
    at_work: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """The script fails and says until when; the run waits for whoever comes after."""
    frozen = PolicySettings(freezes=["2026-03-01 - 2026-03-31 UTC"])
    async with at_work.database.begin() as connection:
        project = ProjectSettings("", policies={"*": frozen})
        await projects.save(connection, project, at_work.clock())

    assert await typed(at_work, options("make", "desk", yes=True)) == 1

    assert "Nothing is applied before Wed 1 Apr 00:00 (UTC)" in capsys.readouterr().err
    assert at_work.world.writes == []


async def test_a_plan_for_two_waits_for_the_other_one(
    at_work: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """A yes at the terminal is one of them."""
    two = ProjectSettings("", policies={"*": PolicySettings(approvals=2)})
    async with at_work.database.begin() as connection:
        await projects.save(connection, two, at_work.clock())
    running = asyncio.create_task(typed(at_work, options("make", "desk", yes=True)))
    async with at_work.queue.listen() as news:
        async for _ in news:
            async with at_work.database.read() as connection:
                asked = await questions.get(connection, 1)
            if asked and asked.answers:
                break

    assert await at_work.dispatch.answer(1, YES, BEN) is None
    assert await running == 0
    assert "by ben and " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lines", "code", "says"),
    [
        ("green\n1\nred\n12\nred\n3\n", 0, "3 red"),
        ("", 1, "There is nobody to ask: What is it like?"),
    ],
)
async def test_a_form_is_asked_field_by_field(
    patient: PatientLab,
    redis_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    lines: str,
    code: int,
    says: str,
) -> None:
    """Until it fits; a script that cannot answer leaves the run to whoever can."""
    monkeypatch.setattr("sys.stdin", Terminal(lines) if lines else io.StringIO())
    worker = Worker(await connect(redis_url), patient.player().play, concurrency={"interactive": 1})

    async with at_work_with(worker):
        assert await typed(patient, options("fill")) == code

    told = capsys.readouterr()
    assert says in (told.out if lines else told.err)
    assert ("color cannot be “green”: take red or blue." in told.err) == bool(lines)
    assert ("count cannot be “12”" in told.err) == bool(lines)


async def test_a_form_that_one_may_not_fill_in_is_left_to_others(
    patient: PatientLab, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody was faster, or it is gone: the sentence that people get in a chat."""
    worker = Worker(await connect(redis_url), patient.player().play, concurrency={"interactive": 1})
    late = timedelta(hours=2)
    patient.dispatch = patient.dispatch_at(lambda: patient.clock() + late)

    async with at_work_with(worker):
        assert await typed(patient, options("fill")) == 1

    assert "Nobody answered this in time" in capsys.readouterr().err


async def test_what_a_run_tells_is_shown_as_it_happens(
    lab: Lab, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of it, between the steps."""
    days = Days(lab.database, lab.queue, lab.tools)
    worker = Worker(await connect(redis_url), days.player().play, concurrency={"interactive": 1})
    async with at_work_with(worker):
        await typed(days, options("live", yes=True))

    told = capsys.readouterr().err
    assert "✗ Checks fail\nof #12\n\ntest – @ada\n✓ Checks pass\n" in told


async def test_plain_words_that_would_write_start_nothing(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are shown as the command that does."""
    dispatch = Dispatch(lab.database, lab.queue, RULES, lab.clock)

    assert await run(lab.database, dispatch, options("ship", "acme/shop")) == 2

    assert capsys.readouterr().err == (
        "I read that as “/flow release acme/shop”. Nothing has started yet. "
        "See `python -m bot run help release`.\n"
    )
