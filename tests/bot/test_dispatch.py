"""From words to a stored run, and from a click to an answer that counts once."""

import asyncio
import logging
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Actor, Origin
from bot.dispatch import Accepted, Dispatch, Form, FormErrors, Say, form_for
from bot.embedded import embedded_valkey
from bot.grammar import Incomplete
from bot.worker import Queue, connect
from flows.engine.run import NO, YES
from storage import audit, runs
from storage.records import AuditRecord
from tests.bot.lab import ADA, BEN, CAT, HERE, NOBODY_READS, Lab

PRESSED = Origin("button", "slack", "C1", "m1")


async def said(reply: object) -> str:
    """Return what somebody was told, as plain words."""
    assert isinstance(reply, Say), reply
    return f"{reply.report.title}{reply.report.summary}{reply.report.blocks!r}"


async def audited(lab: Lab, run_id: str) -> list[AuditRecord]:
    """Return what the audit says of a run."""
    async with lab.database.read() as connection:
        return await audit.of_run(connection, run_id)


async def planned(lab: Lab) -> tuple[str, int]:
    """Let ada's run wait for a yes; return its id and the number of the question."""
    run_id = await lab.start("make desk")
    await lab.player().play(run_id)
    return run_id, (await lab.asked(run_id)).id


async def test_a_command_becomes_a_stored_run(lab: Lab) -> None:
    """With who asked, where, what for, and a wake-up in the queue."""
    reply = await lab.type("make desk color=blue --dry-run")

    assert isinstance(reply, Accepted)
    assert reply.new
    assert reply.url == f"https://flowbot.example/runs/{reply.run_id}"
    run = await lab.run(reply.run_id)
    assert (run.flow, run.state, run.dry_run) == ("desk-making", "queued", True)
    assert run.params == {"name": "desk", "color": "blue", "count": 1, "big": False}
    assert run.command == "make desk color=blue --dry-run"
    assert (run.actor["name"], run.origin["channel"], run.created_at) == ("ada", "C1", lab.clock())
    assert await lab.queue.redis.zcard("flowbot:interactive") == 1
    [row] = await audited(lab, reply.run_id)
    assert (row.action, row.actor["id"], row.door) == ("asked", "U1", "slash")
    assert [each.kind for each in await lab.outbox()] == ["card"]


async def test_a_command_with_quotes_can_be_typed_again(lab: Lab) -> None:
    """What the card shows gives the same run."""
    run_id = await lab.start("look 'the long desk'")

    run = await lab.run(run_id)
    again = await lab.start(run.command, BEN)

    assert (await lab.run(again)).params == run.params == {"name": "the long desk"}


async def test_a_repeated_trigger_is_one_run(lab: Lab) -> None:
    """20 deliveries at once: one is new, all have the same id, one row in the audit."""
    replies = await asyncio.gather(*(lab.type("look desk", key="event-7") for _ in range(20)))

    accepted = [reply for reply in replies if isinstance(reply, Accepted)]
    assert len({each.run_id for each in accepted}) == 1
    assert [each.new for each in accepted].count(True) == 1
    assert len(accepted) == 20
    assert len(await audited(lab, accepted[0].run_id)) == 1
    assert await lab.queue.redis.zcard("flowbot:interactive") == 1


async def test_commands_of_many_at_once_are_accepted_together(lab: Lab) -> None:
    """Whoever may is accepted, whoever may not is told so, and the audit has them all in a row."""
    whose = [CAT if number % 5 == 0 else ADA for number in range(20)]
    counted: Counter[str] = Counter()
    event.listen(lab.database._engine.sync_engine, "commit", lambda _: counted.update(["commit"]))

    replies = await asyncio.gather(
        *(lab.type("make desk", by, key=f"event-{n}") for n, by in enumerate(whose))
    )

    assert counted["commit"] <= 2
    for by, reply in zip(whose, replies, strict=True):
        assert isinstance(reply, Say if by is CAT else Accepted)
    async with lab.database.read() as connection:
        verdict = await audit.verify(connection)
        rows = [row async for row in audit.every(connection)]
    assert (verdict.last, verdict.fault) == (20, "")
    assert [row.action for row in rows] == ["refused" if by is CAT else "asked" for by in whose]


async def test_a_claim_that_fails_takes_nobody_with_it(lab: Lab) -> None:
    """The others are accepted all the same; it is as if nobody had asked for its run."""

    async def taken(_: AsyncConnection) -> None:
        raise LookupError

    results = await asyncio.gather(
        lab.type("look desk", key="one"),
        lab.dispatch.command("look desk", ADA, HERE, "two", taken),
        lab.type("look desk", key="three"),
        return_exceptions=True,
    )

    assert isinstance(results[1], LookupError)
    assert [isinstance(each, Accepted) and each.new for each in results] == [True, False, True]
    async with lab.database.read() as connection:
        assert len(await runs.page(connection)) == 2


