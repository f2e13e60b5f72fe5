"""Where a project keeps its issues: Linear or GitHub Issues, behind one small protocol."""

from integrations.trackers.goals import Goal, GoalReader, Goals, Left
from integrations.trackers.goals_in_linear import LinearGoalReader, LinearGoals
from integrations.trackers.goals_on_github import GitHubGoalReader, GitHubGoals
from integrations.trackers.models import Kind, NewTicket, Ticket
from integrations.trackers.on_github import GitHubTracker, GitHubTrackerReader
from integrations.trackers.on_linear import LinearTracker, LinearTrackerReader
from integrations.trackers.port import Tracker, TrackerReader

__all__ = [
    "GitHubGoalReader",
    "GitHubGoals",
    "GitHubTracker",
    "GitHubTrackerReader",
    "Goal",
    "GoalReader",
    "Goals",
    "Kind",
    "Left",
    "LinearGoalReader",
    "LinearGoals",
    "LinearTracker",
    "LinearTrackerReader",
    "NewTicket",
    "Ticket",
    "Tracker",
    "TrackerReader",
]
