"""What the next release of a repository is: its tag, what it starts from, what it contains."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from flows.analysis.versions import Level, latest_version, next_version
from flows.analysis.words import counted
from flows.report import Block, Code, Facts, Link, Person, bullets, facts, table, text
from integrations.github import Commit, Pull, Tag

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
A_DAY = timedelta(days=1)
MOST = 20


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The tag to make, and why this number."""

    tag: str
    because: str
    is_pre: bool


def base_of(tags: Sequence[Tag], pre: str) -> str | None:
    """Return the version that the notes start from: a final release looks past pre-releases."""
    version = latest_version((each.name for each in tags), stable=pre == "no")
    return str(version) if version else None


def tag_called(words: str, tags: Sequence[Tag]) -> str:
    """Return the tag that is meant, such as v1.3.0 for 1.3; words that are no tag stay."""
    names = [each.name for each in tags]
    for exact in (words, f"v{words}"):
        if exact in names:
            return exact
    starts = tuple(f"{prefix}{words}." for prefix in ("", "v"))
    found = latest_version(each for each in names if words and each.startswith(starts))
    return str(found) if found else words


def upcoming(
    tags: Sequence[Tag], pulls: Sequence[Pull], level: Level | Literal["auto"], pre: str
) -> Upcoming:
    """Return the next version after the highest tag there is; `pre` is "no" for a final one."""
    version = latest_version(each.name for each in tags)
    bump = next_version(
        str(version) if version else None,
        pulls,
        level=None if level == "auto" else level,
        pre="" if pre == "no" else pre,
    )
    return Upcoming(bump.tag, bump.because, is_pre=pre != "no")


def since(commits: Sequence[Commit]) -> datetime:
    """Return an instant before which none of these was merged; commits may be older than that."""
    return min((each.committed_at for each in commits), default=BEGINNING + A_DAY) - A_DAY


def released(merged: Sequence[Pull], commits: Sequence[Commit]) -> list[Pull]:
    """Return the pull requests whose merge is among the commits; all, where none are given."""
    shas = {each.sha for each in commits}
    return [each for each in merged if not shas or each.merge_sha in shas]


def contents(pulls: Sequence[Pull], commits: Sequence[Commit], base: str | None) -> str:
    """Say how much is in the release."""
    size = f" in {counted(len(commits), 'commit')}" if commits else ""
    return f"{counted(len(pulls), 'pull request')}{size} since {base or 'the beginning'}"


def changes(pulls: Sequence[Pull], commits: Sequence[Commit]) -> Block:
    """Return the changes as people read them: pull requests, or commits where there are none."""
    if not pulls and not commits:
        return text("No pull requests: everything was committed directly.")
    if not pulls:
        newest = [Link(f"{each.sha[:7]} {each.title}", each.url) for each in commits[-MOST:][::-1]]
        return bullets(newest, f"The last of {counted(len(commits), 'commit')}")
    rows = [(Link(f"#{each.number} {each.title}", each.url), Person(each.author)) for each in pulls]
    return table(["Change", "Author"], rows)


def outcome(version: Link, head: Commit, approved_by: str, base: str | None) -> Facts:
    """Return what was released, from what, and by whose leave."""
    return facts(
        version=version,
        commit=Code(head.sha[:7]),
        approved_by=approved_by,
        replaces=Code(base) if base else "nothing: this is the first release",
    )
