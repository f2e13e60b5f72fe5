"""What belongs to a milestone, and when it is due."""

from datetime import UTC, date, datetime, time
from typing import Literal, TypeAlias

from integrations.github import models, tracking, wire
from integrations.github.labels import LabelWrites
from integrations.github.places import place
from integrations.github.releases import ReleaseReads

Which: TypeAlias = Literal["open", "closed", "all"]
NOON = time(12, tzinfo=UTC)  # the same day wherever GitHub cuts it off


class MilestoneReads(ReleaseReads):
    async def milestone_issues(
        self, repo: str, number: int, state: Which = "all"
    ) -> list[models.Issue]:
        """Return the issues of a milestone, newest first; pull requests are left out."""
        params = {"milestone": f"{number}", "state": state}
        pages = self._api.pages(place(repo), "/issues", list[tracking.Issue], params=params)
        return [
            issue.model() async for page in pages for issue in page if issue.pull_request is None
        ]


class MilestoneWrites(LabelWrites, MilestoneReads):
    async def ensure_milestone_due(
        self, repo: str, number: int, due_on: date | None
    ) -> models.Milestone:
        """Let a milestone be due on a day, or on none."""
        path, missing = f"/milestones/{number}", _missing(repo, number)
        found = await self._api.get(place(repo), path, wire.Milestone, missing=missing)
        held = found.model()
        if (held.due_on.date() if held.due_on else None) == due_on:
            return held
        wanted = wire.stamp(datetime.combine(due_on, NOON)) if due_on else None
        answer = await self._api.change(
            place(repo), "PATCH", path, {"due_on": wanted}, missing=missing
        )
        return answer.decode(wire.Milestone).model()

    async def ensure_issue_milestone(
        self, repo: str, issue: int, milestone: int | None
    ) -> models.Issue:
        """Let an issue belong to a milestone, or to none."""
        path = f"/issues/{issue}"
        missing = {404: f"{repo} has no issue #{issue}, or this bot may not see it."}
        found = await self._api.get(place(repo), path, tracking.Issue, missing=missing)
        if (found.milestone.number if found.milestone else None) == milestone:
            return found.model()
        answer = await self._api.change(place(repo), "PATCH", path, {"milestone": milestone})
        return answer.decode(tracking.Issue).model()


def _missing(repo: str, number: int) -> dict[int, str]:
    return {404: f"{repo} has no milestone {number}, or this bot may not see it."}
