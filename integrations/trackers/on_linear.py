"""A team of Linear as a tracker."""

from collections.abc import Sequence
from datetime import datetime

from integrations.errors import NotFound
from integrations.linear import Issue, Linear, LinearReader, NewIssue, User
from integrations.linear.ids import id_of
from integrations.trackers.models import Kind, NewTicket, Ticket, branch_of

OPEN = ("triage", "backlog", "unstarted", "started")
CLOSED = ("completed", "canceled")
# The types of states that a kind may be, the most fitting first.
TYPES: dict[Kind, tuple[str, ...]] = {
    "open": ("unstarted", "backlog", "triage"),
    "started": ("started",),
    "done": ("completed",),
    "canceled": ("canceled",),
}
SHOWN = 10


class LinearTrackerReader:
    """The issues of one team."""

    name = "Linear"

    def __init__(self, linear: LinearReader, team: str) -> None:
        self._linear = linear
        self._team = team

    async def issue(self, key: str) -> Ticket:
        return ticket_of(await self._linear.issue(key.strip().upper()))

    async def issues_named(self, keys: Sequence[str]) -> list[Ticket]:
        known = {each.identifier: each for each in await self._linear.issues_named(keys)}
        return [ticket_of(known[key.upper()]) for key in keys if key.upper() in known]

    async def open_issues(self) -> list[Ticket]:
        return [ticket_of(each) for each in await self._linear.issues(self._team, kinds=OPEN)]

    async def closed_issues(self, since: datetime) -> list[Ticket]:
        found = await self._linear.issues(self._team, kinds=CLOSED, updated_since=since)
        tickets = map(ticket_of, found)
        return [each for each in tickets if each.closed_at and each.closed_at >= since]

    async def states(self, kind: Kind) -> list[str]:
        fitting = TYPES[kind]
        return [each.name for each in await self._linear.states(self._team) if each.kind in fitting]

    async def people(self) -> list[str]:
        return [each.display_name for each in await self._linear.users() if not each.app]


class LinearTracker(LinearTrackerReader):
    """The issues of one team, and what may be changed about them."""

    def __init__(self, linear: Linear, team: str) -> None:
        super().__init__(linear, team)
        self._writes = linear

    async def ensure_issue(self, new: NewTicket) -> Ticket:
        labels: tuple[str, ...] = ()
        if new.labels:
            known = {label.name.lower() for label in await self._linear.labels(self._team)}
            labels = tuple(name for name in new.labels if name.lower() in known)
        wanted = NewIssue(
            team=self._team,
            title=new.title,
            description=new.body,
            labels=labels,
            assignee_id=await self._person(new.person) if new.person else "",
            priority=new.priority,
            due_on=new.due_on,
        )
        return ticket_of(await self._writes.ensure_issue(new.key, wanted))

    async def delete_issue(self, new: NewTicket) -> None:
        await self._writes.delete_issue(id_of("issue", new.key))

    async def ensure_state(self, key: str, kind: Kind, state: str = "") -> Ticket:
        found = await self._linear.issue(key)
        fitting = TYPES[kind]
        states = [each for each in await self._linear.states(found.team) if each.kind in fitting]
        if found.kind in fitting and state.lower() in ("", found.state.lower()):
            return ticket_of(found)
        states.sort(key=lambda each: (each.name.lower() != state.lower(), fitting.index(each.kind)))
        if not states:
            raise NotFound(f"Team {found.team} has no state in Linear that means {kind}.")
        return ticket_of(await self._writes.ensure_issue_state(key, states[0].name))

    async def ensure_comment(self, key: str, mark: str, body: str) -> str:
        return (await self._writes.ensure_comment(key, mark, body)).url

    async def delete_comment(self, key: str, mark: str) -> None:
        where = await self._linear.issue(key)
        await self._writes.delete_comment(id_of("comment", where.id, mark))

    async def _person(self, name: str) -> str:
        """Return the id of whom Linear knows by this name, display name or e-mail address."""
        people = await self._linear.users()
        for each in people:
            if name.lower() in _names(each):
                return each.id
        known = ", ".join(sorted(each.display_name for each in people if not each.app)[:SHOWN])
        raise NotFound(f"Linear knows nobody called {name}; there is {known}.")


def _names(user: User) -> set[str]:
    email = user.email.lower()
    return {user.name.lower(), user.display_name.lower(), email, email.partition("@")[0]}


def ticket_of(issue: Issue) -> Ticket:
    """Return an issue of Linear as every tracker has it."""
    kind: Kind = "started" if issue.kind == "started" else "open"
    if issue.kind in CLOSED:
        kind = "done" if issue.kind == "completed" else "canceled"
    return Ticket(
        key=issue.identifier,
        title=issue.title,
        url=issue.url,
        kind=kind,
        state=issue.state,
        created_at=issue.created_at,
        updated_at=issue.updated_at,
        body=issue.description,
        author=issue.creator,
        people=(issue.assignee,) if issue.assignee else (),
        labels=issue.labels,
        due_on=issue.due_on,
        closed_at=issue.completed_at or issue.canceled_at,
        branch=issue.branch or branch_of(issue.identifier, issue.title),
    )
