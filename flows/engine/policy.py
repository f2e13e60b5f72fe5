"""Who may run, approve and cancel: one pure answer for every door."""

from dataclasses import dataclass

from flows.engine.access import Role


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules for one flow in one project.

    `approvals` is how many people must say yes to a plan (0: none); with `self_approval` the one
    who asked may be among them.
    """

    run: Role
    approve: Role = Role.MAINTAINER
    approvals: int = 1
    self_approval: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody, as policy sees them: a stable id, a role, and whether they sit at the machine."""

    id: str
    role: Role
    at_terminal: bool = False


def objection_to_run(policy: Policy, who: Subject, alias: str) -> str:
    """Return why this person may not run the flow, or an empty string."""
    if who.role.covers(policy.run):
        return ""
    return f"`{alias}` needs the role {policy.run}; yours is {who.role}."


def objection_to_answer(policy: Policy, who: Subject, asked_by: str, *, is_plan: bool) -> str:
    """Return why this person may not answer, or an empty string."""
    needed = policy.approve if is_plan else policy.run
    if not who.role.covers(needed):
        return f"Answering this needs the role {needed}; yours is {who.role}."
    if is_plan and who.id == asked_by and not (policy.self_approval or who.at_terminal):
        # Whoever sits at the terminal holds the tokens and the database already.
        return "You asked for this plan, so somebody else has to approve it."
    return ""
