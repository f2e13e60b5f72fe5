"""What a webhook tells of an issue's earlier state."""

from integrations.emulators.linear.issues import Issue


def told_of(issue: Issue) -> dict[str, object]:
    """Return what a webhook tells of an issue's earlier state."""
    return {
        "title": issue.title,
        "description": issue.description,
        "priority": issue.priority,
        "estimate": issue.estimate,
        "due_date": issue.due_date,
        "state_id": issue.state.id,
        "label_ids": issue.label_ids,
        "assignee_id": issue.assignee.id if issue.assignee else None,
        "cycle_id": issue.cycle.id if issue.cycle else None,
        "project_id": issue.project.id if issue.project else None,
        "project_milestone_id": issue.project_milestone.id if issue.project_milestone else None,
        "parent_id": issue.parent.id if issue.parent else None,
        "started_at": issue.started_at,
        "completed_at": issue.completed_at,
        "canceled_at": issue.canceled_at,
        "updated_at": issue.updated_at,
    }


def changed_of(issue: Issue, before: dict[str, object]) -> dict[str, object]:
    """Return the earlier values of what is another one now, and when it was changed before."""
    now = told_of(issue)
    return {
        name: value for name, value in before.items() if name == "updated_at" or value != now[name]
    }
