"""GitHub: typed reads, writes that are safe to repeat, and what opens the connection."""

from typing import TYPE_CHECKING

from integrations.github.access import Collaborator, DeployKey, Invitation, Member, Team
from integrations.github.actions import Job, RunMinutes, Workflow
from integrations.github.alerts import Advisory, CodeAlert, DependencyAlert, SecretAlert
from integrations.github.artifacts import ActionsCache, Artifact, CacheUsage
from integrations.github.assets import Asset
from integrations.github.client import GitHub, GitHubReader
from integrations.github.environments import Environment, SecretName, Variable
from integrations.github.junit import TestResult
from integrations.github.labels import Label
from integrations.github.merging import PullReview
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
from integrations.github.packages import Package, PackageVersion, Traffic
from integrations.github.remarks import LineComment, Reaction
from integrations.github.rules import BranchRule, OwnersError, Protection, Ruleset
from integrations.github.search import FoundFile, FoundFiles, FoundThread, FoundThreads
from integrations.github.settings import Settings
from integrations.github.trees import ChangedFile, Comparison, Tree, TreeEntry
from integrations.github.verdicts import Annotation, CheckReport, StatusReport
from integrations.later import later

if TYPE_CHECKING:
    from integrations.github.api import GitHubApi
    from integrations.github.oauth import UserSignIn, UserToken
    from integrations.github.sign_in import AppSignIn, GitHubSignIn, TokenSignIn

# They bring the HTTP library; who only names a type, as every flow does, does not wait for it.
_LATER = {
    "AppSignIn": "integrations.github.sign_in",
    "GitHubApi": "integrations.github.api",
    "GitHubSignIn": "integrations.github.sign_in",
    "TokenSignIn": "integrations.github.sign_in",
    "UserSignIn": "integrations.github.oauth",
    "UserToken": "integrations.github.oauth",
}

__all__ = [
    "ActionsCache",
    "Advisory",
    "Annotation",
    "AppSignIn",
    "Artifact",
    "Asset",
    "Branch",
    "BranchRule",
    "CacheUsage",
    "ChangedFile",
    "CheckReport",
    "CheckRun",
    "Checks",
    "CodeAlert",
    "Collaborator",
    "Comment",
    "Commit",
    "Comparison",
    "DependencyAlert",
    "DeployKey",
    "Deployment",
    "DeploymentStatus",
    "Environment",
    "FailedJob",
    "File",
    "FoundFile",
    "FoundFiles",
    "FoundThread",
    "FoundThreads",
    "GitHub",
    "GitHubApi",
    "GitHubReader",
    "GitHubSignIn",
    "Hook",
    "HookDelivery",
    "Identity",
    "Invitation",
    "Issue",
    "IssueState",
    "Job",
    "Label",
    "LineComment",
    "Member",
    "Milestone",
    "OwnersError",
    "Package",
    "PackageVersion",
    "Protection",
    "Pull",
    "PullReview",
    "PullState",
    "PullTiming",
    "RateLimit",
    "Reaction",
    "Release",
    "Repository",
    "Review",
    "Ruleset",
    "RunMinutes",
    "RunState",
    "SecretAlert",
    "SecretName",
    "Settings",
    "StatusReport",
    "Tag",
    "Team",
    "TestResult",
    "TokenSignIn",
    "Traffic",
    "Tree",
    "TreeEntry",
    "User",
    "UserSignIn",
    "UserToken",
    "Variable",
    "Workflow",
    "WorkflowRun",
]

__getattr__ = later(_LATER)
