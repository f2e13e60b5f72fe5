"""What a feature changes by itself while it lives: its issue follows, its branch goes."""

from functools import partial
from typing import Any

import msgspec

from flows.analysis import features
from flows.analysis.beginnings import Target
from flows.analysis.features import Work
from flows.analysis.outgoing import mark_of, told_of
from flows.analysis.standing import Standing
from flows.engine.effects import Effect, effect
from flows.engine.waiting import TITLE_LENGTH
from integrations.github import Branch, GitHub, GitHubReader, Release
from integrations.trackers import Ticket, Tracker, TrackerReader


class Seen(msgspec.Struct, frozen=True):
    """The issue as it is, and the branch where it is left after the merge."""

    issue: Ticket
    branch: Branch | None = None


async def seen(
    github: GitHubReader, tracker: TrackerReader, repo: str, key: str, now: Standing
) -> Seen:
    """Look at the issue; after the merge also whether the branch is left as it was merged."""
    issue = await tracker.issue(key)
    if now.stage != "merged":
        return Seen(issue)
    branch = await github.branch(repo, now.state.head_ref)
    return Seen(issue, branch if branch and branch.sha == now.state.head_sha else None)


def in_step(
    github: GitHub, tracker: Tracker, repo: str, work: Work, now: Standing, found: Seen, turn: int
) -> list[Effect[Any]]:
    """Return what brings the issue to where it belongs, and deletes a merged branch."""
    effects: list[Effect[Any]] = []
    target = features.target_of(now.stage, work.states, work.ticket)
    if target and features.is_misplaced(found.issue, target):
        effects.append(_moved(tracker, found.issue, target, f"({turn})"))
    if found.branch:
        branch, sha = found.branch.name, found.branch.sha
        deleting = effect(
            f"Delete the merged branch {branch}"[:TITLE_LENGTH],
            do=partial(github.delete_branch, repo, branch),
            undo=partial(github.ensure_branch, repo, branch, sha),
        )
        effects.append(deleting)
    return effects


def told(
    tracker: Tracker, work: Work, issue: Ticket, release: Release, repo: str
) -> list[Effect[Any]]:
    """Return what tells the issue its release, and moves it where the tracker has a word for it.

    A run that makes the release says it in the same words, so that the issue hears it once.
    """
    mark = mark_of(repo, release.tag)
    telling = effect(
        f"Tell {issue.key} that it is in {release.tag}"[:TITLE_LENGTH],
        do=partial(tracker.ensure_comment, issue.key, mark, told_of(release.tag, release.url)),
        undo=partial(tracker.delete_comment, issue.key, mark),
    )
    name = features.released_state(work.states, issue)
    if not name:
        return [telling]
    return [telling, _moved(tracker, issue, Target("done", name), "(out)")]


def _moved(tracker: Tracker, issue: Ticket, target: Target, which: str) -> Effect[Ticket]:
    return effect(
        f"Keep {issue.key} in step: {target.state} {which}"[:TITLE_LENGTH],
        do=partial(tracker.ensure_state, issue.key, *target),
        undo=partial(tracker.ensure_state, issue.key, issue.kind, issue.state),
    )
