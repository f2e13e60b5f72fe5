"""Requirements and what became of them: pull requests, tests, releases; changes after approval."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from flows.analysis.linked import Words, linked_keys
from flows.analysis.mentions import Mention, mentions_in
from flows.analysis.versions import label_words
from integrations.git import Workspaces
from integrations.github import GitHubReader, Pull, Release
from integrations.linear import LinearReader
from integrations.meter import in_thread
from integrations.trackers import Ticket, TrackerReader

MOST_PASTS = 50  # issues whose history is asked for


class Requirement(msgspec.Struct, frozen=True):
    """An issue with the label; `digest` stands for its words, `approved` for a second label."""

    ticket: Ticket
    digest: str
    approved: bool


class Change(msgspec.Struct, frozen=True):
    """A pull request and the issues that it names; `sha` is empty until it is merged."""

    number: int
    title: str
    url: str
    author: str
    is_bot: bool
    keys: tuple[str, ...]
    sha: str = ""


class Code(msgspec.Struct, frozen=True):
    """What a checkout tells: the tests that name issues, and the release of each commit."""

    tests: list[Mention]
    releases: dict[str, str]


class Trace(msgspec.Struct, frozen=True):
    """A requirement and what belongs to it; `edited` says how it differs from what was approved."""

    requirement: Requirement
    changes: tuple[Change, ...]
    tests: tuple[Mention, ...]
    releases: tuple[str, ...]
    edited: str = ""

    @property
    def built(self) -> bool:
        return any(each.sha for each in self.changes)


async def requirements_in(
    tracker: TrackerReader, label: str, approved: str, since: datetime
) -> list[Requirement]:
    """Return the issues with a label, open or closed since then, without those called off."""
    every = [*await tracker.open_issues(), *await tracker.closed_issues(since)]
    fit = [each for each in every if each.kind != "canceled" and _has(each, label)]
    found = [_requirement(each, has_approval=_has(each, approved)) for each in fit]
    return sorted(found, key=lambda each: (each.ticket.created_at, each.ticket.key))


async def changes_in(
    github: GitHubReader, repo: str, since: datetime, team: str, linear: LinearReader | None
) -> list[Change]:
    """Return what was merged since then or is open, with the issues that it is linked to."""
    pulls = [*await github.merged_pulls(repo, since), *await github.open_pulls(repo)]
    attached = await linear.issues_linked_to([each.url for each in pulls]) if linear else {}
    return [
        _change(each, repo, team, [issue.identifier for issue in attached.get(each.url, ())])
        for each in pulls
    ]


async def code_of(
    git: Workspaces,
    repo: str,
    sha: str,
    since: datetime,
    team: str,
    merged: Sequence[str],
    tags: Collection[str],
) -> Code:
    """Return the tests that name issues, and the first release that has each merged commit."""
    async with git.checkout(repo, sha, history=since) as tree:
        paths = [each.path for each in tree.files if each.here and each.kind == "file"]
        tests = await in_thread(mentions_in, tree.root, paths, team)
        chain = await tree.first_parents()
        known = {each.sha: each.name for each in tree.tags if not tags or each.name in tags}
    return Code(tests, first_releases(chain, known, merged))


def tags_out(releases: Iterable[Release]) -> list[str]:
    """Return the tags of what is out: published, and no pre-release."""
    return [each.tag for each in releases if each.published_at and not each.prerelease]


def first_releases(
    chain: Sequence[str], tags: Mapping[str, str], merged: Iterable[str]
) -> dict[str, str]:
    """Return the oldest tag at or after each commit, on a branch that is given newest first."""
    wanted, found, tag = set(merged), {}, ""
    for sha in chain:
        tag = tags.get(sha, tag)
        if sha in wanted and tag:
            found[sha] = tag
    return found


async def edits_after(
    linear: LinearReader, keys: Sequence[str], approved: str
) -> dict[str, datetime]:
    """Return when the words of an issue were changed after it got a label for the last time."""
    found: dict[str, datetime] = {}
    for key in keys[:MOST_PASTS]:
        at: datetime | None = None
        for change in await linear.history(key):
            if approved.lower() in map(label_words, change.added_labels):
                at = change.at
                found.pop(key, None)
            elif at and (change.new_description or change.title):
                found.setdefault(key, change.at)
    return found


def traces_of(
    requirements: Iterable[Requirement],
    changes: Iterable[Change],
    code: Code,
    edits: Mapping[str, datetime],
    approved_as: Mapping[str, str],
) -> list[Trace]:
    """Return every requirement with what belongs to it; `approved_as` are digests of before."""
    by_key: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        for key in change.keys:
            by_key[key].append(change)
    tests: dict[str, list[Mention]] = defaultdict(list)
    for test in code.tests:
        tests[test.key].append(test)
    found = []
    for each in requirements:
        key = each.ticket.key
        shas = [change.sha for change in by_key[key] if change.sha]
        tags = dict.fromkeys(code.releases[sha] for sha in reversed(shas) if sha in code.releases)
        edited = _edited(each, edits, approved_as)
        found.append(Trace(each, tuple(by_key[key]), tuple(tests[key]), tuple(tags), edited))
    return found


def digests_of(requirements: Iterable[Requirement], before: Mapping[str, str]) -> dict[str, str]:
    """Return the words that were approved: as they were when they were first seen approved."""
    return {
        each.ticket.key: before.get(each.ticket.key, each.digest)
        for each in requirements
        if each.approved
    }


def _edited(
    each: Requirement, edits: Mapping[str, datetime], approved_as: Mapping[str, str]
) -> str:
    if not each.approved:
        return ""
    if at := edits.get(each.ticket.key):
        return f"changed on {at:%d %b %Y}, after it was approved"
    if approved_as.get(each.ticket.key, each.digest) != each.digest:
        return "changed since it was approved"
    return ""


def _requirement(ticket: Ticket, *, has_approval: bool) -> Requirement:
    words = f"{ticket.title}\n{ticket.body.strip()}".encode()
    bare = msgspec.structs.replace(ticket, body="")
    return Requirement(bare, hashlib.sha256(words).hexdigest()[:16], has_approval)


def _change(pull: Pull, repo: str, team: str, attached: Sequence[str]) -> Change:
    words = Words(pull.head_ref, pull.title, pull.body, number=pull.number)
    keys = dict.fromkeys([*linked_keys(words, team=team, repo=repo), *attached])
    sha = pull.merge_sha if pull.merged_at else ""
    return Change(
        pull.number, pull.title, pull.url, pull.author, pull.author_is_bot, tuple(keys), sha
    )


def _has(ticket: Ticket, label: str) -> bool:
    wanted = label_words(label)
    return any(wanted == label_words(name) for name in ticket.labels)
