"""What became of a fix: what a run looks for while it waits, by reads that it is given."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from flows.analysis.layout import is_test
from flows.analysis.linked import Words, linked_keys
from integrations.errors import NotFound
from integrations.github import Checks, GitHubReader, Pull, Release

GREEN = {"success", "neutral", "skipped"}


class Fix(msgspec.Struct, frozen=True):
    """A pull request that names the issue, and the tests that it touches."""

    number: int
    title: str
    url: str
    state: str
    tests: tuple[str, ...] = ()
    merge_sha: str = ""
    merged_at: datetime | None = None


async def proposed(
    github: GitHubReader, repo: str, key: str, team: str, since: datetime
) -> Fix | None:
    """Return the pull request that names this issue, one that is merged before one that is open."""
    pulls = [*await github.merged_pulls(repo, since), *await github.open_pulls(repo)]
    for pull in pulls:
        words = Words(pull.head_ref, pull.title, pull.body, number=pull.number)
        if key in linked_keys(words, team=team, repo=repo):
            return await _fix(github, repo, pull)
    return None


async def tested(github: GitHubReader, repo: str, number: int) -> Fix | None:
    """Return a fix that touches tests, or is no longer open."""
    found = await _fix(github, repo, await github.pull(repo, number))
    return found if found.tests or found.state != "open" else None


async def decided(github: GitHubReader, repo: str, number: int) -> Fix | None:
    """Return a fix that is merged or closed."""
    pull = await github.pull(repo, number)
    return None if pull.state == "open" else await _fix(github, repo, pull)


async def checked(github: GitHubReader, repo: str, sha: str) -> Checks | None:
    """Return the checks of a commit once all of them have ended; one without any is None."""
    found = await github.checks(repo, sha)
    return found if found.state in ("success", "failure") else None


async def released(
    github: GitHubReader, repo: str, sha: str, merged_at: datetime
) -> Release | None:
    """Return the first release that has a commit; pre-releases are none that people have."""
    for each in reversed(await github.releases(repo)):
        at = each.published_at
        if at is None or at < merged_at or each.prerelease:
            continue
        try:
            missing = await github.commits_between(repo, each.tag, sha)
        except NotFound:
            continue  # its tag is gone, or the commit is
        if not missing:
            return each
    return None


def said_checks(found: Checks | None) -> str:
    """Return in words what the checks of the merged fix say."""
    if found is None:
        return "no checks ended at the merged commit"
    bad = [run.name for run in found.runs if run.conclusion not in GREEN]
    if bad:
        return f"{len(bad)} of {len(found.runs)} checks failed: {', '.join(bad[:5])}"
    return f"{len(found.runs)} checks are green at the merged commit"


async def _fix(github: GitHubReader, repo: str, pull: Pull) -> Fix:
    paths: Sequence[str] = await github.pull_paths(repo, pull.number)
    return Fix(
        pull.number,
        pull.title,
        pull.url,
        pull.state,
        tuple(path for path in paths if is_test(path)),
        pull.merge_sha,
        pull.merged_at,
    )
