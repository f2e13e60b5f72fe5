"""The state of an emulated Linear, and the levers by which tests and the demo move it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid5

from integrations.emulators.faults import next_of
from integrations.emulators.linear.courier import Courier
from integrations.emulators.linear.issues import Comment, Issue
from integrations.emulators.linear.limits import Allowance
from integrations.emulators.linear.records import (
    Cycle,
    Entity,
    Label,
    Organization,
    Project,
    ProjectMilestone,
    ProjectStatus,
    State,
    Team,
    User,
)

INSTANT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
TOKEN = "lin_api_emulated"  # noqa: S105 - opens nothing but an emulated world
PEOPLE = ("ada", "bo", "cy", "dee", "eli")
STATES = (
    ("Triage", "triage"),
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("In Review", "started"),
    ("Done", "completed"),
    ("Canceled", "canceled"),
)
STATUSES = ("backlog", "planned", "started", "paused", "completed", "canceled")
_SEED = UUID("0d3a4c1e-8d0c-4b5e-9b0b-5f6f1d2c3b4a")
E = TypeVar("E", bound=Entity)


@dataclass(frozen=True, slots=True)
class Write:
    """A mutation that changed the world, by the schema's name, and what it changed."""

    mutation: str
    id: str


@dataclass(slots=True)
class Fault:
    """What goes wrong for the next `times` operations whose text contains `match`."""

    status: int
    times: int
    match: str
    code: str
    message: str
    retry_after: int | None
    late: bool
    after: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token opens: whose it is, whether it may write, and what it may use."""

    user: User
    writes: bool
    requests: Allowance
    complexity: Allowance


class LinearWorld:
    """One workspace; `now` is what it believes the time to be, None follows the real clock."""

    def __init__(self, *, name: str = "Acme", now: datetime | None = INSTANT) -> None:
        self._now = now
        self._made = 0
        self.users: list[User] = []
        self.teams: list[Team] = []
        self.labels: list[Label] = []
        self.projects: list[Project] = []
        self.project_statuses: list[ProjectStatus] = []
        self.issues: list[Issue] = []
        self.known: dict[str, Entity] = {}
        self.grants: dict[str, Grant] = {}
        self.faults: list[Fault] = []
        self.writes: list[Write] = []
        self.requests: Counter[str] = Counter()
        self.courier = Courier(self)
        self.organization = self.make(Organization, name=name, url_key=name.lower())
        for position, kind in enumerate(STATUSES):
            status = self.make(
                ProjectStatus, name=kind.capitalize(), type=kind, position=float(position)
            )
            self.project_statuses.append(status)
        self.viewer = self.user("flowbot", app=True)
        for person in PEOPLE:
            self.user(person)
        self.token(TOKEN, "flowbot")

    @property
    def clock(self) -> datetime:
        """What this world believes is now, in UTC."""
        return self._now or datetime.now(UTC)

    @clock.setter
    def clock(self, now: datetime | None) -> None:
        self._now = now

    def make(
        self,
        kind: type[E],
        *,
        id: str = "",  # noqa: A002 - the schema's word
        created_at: datetime | None = None,
        **parts: Any,  # noqa: ANN401 - the attributes of each kind
    ) -> E:
        """Return a new thing that can be found by its id."""
        self._made += 1
        at = created_at or self.clock
        known_as = id or str(uuid5(_SEED, f"{kind.__name__} {self._made}"))
        made = kind(world=self, id=known_as, created_at=at, updated_at=at, **parts)
        self.known[made.id] = made
        return made

    def found(self, kind: type[E], name: str) -> E | None:
        """Return a thing by its id; an issue also by its identifier."""
        known = self.known.get(name)
        if isinstance(known, kind):
            return known
        if issubclass(kind, Issue):
            return self._issue(kind, name)
        return None

    def _issue(self, kind: type[E], identifier: str) -> E | None:
        key, _, number = identifier.upper().rpartition("-")
        team = next((team for team in self.teams if team.key == key), None)
        for issue in team.issues if team else ():
            if str(issue.number) == number and isinstance(issue, kind):
                return issue
        return None

    def __getitem__(self, identifier: str) -> Issue:
        found = self.found(Issue, identifier)
        if found is None:
            raise KeyError(identifier)
        return found

    def user(
        self, display_name: str, *, name: str = "", admin: bool = False, app: bool = False
    ) -> User:
        """Return this person; let them join on first mention."""
        for known in self.users:
            if known.display_name == display_name:
                return known
        email = f"{display_name}@acme.example"
        made = self.make(
            User,
            name=name or display_name.capitalize(),
            display_name=display_name,
            email=email,
            admin=admin,
            app=app,
        )
        self.users.append(made)
        return made

    def token(
        self,
        token: str,
        user: str,
        *,
        writes: bool = True,
        requests: int = 5_000,
        complexity: int = 3_000_000,
    ) -> None:
        """Let `token` act as `user`, with so many requests and points an hour."""
        self.grants[token] = Grant(
            self.user(user), writes, Allowance(requests), Allowance(complexity)
        )

    def fail(
        self,
        *,
        status: int = 502,
        times: int = 1,
        match: str = "",
        code: str = "",
        message: str = "",
        retry_after: int | None = None,
        late: bool = False,
    ) -> None:
        """Answer the next `times` operations that contain `match` with a failure.

        With a `code`, such as RATELIMITED, the answer is worded in GraphQL's way. `late` does the
        work first, so that only the answer is lost; `retry_after` is in seconds.
        """
        self.faults.append(Fault(status, times, match, code, message, retry_after, late))

    def fault(self, operation: str) -> Fault | None:
        """Take one use of the first fault that matches an operation."""
        return next_of(self.faults, lambda fault: fault.match in operation)

    def note(
        self,
        action: str,
        thing: Entity,
        mutation: str,
        by: User,
        before: dict[str, object] | None = None,
    ) -> None:
        """Remember what a caller changed, and have the webhooks told."""
        self.writes.append(Write(mutation, thing.id))
        self.courier.note(action, thing, by, before)

    def team(self, key: str, name: str = "", *, members: Sequence[str] = PEOPLE) -> Team:
        """Return the team of this key; found it on first mention, with Linear's usual states."""
        for known in self.teams:
            if known.key == key:
                return known
        team = self.make(Team, key=key, name=name or key)
        for position, (state, kind) in enumerate(STATES):
            made = self.make(State, name=state, type=kind, position=float(position), team=team)
            team.states.append(made)
        team.members = [self.user(person) for person in members]
        self.teams.append(team)
        return team

    def label(self, name: str, *, team: str = "") -> Label:
        """Return the label of this name, of a team or of the whole workspace."""
        owner = self.team(team) if team else None
        for known in self.labels:
            if known.name == name and known.team is owner:
                return known
        made = self.make(Label, name=name, team=owner)
        self.labels.append(made)
        return made

    def cycle(self, team: str, starts_at: datetime, *, weeks: int = 2) -> Cycle:
        """Begin a cycle of a team."""
        owner = self.team(team)
        made = self.make(
            Cycle,
            number=len(owner.cycles) + 1,
            team=owner,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(weeks=weeks),
        )
        owner.cycles.append(made)
        return made

    def project(
        self, name: str, *teams: str, kind: str = "started", lead: str = "", due: date | None = None
    ) -> Project:
        """Plan a project of some teams."""
        status = next(status for status in self.project_statuses if status.type == kind)
        made = self.make(
            Project,
            name=name,
            status=status,
            teams=[self.team(team) for team in teams],
            lead=self.user(lead) if lead else None,
            target_date=due,
        )
        self.projects.append(made)
        return made

    def milestone(
        self, project: Project, name: str, *, due: date | None = None
    ) -> ProjectMilestone:
        """Add a milestone to a project."""
        made = self.make(ProjectMilestone, name=name, project=project, target_date=due)
        project.project_milestones.append(made)
        return made

    def issue(
        self,
        team: str,
        title: str,
        *,
        state: str = "Backlog",
        labels: Sequence[str] = (),
        by: str = "ada",
        at: datetime | None = None,
        **parts: Any,  # noqa: ANN401 - the attributes of an issue
    ) -> Issue:
        """File an issue; further `parts` are attributes of `Issue`."""
        owner = self.team(team)
        chosen = next(each for each in owner.states if each.name == state)
        made = self.add_issue(owner, chosen, self.user(by), created_at=at, title=title, **parts)
        made.labels = [self.label(name, team=team) for name in labels]
        self.courier.note("create", made, self.user(by))
        return made

    def add_issue(self, team: Team, state: State, creator: User, **parts: Any) -> Issue:  # noqa: ANN401 - the attributes of an issue
        """Return a new issue with the team's next number."""
        team.last_number += 1
        made = self.make(
            Issue, team=team, number=team.last_number, state=state, creator=creator, **parts
        )
        made.enter(state, made.created_at)
        team.issues.append(made)
        self.issues.append(made)
        return made

    def move(self, identifier: str, state: str, *, by: str = "ada") -> Issue:
        """Let somebody move an issue to another state."""
        issue = self[identifier]
        before: dict[str, object] = {"state_id": issue.state.id}
        chosen = next(each for each in issue.team.states if each.name == state)
        issue.enter(chosen, self.clock)
        issue.updated_at = self.clock
        self.courier.note("update", issue, self.user(by), before)
        return issue

    def comment(self, identifier: str, body: str, *, by: str = "ada") -> Comment:
        """Let somebody comment on an issue."""
        issue = self[identifier]
        made = self.make(Comment, issue=issue, body=body, user=self.user(by))
        issue.comments.append(made)
        self.courier.note("create", made, self.user(by))
        return made
