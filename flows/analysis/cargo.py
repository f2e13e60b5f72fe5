"""What a deployment brings: the commits since the last one, their pull requests, their issues."""

from collections.abc import Sequence

import msgspec

from flows.analysis.linked import Words, linked_keys
from flows.analysis.releases import released, since
from integrations.errors import NotFound
from integrations.github import Commit, GitHubReader, Pull
from integrations.trackers import Ticket, TrackerReader

MOST = 10  # issues that are looked up


class Shipping(msgspec.Struct, frozen=True):
    """What a deployment brings, and what it takes away: commits that only the old one has.

    It is not `known` where one of the two is gone from GitHub.
    """

    brings: list[Commit] = []
    loses: list[Commit] = []
    pulls: list[Pull] = []
    tickets: list[Ticket] = []
    known: bool = True


async def difference(github: GitHubReader, repo: str, base: str, head: str) -> Shipping:
    """Return the commits between two; with no base, nothing is compared."""
    if not base:
        return Shipping()
    try:
        brings = await github.commits_between(repo, base, head)
        return Shipping(brings, await github.commits_between(repo, head, base))
    except NotFound:
        return Shipping(known=False)


async def shipping(
    github: GitHubReader,
    tracker: TrackerReader,
    repo: str,
    base: str,
    head: str,
    *,
    branch: str,
    team: str,
) -> Shipping:
    """Return the commits between two, with their pull requests and the issues that these name."""
    found = await difference(github, repo, base, head)
    if not found.brings:
        return found
    merged = await github.merged_pulls(repo, since(found.brings), branch)
    pulls = released(merged, found.brings)
    tickets = [
        ticket
        for key in _keys(pulls, found.brings, team, repo)[:MOST]
        if (ticket := await _ticket(tracker, key))
    ]
    return msgspec.structs.replace(found, pulls=pulls, tickets=tickets)


def _keys(pulls: Sequence[Pull], commits: Sequence[Commit], team: str, repo: str) -> list[str]:
    """Return the issues that are named by what is shipped, each once."""
    words = [Words(each.head_ref, each.title, each.body, number=each.number) for each in pulls]
    if not pulls:
        words = [Words(commits=[each.message for each in commits])]
    found = [key for each in words for key in linked_keys(each, team=team, repo=repo)]
    own = {f"#{each.number}" for each in pulls}  # a pull request is no issue
    return [key for key in dict.fromkeys(found) if key not in own]


async def _ticket(tracker: TrackerReader, key: str) -> Ticket | None:
    try:
        return await tracker.issue(key)
    except NotFound:
        return None
