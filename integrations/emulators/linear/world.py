"""The state of an emulated Linear, and the levers by which tests and the demo move it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import UUID, uuid5

from integrations.emulators.faults import next_of
from integrations.emulators.linear.access import App, Fault, Grant, Write
from integrations.emulators.linear.courier import Courier
from integrations.emulators.linear.issues import Comment, Issue
from integrations.emulators.linear.limits import Allowance
from integrations.emulators.linear.plans import Cycle, Document, Project, ProjectMilestone
from integrations.emulators.linear.records import (
    Entity,
    Label,
    Organization,
    ProjectStatus,
    State,
    Team,
    TeamMembership,
    User,
)
from integrations.emulators.linear.telling import changed_of, told_of

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


class LinearWorld:
    """One workspace; `now` is what it believes the time to be, None follows the real clock.

    With `keep`, what callers change is written to that file at once; `load` brings it back.
    """

    def __init__(
        self, *, name: str = "Acme", now: datetime | None = INSTANT, keep: Path | None = None
    ) -> None:
        self._now = now
        self._keep = keep
        self.made = 0
        self.users: list[User] = []
        self.teams: list[Team] = []
        self.labels: list[Label] = []
        self.projects: list[Project] = []
        self.project_statuses: list[ProjectStatus] = []
        self.documents: list[Document] = []
        self.issues: list[Issue] = []
        self.known: dict[str, Entity] = {}
        self.grants: dict[str, Grant] = {}
        self.apps: dict[str, App] = {}
        self.faults: list[Fault] = []
        self.rewrites: dict[str, str] = {}
        self.writes: list[Write] = []
        self.requests: Counter[str] = Counter()
        self.courier = Courier(self)
        self.organization = self.make(Organization, name=name, url_key=name.lower())
        for position, kind in enumerate(STATUSES):
            status = self.make(
                ProjectStatus, name=kind.capitalize(), type=kind, position=float(position)
            )
            self.project_statuses.append(status)
        self.user("flowbot", app=True)
        for person in PEOPLE:
            self.user(person)
        self.sign_in()

    @classmethod
    def load(cls, keep: Path, *, now: datetime | None = INSTANT) -> Self:
        """Return the workspace that was kept in a file; raise FileNotFoundError if none was."""
        from integrations.emulators.linear.keeping import restore

        kept = keep.read_bytes()
        world = cls(now=now, keep=keep)
        restore(world, kept)
        return world

    def save(self) -> None:
        """Keep the state; a reader sees the old file or the new one."""
        from integrations.emulators.linear.keeping import written

        if self._keep is None:
            return
        fresh = self._keep.with_suffix(".new")
        fresh.write_bytes(written(self))
        fresh.replace(self._keep)

    @property
    def clock(self) -> datetime:
        """What this world believes is now, in UTC."""
        return self._now or datetime.now(UTC)

    @clock.setter
    def clock(self, now: datetime | None) -> None:
        self._now = now

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let it be this moment for the length of a block."""
        before, self._now = self._now, moment
        try:
            yield
        finally:
            self._now = before

    def make(
        self,
        kind: type[E],
        *,
        id: str = "",  # noqa: A002 - the schema's word
        created_at: datetime | None = None,
        **parts: Any,  # noqa: ANN401 - the attributes of each kind
    ) -> E:
        """Return a new thing that can be found by its id."""
        self.made += 1
        at = created_at or self.clock
        known_as = id or str(uuid5(_SEED, f"{kind.__name__} {self.made}"))
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
        if self.courier.hooks:
            self.courier.note("create", made, made)
        return made

    def sign_in(self) -> None:
        """Let the bot in, under the name that it has here."""
        self.viewer = self.user("flowbot", app=True)
        self.token(TOKEN, "flowbot")

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

    def app(self, client_id: str, secret: str, user: str) -> None:
        """Let an OAuth app sign in by its secret and act as `user`."""
        self.apps[client_id] = App(secret, self.user(user))

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

    def rewritten(self, text: str) -> str:
        """Return Markdown as this workspace writes it, where it has a way of its own."""
        for given, own in self.rewrites.items():
            text = text.replace(given, own)
        return text

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
        self.save()

    def team(self, key: str, name: str = "", *, members: Sequence[str] = PEOPLE) -> Team:
        """Return the team of this key; found it on first mention, with Linear's usual states."""
        for known in self.teams:
            if known.key == key:
                return known
        team = self.make(Team, key=key, name=name or key)
        for position, (state, kind) in enumerate(STATES):
            made = self.make(State, name=state, type=kind, position=float(position), team=team)
            team.states.append(made)
        for person in members:
            member = self.make(TeamMembership, team=team, user=self.user(person))
            team.memberships.append(member)
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
        self.courier.note("create", made, self.viewer)
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
        self.courier.note("create", made, self.viewer)
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
        made.enter(status, made.created_at)
        self.projects.append(made)
        self.courier.note("create", made, made.lead or self.viewer)
        return made

    def milestone(
        self, project: Project, name: str, *, due: date | None = None
    ) -> ProjectMilestone:
        """Add a milestone to a project."""
        made = self.make(ProjectMilestone, name=name, project=project, target_date=due)
        project.project_milestones.append(made)
        return made

    def document(self, title: str, content: str, *, project: Project, by: str = "ada") -> Document:
        """Write a document of a project."""
        who = self.user(by)
        made = self.make(Document, title=title, content=content, project=project, creator=who)
        self.documents.append(made)
        self.courier.note("create", made, who)
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
        chosen = next(each for each in self[identifier].team.states if each.name == state)
        return self.change(identifier, by=by, state=chosen)

    def change(self, identifier: str, *, by: str = "ada", **parts: Any) -> Issue:  # noqa: ANN401 - the attributes of an issue
        """Let somebody change attributes of an issue; its history and the webhooks hear of it."""
        issue, who = self[identifier], self.user(by)
        before, looked = told_of(issue), issue.looks
        state = parts.pop("state", None)
        for name, value in parts.items():
            setattr(issue, name, value)
        if state is not None:
            issue.enter(state, self.clock)
        issue.remember(looked, who)
        issue.updated_at = self.clock
        self.courier.note("update", issue, who, changed_of(issue, before))
        return issue

    def comment(self, identifier: str, body: str, *, by: str = "ada") -> Comment:
        """Let somebody comment on an issue."""
        issue = self[identifier]
        made = self.make(Comment, issue=issue, body=body, user=self.user(by))
        issue.comments.append(made)
        self.courier.note("create", made, self.user(by))
        return made
