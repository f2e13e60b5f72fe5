"""Pull requests: what stands in their way, said first and in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.chat import Mark, Posting
from bot.followed import saying
from bot.followed.things import Reply, Said, Seen, dotted, known, labels, people, yes_no
from bot.subscriptions.filters import Facts
from flows.report import Code, Inline, Line, Link, Person, Tone
from integrations.github import PullState, Review

SAYS = {
    "approved": "approves",
    "changes_requested": "asks for changes",
    "commented": "commented",
}
MOST_REVIEWS = 5


def seen(repo: str, state: PullState, before: Mapping[str, Any], said: Sequence[Said]) -> Seen:
    """Return a pull request as it stands, with what is new since it was seen before."""
    facts = facts_of(repo, state)
    memory = {"state": state.state, "draft": state.draft, "facts": facts}
    replies = (*saying.replies(said), *_news(state, before))
    ended = state.state != "open"
    return Seen(("prs",), facts, card(repo, state), memory, replies, ("reviews", "comments"), ended)


def facts_of(repo: str, state: PullState) -> Facts:
    """Return what filters know of a pull request."""
    return known(
        repo=repo,
        branch=state.base_ref,
        head=state.head_ref,
        author=state.author,
        label=state.labels,
        path=state.paths,
        state=state.state,
        title=state.title,
        assignee=state.assignees,
        reviewer=(*state.reviewers, *(each.author for each in state.reviews)),
        team=state.teams,
        draft=yes_no(state.draft),
    )


def card(repo: str, state: PullState) -> Posting:
    """Return the card of a pull request."""
    link = Link(f"{repo}#{state.number} {state.title}", state.url)
    about = dotted(
        ("by ", Person(state.author)),
        (Code(state.head_ref), " → ", Code(state.base_ref)),
        ("checks pass",) if state.checks == "success" else (),
        labels(state.labels),
    )
    lines = (standing(state), about, _reviews(state.reviews))
    return Posting((link,), _tone(state), tuple(filter(None, lines)), mark=_mark(state))


def standing(state: PullState) -> Line:
    """Return how a pull request stands: what stands in its way, the most important first."""
    if state.state == "merged":
        by: Line = (" by ", Person(state.merged_by)) if state.merged_by else ()
        return ("Merged", *by, ".")
    if state.state == "closed":
        return ("Closed without a merge.",)
    in_its_way = listed(obstacles(state))
    if not in_its_way:
        is_known = state.mergeable != "unknown"
        return ("Open, nothing stands in its way." if is_known else "Open.",)
    return ("Open: ", *in_its_way, ".")


def listed(lines: Iterable[Line]) -> Line:
    """Return lines as one, with commas between."""
    made: list[Inline] = []
    for number, each in enumerate(lines):
        made += [", ", *each] if number else each
    return tuple(made)


def obstacles(state: PullState) -> Iterator[Line]:
    """Yield what stands in the way of an open pull request, the most important first."""
    asking = [each.author for each in state.reviews if each.state == "changes_requested"]
    if state.draft:
        yield ("a draft",)
    if state.mergeable == "conflicts":
        yield "has conflicts with ", Code(state.base_ref)
    if state.checks == "failure":
        yield ("checks fail",)
    if asking:
        verb = " asks for changes" if len(asking) == 1 else " ask for changes"
        yield (*people(asking), verb)
    elif state.decision == "changes_requested":
        yield ("changes are asked for",)
    elif state.decision == "review_required" or (state.reviewers and state.decision == "none"):
        yield _needs_review(state)
    if state.checks == "pending":
        yield ("checks run",)
    if state.mergeable == "behind":
        yield "has to be updated from ", Code(state.base_ref)
    elif state.mergeable == "blocked" and state.decision in ("approved", "none") and not asking:
        yield "a rule of ", Code(state.base_ref), " is not met yet"


def _needs_review(state: PullState) -> Line:
    asked = [*state.reviewers]
    if not asked and not state.teams:
        return ("needs a review",)
    teams = ", ".join(state.teams)
    between = (" or ",) if asked and teams else ()
    return ("needs a review by ", *people(asked, "or"), *between, teams)


def _reviews(reviews: Sequence[Review]) -> Line:
    told = [each for each in reviews if each.state in SAYS][:MOST_REVIEWS]
    return dotted(*((Person(each.author), f" {SAYS[each.state]}") for each in told))


def _mark(state: PullState) -> Mark:
    if state.state == "merged":
        return "merged"
    if state.state == "closed":
        return "closed"
    if state.checks == "failure":
        return "bad"
    if state.decision == "approved":
        return "approved"
    return "running" if state.checks == "pending" else ""


def _tone(state: PullState) -> Tone:
    if state.state != "open":
        return "good" if state.state == "merged" else "neutral"
    if state.checks == "failure" or state.mergeable == "conflicts":
        return "bad"
    is_clear = state.mergeable != "unknown" and not any(obstacles(state))
    return "good" if _mark(state) == "approved" and is_clear else "neutral"


def _news(state: PullState, before: Mapping[str, Any]) -> Iterator[Reply]:
    if not before:
        return
    if state.state != before["state"]:
        again = state.state == "open"
        line: Line = ("Open again.",) if again else standing(state)
        tone: Tone = "good" if state.state == "merged" else "neutral"
        at = state.merged_at or state.closed_at or state.updated_at
        yield Reply(f"{state.state}:{at:%Y%m%dT%H%M%S}", ("prs",), Posting(line, tone))
    elif before["draft"] and not state.draft:
        ready = ("Ready for review.",)
        yield Reply(f"ready:{state.updated_at:%Y%m%dT%H%M%S}", ("prs",), Posting(ready))
