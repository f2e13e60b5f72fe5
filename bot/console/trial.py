"""Says what a command would do and for whom, from the settings alone: nothing is run or stored."""

import argparse
import getpass
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

import msgspec

from bot import catalogue, grammar
from bot import help as helping
from bot.chat import Actor
from bot.console.render import render
from bot.forms import form_for, lacking
from bot.places import PROJECT, places_of
from bot.rules import Rules
from bot.wording import without_prefix
from flows.engine.locks import lock_of
from flows.engine.policy import Case, who_approves
from flows.engine.queues import queue_for
from flows.engine.registry import find
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from flows.report import Block, Code, Inline, Line, Report, bullets, facts, spoken, table, text

Kind: TypeAlias = Literal["order", "form", "help", "verb", "misread"]

NOT_RUN = "Nothing was run or stored."
FITS, FORBIDDEN, UNFIT = 0, 1, 2


class Trial(msgspec.Struct, frozen=True):
    """What would come of a command; `refused` says why policy forbids it, where it does."""

    understood: Kind
    report: Report
    command: str = ""
    flow: str = ""
    inputs: dict[str, Any] = {}
    dry_run: bool = False
    refused: str = ""
    approval: str = ""
    queue: str = ""
    lock: str = ""

    @property
    def code(self) -> int:
        """The exit code: 0 where it would run or be answered, 1 where forbidden, 2 else."""
        if self.refused:
            return FORBIDDEN
        return UNFIT if self.understood in ("form", "misread") else FITS


@dataclass(frozen=True, slots=True)
class Setting:
    """Who types, where, and when, under which rules."""

    rules: Rules
    projects: list[ProjectSettings]
    by: Actor
    at: datetime
    channel: str = ""

    def project(self, name: str) -> ProjectSettings:
        """Return what is set for a repository."""
        return next((each for each in self.projects if each.name == name), ProjectSettings(name))


def run_trial(rules: Rules, projects: list[ProjectSettings], options: argparse.Namespace) -> int:
    """Print what would come of a command; returns the exit code."""
    setting = setting_of(rules, projects, options)
    return UNFIT if setting is None else told(trial(options.text, setting), as_json=options.json)


def setting_of(
    rules: Rules, projects: list[ProjectSettings], options: argparse.Namespace
) -> Setting | None:
    """Return who types and where; None where that cannot be read, which is told."""
    user = getpass.getuser()
    platform, colon, person = (options.person or f"terminal:{user}").partition(":")
    if not (platform and colon and person):
        sys.stderr.write("Say who it is as PLATFORM:ID, such as slack:U123.\n")
        return None
    by = Actor(platform, person, person)
    return Setting(rules, projects, by, datetime.now(UTC), options.channel)


def told(found: Trial, *, as_json: bool, **more: object) -> int:
    """Print a trial; returns the exit code."""
    if as_json:
        shown = msgspec.to_builtins(found) | {"exit_code": found.code} | msgspec.to_builtins(more)
        sys.stdout.write(f"{msgspec.json.format(msgspec.json.encode(shown)).decode()}\n")
    else:
        sys.stdout.write(f"{render(found.report)}\n")
    return found.code


def order_of(typed: str, setting: Setting) -> grammar.Order | None:
    """Return the order that a command is, None where it is none or lacks something."""
    known = places_of(setting.projects, setting.by.platform, setting.channel)
    try:
        understood = grammar.parse(without_prefix(typed), find, known)
    except grammar.Misread:
        return None
    meant = understood.meant if isinstance(understood, grammar.Heard) else understood
    return meant if isinstance(meant, grammar.Order) else None


def trial(typed: str, setting: Setting) -> Trial:
    """Return what would come of a command."""
    known = places_of(setting.projects, setting.by.platform, setting.channel)
    try:
        understood = grammar.parse(without_prefix(typed), find, known)
    except grammar.Misread as misread:
        return Trial("misread", misread.report)
    return _of(understood, setting)


