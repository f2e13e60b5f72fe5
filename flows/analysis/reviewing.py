"""What a review of a pull request reads, in few calls each."""

from collections import Counter
from datetime import datetime

from flows.analysis.hotspots import Hotspot, hotspots_of
from flows.analysis.ownership import CODEOWNERS_PATHS
from flows.analysis.reviewers import HALF_LIFE, Known, Touch
from flows.analysis.standing import Stage, Standing, standing
from flows.engine.tools import System
from integrations.git import Workspaces
from integrations.github import GitHubReader
from integrations.github.trees import ChangedFile
from integrations.meter import in_thread

MOST_FILES = 5  # whose history is read: the ones with most changed lines
LOOKED = 4 * HALF_LIFE  # what is older is worth less than a sixteenth
HOT, OFTEN = 10, 3  # a hotspot is one of so many files, with at least so many commits


async def owners(github: GitHubReader, repo: str, ref: str) -> str:
    """Return the CODEOWNERS of a branch, "" where it has none: GitHub takes the first it finds.

    They are those of its commit, where what is not there need not be asked for again.
    """
    commit = await github.head(repo, ref)
    for path in CODEOWNERS_PATHS:
        if found := await github.file(repo, path, commit.sha):
            return found.text
    return ""


async def touches(
    github: GitHubReader, repo: str, ref: str, files: list[ChangedFile], now: datetime
) -> list[Touch]:
    """Return who changed the files lately of which most is changed now."""
    old = [each for each in files if each.status != "added"]
    old.sort(key=lambda each: (-each.additions - each.deletions, each.path))
    return [
        Touch(each.path, commit.author, commit.committed_at)
        for each in old[:MOST_FILES]
        for commit in await github.commits(repo, now - LOOKED, ref, each.previous or each.path)
    ]


async def known(github: GitHubReader, system: System, repo: str, now: datetime) -> Known:
    """Return who may be asked, how many reviews wait for each, and who is away."""
    may = await github.assignable(repo)
    pulls = await github.open_pulls(repo)
    waiting = Counter(login for pull in pulls for login in pull.reviewers)
    return Known(tuple(may), dict(waiting), await system.away(may, now))


async def hotspots(
    git: Workspaces, repo: str, ref: str, paths: list[str], now: datetime
) -> list[Hotspot]:
    """Return those of these files that are among the most changed of the repository."""
    since = now - HALF_LIFE
    async with git.checkout(repo, ref, history=since) as tree:
        history = await tree.history(since)
        churn = Counter(path for change in history for path in change.paths)
        often = {path for path, count in churn.most_common(HOT) if count >= OFTEN}
        hot = Counter({path: churn[path] for path in paths if path in often})
        if not hot:
            return []
        found = await in_thread(hotspots_of, tree.root, hot, dict.fromkeys(hot, ""))
    return list(found.files)


async def news(
    github: GitHubReader, repo: str, number: int, stage: Stage, sha: str
) -> Standing | None:
    """Return how a pull request stands once it waits for something else, or has new commits."""
    found = await standing(github, repo, number)
    return None if (found.stage, found.state.head_sha) == (stage, sha) else found
