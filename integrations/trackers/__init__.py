"""Where a project keeps its issues: Linear or GitHub Issues, behind one small protocol."""

from integrations.trackers.models import Kind, NewTicket, Ticket
from integrations.trackers.on_github import GitHubTracker, GitHubTrackerReader
from integrations.trackers.on_linear import LinearTracker, LinearTrackerReader
from integrations.trackers.port import Tracker, TrackerReader

__all__ = [
    "GitHubTracker",
    "GitHubTrackerReader",
    "Kind",
    "LinearTracker",
    "LinearTrackerReader",
    "NewTicket",
    "Ticket",
    "Tracker",
    "TrackerReader",
]
