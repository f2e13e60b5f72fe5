"""GitHub: typed reads and writes that are safe to repeat.

What opens the connection (`api`, `sign_in`) is imported from there: it brings the HTTP library,
and those who only name a type should not wait for that.
"""

from integrations.github.client import GitHub, GitHubReader
from integrations.github.models import (
    Branch,
    CheckRun,
    Checks,
    Commit,
    Deployment,
    DeploymentStatus,
    File,
    Identity,
    Issue,
    Milestone,
    Pull,
    PullTiming,
    RateLimit,
    Release,
    Repository,
    Tag,
    User,
    WorkflowRun,
)

__all__ = [
    "Branch",
    "CheckRun",
    "Checks",
    "Commit",
    "Deployment",
    "DeploymentStatus",
    "File",
    "GitHub",
    "GitHubReader",
    "Identity",
    "Issue",
    "Milestone",
    "Pull",
    "PullTiming",
    "RateLimit",
    "Release",
    "Repository",
    "Tag",
    "User",
    "WorkflowRun",
]
