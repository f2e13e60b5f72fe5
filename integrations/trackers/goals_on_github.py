"""The milestones of a repository as goals."""

from datetime import date

import msgspec

from integrations.github import GitHub, GitHubReader, Milestone
from integrations.trackers.goals import MOST_GOALS, Goal, Source, in_order, soonest
from integrations.trackers.on_github import number_of, ticket_of


class GitHubGoalReader:
    """The milestones of one repository."""

    name: Source = "GitHub"

    def __init__(self, github: GitHubReader, repo: str) -> None:
        self._github = github
        self._repo = repo

    async def goals(self) -> list[Goal]:
        found = soonest([_goal(each) for each in await self._github.milestones(self._repo, "open")])
        return [await self._filled(each) for each in found[:MOST_GOALS]] + found[MOST_GOALS:]

    async def open_keys(self, goal: str) -> list[str]:
        found = await self._github.milestone_issues(self._repo, int(goal), "open")
        return sorted(ticket_of(each).key for each in found)

    async def _filled(self, goal: Goal) -> Goal:
        issues = await self._github.milestone_issues(self._repo, int(goal.id))
        tickets = in_order(map(ticket_of, issues))
        # Nothing belongs to a milestone before there is one.
        began = goal.created_at
        added = {
            each.key: began for each in tickets if began is not None and each.created_at < began
        }
        return msgspec.structs.replace(goal, tickets=tickets, added=added)


class GitHubGoals(GitHubGoalReader):
    """The milestones of one repository, and what may be changed about them."""

    def __init__(self, github: GitHub, repo: str) -> None:
        super().__init__(github, repo)
        self._writes = github

    async def ensure_due(self, goal: str, due_on: date | None) -> None:
        await self._writes.ensure_milestone_due(self._repo, int(goal), due_on)

    async def ensure_in(self, key: str, goal: str) -> None:
        await self._writes.ensure_issue_milestone(self._repo, number_of(key), int(goal))

    async def ensure_closed(self, goal: str) -> None:
        await self._writes.ensure_milestone_closed(self._repo, int(goal))

    async def ensure_opened(self, goal: str) -> None:
        await self._writes.ensure_milestone_opened(self._repo, int(goal))


def _goal(found: Milestone) -> Goal:
    return Goal(
        id=f"{found.number}",
        name=found.title,
        url=found.url,
        source="GitHub",
        has_state=True,
        due_on=found.due_on.date() if found.due_on else None,
        created_at=found.created_at,
    )
