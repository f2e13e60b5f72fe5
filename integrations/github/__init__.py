"""GitHub: typed reads, writes that are safe to repeat, sign-in, webhook signatures."""

from integrations.github.api import GitHubApi
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
from integrations.github.sign_in import AppSignIn, GitHubSignIn, TokenSignIn

__all__ = [
    "AppSignIn",
    "Branch",
    "CheckRun",
    "Checks",
    "Commit",
    "Deployment",
    "DeploymentStatus",
    "File",
    "GitHub",
    "GitHubApi",
    "GitHubReader",
    "GitHubSignIn",
    "Identity",
    "Issue",
    "Milestone",
    "Pull",
    "PullTiming",
    "RateLimit",
    "Release",
    "Repository",
    "Tag",
    "TokenSignIn",
    "User",
    "WorkflowRun",
]
