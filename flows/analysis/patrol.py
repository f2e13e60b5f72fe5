"""What a round through a repository reads: all that is open, or the one thing an event is about."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from flows.engine.house import HouseRules, Kind
from integrations.github import CheckRun, GitHubReader
from integrations.github.watched import About, HeadBranch, Verdict, Watched

OF_ISSUES: frozenset[Kind] = frozenset({"labels", "stale", "greet"})
OF_PULLS: frozenset[Kind] = OF_ISSUES | {"rebase", "reviewers", "merge"}
OF_PUSHES: frozenset[Kind] = frozenset({"rebase", "merge"})


class Scope(NamedTuple):
    """What is looked at: all, or the one thing that is named."""

    pull: int = 0
    issue: int = 0
    branch: str = ""
    commit: str = ""

    @property
    def is_whole(self) -> bool:
        return self == Scope()

    def __str__(self) -> str:
        """Return it in words, short enough for a title."""
        if number := self.pull or self.issue:
            return f"#{number}"
        name = self.branch or self.commit[:7]
        return f"what {name}"[:40] + " concerns" if name else "what is open"

    def kinds(self, rules: HouseRules) -> tuple[Kind, ...]:
        """Return which rules it is about."""
        if self.is_whole:
            return rules.kinds
        wanted: frozenset[Kind] = frozenset({"merge"})
        if self.pull:
            wanted = OF_PULLS | {"branches"}
        elif self.issue:
            wanted = OF_ISSUES
        elif self.branch:
            wanted = OF_PUSHES
        return tuple(each for each in rules.kinds if each in wanted)


class Look(msgspec.Struct, frozen=True):
    """What was seen; open pull requests come from the branches that are `needed`, or go there."""

    about: About
    pulls: tuple[Watched, ...] = ()
    issues: tuple[Watched, ...] = ()
    branches: tuple[HeadBranch, ...] = ()
    needed: tuple[str, ...] = ()

    @property
    def unsettled(self) -> list[Watched]:
        """Return those of which GitHub has not found out whether they conflict."""
        return [each for each in self.pulls if not each.is_settled]


class Gate(msgspec.Struct, frozen=True):
    """All that a merge relies on: the commit, its checks, who said what, and what holds it."""

    number: int
    sha: str
    status: str
    labels: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    checks: tuple[CheckRun, ...]


class Checked(msgspec.Struct, frozen=True):
    """A pull request with all checks of its last commit."""

    pull: Watched
    checks: tuple[CheckRun, ...]


async def looked(github: GitHubReader, repo: str, scope: Scope, kinds: Sequence[Kind]) -> Look:
    """Look at what these rules are about: one call for one thing, one per hundred for all."""
    if scope.pull:
        return await _at_pull(github, repo, scope.pull, kinds)
    if scope.issue:
        about, issue = await github.issue_watched(repo, scope.issue)
        return Look(about, issues=(issue,) if issue.is_open else ())
    if scope.branch:
        found = await github.open_pulls_watched(repo, scope.branch)
        return Look(found.about, found.items)
    if scope.commit:
        return await _at_commit(github, repo, scope.commit)
    return await _everywhere(github, repo, frozenset(kinds))


async def _at_pull(github: GitHubReader, repo: str, number: int, kinds: Sequence[Kind]) -> Look:
    about, pull = await github.pull_watched(repo, number)
    if pull.is_open:
        return Look(about, pulls=(pull,))
    if not pull.merged or pull.from_fork or "branches" not in kinds:
        return Look(about)
    branch = await github.head_branch(repo, pull.head_ref)
    if branch is None:
        return Look(about)
    into = await github.open_pulls(repo, base=pull.head_ref)
    return Look(about, branches=(branch,), needed=tuple(each.base_ref for each in into))


async def _at_commit(github: GitHubReader, repo: str, sha: str) -> Look:
    about, found = About(), list[Watched]()
    for each in await github.pulls_of_commit(repo, sha):
        if each.state == "open":
            about, pull = await github.pull_watched(repo, each.number)
            found += [pull] if pull.head_sha == sha else []
    return Look(about, pulls=tuple(found))


async def _everywhere(github: GitHubReader, repo: str, kinds: frozenset[Kind]) -> Look:
    pulls = await github.open_pulls_watched(repo)
    ends = {ref for each in pulls.items for ref in (each.base_ref, each.head_ref)}
    look = Look(pulls.about, pulls.items, needed=tuple(sorted(ends)))
    if kinds & OF_ISSUES:
        issues = await github.open_issues_watched(repo)
        look = msgspec.structs.replace(look, issues=issues.items)
    if "branches" in kinds:
        branches = await github.head_branches(repo, pulls.about)
        look = msgspec.structs.replace(look, branches=branches.items)
    return look


async def settled(
    github: GitHubReader, repo: str, scope: Scope, kinds: Sequence[Kind]
) -> Look | None:
    """Look again; None while GitHub still finds out what conflicts."""
    look = await looked(github, repo, scope, kinds)
    return None if look.unsettled else look


async def checked(
    github: GitHubReader, repo: str, pulls: Sequence[Watched], *, anew: bool
) -> list[Checked]:
    """Return these with their checks; `anew` where how they stand may be as old as an hour."""
    found = []
    for each in pulls:
        pull = (await github.pull_watched(repo, each.number))[1] if anew else each
        checks = await github.checks(repo, pull.head_sha)
        found.append(Checked(pull, checks.runs))
    return found


async def gate(github: GitHubReader, repo: str, number: int) -> Gate:
    """Return what the merge of one pull request relies on, as it is now."""
    _, pull = await github.pull_watched(repo, number)
    checks = await github.checks(repo, pull.head_sha)
    return Gate(number, pull.head_sha, pull.status, pull.labels, pull.verdicts, checks.runs)


async def firsts(github: GitHubReader, repo: str, authors: Sequence[str]) -> dict[str, int]:
    """Return the number of the first issue or pull request of each of these people."""
    found = {}
    for login in authors:
        seen = await github.search_threads(repo, f"author:{login}")
        if seen.items:
            found[login] = min(each.number for each in seen.items)
    return found
