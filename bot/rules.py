"""Who somebody is to policy, and which policy a flow has: the settings, asked in one place."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from bot.chat import Actor
from flows.engine.access import Role
from flows.engine.policy import EVERYTHING, Case, Policy, Subject, objection, policy_of
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from storage.records import QuestionRecord, RunRecord

GITHUB = "github"
NOWHERE = "nowhere"  # no repository is called so


@dataclass(frozen=True, slots=True)
class Rules:
    """People are named `platform:id`; whoever sits at the terminal holds every key already."""

    admins: AbstractSet[str]
    maintainers: AbstractSet[str]
    default: Role
    self_approval: bool
    page_url: str

    def policy(self, flow: Flow, project: ProjectSettings) -> Policy:
        """Return the rules for a flow in a project."""
        own = Policy(
            run=flow.role,
            cancel=flow.role if flow.role.covers(Role.OPERATOR) else Role.OPERATOR,
            approvals=flow.approvals,
            self_approval=self.self_approval,
            max_running=flow.max_running,
            auto_approve=flow.free,
        )
        return policy_of(own, flow.alias, project.policies)

    def knows(self, actor: Actor, project: ProjectSettings) -> bool:
        """Say whether somebody has been given a role by name."""
        name = f"{actor.platform}:{actor.id}"
        return any(_named(name, some) for some in (self.admins, self.maintainers, project.roles))

    def subject(self, actor: Actor, project: ProjectSettings) -> Subject:
        """Return somebody as policy sees them in a project.

        Its own word on a person counts more than the maintainers of the installation, and those
        more than its word on everybody. On GitHub anybody may comment: there, everybody is who may
        write to the repository.
        """
        name = f"{actor.platform}:{actor.id}"
        at_terminal = actor.platform == "terminal"
        own = _named(name, project.roles)
        if at_terminal or _named(name, self.admins):
            role = Role.ADMIN
        elif own:
            role = project.roles[own]
        elif _named(name, self.maintainers):
            role = Role.MAINTAINER
        elif actor.platform == GITHUB and actor.writes.lower() != (project.name or NOWHERE).lower():
            role = Role.VIEWER
        else:
            role = project.roles.get(EVERYTHING, self.default)
        return Subject(name, role, at_terminal)

    def refusal(self, flow: Flow, project: ProjectSettings, by: Actor, at: datetime) -> str:
        """Return why somebody may not run a flow in a project now, or an empty string."""
        who = self.subject(by, project)
        return objection(self.policy(flow, project), who, "run", Case(flow.alias, who.id, at))

    def highest(self, actor: Actor, projects: Iterable[ProjectSettings]) -> Role:
        """Return the most that somebody may do anywhere."""
        nowhere = ProjectSettings("")
        roles = [self.subject(actor, each).role for each in (nowhere, *projects)]
        return max(roles, key=list(Role).index)

    def url(self, run_id: str) -> str:
        """Return the address of a run's page."""
        return f"{self.page_url}/runs/{run_id}"


def _named(name: str, people: Collection[str]) -> str:
    """Return how somebody is named among people, or nothing; GitHub's logins have no case."""
    if name in people or not name.startswith(f"{GITHUB}:"):
        return name if name in people else ""
    return next((each for each in people if each.lower() == name.lower()), "")


def case_of(flow: Flow, run: RunRecord, asked: QuestionRecord, at: datetime) -> Case:
    """Return what policy has to know of a question that somebody wants to answer at this time."""
    return Case(
        flow.alias,
        f"{run.actor['platform']}:{run.actor['id']}",
        at,
        asker=run.actor["name"],
        approved=asked.who_said(asked.question.choices[0]) if asked.question.plan else (),
        deadline=asked.deadline,
        lifted=asked.lifted_by is not None,
        needs=asked.question.who,
    )
