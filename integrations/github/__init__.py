"""GitHub: typed reads, writes that are safe to repeat, and what opens the connection."""

from importlib import import_module
from typing import TYPE_CHECKING

from integrations.github.client import GitHub, GitHubReader
from integrations.github.models import (
    Branch,
    CheckRun,
    Checks,
    Comment,
    Commit,
    Deployment,
    DeploymentStatus,
    FailedJob,
    File,
    Hook,
    HookDelivery,
    Identity,
    Issue,
    IssueState,
    Milestone,
    Pull,
    PullState,
    PullTiming,
    RateLimit,
    Release,
    Repository,
    Review,
    RunState,
    Tag,
    User,
    WorkflowRun,
)

if TYPE_CHECKING:
    from integrations.github.api import GitHubApi
    from integrations.github.sign_in import AppSignIn, GitHubSignIn, TokenSignIn

# They bring the HTTP library; who only names a type, as every flow does, does not wait for it.
_LATER = {
    "AppSignIn": "integrations.github.sign_in",
    "GitHubApi": "integrations.github.api",
    "GitHubSignIn": "integrations.github.sign_in",
    "TokenSignIn": "integrations.github.sign_in",
}

__all__ = [
    "AppSignIn",
    "Branch",
    "CheckRun",
    "Checks",
    "Comment",
    "Commit",
    "Deployment",
    "DeploymentStatus",
    "FailedJob",
    "File",
    "GitHub",
    "GitHubApi",
    "GitHubReader",
    "GitHubSignIn",
    "Hook",
    "HookDelivery",
    "Identity",
    "Issue",
    "IssueState",
    "Milestone",
    "Pull",
    "PullState",
    "PullTiming",
    "RateLimit",
    "Release",
    "Repository",
    "Review",
    "RunState",
    "Tag",
    "TokenSignIn",
    "User",
    "WorkflowRun",
]


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(name)
    found: object = getattr(import_module(_LATER[name]), name)
    return found
