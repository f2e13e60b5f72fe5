"""What the next release of a branch is made of, and what stands against it: read, not judged."""

from collections.abc import Sequence

import msgspec

from flows.analysis import outgoing, readiness
from flows.analysis.notes import Noted
from flows.analysis.outgoing import Shipped
from flows.analysis.pasts import Past, past_of
from flows.analysis.readiness import Goal
from flows.analysis.releases import directs, released, since
from flows.analysis.versionfiles import version_in
from integrations.github import Checks, Commit, File, GitHubReader, Pull
from integrations.linear import LinearReader
from integrations.trackers import Ticket, TrackerReader


class Outlook(msgspec.Struct, frozen=True):
    """What a branch has that its last release lacks; `line` names it where it is not the default.

    `base` is where the notes start, "" where there is no release yet; `file` is the one that holds
    the version, where the project names one.
    """

    url: str
    branch: str
    line: str
    head: Commit
    past: Past
    base: str = ""
    commits: tuple[Commit, ...] = ()
    pulls: tuple[Pull, ...] = ()
    file: File | None = None

    @property
    def changes(self) -> Sequence[Noted]:
        """What is in it: pull requests, or commits where people commit without any."""
        return self.pulls or directs(self.commits)

    @property
    def stated(self) -> str:
        """The version that the repository itself says it is at, "" where it says none."""
        return version_in(self.file.text) if self.file else ""


class Hurdles(msgspec.Struct, frozen=True):
    """What may stand against a release: checks, blockers, its milestone."""

    checks: Checks
    blockers: tuple[Ticket, ...] = ()
    goal: Goal | None = None


class Linked(msgspec.Struct, frozen=True):
    """The issues that are shipped, and what the tracker calls what is done."""

    shipped: tuple[Shipped, ...] = ()
    done: tuple[str, ...] = ()


async def outlook_of(github: GitHubReader, repo: str, branch: str, pre: str, path: str) -> Outlook:
    """Return what a branch has to release; `branch` is "" for the default one."""
    about = await github.repository(repo)
    name = branch or about.default_branch
    line = "" if name == about.default_branch else name
    head = await github.head(repo, branch)
    past = await past_of(github, repo, await github.tags(repo), head.sha, line)
    base = past.base(pre) or ""
    commits = await github.commits_between(repo, base, head.sha) if base else []
    pulls: list[Pull] = []
    if commits or not base:
        # What was merged into another branch, and that into this one, is in it as well.
        merged = await github.merged_pulls(repo, since(commits), "" if commits else name)
        pulls = released(merged, commits)
    file = await github.file(repo, path, head.sha) if path else None
    return Outlook(about.url, name, line, head, past, base, tuple(commits), tuple(pulls), file)


async def hurdles_of(
    github: GitHubReader,
    linear: LinearReader | None,
    *,
    repo: str,
    team: str,
    sha: str,
    tag: str,
) -> Hurdles:
    """Return what may stand against releasing a commit as this version."""
    return Hurdles(
        await github.checks(repo, sha),
        tuple(await readiness.blockers(github, repo)),
        await readiness.goal_of(github, linear, repo, team, tag),
    )


async def linked_of(
    tracker: TrackerReader, changes: Sequence[Noted], team: str, repo: str
) -> Linked:
    """Return the issues that these changes end; no call where they name none."""
    found = await outgoing.shipped(tracker, changes, team, repo)
    return Linked(tuple(found), tuple(await tracker.states("done")) if found else ())
