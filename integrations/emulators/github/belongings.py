"""What belongs to a repository or an organisation beside threads: rules, access, keys, names."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field


class Protection(Struct, kw_only=True):
    """How a branch is protected; `approvals` is None where no review is required."""

    approvals: int | None = None
    stale: bool = False
    owners: bool = False
    last_push: bool = False
    checks: list[str] | None = None
    strict: bool = False
    admins: bool = False
    linear: bool = False
    force: bool = False
    deletions: bool = False
    conversations: bool = False


class Ruleset(Struct, kw_only=True):
    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    target: str = "branch"
    enforcement: str = "active"
    include: list[str] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    bypass: list[dict[str, Any]] = field(default_factory=list)


class Named(Struct, kw_only=True):
    """A variable or a secret; nobody can read the value of a secret, and none is kept."""

    name: str
    created_at: datetime
    updated_at: datetime
    value: str = ""


class Guard(Struct, kw_only=True):
    """What protects an environment, and what is set in it; `reviewers` are logins."""

    wait: int = 0
    reviewers: list[str] = field(default_factory=list)
    no_self_review: bool = False
    protected_branches: bool | None = None
    variables: dict[str, Named] = field(default_factory=dict)
    secrets: dict[str, Named] = field(default_factory=dict)


class DeployKey(Struct, kw_only=True):
    id: int
    title: str
    key: str
    created_at: datetime
    added_by: str
    read_only: bool = True
    last_used: datetime | None = None


class Invitation(Struct, kw_only=True):
    id: int
    invitee: str
    inviter: str
    permission: str
    created_at: datetime


class Team(Struct, kw_only=True):
    """A team of an organisation; `repos` maps full names to permissions."""

    id: int
    org: str
    slug: str
    name: str
    created_at: datetime
    members: dict[str, Literal["member", "maintainer"]] = field(default_factory=dict)
    repos: dict[str, str] = field(default_factory=dict)


class Reaction(Struct, kw_only=True):
    """`place` is issue:NUMBER, comment:ID or remark:ID."""

    id: int
    place: str
    content: str
    author: str
    created_at: datetime


class Remark(Struct, kw_only=True):
    """A comment of a review on a line of a file."""

    id: int
    pull: int
    author: str
    body: str
    path: str
    commit: str
    created_at: datetime
    updated_at: datetime
    line: int | None = None
    start_line: int | None = None
    side: str = "RIGHT"
    hunk: str = ""
    review: int | None = None
    answers: int | None = None
