"""A hotfix: where it starts, what is picked, its number, and what people read about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from flows.analysis.outgoing import Refusal, left_alone
from flows.analysis.readiness import GREEN, joined, named
from flows.analysis.versions import latest_version, next_version
from flows.analysis.words import counted
from flows.engine.errors import FlowError
from flows.report import Block, Code, Line, Link, Report, Tone, bullets, facts, table, text
from integrations.github import Checks, Commit, Deployment, GitHubReader, Pull, Release, Tag
from integrations.semver import version_from
from integrations.trackers import Ticket

MOST = 10


class Pick(msgspec.Struct, frozen=True):
    """A commit that is put into the hotfix; `clashes` are files that both sides have changed."""

    commit: Commit
    number: int = 0
    in_branch: bool = False
    clashes: tuple[str, ...] = ()

    @property
    def link(self) -> Link:
        """The commit as people read it."""
        name = f"#{self.number}" if self.number else self.commit.sha[:7]
        return Link(f"{name} {self.commit.title}", self.commit.url)


async def picks(
    github: GitHubReader, repo: str, wanted: Sequence[str], base: str, branch: str
) -> list[Pick]:
    """Return the commits that are meant: `#12` is what that pull request became when merged."""
    found = []
    for each in wanted:
        number = int(each[1:]) if each.startswith("#") and each[1:].isdigit() else 0
        if number:
            pull = await github.pull(repo, number)
            if not pull.merge_sha or pull.merged_at is None:
                raise FlowError(f"#{number} is not merged: merge it first, or name its commits.")
            each = pull.merge_sha  # noqa: PLW2901 - it is the commit that is meant
        commit = await github.head(repo, each)
        ahead = await github.commits_between(repo, branch, commit.sha)
        clashes = await github.touched_by_both(repo, base, commit.sha)
        found.append(Pick(commit, number, not ahead, tuple(clashes)))
    return found


def base_of(tags: Sequence[Tag], live: Deployment | None, given: str, place: str) -> Tag:
    """Return the release to start from: the one that is deployed, where nobody names another."""
    if given:
        found = next((each for each in tags if each.name == given), None)
        if found is None:
            raise FlowError(f"There is no tag {given}.")
        return found
    if live is None:
        raise FlowError(f"GitHub knows of nothing on {place}: name the release, as in base=v1.2.0.")
    names = [each.name for each in tags if each.sha == live.sha]
    name = latest_version(names)
    if name is None:
        raise FlowError(
            f"{live.sha[:7]}, which is on {place}, has no release: name one, as in base=v1.2.0."
        )
    return Tag(str(name), live.sha)


def tag_after(base: str, tags: Sequence[Tag]) -> str:
    """Return the next patch of a release that nobody has taken."""
    taken, tag = {each.name for each in tags}, base
    while tag == base or tag in taken:
        tag = next_version(tag, [], level="patch").tag
    return tag


def is_newest(tag: str, tags: Sequence[Tag]) -> bool:
    """Say whether no final release is later than this one, so that it may be called the latest."""
    one, last = version_from(tag), latest_version((each.name for each in tags), stable=True)
    return one is None or last is None or one.precedence > last.precedence


def notes(found: Sequence[Pick], base: str, incident: Ticket | None) -> str:
    """Return the notes of the release in Markdown, on GitHub's own terms: by numbers."""
    lines = [
        f"- #{each.number}" if each.number else f"- {each.commit.sha} by {each.commit.author}"
        for each in found
    ]
    about = f"\n\nFor {incident.key}." if incident else ""
    return f"Hotfix of {base} with:\n\n" + "\n".join(lines) + about