async def test_another_trigger_is_another_run(lab: Lab) -> None:
    """The same words twice are two runs, if somebody typed them twice."""
    one, two = await lab.type("look desk", key="1"), await lab.type("look desk", key="2")

    assert isinstance(one, Accepted)
    assert isinstance(two, Accepted)
    assert one.run_id != two.run_id


async def test_a_run_that_nobody_reads_about_has_no_card(lab: Lab) -> None:
    """The terminal follows for itself."""
    await lab.start("look desk", origin=NOBODY_READS)

    assert await lab.outbox() == []


async def test_a_role_that_does_not_suffice_is_refused_and_audited(lab: Lab) -> None:
    """Nothing is stored but the refusal."""
    reply = await lab.type("make desk", CAT)

    assert "`make` needs the role maintainer; yours is viewer." in await said(reply)
    async with lab.database.read() as connection:
        assert await runs.page(connection) == []
    [row] = await audited(lab, "")
    assert (row.action, row.actor["name"]) == ("refused", "cat")


async def test_nonsense_is_answered_with_one_sentence(lab: Lab) -> None:
    """To the one who typed it."""
    assert "I know no flow called" in await said(await lab.type("zzzzzz"))
    assert "color cannot be" in await said(await lab.type("make desk color=green"))


async def test_help_is_for_the_one_who_asks(lab: Lab) -> None:
    """All of it, one flow, or the nearest thing to what was asked."""
    assert "What I can do" in await said(await lab.type("help"))
    assert "What to make" in await said(await lab.type("help make"))
    assert "What to make" in await said(await lab.type("make --help"))
    assert "/flow help release" in await said(await lab.type("help relese"))
    assert "lists them" in await said(await lab.type("help qqqqqqqq"))


async def test_a_missing_parameter_opens_a_form(lab: Lab) -> None:
    """With what was given, the choices, and what each field is for."""
    form = await lab.type("make color=blue")

    assert isinstance(form, Form)
    assert (form.flow, form.title) == ("desk-making", "make")
    fields = {each.name: each for each in form.fields}
    assert [each.kind for each in form.fields] == ["text", "choice", "number", "flag"]
    assert (fields["name"].required, fields["name"].value) == (True, "")
    assert fields["name"].hint == "What to make (such as desk)"
    assert (fields["color"].choices, fields["color"].value) == (("red", "blue"), "blue")
    assert (fields["count"].value, fields["big"].value) == ("1", "False")


async def test_a_form_is_not_opened_for_somebody_who_may_not_run_it(lab: Lab) -> None:
    """They are told before they fill it in."""
    assert "needs the role maintainer" in await said(await lab.type("make", CAT))


async def test_a_filled_in_form_is_a_run(lab: Lab) -> None:
    """Its command can be typed, blanks are left out, and dry runs can be ticked."""
    values = {"name": " the \"big\" 'desk' ", "color": "", "big": "true", "dry-run": "true"}

    reply = await lab.dispatch.submit_form("desk-making", values, ADA, HERE, "form-1")

    assert isinstance(reply, Accepted)
    run = await lab.run(reply.run_id)
    assert run.dry_run
    assert run.params == {"name": "the \"big\" 'desk'", "color": "red", "count": 1, "big": True}
    again = await lab.type(run.command, BEN, key="again")
    assert isinstance(again, Accepted)
    assert (await lab.run(again.run_id)).params == run.params


async def test_a_form_says_what_does_not_fit_by_field(lab: Lab) -> None:
    """One sentence each, so that it can stand below the field."""
    submit = lab.dispatch.submit_form
    missing = await submit("desk-making", {"color": "red", "name": " "}, ADA, HERE, "k")
    wrong = {"name": "desk", "color": "green", "count": "12"}

    assert missing == FormErrors({"name": "This is needed."})
    errors = await submit("desk-making", wrong, ADA, HERE, "k")
    assert isinstance(errors, FormErrors)
    assert errors.errors["color"] == "color cannot be “green”: take red or blue."
    assert errors.errors["count"].startswith("count cannot be “12”: input should be less than")
    gone = await submit("no-such-flow", {}, ADA, HERE, "k")
    assert "There is no flow called no-such-flow any more." in await said(gone)


async def test_a_yes_counts_and_wakes_the_run(lab: Lab) -> None:
    """The audit knows who decided; the card has news."""
    run_id, question = await planned(lab)

    assert await lab.dispatch.press(f"answer:{question}:{YES}", BEN, PRESSED, "p1") is None

    assert (await lab.run(run_id)).state == "queued"
    asked = await lab.asked(run_id)
    assert (asked.answer, asked.answered_by) == (
        YES,
        asdict(BEN),
    )
    assert [row.action for row in await audited(lab, run_id)] == ["asked", "decided"]
    assert await lab.queue.redis.zscore("flowbot:interactive", f"{run_id}:2") is not None


