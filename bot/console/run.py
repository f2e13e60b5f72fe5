"""Runs one flow from the terminal, on the same engine as everywhere."""

import argparse
import asyncio
import getpass
import sys
from uuid import uuid4

import msgspec

from bot import grammar
from bot.chat import Actor, Origin
from bot.console.render import clean, render
from bot.dispatch import Accepted, Dispatch, Field, Form, FormErrors, Say
from bot.replies import lack
from flows.engine.run import NO, YES
from flows.report import Report
from storage import journal, questions, runs
from storage.database import Database
from storage.records import QuestionRecord, RunRecord, StepRecord

LOOK_AGAIN_SECONDS = 0.5


async def run(database: Database, dispatch: Dispatch, options: argparse.Namespace) -> int:
    """Follow a flow to its end; exit code 0 where it is done, 1 where not, 2 for bad input."""
    words = [options.flow, *options.inputs] + (["--dry-run"] if options.dry_run else [])
    command = grammar.joined(words)
    user = getpass.getuser()
    me = Actor("terminal", user, user)
    origin = Origin("terminal", "terminal", "")
    reply = await dispatch.command(command, me, origin, f"terminal:{uuid4()}")
    match reply:
        case Say(report, "answer"):
            sys.stdout.write(f"{render(report)}\n")
            return 0
        case Say(report):
            sys.stderr.write(f"{render(report)}\n")
            return 2
        case Form() as form:
            sys.stderr.write(f"{clean(lack(form))} See `python -m bot run help {form.title}`.\n")
            return 2
        case Accepted(run_id, note=note):
            sys.stderr.write(f"{render(note)}\n" if note else "")
            return await follow(database, dispatch, run_id, me, options)


async def follow(
    database: Database, dispatch: Dispatch, run_id: str, me: Actor, options: argparse.Namespace
) -> int:
    """Follow a run to its end, and ask at the prompt what it asks; returns the exit code."""
    told: set[str] = set()
    while True:
        async with database.read() as connection:
            record = await runs.get(connection, run_id)
            steps = await journal.timeline(connection, run_id)
            said = {each.title: each.report for each in await journal.told(connection, run_id)}
            asked = await questions.of_run(connection, run_id)
        for step in steps:
            if step.state == "done" and step.title not in told:
                told.add(step.title)
                shown = render(said[step.title]) if step.kind == "tell" else _done(step)
                sys.stderr.write(f"{shown}\n")
        if record and record.ended:
            return await _finish(database, record, as_json=options.json)
        for each in asked:
            if each.answer is None and str(each.id) not in told:
                told.add(str(each.id))
                if each.question.form:
                    refused = await _filled(dispatch, each, me)
                else:
                    refused = await dispatch.answer(each.id, await _choice(each, options), me)
                if refused:
                    sys.stderr.write(f"{render(refused.report)}\nThe run {run_id} waits.\n")
                    return 1
                async with database.read() as connection:
                    counted = await questions.get(connection, each.id)
                if counted and counted.answer is None:
                    sys.stderr.write("Your yes counts; more people have to approve this.\n")
        await asyncio.sleep(LOOK_AGAIN_SECONDS if record and record.attempts else 0.05)


def _done(step: StepRecord) -> str:
    return f"✓ {clean(step.title)}"


async def _filled(dispatch: Dispatch, asked: QuestionRecord, me: Actor) -> Say | None:
    """Ask for a form field by field, until it fits; return why it does not count."""
    form = await dispatch.form(asked.id, me)
    if isinstance(form, Say):
        return form
    if not sys.stdin.isatty():
        return Say(Report("", f"There is nobody to ask: {form.text}", "warn"))
    sys.stderr.write(f"\n{clean(form.text)}\n")
    while True:
        given = {each.name: await asyncio.to_thread(input, _prompt(each)) for each in form.fields}
        answer = await dispatch.answer_form(asked.id, given, me)
        if not isinstance(answer, FormErrors):
            return answer
        for name, wrong in answer.errors.items():
            sys.stderr.write(f"{clean(name)}: {clean(wrong)}\n")


def _prompt(asked: Field) -> str:
    choices = f" [{'/'.join(asked.choices)}]" if asked.choices else ""
    value = f" ({asked.value})" if asked.value else ""
    return clean(f"{asked.label}{choices}{value}: ")


async def _choice(asked: QuestionRecord, options: argparse.Namespace) -> str:
    question = asked.question
    if question.show:
        sys.stderr.write(f"\n{render(question.show)}\n")
    for number, change in enumerate(question.plan, 1):
        final = "" if change.undoable else "  (final: cannot be taken back)"
        sys.stderr.write(f"{number}. {clean(change.title)}{final}\n")
    if options.yes and question.plan:
        return YES
    if not sys.stdin.isatty():
        sys.stderr.write("There is nobody to ask: add --yes to approve the plan.\n")
        return NO if question.plan else question.choices[-1]
    if question.plan:
        answer = await asyncio.to_thread(input, f"{question.text} [y/N] ")
        return YES if answer.strip().lower() in ("y", "yes") else NO
    while True:
        answer = await asyncio.to_thread(input, f"{question.text} [{'/'.join(question.choices)}] ")
        if answer.strip() in question.choices:
            return answer.strip()


async def _finish(database: Database, record: RunRecord, *, as_json: bool) -> int:
    async with database.read() as connection:
        report = await runs.report(connection, record.id)
    if as_json:
        shown = msgspec.to_builtins(record) | {"report": msgspec.to_builtins(report)}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(shown)).decode() + "\n")
    elif report:
        sys.stdout.write(f"\n{render(report)}\n")
    return 0 if record.state == "done" else 1
