"""Issues of an emulated Linear, and what hangs on them; attributes are the schema's fields."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from integrations.emulators.linear.plans import Cycle, Document, Project, ProjectMilestone
from integrations.emulators.linear.records import Entity, Label, State, Team, User, slug

# What an issue's history tells of, by the names of the attributes.
TRACKED = (
    "title",
    "estimate",
    "priority",
    "due_date",
    "state",
    "cycle",
    "project",
    "project_milestone",
    "assignee",
    "parent",
)
PRIORITIES = ("No priority", "Urgent", "High", "Medium", "Low")


class ExternalEntityInfo(NamedTuple):
    """What stands for an issue in another service, such as github."""

    id: str
    service: str


@dataclass(kw_only=True, eq=False)
class Issue(Entity):
    team: Team = field(repr=False)
    number: int
    title: str
    state: State
    description: str | None = None
    priority: int = 0
    estimate: float | None = None
    due_date: date | None = None
    sort_order: float = 0
    creator: User | None = None
    assignee: User | None = None
    cycle: Cycle | None = None
    project: Project | None = field(default=None, repr=False)
    project_milestone: ProjectMilestone | None = field(default=None, repr=False)
    parent: "Issue | None" = field(default=None, repr=False)
    labels: list[Label] = field(default_factory=list)
    comments: list["Comment"] = field(default_factory=list)
    attachments: list["Attachment"] = field(default_factory=list)
    relations: list["IssueRelation"] = field(default_factory=list)
    inverse_relations: list["IssueRelation"] = field(default_factory=list)
    subscribers: list[User] = field(default_factory=list)
    previous_identifiers: list[str] = field(default_factory=list)
    history: list["IssueHistory"] = field(default_factory=list)
    started_at: datetime | None = None
    completed_at: datetime | None = None
    canceled_at: datetime | None = None
    trashed: bool | None = None
    elsewhere: list[str] = field(default_factory=list)

    @property
    def synced_with(self) -> list["ExternalEntityInfo"]:
        """What Linear's own integrations keep in step with this."""
        return [ExternalEntityInfo(f"{self.id} there", each) for each in self.elsewhere]

    @property
    def identifier(self) -> str:
        return f"{self.team.key}-{self.number}"

    @property
    def url(self) -> str:
        return f"{self.place}/issue/{self.identifier}/{slug(self.title)}"

    @property
    def branch_name(self) -> str:
        who = self.assignee or self.creator or self.world.viewer
        return f"{who.display_name}/{self.identifier.lower()}-{slug(self.title)}"

    @property
    def priority_label(self) -> str:
        return PRIORITIES[self.priority]

    @property
    def label_ids(self) -> list[str]:
        return [label.id for label in self.labels]

    @property
    def children(self) -> list["Issue"]:
        return [issue for issue in self.world.issues if issue.parent is self]

    @property
    def documents(self) -> list[Document]:
        return [each for each in self.world.documents if each.issue is self]

    @property
    def looks(self) -> "Looks":
        """What history and webhooks compare: the values now."""
        values = {name: getattr(self, name) for name in TRACKED}
        return Looks(values, list(self.labels), self.description)

    def since(self, attribute: str) -> datetime:
        """Return when this attribute got its value of now."""
        told = [each.created_at for each in self.history if attribute in each.changed]
        return max(told, default=self.created_at)

    def remember(self, before: "Looks", by: User) -> None:
        """Write into the history what is not as it was before."""
        now = self.looks
        changed = {
            name: (value, now.values[name])
            for name, value in before.values.items()
            if value != now.values[name]
        }
        added = [label for label in now.labels if label not in before.labels]
        removed = [label for label in before.labels if label not in now.labels]
        described = before.description != now.description
        if changed or added or removed or described:
            row = self.world.make(
                IssueHistory,
                issue=self,
                actor=by,
                changed=changed,
                added_labels=added,
                removed_labels=removed,
                updated_description=described,
            )
            self.history.append(row)

    def enter(self, state: State, at: datetime) -> None:
        """Move to a state, and note when work began and ended as Linear does."""
        self.state = state
        begun = state.type in ("started", "completed")
        self.started_at = (self.started_at or at) if begun else None
        self.completed_at = at if state.type == "completed" else None
        self.canceled_at = at if state.type == "canceled" else None


@dataclass(kw_only=True, eq=False)
class Comment(Entity):
    issue: Issue = field(repr=False)
    body: str
    user: User | None = None
    parent: "Comment | None" = None
    edited_at: datetime | None = None

    @property
    def issue_id(self) -> str:
        return self.issue.id

    @property
    def parent_id(self) -> str | None:
        return self.parent.id if self.parent else None

    @property
    def children(self) -> list["Comment"]:
        return [comment for comment in self.issue.comments if comment.parent is self]

    @property
    def url(self) -> str:
        return f"{self.issue.url}#comment-{self.id[:8]}"


@dataclass(kw_only=True, eq=False)
class Attachment(Entity):
    issue: Issue = field(repr=False)
    title: str
    url: str
    subtitle: str | None = None
    metadata: dict[str, object] = field(default_factory=dict)
    source_type: str | None = None
    creator: User | None = None


@dataclass(kw_only=True, eq=False)
class IssueRelation(Entity):
    type: str
    issue: Issue = field(repr=False)
    related_issue: Issue = field(repr=False)


@dataclass(frozen=True, slots=True)
class Looks:
    """How an issue looked at one moment."""

    values: dict[str, object]
    labels: list[Label]
    description: str | None


@dataclass(kw_only=True, eq=False)
class IssueHistory(Entity):
    """One change; `changed` holds both values of each attribute that has others since."""

    issue: Issue = field(repr=False)
    actor: User | None
    changed: dict[str, tuple[object, object]]
    added_labels: list[Label] = field(default_factory=list)
    removed_labels: list[Label] = field(default_factory=list)
    updated_description: bool = False
    archived: bool | None = None
    trashed: bool | None = None

    def __getattr__(self, name: str) -> object:
        """Return one side of a change, as `from_state` or `to_state`; None where there is none."""
        side, _, attribute = name.partition("_")
        if side in ("from", "to") and attribute in TRACKED:
            before, after = self.changed.get(attribute, (None, None))
            return before if side == "from" else after
        raise AttributeError(name)

    @property
    def actor_id(self) -> str | None:
        return self.actor.id if self.actor else None

    @property
    def added_label_ids(self) -> list[str]:
        return [label.id for label in self.added_labels]

    @property
    def removed_label_ids(self) -> list[str]:
        return [label.id for label in self.removed_labels]
