"""Releases that are taken back: the warning, what to take instead, and who is told."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec

from flows.analysis.notes import NOTES_LIMIT, plain
from flows.analysis.outgoing import Outgoing, Refusal, Shipped, shipped
from flows.analysis.releases import released, since, tag_called
from flows.engine.effects import Effect, effect
from flows.engine.errors import FlowError
from flows.engine.run import Run
from flows.engine.talk import Place, place_from
from flows.engine.waiting import TITLE_LENGTH
from flows.report import Code, Line, Link, Report, facts, text
from integrations.github import GitHub, GitHubReader, Release, Tag
from integrations.semver import Version, version_from
from integrations.trackers import TrackerReader

BANNER = "> **Yanked"
SHOWN = 5
ELSEWHERE = text(
    "Not taken back by this: what package registries, mirrors and caches have. Yank it there too: "
    "on PyPI in its list of releases, or by ",
    Code("npm deprecate"),
    ", ",
    Code("cargo yank"),
    ", or a ",
    Code("retract"),
    " line in go.mod.",
)


class Case(msgspec.Struct, frozen=True):
    """A release that is to be yanked; `instead` is what people can take, `before` what it followed.

    `tag` is where it is, None where the tag is gone; `is_latest` says what GitHub calls it.
    """

    release: Release
    is_latest: bool = False
    tag: Tag | None = None
    instead: Link | None = None
    previous: str = ""
    before: str = ""


async def case_of(github: GitHubReader, repo: str, words: str) -> Case:
    """Return the release that is meant; raises FlowError where there is none to yank."""
    tags = await github.tags(repo)
    name = tag_called(words, tags)
    every = [each for each in await github.releases(repo) if not each.draft]
    release = next((each for each in every if each.tag == name), None)
    if release is None:
        known = ", ".join(each.tag for each in every[:SHOWN]) or "none so far"
        raise FlowError(f"{repo} has no release {words}; the last ones are: {known}.")
    if release.body.startswith(BANNER):
        raise FlowError(f"{release.tag} of {repo} is yanked already.")
    latest = await github.latest_release(repo)
    version = version_from(release.tag)
    others = [each for each in every if each is not release and not each.prerelease]
    good = sorted(
        ((found, each) for each in others if (found := version_from(each.tag))),
        key=lambda one: one[0].precedence,
    )
    same = [one for one in good if version and one[0].major == version.major] or good
    earlier = [one for one in good if version and one[0].precedence < version.precedence]
    return Case(
        release,
        latest is not None and latest.tag == release.tag,
        next((each for each in tags if each.name == release.tag), None),
        Link(same[-1][1].tag, same[-1][1].url) if same else None,
        good[-1][1].tag if good else "",
        earlier[-1][1].tag if earlier else _before(tags, version),
    )


async def told_by(
    github: GitHubReader, tracker: TrackerReader, repo: str, team: str, case: Case
) -> list[Shipped]:
    """Return the issues that went out in a release, as far as its pull requests name them."""
    if not case.before or case.tag is None:
        return []
    commits = await github.commits_between(repo, case.before, case.release.tag)
    if not commits:
        return []
    pulls = released(await github.merged_pulls(repo, since(commits)), commits)
    return await shipped(tracker, pulls, team, repo)


class Tagging:
    """The tag of a release, which goes and comes back with what GitHub makes of the release."""

    def __init__(self, github: GitHub, repo: str) -> None:
        self._github = github
        self._repo = repo

    async def ensure_back(self, tag: str, sha: str, name: str, notes: str) -> None:
        """Tag the commit again, and publish its release, which GitHub made a draft meanwhile."""
        await self._github.ensure_tag(self._repo, tag, sha, f"{self._repo} {tag}")
        await self._github.ensure_release(self._repo, tag, name, notes, prerelease=True)


def marked(case: Case, reason: str) -> tuple[str, str]:
    """Return the name and the notes of a yanked release."""
    release, instead = case.release, case.instead
    other = f" Take [{plain(instead.label)}]({instead.url}) instead." if instead else ""
    notes = f"{BANNER}: {_sentence(reason)}** Do not use this release.{other}\n\n{release.body}"
    return f"{release.name or release.tag} (yanked)", notes[:NOTES_LIMIT]


def words_for(case: Case, reason: str) -> str:
    """Return what an issue is told, in Markdown."""
    release, instead = case.release, case.instead
    other = f" Take [{plain(instead.label)}]({instead.url}) instead." if instead else ""
    link = f"[{plain(release.tag)}]({release.url})"
    return f"{link}, which this went out in, is yanked: {_sentence(reason)}{other}"


def telling(
    out: Outgoing, found: Sequence[Shipped], case: Case, reason: str
) -> list[Effect[list[Refusal]]]:
    """Return what tells the issues of a release that it is yanked; nothing where none is known."""
    keys, tag = [each.ticket.key for each in found], case.release.tag
    if not keys:
        return []
    whom, mark = keys[0] if len(keys) == 1 else f"{len(keys)} issues", f"yanked {out.repo} {tag}"
    return [
        effect(
            f"Tell {whom} that {tag} is yanked"[:TITLE_LENGTH],
            do=partial(out.ensure_said, keys, mark, words_for(case, reason)),
            undo=partial(out.delete_said, keys, mark),
        )
    ]


def elsewhere(channels: Sequence[str], here: Place | None) -> list[Place]:
    """Return the channels of a project that do not see the run itself."""
    own = f"{here.platform}:{here.channel}" if here else ""
    return [place_from(each) for each in channels if each != own]


def notice(repo: str, case: Case, reason: str) -> Report:
    """Return what people read about a yanked release, in a channel and in the thread."""
    tag, instead = case.release.tag, case.instead
    rows = facts(release=Link(tag, case.release.url), instead=instead or "no other release is good")
    summary = _sentence(plain_words(reason))
    return Report(f"Do not use {repo} {tag}: it is yanked", summary, "warn", (rows,))


def posting(run: Run, notice: Report) -> list[Effect[Any]]:
    """Return what tells the channels of the project that do not see this run."""
    effects: list[Effect[Any]] = []
    for where in elsewhere(run.settings.channels, run.identity.place):
        key = f"{run.identity.id}-{where.platform}-{where.channel}"
        one = effect(
            f"Tell {where.platform}:{where.channel}"[:TITLE_LENGTH],
            do=partial(run.chat.ensure_posted, where, notice, key),
            undo=partial(run.chat.delete_posted, key),
        )
        effects.append(one)
    return effects


def deleting(github: GitHub, repo: str, tag: Tag, name: str, notes: str) -> Effect[None]:
    """Return what deletes the tag of a release that is called `name` by now."""
    return effect(
        f"Delete the tag {tag.name}"[:TITLE_LENGTH],
        do=partial(github.delete_tag, repo, tag.name),
        undo=partial(Tagging(github, repo).ensure_back, tag.name, tag.sha, name, notes),
        still=partial(github.tag, repo, tag.name),
    )


def consequences(case: Case, *, without_tag: bool) -> list[Line | str]:
    """Return what a yank does to those who look for releases, for whoever approves it."""
    tag = case.release.tag
    latest = "It is not the latest release now, and that stays so."
    if case.is_latest:
        other = case.previous
        latest = f"{other} becomes the latest release." if other else "No release is the latest."
    kept = "The tag stays, so that builds which name it go on."
    if without_tag:
        kept = f"The tag goes: builds that name {tag} fail, and GitHub makes its release a draft."
    return [f"Its name and notes warn people off {tag}.", latest, kept]


def plain_words(reason: str) -> str:
    """Return a reason in one line."""
    return " ".join(reason.split())


def _sentence(reason: str) -> str:
    words = plain(plain_words(reason))
    return words if words.endswith((".", "!", "?")) else f"{words}."


def _before(tags: Sequence[Tag], version: Version | None) -> str:
    """Return the highest final tag below a version, for a project that does not publish all."""
    if version is None:
        return ""
    found = [each for each in (version_from(tag.name) for tag in tags) if each and not each.pre]
    below = [
        each
        for each in found
        if each.family == version.family and each.precedence < version.precedence
    ]
    return str(max(below, key=lambda each: each.precedence)) if below else ""
