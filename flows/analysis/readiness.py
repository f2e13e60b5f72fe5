"""Whether a commit may be released: what stands against it, in words."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from flows.analysis.words import counted
from flows.engine.effects import Effect, effect
from flows.engine.waiting import TITLE_LENGTH
from flows.report import Inline, Line, Link
from integrations.github import CheckRun, Checks, GitHub, GitHubReader
from integrations.linear import LinearReader
from integrations.semver import version_from
from integrations.trackers import Ticket
from integrations.trackers.on_github import ticket_of
from integrations.trackers.on_linear import OPEN
from integrations.trackers.on_linear import ticket_of as ticket_in_linear

BLOCKER = "blocker"
MOST_PROJECTS = 12
SHOWN = 5
GREEN = {"success", "neutral", "skipped"}


class Goal(msgspec.Struct, frozen=True):
    """The milestone that is named after a version, and what is left in it.

    `number` is GitHub's, 0 in Linear, where milestones cannot be closed. `pulls` are those that
    are not merged.
    """

    name: str
    url: str
    number: int = 0
    tickets: tuple[Ticket, ...] = ()
    pulls: tuple[Link, ...] = ()

    @property
    def left(self) -> list[Inline]:
        """What is not done, as people read it."""
        return [*(Link(f"{each.key} {each.title}", each.url) for each in self.tickets), *self.pulls]


async def blockers(github: GitHubReader, repo: str) -> list[Ticket]:
    """Return the open issues of a repository that are called blockers.

    A team of Linear has issues of several repositories, so what it calls one may be about another.
    """
    return [_bare(ticket_of(each)) for each in await github.open_issues(repo, [BLOCKER])]


async def goal_of(
    github: GitHubReader, linear: LinearReader | None, repo: str, team: str, tag: str
) -> Goal | None:
    """Return the milestone of a version on GitHub, else in a running project of the team."""
    for each in await github.milestones(repo, "open"):
        if is_named(each.title, tag):
            issues = await github.milestone_issues(repo, each.number, "open")
            pulls = [p for p in await github.open_pulls(repo) if p.milestone == each.title]
            return Goal(
                each.title,
                each.url,
                each.number,
                tuple(map(_bare, map(ticket_of, issues))),
                tuple(Link(f"#{pull.number} {pull.title}", pull.url) for pull in pulls),
            )
    return await _in_linear(linear, team, tag) if linear and team else None


async def _in_linear(linear: LinearReader, team: str, tag: str) -> Goal | None:
    projects = await linear.projects(team)
    running = [each for each in projects if each.kind not in ("completed", "canceled")]
    for project in running[:MOST_PROJECTS]:
        for each in await linear.milestones(project.id):
            if is_named(each.name, tag):
                found = await linear.issues(project_id=project.id, kinds=OPEN)
                tickets = [ticket_in_linear(i) for i in found if i.milestone_id == each.id]
                return Goal(each.name, project.url, 0, tuple(map(_bare, tickets)))
    return None


def obstacles(checks: Checks, blockers: Sequence[Ticket], goal: Goal | None) -> list[Line]:
    """Return one line per reason against a release; none means ready."""
    pending = [run for run in checks.runs if not run.conclusion]
    failed = [run for run in checks.runs if run.conclusion and run.conclusion not in GREEN]
    found: list[Line] = []
    for runs, word in ((failed, "failed"), (pending, "not finished")):
        if runs:
            found.append(
                (f"{counted(len(runs), 'check')} {word}: ", *joined(list(map(named, runs))))
            )
    if blockers:
        links = [Link(f"{each.key} {each.title}", each.url) for each in blockers]
        found.append((f"{counted(len(blockers), 'open blocker')}: ", *joined(links)))
    if goal and goal.left:
        counts = (counted(len(goal.tickets), "open issue"), f"{len(goal.pulls)} not merged")
        said = " and ".join(
            each for each, has in zip(counts, (goal.tickets, goal.pulls), strict=True) if has
        )
        found.append(
            ("Milestone ", Link(goal.name, goal.url), f" has {said}: ", *joined(goal.left))
        )
    return found


def unopposed(checks: Checks) -> Line:
    """Say what was looked at when nothing stands against the release."""
    count = len(checks.runs)
    green = f"{counted(count, 'check')} green" if count else "this commit has no checks"
    return (f"Nothing stands against it: {green}, no open blocker.",)


def said(against: Sequence[Line]) -> str:
    """Return the reasons as sentences."""
    lines = ("".join(p.label if isinstance(p, Link) else str(p) for p in line) for line in against)
    return " ".join(f"{line}." for line in lines)


def closing(github: GitHub, repo: str, goal: Goal | None) -> list[Effect[Any]]:
    """Return what closes the milestone of a release where nothing is left in it."""
    if goal is None or not goal.number or goal.left:
        return []
    do = partial(github.ensure_milestone_closed, repo, goal.number)
    undo = partial(github.ensure_milestone_opened, repo, goal.number)
    return [effect(f"Close the milestone {goal.name}"[:TITLE_LENGTH], do=do, undo=undo)]


def is_named(title: str, tag: str) -> bool:
    """Say whether a milestone is named after this version, whatever its prefix."""
    one, other = version_from(title.strip()), version_from(tag)
    if one is None or other is None:
        return False
    return replace(one, prefix="", dash="") == replace(other, prefix="", dash="")


def _bare(ticket: Ticket) -> Ticket:
    return msgspec.structs.replace(ticket, body="")


def named(run: CheckRun) -> Inline:
    """Return a check by its name, with a link to what it says."""
    return Link(run.name, run.url) if run.url else run.name


def joined(parts: Sequence[Inline]) -> list[Inline]:
    """Return the first few with commas between, and how many more there are."""
    line: list[Inline] = []
    for part in parts[:SHOWN]:
        line += [", ", part] if line else [part]
    return [*line, f", … {len(parts) - SHOWN} more"] if len(parts) > SHOWN else line
