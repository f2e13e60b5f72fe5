"""What the next release of a repository is: its tag, what it starts from, what it contains."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from flows.analysis.pasts import Past
from flows.analysis.versions import Level, Merged, first_of, latest_version, next_version, step_of
from flows.analysis.words import counted
from flows.engine.errors import FlowError
from flows.report import Block, Code, Facts, Line, Link, Person, bullets, facts, table, text
from integrations.github import Commit, Pull, Tag
from integrations.semver import version_from

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
A_DAY = timedelta(days=1)
MOST = 20


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The tag to make, and why this number."""

    tag: str
    because: str
    is_pre: bool
    level: Level = "patch"
    by: int | None = None
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Direct:
    """A commit that no pull request brought, as the notes show it."""

    title: str
    body: str
    url: str
    author: str
    number: int = 0
    labels: tuple[str, ...] = ()
    head_ref: str = ""


def last_of(tags: Sequence[Tag]) -> str | None:
    """Return the last final release there is."""
    version = latest_version((each.name for each in tags), stable=True)
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
    past: Past, pulls: Sequence[Merged], level: Level | Literal["auto"], pre: str, stated: str = ""
) -> Upcoming:
    """Return the version that follows in a branch; `pre` is "no" for a final one.

    Where a file of the repository has `stated` a later one than the pull requests call for, such
    as 2.0.0.dev, that is it, unless a level was asked for.
    """
    asked = None if level == "auto" else level
    label = "" if pre == "no" else pre
    bump = next_version(past.newest, pulls, level=asked, pre=label, like=past.like)
    following, said = version_from(bump.tag), version_from(stated)
    last = version_from(past.newest) if past.newest else None
    if following and said and last and asked is None:
        aim = replace(following, major=said.major, minor=said.minor, patch=said.patch, pre="")
        if aim.precedence > replace(following, pre="").precedence:
            tag = first_of(aim, label, past.like) if label else str(aim)
            bump = replace(bump, tag=tag, level=step_of(last, aim), decided_by=None)
            because = f"the repository says {stated} itself"
            bump = replace(bump, because=because, is_doubtful=False)
    tag = _free(bump.tag, bump.level, past, label)
    return Upcoming(tag, bump.because, pre != "no", bump.level, bump.decided_by, bump.is_doubtful)


def _free(tag: str, level: Level, past: Past, pre: str) -> str:
    """Return the tag, or a later one where it is taken by what is not in this branch."""
    if tag in past.taken and level != "patch" and not pre:
        raise FlowError(
            f"{tag} is there already, from another branch: add level=patch, or release from there."
        )
    while tag in past.taken:
        tag = next_version(tag, [], level="patch", pre=pre).tag
    return tag


def doubts(coming: Upcoming) -> list[Line]:
    """Return what to do where nobody can tell how big the step is; nothing where it is clear."""
    if not coming.is_doubtful:
        return []
    how = Code("level=minor"), " or ", Code("level=major")
    return [("If more than repairs is in it, start again with ", *how)]


def since(commits: Sequence[Commit]) -> datetime:
    """Return an instant before which none of these was merged; commits may be older than that."""
    return min((each.committed_at for each in commits), default=BEGINNING + A_DAY) - A_DAY


def released(merged: Sequence[Pull], commits: Sequence[Commit]) -> list[Pull]:
    """Return the pull requests whose merge is among the commits; all, where none are given."""
    shas = {each.sha for each in commits}
    return [each for each in merged if not shas or each.merge_sha in shas]


def directs(commits: Sequence[Commit]) -> list[Direct]:
    """Return commits as changes of their own, newest first; merges bring nothing themselves."""
    return [
        Direct(each.title, each.message.partition("\n")[2], each.url, each.author)
        for each in reversed(commits)
        if not each.title.startswith("Merge ")
    ]


def contents(pulls: Sequence[Pull], commits: Sequence[Commit], base: str) -> str:
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


def outcome(version: Link, head: Commit, approved_by: str, base: str) -> Facts:
    """Return what was released, from what, and by whose leave."""
    return facts(
        version=version,
        commit=Code(head.sha[:7]),
        approved_by=approved_by,
        replaces=Code(base) if base else "nothing: this is the first release",
    )
