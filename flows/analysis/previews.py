"""What a pull request would release: the version, why, its line in the notes, what is missing."""

import re

import msgspec

from flows.analysis import fixes
from flows.analysis.notes import entry_of, plain, said_of
from flows.analysis.outgoing import shipped
from flows.analysis.outlook import Hurdles, hurdles_of, outlook_of
from flows.analysis.readiness import obstacles
from flows.analysis.releases import Upcoming, directs, upcoming
from flows.analysis.versions import Merged, is_left_out, is_marked, level_of, why_of
from flows.analysis.words import counted
from flows.report import Block, Line, Link, Report, Tone, bullets, facts, text
from integrations.github import GitHubReader, Pull, Release
from integrations.github.issues import mark_of
from integrations.linear import LinearReader
from integrations.trackers import TrackerReader

KEY = "version preview"
_NUMBER, _CODE = re.compile(r"(?<![\w&])(#\d+)\b"), r"`\1`"
KINDS = "feat: for something new, fix: for a repair, a ! before the colon for what breaks things"
MARKING = f"To change that, begin the title with {KINDS}, or add a label such as enhancement."


class Preview(msgspec.Struct, frozen=True):
    """A pull request and what it would be released as, after `base` and with `others` of its kind.

    `teams` are those of its issues; `out` is the release that it is in already.
    """

    pull: Pull
    base: str
    branch: str
    others: int
    coming: Upcoming
    found: Hurdles
    issues: dict[str, str] = {}
    teams: tuple[str, ...] = ()
    out: Release | None = None

    @property
    def decides(self) -> bool:
        """Whether the version is another one because of this pull request."""
        by = self.coming.by
        return by == self.pull.number or (by is None and not self.others)

    @property
    def is_noted(self) -> bool:
        """Whether it is in the notes; a label may leave it out."""
        return not is_left_out(self.pull)

    @property
    def verdict(self) -> str:
        """The version that it makes or goes out in, and why."""
        number, tag = self.pull.number, self.coming.tag
        if self.out:
            return f"#{number} is in {self.out.tag} already."
        why, level, alone = why_of(self.pull), self.coming.level, level_of(self.pull)
        because = self.coming.because
        if not self.is_noted:
            return f"#{number} is left out of the notes of {tag}, as its label says."
        if self.decides and self.base and alone == level:
            return f"#{number} makes {tag} ({level}, because {why})."
        if self.coming.by == number:
            return f"#{number} makes {tag} ({level}: {because})."
        if alone == level:
            return f"#{number} goes out in {tag} ({level}: {because})."
        return f"#{number} goes out in {tag} ({because}); alone it is a {alone}: {why}."

    @property
    def entry(self) -> tuple[str, str]:
        """The heading in the notes, and the line below it."""
        section, line = entry_of(self.pull, self.issues, self.teams)
        return section, line.strip().removeprefix("- ")

    @property
    def missing(self) -> list[Line]:
        """What stands between it and that release; the pull request itself is none of it."""
        goal = self.found.goal
        if goal:
            own = f"#{self.pull.number} "
            pulls = tuple(each for each in goal.pulls if not each.label.startswith(own))
            goal = msgspec.structs.replace(goal, pulls=pulls)
        return obstacles(self.found.checks, self.found.blockers, goal)


async def preview_of(
    github: GitHubReader,
    linear: LinearReader | None,
    tracker: TrackerReader,
    *,
    repo: str,
    number: int,
    team: str,
    path: str,
) -> Preview:
    """Return what a pull request would release, counted from the last release of its branch."""
    pull = await github.pull(repo, number)
    seen = await outlook_of(github, repo, pull.base_ref, "no", path)
    others = [each for each in seen.pulls if each.number != number]
    kin: list[Merged] = [*(others if seen.pulls else directs(seen.commits)), pull]
    coming = upcoming(seen.past, kin, "auto", "no", seen.stated)
    state = await github.pull_state(repo, number)
    found = await hurdles_of(
        github, linear, repo=repo, team=team, sha=state.head_sha, tag=coming.tag
    )
    linked = await shipped(tracker, [pull], team, repo)
    out = None
    if pull.merged_at and len(others) == len(seen.pulls):
        out = await fixes.released(github, repo, pull.merge_sha, pull.merged_at)
    return Preview(
        pull,
        seen.base,
        seen.branch,
        len(others),
        coming,
        found,
        {each.ticket.key: each.ticket.url for each in linked},
        (team,) if team else (),
        out,
    )


async def said_before(github: GitHubReader, repo: str, number: int) -> str:
    """Return what the comment of ours says, "" where there is none."""
    mark = mark_of(KEY)
    said = [each.body for each in await github.comments(repo, number) if mark in each.body]
    return said[0].partition(mark)[0].rstrip() if said else ""


def report(repo: str, preview: Preview) -> Report:
    """Return what people read in a chat."""
    pull, base, tag = preview.pull, preview.base, preview.coming.tag
    what = Link(f"#{pull.number} {pull.title}", pull.url)
    data = {"tag": tag, "level": preview.coming.level, "pull": pull.number}
    if preview.out:
        rows = facts(pull_request=what, release=Link(preview.out.tag, preview.out.url))
        title = f"{repo}#{pull.number} and {preview.out.tag}"
        return Report(title, preview.verdict, "good", (rows,), data)
    more = f"{counted(preview.others, 'other pull request')} merged"
    rows = facts(
        pull_request=what,
        branch=preview.branch,
        version=f"{base or 'none yet'} → {tag}",
        goes_with=f"{more} since {base}" if base else f"{more}: all there is",
    )
    blocks: list[Block] = [rows]
    if preview.is_noted:
        about, words = said_of(pull)
        scope = f"{about}: " if about else ""
        line = (f"{scope}{words} (", Link(f"#{pull.number}", pull.url), ") by ", pull.author)
        blocks.append(bullets([line], f"In the notes, below {preview.entry[0]}"))
    missing = preview.missing
    blocks.append(bullets(missing or ["Nothing stands against it."], f"Before {tag} can go out"))
    if preview.is_noted and not is_marked(pull):
        blocks.append(text(MARKING))
    title = f"{repo}#{pull.number} and {tag}"
    tone: Tone = "warn" if missing else "neutral"
    return Report(title, preview.verdict, tone, tuple(blocks), data)


def comment(preview: Preview) -> str:
    """Return what the pull request says below itself, in Markdown that links to no other one."""
    pull, tag = preview.pull, plain(preview.coming.tag)
    said = _quiet(preview.verdict).removeprefix(f"`#{pull.number}` ").replace(tag, f"**{tag}**", 1)
    section, line = preview.entry
    parts = [f"This pull request {said}", f"In the notes, below **{section}**:\n\n> {line}"]
    if missing := preview.missing:
        parts.append(f"Before {tag} can go out:\n\n" + "\n".join(map(_markdown, missing)))
    if not is_marked(pull):
        parts.append(MARKING)
    return "\n\n".join(parts)


def _markdown(line: Line) -> str:
    return "- " + "".join(_quiet(p.label if isinstance(p, Link) else str(p)) for p in line)


def _quiet(words: str) -> str:
    """Return words for Markdown; GitHub tells every issue that is linked, so keys are code."""
    start, end = len(words) - len(words.lstrip()), len(words.rstrip())
    return f"{' ' * start}{_NUMBER.sub(_CODE, plain(words))}{' ' * (len(words) - end)}"


def quietly(shown: Report, summary: str) -> Report:
    """Return a report that nobody is called for."""
    return msgspec.structs.replace(shown, summary=summary, quiet=True)
