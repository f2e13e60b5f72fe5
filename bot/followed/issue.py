"""Issues of a repository."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.chat import Mark, Posting
from bot.followed import saying
from bot.followed.things import Reply, Said, Seen, dotted, known, labels, people
from bot.subscriptions.filters import Facts
from flows.report import Line, Link, Person
from integrations.github import IssueState

REASONS = {"not_planned": "Closed as not planned", "duplicate": "Closed as a duplicate"}


def seen(repo: str, state: IssueState, before: Mapping[str, Any], said: Sequence[Said]) -> Seen:
    """Return an issue as it stands, with what is new since it was seen before."""
    facts = facts_of(repo, state)
    memory = {"state": state.state, "facts": facts}
    replies = (*saying.replies(said), *_news(state, before))
    ended = state.state != "open"
    return Seen(("issues",), facts, card(repo, state), memory, replies, ("comments",), ended)


def facts_of(repo: str, state: IssueState) -> Facts:
    """Return what filters know of an issue."""
    return known(
        repo=repo,
        author=state.author,
        label=state.labels,
        state=state.state,
        title=state.title,
        assignee=state.assignees,
    )


def card(repo: str, state: IssueState) -> Posting:
    """Return the card of an issue."""
    link = Link(f"{repo}#{state.number} {state.title}", state.url)
    count = f"{state.comments} comments" if state.comments != 1 else "1 comment"
    about = dotted(
        ("by ", Person(state.author)),
        labels(state.labels),
        (count,) if state.comments else (),
    )
    mark: Mark = "closed" if state.state == "closed" else ""
    return Posting((link,), lines=(standing(state), about), mark=mark)


def standing(state: IssueState) -> Line:
    """Return how an issue stands."""
    if state.state == "closed":
        by: Line = (" by ", Person(state.closed_by)) if state.closed_by else ()
        return (REASONS.get(state.reason, "Closed"), *by, ".")
    if not state.assignees:
        return ("Open, nobody is assigned.",)
    verb = " is assigned." if len(state.assignees) == 1 else " are assigned."
    return ("Open: ", *people(state.assignees), verb)


def _news(state: IssueState, before: Mapping[str, Any]) -> Iterator[Reply]:
    if not before or state.state == before["state"]:
        return
    line: Line = standing(state) if state.state == "closed" else ("Open again.",)
    at = state.closed_at or state.updated_at
    yield Reply(f"{state.state}:{at:%Y%m%dT%H%M%S}", ("issues",), Posting(line))
