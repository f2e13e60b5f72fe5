"""GitHub as a client of two strengths: one that looks, one that may also change things."""

from integrations.github.deliveries import DeliveryReads
from integrations.github.following import StateReads
from integrations.github.hooks import HookReads, HookWrites
from integrations.github.issues import IssueReads, IssueWrites
from integrations.github.pulls import PullReads
from integrations.github.repositories import RepositoryReads
from integrations.github.writes import PullWrites, RefWrites, ReleaseWrites


class GitHubReader(RepositoryReads, IssueReads, PullReads, DeliveryReads, StateReads, HookReads):
    """Everything flows may ask GitHub; `repo` is always `owner/name`."""


class GitHub(GitHubReader, RefWrites, ReleaseWrites, PullWrites, IssueWrites, HookWrites):
    """Everything flows may change on GitHub; each `ensure_…` and `delete_…` can be repeated."""
