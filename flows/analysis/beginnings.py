"""How work on an issue begins: what is there already, and the draft that names the issue."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from flows.analysis.linked import is_key
from flows.analysis.notes import plain
from integrations.github import GitHub, GitHubReader, Pull
from integrations.trackers import Kind, Ticket, TrackerReader


class States(msgspec.Struct, frozen=True):
    """What a tracker calls its states, in their order."""

    started: tuple[str, ...] = ()
    done: tuple[str, ...] = ()


class Known(msgspec.Struct, frozen=True):
    """An issue, whether its branch is there, and the number of its open pull request or 0."""

    ticket: Ticket
    has_branch: bool = False
    number: int = 0


class Target(NamedTuple):
    """Where an issue belongs."""

    kind: Kind
    state: str


class Aim(NamedTuple):
    """What is begun: its issue's title, key ("it" before there is one), text and place."""

    title: str
    name: str
    words: str
    criteria: tuple[str, ...]
    place: Target


async def states_of(tracker: TrackerReader) -> States:
    """Return what a tracker calls its states."""
    started, done = await tracker.states("started"), await tracker.states("done")
    return States(tuple(started), tuple(done))


async def known(github: GitHubReader, tracker: TrackerReader, repo: str, what: str) -> Known | None:
    """Return an issue and how far the work on it has come; None for words that are no key."""
    if not is_key(what):
        return None
    ticket = await tracker.issue(what)
    if not await github.has_branch(repo, ticket.branch):
        return Known(ticket)
    pulls = await github.open_pulls(repo, ticket.branch)
    return Known(ticket, has_branch=True, number=pulls[0].number if pulls else 0)


class Beginning:
    """Opens the draft of a feature: its text names the issue, which may have just been made."""

    def __init__(self, github: GitHub) -> None:
        self._github = github

    async def ensure_draft(
        self, repo: str, branch: str, base: str, aim: Aim, key: str, url: str
    ) -> Pull:
        """Open the draft, or return the pull request of this branch that is open already."""
        name = aim.title if key.startswith("#") else f"{key}: {aim.title}"
        body = draft_body(key, url, aim.criteria)
        return await self._github.ensure_pull(repo, branch, base, name, body, draft=True)

    async def delete_draft(self, repo: str, branch: str) -> None:
        """Close what `ensure_draft` opened."""
        for pull in await self._github.open_pulls(repo, branch):
            await self._github.ensure_pull_closed(repo, pull.number)


def draft_body(key: str, url: str, criteria: Sequence[str]) -> str:
    """Return the text of the draft in Markdown: the issue, and its criteria as boxes."""
    issue = f"Closes {key}" if key.startswith("#") else f"Part of [{key}]({url})"
    boxes = "\n".join(f"- [ ] {plain(each)}" for each in criteria)
    rest = [f"**Acceptance criteria**\n\n{boxes}"] if boxes else []
    return "\n\n".join([f"{issue}.", *rest, "The first commit is empty: it opens this draft."])
