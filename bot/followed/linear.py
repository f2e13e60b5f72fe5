"""Issues in Linear."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.chat import Mark, Posting
from bot.followed.things import Reply, Seen, dotted, known, labels
from bot.subscriptions.filters import Facts
from flows.report import Link
from integrations.linear import Issue

PRIORITIES = ("none", "urgent", "high", "medium", "low")
ENDS: Mapping[str, Mark] = {"completed": "good", "canceled": "closed"}


def seen(state: Issue, before: Mapping[str, Any]) -> Seen:
    """Return an issue as it stands, with what is new since it was seen before."""
    facts = facts_of(state)
    memory = {"state": state.state, "facts": facts}
    replies = tuple(_news(state, before))
    return Seen(("linear",), facts, card(state), memory, replies, ("comments",), state.kind in ENDS)


def facts_of(state: Issue) -> Facts:
    """Return what filters know of an issue."""
    return known(
        team=state.team,
        author=state.creator,
        label=state.labels,
        state=(state.state, state.kind),
        title=state.title,
        assignee=state.assignee,
        priority=priority(state),
    )


def card(state: Issue) -> Posting:
    """Return the card of an issue."""
    link = Link(f"{state.identifier} {state.title}", state.url)
    urgency = priority(state)
    standing = dotted(
        (state.state,),
        (f"{state.assignee} is assigned" if state.assignee else "nobody is assigned",),
        (f"{urgency} priority",) if state.priority else (),
    )
    about = dotted(
        (f"in {state.project}",) if state.project else (),
        (f"due {state.due_on:%Y-%m-%d}",) if state.due_on else (),
        labels(state.labels),
    )
    lines = tuple(filter(None, (standing, about)))
    return Posting((link,), lines=lines, mark=ENDS.get(state.kind, ""))


def priority(state: Issue) -> str:
    """Return the priority as people call it."""
    return PRIORITIES[state.priority] if state.priority < len(PRIORITIES) else ""


def _news(state: Issue, before: Mapping[str, Any]) -> Iterator[Reply]:
    if not before or state.state == before["state"]:
        return
    moved = f"{before['state']} → {state.state}"
    key = f"state:{state.updated_at:%Y%m%dT%H%M%S}:{state.state}"
    yield Reply(key, ("linear",), Posting((moved,)))
