"""Policies as people read them: what holds for a flow now, in words; pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.wording import duration
from flows.engine.access import Role
from flows.engine.freezes import shown as at
from flows.engine.policy import EVERYTHING, Policy
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from flows.report import Code, Inline, Line, Report, Text, facts, table, text

CHANGE = "approvals=2 deadline=4h"


class Held(NamedTuple):
    """A flow with the policy that it has in a project."""

    flow: Flow
    policy: Policy


def approval(flow: Flow, policy: Policy) -> str:
    """Say who has to say yes, in a few words."""
    if not flow.writes:
        return "nobody: it only looks"
    if not policy.approvals:
        return "nobody: plans are applied at once"
    people = "1 person" if policy.approvals == 1 else f"{policy.approvals} people"
    own = "also who asked" if policy.self_approval else "not who asked"
    return f"{people} with the role {policy.approve}, {own}"


def freezing(policy: Policy, now: datetime) -> str:
    """Say whether nothing is applied now, and until when; "" where no freeze is set."""
    if not policy.freezes:
        return ""
    until = policy.frozen(now)
    return f"frozen until {at(until)}" if until else "not now"


def overview(project: ProjectSettings, held: Sequence[Held], now: datetime) -> Report:
    """Return the policies of all flows that change things, and who may run the others."""
    rows: list[tuple[Inline, ...]] = []
    writing = [each for each in held if each.flow.writes]
    for flow, policy in writing:
        rows.append(
            (
                Code(flow.alias),
                str(policy.run),
                approval(flow, policy),
                _length(policy.deadline) or "no end",
                freezing(policy, now) or "never",
            )
        )
    looks: dict[Role, list[str]] = {}
    for flow, policy in held:
        if not flow.writes:
            looks.setdefault(policy.run, []).append(flow.alias)
    head = ("Flow", "Run by", "Approved by", "Plan waits", "Frozen")
    others: list[Text] = [
        text(f"Only look, for {role}s and up: {', '.join(sorted(names))}.")
        for role, names in sorted(looks.items(), key=lambda each: list(Role).index(each[0]))
    ]
    one = f"/flow policy {project.name} {next((each.flow.alias for each in writing), 'all')}"
    how = text("One in full: ", Code(one), ". Change it: ", Code(f"{one} {CHANGE}"))
    return Report(
        f"Policies of {project.name}",
        blocks=(table(head, rows, "What changes things"), *others, how),
    )


def in_full(project: ProjectSettings, held: Held, now: datetime, chosen: Sequence[str]) -> Report:
    """Return everything that holds for one flow; `chosen` names what was chosen in chat."""
    said = f"Chosen in chat: {', '.join(chosen)}." if chosen else ""
    command = f"/flow policy {project.name} {held.flow.alias}"
    back: Line = (". Back to what it was: ", Code(f"{command} reset")) if chosen else ()
    how = text("Change it: ", Code(f"{command} {CHANGE}"), *back)
    rules = facts(**rules_of(project, held, now))
    return Report(f"{held.flow.alias} in {project.name}", said, blocks=(rules, how))


def rules_of(project: ProjectSettings, held: Held, now: datetime) -> dict[str, Line]:
    """Return what holds for a flow, each rule with its name."""
    flow, policy = held
    rows: dict[str, Line] = {"run_by": (f"{policy.run} and up",)}
    if flow.writes:
        rows["approved_by"] = (approval(flow, policy),)
        if policy.auto_approve:
            rows["no_yes_needed_for"] = (", ".join(policy.auto_approve),)
        waits = _length(policy.deadline)
        rows["a_plan_waits"] = (f"{waits}, then it counts as declined" if waits else "without end",)
        frozen = "; ".join(freezes_of(project, flow.alias))
        rows["freezes"] = (f"{frozen} ({freezing(policy, now)})" if frozen else "none",)
    rows["cancelled_by"] = (f"who asked, or {policy.cancel} and up",)
    if policy.max_running:
        rows["at_a_time"] = (_runs(policy.max_running),)
    if policy.all_running:
        rows["of_all_flows_at_a_time"] = (_runs(policy.all_running),)
    return rows


def freezes_of(project: ProjectSettings, alias: str) -> Sequence[str]:
    """Return the freezes that hold for a flow, as they were written."""
    for name in (alias, EVERYTHING):
        given = project.policies.get(name)
        if given and given.freezes is not None:
            return given.freezes
    return ()


def _length(span: timedelta | None) -> str:
    return duration(span.total_seconds()) if span else ""


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"
