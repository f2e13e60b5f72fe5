"""What a query can begin with."""

from itertools import pairwise
from typing import TypeVar

from integrations.emulators.linear.access import Grant
from integrations.emulators.linear.issues import Attachment, Comment, Issue, IssueRelation
from integrations.emulators.linear.limits import PERIOD
from integrations.emulators.linear.lists import Trouble
from integrations.emulators.linear.plans import (
    Cycle,
    Document,
    Project,
    ProjectMilestone,
    ProjectUpdate,
)
from integrations.emulators.linear.records import (
    Entity,
    Label,
    Organization,
    State,
    Team,
    TeamMembership,
    User,
    Webhook,
)
from integrations.emulators.linear.world import LinearWorld

E = TypeVar("E", bound=Entity)
NAMES: dict[type[Entity], str] = {Label: "IssueLabel", State: "WorkflowState"}


def get(world: LinearWorld, kind: type[E], name: str) -> E:
    """Return a thing by its id; refuse it in Linear's words where there is none."""
    found = world.found(kind, name)
    if found is None:
        called = NAMES.get(kind, kind.__name__)
        words = f"Could not find referenced {called}."
        raise Trouble(f"Entity not found: {called}", words)
    return found


class Query:
    """The lists and single things of a workspace, by the schema's names."""

    def __init__(self, world: LinearWorld, grant: Grant) -> None:
        self.world, self.grant = world, grant
        self.viewer: User = grant.user
        self.organization: Organization = world.organization
        self.issues: list[Issue] = world.issues
        self.teams: list[Team] = world.teams
        self.projects: list[Project] = world.projects
        self.users: list[User] = world.users
        self.issue_labels: list[Label] = world.labels
        self.documents: list[Document] = world.documents

    @property
    def webhooks(self) -> list[Webhook]:
        self.admins_only()
        return self.world.courier.hooks

    def admins_only(self) -> None:
        """Refuse what Linear leaves to admins."""
        if not self.viewer.admin:
            raise Trouble("Forbidden", "Only admins may see webhooks.", code="FORBIDDEN")

    @property
    def cycles(self) -> list[Cycle]:
        return [cycle for team in self.world.teams for cycle in team.cycles]

    @property
    def workflow_states(self) -> list[State]:
        return [state for team in self.world.teams for state in team.states]

    @property
    def project_milestones(self) -> list[ProjectMilestone]:
        return [each for project in self.world.projects for each in project.project_milestones]

    @property
    def comments(self) -> list[Comment]:
        return [comment for issue in self.world.issues for comment in issue.comments]

    @property
    def attachments(self) -> list[Attachment]:
        return [each for issue in self.world.issues for each in issue.attachments]

    def attachments_for_url(self, url: str) -> list[Attachment]:
        """Return what links to an address, whichever issue carries it."""
        return [each for each in self.attachments if each.url == url]

    def issue(self, id: str) -> Issue:  # noqa: A002 - the schema's word
        return get(self.world, Issue, id)

    def issue_vcs_branch_search(self, branch_name: str) -> Issue | None:
        """Return the issue whose identifier a branch's name contains, as Linear does."""
        words = branch_name.lower().replace("/", "-").split("-")
        for key, number in pairwise(words):
            if number.isdecimal() and (issue := self.world.found(Issue, f"{key}-{number}")):
                return issue
        return None

    def team(self, id: str) -> Team:  # noqa: A002 - the schema's word
        named = next((team for team in self.world.teams if team.key == id), None)
        return named or get(self.world, Team, id)

    def project(self, id: str) -> Project:  # noqa: A002 - the schema's word
        named = next((each for each in self.world.projects if each.slug_id == id), None)
        return named or get(self.world, Project, id)

    def user(self, id: str) -> User:  # noqa: A002 - the schema's word
        return self.viewer if id == "me" else get(self.world, User, id)

    def issue_label(self, id: str) -> Label:  # noqa: A002 - the schema's word
        return get(self.world, Label, id)

    def comment(self, id: str = "") -> Comment:  # noqa: A002 - the schema's word
        return get(self.world, Comment, id)

    def attachment(self, id: str) -> Attachment:  # noqa: A002 - the schema's word
        return get(self.world, Attachment, id)

    def document(self, id: str) -> Document:  # noqa: A002 - the schema's word
        named = next((each for each in self.world.documents if each.slug_id == id), None)
        return named or get(self.world, Document, id)

    def project_milestone(self, id: str) -> ProjectMilestone:  # noqa: A002 - the schema's word
        return get(self.world, ProjectMilestone, id)

    def team_membership(self, id: str) -> TeamMembership:  # noqa: A002 - the schema's word
        return get(self.world, TeamMembership, id)

    def webhook(self, id: str) -> Webhook:  # noqa: A002 - the schema's word
        self.admins_only()
        return get(self.world, Webhook, id)

    def issue_relation(self, id: str) -> IssueRelation:  # noqa: A002 - the schema's word
        return get(self.world, IssueRelation, id)

    def project_update(self, id: str, project_id: str = "") -> ProjectUpdate:  # noqa: A002 - the schema's word
        found = get(self.world, ProjectUpdate, id)
        if project_id not in ("", found.project.id):
            raise Trouble("Entity not found: ProjectUpdate")
        return found

    @property
    def rate_limit_status(self) -> dict[str, object]:
        now = self.world.clock
        return {
            "identifier": self.viewer.id,
            "kind": "user",
            "limits": [
                {
                    "type": kind,
                    "requested_amount": 0.0,
                    "allowed_amount": float(allowance.limit),
                    "remaining_amount": float(allowance.remaining),
                    "period": PERIOD.total_seconds() * 1000,
                    "reset": allowance.reset(now).timestamp() * 1000,
                }
                for kind, allowance in (
                    ("requests", self.grant.requests),
                    ("complexity", self.grant.complexity),
                )
            ],
        }
