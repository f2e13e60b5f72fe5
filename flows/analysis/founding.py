"""What is missing of a project's set-up, as changes: each is made once and can be taken back."""

from dataclasses import replace
from datetime import UTC, datetime, time
from functools import partial
from typing import Any

from flows.analysis.setups import SET_UP, Goal, InLinear, Missing, Present
from flows.analysis.words import counted
from flows.engine.effects import Effect, effect
from integrations.github import GitHub
from integrations.linear import Linear, NewProject

TITLE = "chore: owners, templates and checks"
LONGEST = 60
NOON = time(12, tzinfo=UTC)  # the same day wherever GitHub cuts it off


def on_github(
    github: GitHub, repo: str, branch: str, present: Present, lacks: Missing
) -> list[Effect[Any]]:
    """Return the changes to a repository: labels, milestones, files for review, protection."""
    labels = [
        effect(
            f"Label {each.name}",
            do=partial(github.ensure_label, repo, each.name, each.colour, each.description),
            undo=partial(github.delete_label, repo, each.name),
        )
        for each in lacks.labels
    ]
    milestones = [_milestone(github, repo, each) for each in lacks.milestones]
    files = _files(github, repo, branch, lacks.files) if lacks.files else []
    return [*labels, *milestones, *files, *_protection(github, repo, branch, present, lacks)]


def in_linear(
    linear: Linear, repo: str, team: str, name: str, present: InLinear, lacks: Missing
) -> list[Effect[Any]]:
    """Return the changes in Linear: the project, and its milestones."""
    effects: list[Effect[Any]] = []
    project: Any = present.project
    if lacks.project:
        new = NewProject(name, (team,), f"The work on {repo}.")
        making = effect(
            f"Make the project {name} in Linear"[:LONGEST],
            do=partial(linear.ensure_project, f"init:{repo}:{name}", new),
        )
        project = making.result
        effects.append(replace(making, undo=partial(linear.delete_project, project.id)))
    for each in lacks.stages:
        adding = effect(
            f"Milestone {each.name} in Linear"[:LONGEST],
            do=partial(linear.ensure_milestone, project.id, each.name, each.due_on),
        )
        undo = partial(linear.delete_milestone, adding.result.id)
        effects.append(replace(adding, undo=undo))
    return effects


def _milestone(github: GitHub, repo: str, goal: Goal) -> Effect[Any]:
    due = datetime.combine(goal.due_on, NOON) if goal.due_on else None
    making = effect(
        f"Milestone {goal.name}"[:LONGEST],
        do=partial(github.ensure_milestone, repo, goal.name, due_on=due),
    )
    return replace(making, undo=partial(github.delete_milestone, repo, making.result.number))


def _files(github: GitHub, repo: str, base: str, files: dict[str, str]) -> list[Effect[Any]]:
    names = ", ".join(sorted(path.rpartition("/")[2] for path in files))
    body = f"Adds {names}, which a project is started with."
    undo = partial(github.delete_branch, repo, SET_UP)
    return [
        effect(
            f"Commit {counted(len(files), 'file')} to {SET_UP}",
            do=partial(github.ensure_commit, repo, SET_UP, TITLE, files, base=base),
            undo=undo,
        ),
        effect(
            "Open a pull request with them",
            do=partial(github.ensure_pull, repo, SET_UP, base, TITLE, body),
            undo=undo,
        ),
    ]


def _protection(
    github: GitHub, repo: str, branch: str, present: Present, lacks: Missing
) -> list[Effect[Any]]:
    wanted, before = lacks.protection, present.protection
    if wanted is None:
        return []
    return [
        effect(
            f"Protect {branch[:25]}: {counted(wanted.approvals or 0, 'approval')}",
            do=partial(github.ensure_protection, repo, branch, wanted),
            undo=partial(github.ensure_protection, repo, branch, before)
            if before
            else partial(github.delete_protection, repo, branch),
            still=partial(github.protection, repo, branch),
        )
    ]
