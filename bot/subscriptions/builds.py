"""Workflow runs of a branch in the channels that follow them: one card for each time it is broken.

A failure that has to last is not shown before; one that recovers in time is never shown.
"""

from datetime import datetime, timedelta

from bot.chat import Posting
from bot.followed import workflow
from bot.followed.workflow import Health
from bot.subscriptions.boards import Board, Follows, source_of
from integrations.github import RunState
from storage.chat_records import PostRecord

FEATURES = ("ci",)


def topic_of(repo: str, run: RunState) -> str:
    """Return what keeps the health of a workflow on a branch, or in pull requests from there."""
    pull = "#pull" if is_of_pull(run) else ""
    return f"github:ci:{repo}/{run.name}@{run.branch}{pull}"[:240]


def is_of_pull(run: RunState) -> bool:
    """Say whether a run is told in the thread of a pull request."""
    return run.event.startswith("pull_request") or bool(run.pulls)


async def show(board: Board, repo: str, run: RunState, health: Health) -> None:
    """Bring every channel up to date after a run."""
    facts = workflow.facts_of(repo, run)
    card = workflow.card(repo, run, health)
    for place in board.places:
        key = board.key(place, str(health.first))
        there = board.shown(key)
        by = place.wanted(FEATURES, facts)
        if there and (source := source_of(there, place)):
            by = (source, FEATURES[0])
        if by is None or (not there and not health.bad):
            continue
        is_held = there is not None and _is_held(there, board.at)
        if is_held and not health.bad:
            await board.take_back(key)  # it has recovered in time
            continue
        due = _due(health, by[0]) if health.bad else None
        await board.put(place, key, card, by, due_at=due)
        news = _news(run, health, by[0], is_new=there is None or is_held)
        if news:
            reply = f"{key}/{run.id}:{run.attempt}"
            await board.put(place, reply, news, by, head=key, due_at=due)


def _news(run: RunState, health: Health, by: Follows, *, is_new: bool) -> Posting | None:
    """Return what is told below the card."""
    if health.turn == "works":
        return workflow.works(run, health)
    if health.turn == "still" and not is_new and not by.rule.changes_only:
        return workflow.again(run)
    return None


def _due(health: Health, by: Follows) -> datetime | None:
    return health.since + timedelta(seconds=by.rule.lasts) if by.rule.lasts else None


def _is_held(post: PostRecord, now: datetime) -> bool:
    """Say whether nobody has read a post yet, since what it tells has to last first."""
    return not post.message and post.tries == 0 and post.due_at is not None and post.due_at > now
