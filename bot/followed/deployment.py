"""Deployments: where what went, and how it ended."""

from typing import Any

from bot.chat import Mark, Posting
from bot.followed.things import Said, Seen, dotted, known
from bot.subscriptions.filters import Facts
from flows.report import Code, Line, Link, Person, Tone
from integrations.github import Deployment, DeploymentStatus

BAD = frozenset({"failure", "error"})
MOVING = frozenset({"pending", "queued", "in_progress", "waiting"})
WORDS: dict[str, str] = {
    "success": "Deployed",
    "failure": "Failed",
    "error": "Failed",
    "in_progress": "On its way",
    "queued": "Waits for a runner",
    "waiting": "Waits for somebody to approve it",
    "pending": "Asked for",
}


def seen(repo: str, state: Deployment, turned: bool) -> Seen:
    """Return a deployment as it stands; `turned` says whether its environment changed by it."""
    facts = facts_of(repo, state)
    memory: dict[str, Any] = {"state": standing(state), "facts": facts, "turned": turned}
    return Seen(("deployments",), facts, card(repo, state, turned=turned), memory, ended=True)


def standing(state: Deployment) -> str:
    """Return how a deployment stands: where it moves again, that counts more than its outcome."""
    last = _last(state)
    return last.state if last and last.state in MOVING else state.state


def is_over(state: Deployment) -> bool:
    """Say whether a newer deployment took its place."""
    return bool(state.statuses) and state.statuses[-1].state == "inactive"


def turns(state: Deployment, before: str) -> bool:
    """Say whether an environment fails newly by this, or works for the first time after that."""
    return (state.state in BAD) != (before in BAD)


def facts_of(repo: str, state: Deployment) -> Facts:
    """Return what filters know of a deployment."""
    return known(
        repo=repo,
        environment=state.environment,
        branch=state.ref,
        author=state.creator,
        state=standing(state),
        title=state.description,
    )


def card(repo: str, state: Deployment, turned: bool) -> Posting:
    """Return the card of a deployment."""
    last = _last(state)
    url = last.url if last and last.url else state.url
    name = f"{repo} → {state.environment}"
    title: Line = (Link(name, url),) if url else (name,)
    now = standing(state)
    words = WORDS.get(now, now.replace("_", " ").capitalize())
    again = " again" if turned and now == "success" else ""
    told = f": {last.description}" if last and last.description else ""
    about = dotted(
        (Code(state.ref), " at ", Code(state.sha[:7])),
        ("by ", Person(state.creator)) if state.creator else (),
    )
    return Posting(title, _tone(state), ((f"{words}{again}{told}.",), about), mark=_mark(state))


def said_of(state: Deployment) -> Said | None:
    """Return what the pull request whose commit was deployed is told, once it is there."""
    if standing(state) != "success":
        return None
    last = _last(state)
    url = last.url if last else ""
    key = f"deployed:{state.id}"
    return {"id": key, "kind": "deployed", "where": state.environment, "url": url}


def _last(state: Deployment) -> DeploymentStatus | None:
    """Return the last status that says something; that a newer deployment is there does not."""
    return next((each for each in reversed(state.statuses) if each.state != "inactive"), None)


def _mark(state: Deployment) -> Mark:
    now = standing(state)
    if now in BAD:
        return "bad"
    if now == "success":
        return "good"
    return "running" if now in MOVING else ""


def _tone(state: Deployment) -> Tone:
    return {"bad": "bad", "good": "good"}.get(_mark(state), "neutral")  # type: ignore[return-value] # two of the tones