async def test_nobody_approves_their_own_plan(lab: Lab) -> None:
    """Declining it is their right."""
    run_id, question = await planned(lab)

    refusal = await said(await lab.dispatch.answer(question, YES, ADA))

    assert "somebody else has to approve it" in refusal
    assert (await lab.asked(run_id)).answer is None
    assert [row.action for row in await audited(lab, run_id)] == ["asked", "refused"]
    assert await lab.dispatch.answer(question, NO, ADA) is None


async def test_a_viewer_does_not_approve(lab: Lab) -> None:
    """The role that is needed is named."""
    _, question = await planned(lab)

    refusal = await said(await lab.dispatch.answer(question, YES, CAT))

    assert "needs the role maintainer; yours is viewer" in refusal


async def test_a_second_answer_is_told_who_was_first(lab: Lab) -> None:
    """And changes nothing."""
    run_id, question = await planned(lab)
    await lab.dispatch.answer(question, YES, BEN)

    refusal = await said(await lab.dispatch.answer(question, NO, Actor("slack", "U9", "eve")))

    assert "ben was faster: the answer is approve." in refusal
    assert (await lab.asked(run_id)).answer == YES


async def test_of_20_answers_at_once_one_counts(lab: Lab) -> None:
    """Everybody else is told that somebody was faster; the run is woken once."""
    run_id, question = await planned(lab)

    replies = await asyncio.gather(*(lab.dispatch.answer(question, YES, BEN) for _ in range(20)))

    assert replies.count(None) == 1
    rows = await audited(lab, run_id)
    assert [row.action for row in rows].count("decided") == 1
    assert await lab.queue.redis.zcard("flowbot:interactive") == 2


@pytest.mark.parametrize(
    "action", ["answer:x:approve", "answer", "", "answer:999:approve", "undo:1:approve"]
)
async def test_a_button_of_another_time_is_answered(lab: Lab, action: str) -> None:
    """Whatever it says: no error, one sentence."""
    reply = await said(await lab.dispatch.press(action, BEN, PRESSED, "p1"))

    assert "older version" in reply or "no longer there" in reply


async def test_an_answer_that_was_not_offered_is_refused(lab: Lab) -> None:
    """Only what the buttons say."""
    _, question = await planned(lab)

    assert "none of the answers" in await said(await lab.dispatch.answer(question, "maybe", BEN))


async def test_a_run_that_has_ended_takes_no_answer(lab: Lab) -> None:
    """There is nothing left to decide."""
    run_id, question = await planned(lab)
    await lab.database.write(runs.settle(run_id, "cancelled", "", lab.clock()))

    assert "has ended" in await said(await lab.dispatch.answer(question, YES, BEN))


async def test_without_the_queue_everything_is_stored_and_later_swept(
    lab: Lab, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A command and an answer, given while Redis is away, are played when it is back."""
    run_id, question = await planned(lab)
    async with embedded_valkey(tmp_path / "valkey") as url:
        away = Queue(await connect(url))
    dispatch = lab.dispatch_with(away)
    with caplog.at_level(logging.WARNING):
        reply = await dispatch.command("look desk", ADA, HERE, "while away")
        assert await dispatch.answer(question, YES, BEN) is None
    await away.aclose()
    assert isinstance(reply, Accepted)
    assert caplog.text.count("the queue does not answer") == 2
    await lab.queue.redis.flushall()

    lab.clock.forward(31)
    player = lab.player()
    await player.sweep()

    jobs = {
        job.decode().split(":")[0]
        for job in await lab.queue.redis.zrange("flowbot:interactive", 0, -1)
    }
    assert jobs == {run_id, reply.run_id}
    for each in jobs:
        await player.play(each)
        assert (await lab.run(each)).state == "done"


def test_a_form_takes_the_first_word_that_it_was_given(lab: Lab) -> None:
    """What people typed is in the field already."""
    flow = lab.find("make")
    assert flow is not None

    form = form_for(Incomplete(flow, {"count": "3"}, ("name",), dry_run=False))

    assert [each.value for each in form.fields] == ["", "red", "3", "False"]


async def test_two_doors_lead_to_the_same_run(lab: Lab) -> None:
    """Any process may hear a repeated delivery."""
    other = Dispatch(lab.database, lab.queue, lab.dispatch._rules, lab.clock, lab.find)
    first = await lab.type("look desk", key="event")
    second = await other.command("look desk", ADA, Origin("mention", "slack", "C1"), "event")

    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.run_id, first.new, second.new) == (second.run_id, True, False)
    async with lab.database.read() as connection:
        assert len(await audit.of_run(connection, first.run_id)) == 1