def _of(understood: grammar.Understood, setting: Setting) -> Trial:
    match understood:
        case grammar.HelpWanted(topic):
            known = places_of(setting.projects, setting.by.platform, setting.channel)
            asked = helping.Asked(setting.rules, setting.projects, known, setting.by, setting.at)
            return Trial("help", helping.answer(topic, asked, find))
        case grammar.Verb(name):
            about = f"{catalogue.help_for_verb(name).summary} {NOT_RUN}"
            command = grammar.joined([name, *understood.words])
            return Trial("verb", Report(f"/flow {name}", about), command)
        case grammar.Heard(said, meant):
            note = text("I read that as ", Code(f"/flow {said}"), ".")
            if isinstance(meant, grammar.Order) and (meant.dry_run or not meant.flow.writes):
                return _order(meant, setting, (note,))
            return _form(lacking(meant), setting, (note,))
        case grammar.Order():
            return _order(understood, setting)
        case grammar.Incomplete():
            return _form(understood, setting)


def _form(meant: grammar.Incomplete, setting: Setting, notes: tuple[Block, ...] = ()) -> Trial:
    flow = meant.flow
    project = setting.project(meant.given.get(PROJECT, ""))
    refused = setting.rules.refusal(flow, project, setting.by, setting.at)
    form = form_for(meant)
    rows = [
        (Code(each.name), each.hint, each.value or ("needed" if each.required else ""))
        for each in form.fields
    ]
    asked = (table(["Input", "What it is", "Value"], rows, "The form"),) if not refused else ()
    lack = f"It needs {' and '.join(meant.missing)}" if meant.missing else "It changes things"
    said = refused or f"{lack}: a form would ask first. {NOT_RUN}"
    report = Report(f"/flow {flow.alias}", said, "warn", (*notes, *asked))
    return Trial("form", report, "", flow.slug, dict(meant.given), meant.dry_run, refused)


def _order(order: grammar.Order, setting: Setting, notes: tuple[Block, ...] = ()) -> Trial:
    flow, params = order.flow, order.params
    project = setting.project(str(getattr(params, PROJECT, "")))
    refused = setting.rules.refusal(flow, project, setting.by, setting.at)
    dry: Line = ("Nobody: a dry run.",)
    approval = dry if order.dry_run else _approval(flow, project, setting)
    queue, lock = queue_for(flow.weight, None), lock_of(flow, params) if flow.lock else ""
    rows: dict[str, Inline | Line] = {
        "flow": f"{flow.alias}: {flow.summary}",
        "asked_by": f"{setting.by.platform}:{setting.by.id}",
        "approval": approval,
        "queue": queue,
    }
    values = [
        (Code(name), f" {catalogue.shown(getattr(params, name))}")
        for name in type(params).model_fields
    ]
    blocks: list[Block] = [*notes, facts(**rows, **({"lock": lock} if lock else {}))]
    blocks += [bullets(values, "Inputs")] if values else []
    said = refused or f"It would run. {NOT_RUN}"
    tone: Literal["warn", "good"] = "warn" if refused else "good"
    report = Report(f"/flow {order.command}", said, tone, tuple(blocks))
    return Trial(
        "order",
        report,
        order.command,
        flow.slug,
        params.model_dump(mode="json"),
        order.dry_run,
        refused,
        "".join(map(spoken, approval)),
        queue,
        lock,
    )


def _approval(flow: Flow, project: ProjectSettings, setting: Setting) -> Line:
    """Say who would have to say yes to the plan."""
    if not flow.writes:
        return ("Nobody: it only looks.",)
    policy = setting.rules.policy(flow, project)
    if not policy.approvals and not policy.frozen(setting.at):
        return ("Nobody: its plan is applied at once.",)
    deadline = setting.at + policy.deadline if policy.deadline else None
    who = setting.rules.subject(setting.by, project)
    # Whoever sits at the terminal may approve what they asked for.
    policy = replace(policy, self_approval=policy.self_approval or who.at_terminal)
    case = Case(flow.alias, who.id, setting.at, asker=setting.by.name, deadline=deadline)
    return who_approves(policy, case)
