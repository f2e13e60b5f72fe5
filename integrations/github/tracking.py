"""Issues, comments and touched files as GitHub sends them."""

from datetime import datetime
from typing import Any

from integrations.github import models
from integrations.github.wire import (
    LONG_AGO,
    Label,
    MilestoneTitle,
    User,
    Wire,
    label_names,
    login,
    title_of,
)


class Issue(Wire, frozen=True):
    number: int
    title: str
    state: str | None = None
    html_url: str | None = None
    user: User | None = None
    labels: list[Label | str] | None = None
    assignees: list[User] | None = None
    milestone: MilestoneTitle | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    body: str | None = None
    state_reason: str | None = None
    # Present on pull requests, which GitHub lists among the issues.
    pull_request: Any = None

    def model(self) -> models.Issue:
        return models.Issue(
            number=self.number,
            title=self.title,
            url=self.html_url or "",
            author=login(self.user),
            created_at=self.created_at or LONG_AGO,
            updated_at=self.updated_at or self.created_at or LONG_AGO,
            state=self.state or "open",
            labels=label_names(self.labels),
            assignees=tuple(user.login for user in self.assignees or []),
            milestone=title_of(self.milestone),
            body=self.body or "",
            reason=self.state_reason or "",
            closed_at=self.closed_at,
        )


class Comment(Wire, frozen=True):
    id: int
    body: str | None = None
    user: User | None = None
    html_url: str | None = None
    created_at: datetime | None = None

    def model(self) -> models.Comment:
        return models.Comment(
            id=self.id,
            body=self.body or "",
            author=login(self.user),
            url=self.html_url or "",
            created_at=self.created_at or LONG_AGO,
        )


class Touched(Wire, frozen=True):
    """A file of a pull request."""

    filename: str
