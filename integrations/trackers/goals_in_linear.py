"""The projects of a team of Linear, and their milestones, as goals."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from integrations.errors import Refused
from integrations.linear import Change, Issue, IssueFields, Linear, LinearReader, Project
from integrations.trackers.goals import MOST_GOALS, Goal, Left, Source, in_order, soonest
from integrations.trackers.on_linear import OPEN, ticket_of

OVER = ("completed", "canceled")
NO_STATE = "Milestones of Linear have no state: one is done as soon as its issues are."


class LinearGoalReader:
    """The projects of one team; each of their milestones is a goal of its own."""

    name: Source = "Linear"

    def __init__(self, linear: LinearReader, team: str) -> None:
        self._linear = linear
        self._team = team

    async def goals(self) -> list[Goal]:
        running = [
            each for each in await self._linear.projects(self._team) if each.kind not in OVER
        ]
        running.sort(key=lambda each: (each.due_on is None, each.due_on, each.name))
        found = [goal for each in running[:MOST_GOALS] for goal in await self._of(each)]
        return soonest(found)

    async def open_keys(self, goal: str) -> list[str]:
        project, _, milestone = goal.partition("/")
        issues = await self._linear.issues(project_id=project, kinds=OPEN)
        fit = [each for each in issues if milestone in ("", each.milestone_id)]
        return sorted(each.identifier for each in fit)

    async def _of(self, project: Project) -> list[Goal]:
        issues = await self._linear.issues(project_id=project.id)
        pasts = await self._linear.histories(project_id=project.id)
        whole = Goal(
            id=project.id,
            name=project.name,
            url=project.url,
            source="Linear",
            due_on=project.due_on,
            created_at=project.started_at,
            tickets=in_order(map(ticket_of, issues)),
            added=_came(pasts, "project", project.name),
        )
        parts = [
            Goal(
                id=f"{project.id}/{each.id}",
                name=f"{project.name}: {each.name}",
                url=project.url,
                source="Linear",
                due_on=each.due_on,
                tickets=in_order(ticket_of(i) for i in issues if i.milestone_id == each.id),
                added=_came(pasts, "milestone", each.name),
                left=_went(pasts, issues, each.id, each.name),
            )
            for each in await self._linear.milestones(project.id)
        ]
        return [whole, *parts]


class LinearGoals(LinearGoalReader):
    """The projects of one team, and what may be changed about them."""

    def __init__(self, linear: Linear, team: str) -> None:
        super().__init__(linear, team)
        self._writes = linear

    async def ensure_due(self, goal: str, due_on: date | None) -> None:
        project, _, milestone = goal.partition("/")
        if milestone:
            await self._writes.ensure_milestone_due(milestone, due_on)
        else:
            await self._writes.ensure_project_due(project, due_on)

    async def ensure_in(self, key: str, goal: str) -> None:
        project, _, milestone = goal.partition("/")
        wanted = IssueFields(project_id=project, milestone_id=milestone)
        await self._writes.ensure_issue_fields(key, wanted)

    async def ensure_closed(self, goal: str) -> None:  # noqa: ARG002 - of the port
        raise Refused(NO_STATE)

    async def ensure_opened(self, goal: str) -> None:  # noqa: ARG002 - of the port
        raise Refused(NO_STATE)


def _came(pasts: Mapping[str, Sequence[Change]], which: str, name: str) -> dict[str, datetime]:
    """Return when each issue came to a goal last, by what its history says."""
    found: dict[str, datetime] = {}
    for key, past in pasts.items():
        for change in past:
            turn = getattr(change, which)
            if turn and turn.after == name:
                found[key] = change.at
    return found


def _went(
    pasts: Mapping[str, Sequence[Change]], issues: Sequence[Issue], goal: str, name: str
) -> tuple[Left, ...]:
    """Return which issues of the project were taken out of a milestone, and when last."""
    there = {each.identifier for each in issues if each.milestone_id == goal}
    gone = {
        key: change.at
        for key, past in pasts.items()
        if key not in there
        for change in past
        if change.milestone and change.milestone.before == name
    }
    return tuple(Left(key, at) for key, at in gone.items())