def plan(
    repo: str, tag: str, base: str, found: Sequence[Pick], place: str, incident: Ticket | None
) -> Report:
    """Return what people read before they say yes."""
    rows = facts(
        starts_from=Code(base),
        then=f"checks, then the release {tag}, then its deployment to {place}",
        incident=_incident(incident),
    )
    blocks: list[Block] = [rows, _table(found)]
    clashes = [each for each in found if each.clashes]
    if clashes:
        lines: list[Line] = [
            (each.link, ": ", *joined([Code(path) for path in each.clashes])) for each in clashes
        ]
        title = "May not fit: these files differ from what the commit was made for"
        blocks.insert(0, bullets(lines, title))
    tone: Tone = "warn" if clashes else "neutral"
    return Report(f"Hotfix {repo} {tag}", counted(len(found), "commit"), tone, tuple(blocks))


def waits(tag: str, branch: str, checks: Checks | None, found: Sequence[Pick]) -> Report:
    """Return the report of a hotfix that is prepared, and not released."""
    if checks is None:
        how = text(
            "Once its checks have ended, type the same again: what is there is taken up. ",
            Code("force=yes"),
            " releases it without them.",
        )
        summary = "No check has ended on it within an hour, so nobody knows whether it is good."
        return Report(f"{tag} waits on {branch}", summary, "warn", (_table(found), how))
    bad = [each for each in checks.runs if each.conclusion not in GREEN]
    line: Line = (f"{counted(len(bad), 'check')} not green: ", *joined(list(map(named, bad))))
    summary = f"{counted(len(bad), 'check')} of {len(checks.runs)} not green: nothing is released."
    also = text("Pick what repairs it as well, behind the others: what is there is taken up.")
    return Report(f"{tag} is not good yet", summary, "bad", (bullets([line]), also, _table(found)))


def released(tag: str, release: Release, stage: str) -> Report:
    """Return what a thread is told once a hotfix is released, and not deployed yet."""
    notes = text(Link("Its notes", release.url))
    return Report(f"{tag} is released", f"Next: its deployment to {stage}.", "good", (notes,))


def outcome(  # noqa: PLR0913 - what came of each part
    tag: str,
    base: str,
    found: Sequence[Pick],
    *,
    release: Release,
    back: Pull | None,
    deployed: Report,
    began: datetime,
    done: datetime | None,
    incident: Ticket | None,
    refused: Sequence[Refusal] = (),
) -> Report:
    """Return how a hotfix ended: by its deployment, which is what people wait for."""
    state = str(deployed.data.get("state", ""))
    place = str(deployed.data.get("environment", ""))
    is_out = state == "live"
    since = incident.created_at if incident else began
    minutes = (done - since).total_seconds() / 60 if done and is_out else None
    begin = "the incident" if incident else "the command"
    took = "not measured: it is not deployed" if minutes is None else f"{minutes:.0f} min"
    merged = Link(f"#{back.number} {back.title}", back.url) if back else "in the branch already"
    rows = facts(
        release=Link(tag, release.url),
        replaces=Code(base),
        took=took if minutes is None else f"{took} since {begin}",
        commits=f"{len(found)}",
        back_merge=merged,
        incident=_incident(incident),
    )
    title = f"Hotfix {tag} is on {place}" if is_out else f"Hotfix {tag} is out, and not on {place}"
    summary = deployed.summary if is_out else f"{deployed.title}. {deployed.summary}"
    todo = [text("Still to merge: ", merged)] if back else []
    exposed = text("Not measured: which older releases have the fault too.")
    data: dict[str, Any] = {"tag": tag, "state": state, "minutes": minutes, "commits": len(found)}
    tone: Tone = "good" if is_out else "bad"
    blocks = (*todo, rows, *left_alone(refused), _table(found), exposed)
    return Report(title, summary, tone, blocks, data, next=deployed.next)


def _table(found: Sequence[Pick]) -> Block:
    rows = [(each.link, each.commit.author, "yes" if each.in_branch else "no") for each in found]
    return table(["Picked", "Author", "In the default branch"], rows)


def _incident(incident: Ticket | None) -> Link | str:
    return Link(f"{incident.key} {incident.title}", incident.url) if incident else "none is named"
