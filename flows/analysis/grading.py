"""What the quality of code says as a report, and as a check of a pull request."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from flows.analysis.notes import plain
from flows.analysis.quality import COMPLEXITY, FORMULA, MOST_PROBLEMS, Problem, Quality, news
from flows.analysis.words import counted
from flows.engine.effects import Effect, effect
from flows.report import Block, Code, Inline, Line, Person, Report, Tone, bullets, facts, text
from integrations.github import Annotation, ChangedFile, CheckReport, GitHub, Pull

MOST = 10
SHOWN = 160
CHECK, KEY = "Flowbot quality", "quality"
REMARKS = 50  # of a check: more of them help nobody


@dataclass(frozen=True, slots=True)
class Graded:
    """The quality at one commit, and at the one that it is compared with, if there is one.

    `lines` are those that a pull request changes; None where all lines count. `author` is whose
    change it is.
    """

    repo: str
    ref: str
    now: Quality
    base: Quality | None = None
    against: str = ""
    author: str = ""
    lines: Mapping[str, Collection[int]] | None = None

    @property
    def fresh(self) -> list[Problem]:
        """Return the problems that are new; of a pull request those on its changed lines."""
        if self.base is None:
            return []
        found, _ = news(self.base, self.now)
        if self.lines is None:
            return found
        return [each for each in found if each.line in self.lines.get(each.path, ())]

    @property
    def fixed(self) -> list[Problem]:
        return news(self.base, self.now)[1] if self.base else []


def verdict(found: Graded) -> str:
    """Return the whole in one sentence."""
    now = found.now
    weakest, cost = max(now.penalties.items(), key=lambda each: each[1])
    said = f"Grade {now.grade}, {now.points} of 100"
    said += f"; the weakest is {weakest} ({cost:.0f} points)" if cost >= 1 else ""
    if found.base is None:
        return f"{said}."
    return f"{counted(len(found.fresh), 'new problem')}, {len(found.fixed)} fixed. {said}."


def report(found: Graded, before: Mapping[str, Any]) -> Report:
    """Return the report: verdict, numbers, findings, what changed, and what is not known."""
    return Report(
        f"Quality of {found.repo} at {found.ref}",
        verdict(found),
        tone_of(found),
        (
            _numbers(found.now, before),
            *_changes(found, before),
            *_findings(found),
            *_copies(found.now),
            _left_out(found.now),
        ),
        {"points": found.now.points, **_figures(found.now)},
        next=(f"components {found.repo}",),
        quiet=found.base is not None and not found.fresh,
    )


def of_change(made: Report, before: Mapping[str, Any], files: Sequence[ChangedFile]) -> Report:
    """Return the report of a change: the last one of the branch stays what others compare with."""
    large = sum(not each.patch and each.additions > 0 for each in files)
    more: tuple[Block, ...] = ()
    if large:
        said = f"Changed lines of {counted(large, 'file')} are not known: GitHub shows no patch."
        more = (text(said),)
    return msgspec.structs.replace(made, blocks=(*made.blocks, *more), data=dict(before), next=())


def summary(found: Graded) -> str:
    """Return what the check says above its remarks, in Markdown."""
    more = len(found.fresh) - REMARKS
    lines = [plain(verdict(found)), "", f"How: {FORMULA}."]
    return "\n".join([*lines, *([f"{more} more are not shown."] if more > 0 else [])])


def tone_of(found: Graded) -> Tone:
    """Return how serious it is: of a change its own problems count, else the grade."""
    if found.base is not None:
        return "warn" if found.fresh else "good"
    return "good" if found.now.grade in "AB" else "warn"


def remarks(found: Graded) -> list[Annotation]:
    """Return the remarks of a check, on changed lines alone."""
    return [
        Annotation(each.path, each.line, "warning", each.said, each.rule)
        for each in found.fresh[:REMARKS]
    ]


def checking(github: GitHub, found: Graded, pull: Pull, said: str) -> Effect[CheckReport]:
    """Return what reports this on a pull request, as a check of its last commit."""
    telling = partial(github.ensure_check_run, found.repo, pull.head_sha, CHECK, KEY)
    return effect(
        f"Report the check on #{pull.number} at {pull.head_sha[:7]}",
        do=partial(
            telling,
            conclusion="neutral" if found.fresh else "success",
            title=said[:100],
            summary=summary(found),
            annotations=remarks(found),
        ),
        undo=partial(telling, conclusion="neutral", title="Taken back", summary="Taken back."),
    )


def _numbers(now: Quality, before: Mapping[str, Any]) -> Block:
    lint = f"{now.lint:,} in {now.python:,} lines of Python" if now.python else (
        "not measured, because there is no Python"
    )  # fmt: skip
    code = f"{now.lines:,} lines in {counted(now.files, 'file')}"
    comments = f"{now.comments / max(1, now.comments + now.lines):.0%} of lines"
    return facts(
        lint_findings=_with(lint, before.get("lint"), now.lint),
        complex_functions=_with(
            f"{now.complex:,} of {now.functions:,} above 10", before.get("complex"), now.complex
        ),
        duplicated_lines=_with(
            f"{now.duplicated:,} of {now.lines:,} ({now.duplicated / max(1, now.lines):.0%})",
            before.get("duplicated"),
            now.duplicated,
        ),
        code=code,
        comments=comments,
    )


def _figures(now: Quality) -> dict[str, Any]:
    return {"lint": now.lint, "complex": now.complex, "duplicated": now.duplicated}


def _with(said: str, before: int | None, now: int) -> str:
    if before is None:
        return said
    return f"{said}, as before" if before == now else f"{said}, was {before:,}"


def _changes(found: Graded, before: Mapping[str, Any]) -> list[Block]:
    if found.base is not None:
        lines = [f"Fixed: {each.path} {each.rule}: {each.said}"[:SHOWN] for each in found.fixed]
        more = [f"… {len(lines) - MOST} more"] if len(lines) > MOST else []
        return [bullets([*lines[:MOST], *more], f"Better than {found.against}")] if lines else []
    if "points" not in before:
        return [text("This is the first check: there is nothing to compare with.")]
    change = found.now.points - before["points"]
    said = f"{abs(change)} points {'up' if change > 0 else 'down'}" if change else "No change"
    return [text(f"{said} since the last check.")]


def _findings(found: Graded) -> list[Block]:
    problems: Sequence[Problem] = found.fresh if found.base is not None else found.now.problems
    if not problems:
        return []
    lines: list[Line] = [_finding(found, each) for each in problems[:MOST]]
    if len(problems) > MOST:
        lines.append((f"… {len(problems) - MOST:,} more",))
    title = f"New against {found.against}" if found.base is not None else "The worst first"
    return [bullets(lines, title)]


def _finding(found: Graded, problem: Problem) -> Line:
    owners = [found.author] if found.author else found.now.owners.get(problem.path, [])
    who: list[Inline] = [Person(name.lstrip("@")) for name in owners[:1]] or ["nobody is named"]
    rule = "" if problem.rule == COMPLEXITY else f"{problem.rule}: "
    place = Code(f"{problem.path}:{problem.line}")
    return (place, f" {rule}{problem.said}"[:SHOWN], ". Owner: ", *who)


def _copies(now: Quality) -> list[Block]:
    return [bullets(now.copies[:5], "Longest copies")] if now.copies else []


def _left_out(now: Quality) -> Block:
    lines = [f"{count:,} × {reason}, such as {example}" for reason, count, example in now.skipped]
    if now.unmeasured:
        lines.append(f"functions of {counted(now.unmeasured, 'file')}: too large, or not readable")
    if len(now.problems) >= MOST_PROBLEMS:
        lines.append(f"all but the worst {MOST_PROBLEMS:,} problems: only these are compared")
    lines.append("lint of languages other than Python: ruff, which is here, knows no other")
    return bullets([*lines, f"Grade: {FORMULA}"], "Not measured, and how")
