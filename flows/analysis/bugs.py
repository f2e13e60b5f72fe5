"""Bugs: how bad, how urgent, what the issue says, and how all of it reads; pure."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from flows.analysis.fixes import Fix
from flows.analysis.notes import plain
from flows.analysis.words import counted
from flows.report import Block, Code, Inline, Link, Report, Tone, bullets, facts, table, text
from integrations.github import Release
from integrations.trackers import Ticket

Severity: TypeAlias = Literal["critical", "high", "medium", "low"]
Given: TypeAlias = Literal["auto", "critical", "high", "medium", "low"]
Reach: TypeAlias = Literal["one", "some", "everybody"]

TITLE = 80
TESTS = 5
LONGEST = 6_000
# The first row that has one of its words decides.
_SIGNS: tuple[tuple[Severity, str], ...] = (
    ("critical", r"data ?loss|lost (?:all|my|our) |corrupt|leak|security|outage|(?:is|are) down\b"),
    ("low", r"typo|cosmetic|misspel|spelling|wording|alignment|misaligned|colou?r"),
    (
        "high",
        r"crash|exception|traceback|panic|error|broken|fails?\b|cannot|can't|freez|hang|5\d\d",
    ),
)
# 1 is urgent, 4 is low; the rows are severities, the columns who is hit by it.
PRIORITIES: dict[Severity, dict[Reach, int]] = {
    "critical": {"one": 2, "some": 1, "everybody": 1},
    "high": {"one": 3, "some": 2, "everybody": 1},
    "medium": {"one": 3, "some": 3, "everybody": 2},
    "low": {"one": 4, "some": 4, "everybody": 3},
}
WORDS = {1: "urgent", 2: "high", 3: "medium", 4: "low"}


class Twin(msgspec.Struct, frozen=True):
    """An open issue that may be about the same, and how similar it is: 0 to 1."""

    ticket: Ticket
    score: float


class Suspect(msgspec.Struct, frozen=True):
    """A commit that touched a file of the stack trace, and the line that the trace names."""

    path: str
    line: int
    sha: str
    author: str
    subject: str
    at: datetime


class Told(msgspec.Struct, frozen=True):
    """What somebody told about a bug; `link` is where."""

    what: str
    reporter: str
    link: str = ""

    @property
    def title(self) -> str:
        """The first line, short enough for a title."""
        first = next((line.strip() for line in self.what.splitlines() if line.strip()), "A bug")
        return first if len(first) <= TITLE else f"{first[: TITLE - 1].rstrip()}…"


class Grade(NamedTuple):
    """How urgent a bug is, 1 to 4, and why."""

    priority: int
    block: Block


def told(what: str, reporter: str, link: str, known: Ticket | None) -> Told:
    """Return what is told about a bug, by the issue where there is one already."""
    if known is None:
        return Told(what, reporter, link)
    return Told(f"{known.title}\n{known.body}", known.author or reporter, link or known.url)


def severity_of(words: str) -> tuple[Severity, str]:
    """Return how bad a bug is, and the word that says so, "" where none does."""
    for severity, signs in _SIGNS:
        if found := re.search(signs, words.lower()):
            return severity, found[0].strip()
    return "medium", ""


def graded(words: str, given: Given, reach: Reach) -> Grade:
    """Return how urgent a bug is: how bad it is times who is hit by it."""
    severity, because = severity_of(words) if given == "auto" else (given, "")
    why = f"{severity}, as it says “{because}”" if because else severity
    priority = PRIORITIES[severity][reach]
    others = [(who, WORDS[number]) for who, number in PRIORITIES[severity].items() if who != reach]
    rule = ", ".join(f"{word} if it hits {who}" for who, word in others)
    block = facts(priority=WORDS[priority], severity=why, hits=f"{reach} ({rule})")
    return Grade(priority, block)


def description(
    told: Told, steps: str, expected: str, suspects: Sequence[Suspect], twins: Sequence[Twin]
) -> str:
    """Return the text of the issue in Markdown: everything that whoever fixes it needs."""
    fence = "~" * max(3, max((len(run) + 1 for run in re.findall("~+", told.what)), default=3))
    parts = [
        f"**What happens**\n\n{fence}\n{told.what.strip()[:LONGEST]}\n{fence}",
        f"**What should happen**\n\n{_quoted(expected, 'Not said yet.')}",
        f"**How to make it happen**\n\n{_quoted(steps, '1. …')}",
    ]
    if suspects:
        lines = [
            f"- `{each.path}` line {each.line}: {each.sha[:7]} {plain(each.subject)}"
            f" ({plain(each.author)}, {each.at:%Y-%m-%d})"
            for each in suspects
        ]
        parts.append("**Last changes to the files where it broke**\n\n" + "\n".join(lines))
    if twins:
        lines = [f"- {each.ticket.key} {plain(each.ticket.title)}" for each in twins]
        parts.append("**May be the same**\n\n" + "\n".join(lines))
    where = f" [here]({told.link})" if told.link.startswith("https://") else ""
    parts.append(f"Reported by {plain(told.reporter)}{where}. The fix has to come with a test.")
    return "\n\n".join(parts)


def findings(suspects: Sequence[Suspect], twins: Sequence[Twin], traced: int) -> list[Block]:
    """Return what was found about a bug: what may be the same, and who knows the code."""
    found: list[Block] = []
    if twins:
        rows = [
            (Link(f"{each.ticket.key} {each.ticket.title}", each.ticket.url), f"{each.score:.2f}")
            for each in twins
        ]
        found.append(table(["May be the same", "Similarity"], rows))
    if suspects:
        changes: list[tuple[Inline, ...]] = [
            (Code(f"{each.path}:{each.line}"), each.author, f"{each.at:%Y-%m-%d}", each.subject)
            for each in suspects
        ]
        found.append(table(["Where it broke", "File last changed by", "On", "Change"], changes))
    elif traced:
        found.append(text("The stack trace names no file of this repository."))
    else:
        found.append(text("No stack trace was given, so nobody is suspected."))
    return found


def plan(where: str, told: Told, blocks: Sequence[Block]) -> Report:
    """Return what people read before they say yes."""
    return Report(f"Bug in {where}", told.title, "warn", tuple(blocks))


def stopped(ticket: Ticket, blocks: Sequence[Block], days: int, why: str) -> Report:
    """Return the report of a bug that is followed no longer."""
    title, key = f"{ticket.key} is not fixed yet", Link(f"{ticket.key} {ticket.title}", ticket.url)
    summary = f"{why} within {counted(days, 'day')}, so I stop following it. It stays open."
    return Report(title, summary, "warn", (facts(issue=key, branch=Code(ticket.branch)), *blocks))


def shipped(ticket: Ticket, told: Told, fix: Fix, checks: str, release: Release | None) -> Report:
    """Return what the reporter reads once the fix is merged, and out."""
    where = f" in {release.tag}" if release else ", and in no release yet"
    rows = facts(
        issue=Link(f"{ticket.key} {ticket.title}", ticket.url),
        fix=Link(f"#{fix.number} {fix.title}", fix.url),
        release=Link(release.tag, release.url) if release else "none so far",
        verified=checks,
    )
    proof: Block = bullets([Code(path) for path in fix.tests[:TESTS]], "Tests that came with it")
    if not fix.tests:
        proof = text("It came without a test.")
    summary = f"{told.reporter}, what you told of is fixed: {told.title}"
    tone: Tone = "good" if release and fix.tests else "warn"
    return Report(f"{ticket.key} is fixed{where}", summary, tone, (rows, proof))


def _quoted(words: str, otherwise: str) -> str:
    return "\n".join(f"> {plain(line)}" for line in words[:LONGEST].splitlines()) or otherwise
