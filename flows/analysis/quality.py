"""The quality of a checkout: lint, complexity, duplication, long files, comments, and a grade."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from flows.analysis.duplicates import duplicates_in
from flows.analysis.functions import Functions, Unmeasured
from flows.analysis.ownership import Codeowners, codeowners_from
from flows.analysis.sources import (
    Skip,
    Skipped,
    Tracked,
    check,
    code_of,
    language_of,
    read_text,
    skipped_from,
)
from integrations.git import Workspaces
from integrations.linting import Finding, findings
from integrations.meter import in_thread

RULES = ("E9", "F", "B", "PLE", "PLW0", "ASYNC")
COMPLEX = 10  # T. J. McCabe, A complexity measure, IEEE TSE SE-2 (1976): more is hard to test
LONG = 500  # source lines of a file
MOST_FILES = 4_000
SHOWN_COPIES = 10
OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
FORMULA = (
    "100 points, less 2 for each lint finding per 1,000 lines of Python (30 at most), 1 for each "
    "per cent of code in functions of a complexity above 10 (30), 1 for each per cent of "
    "duplicated lines (20) and 1 for each 5 per cent of code in files of more than 500 lines (20)"
)
COMPLEXITY, LENGTH = "complexity", "long file"
MOST_PROBLEMS = 3_000  # the worst of them are remembered
GRADES = ((90, "A"), (80, "B"), (70, "C"), (60, "D"), (0, "E"))


class Problem(msgspec.Struct, frozen=True):
    """Something to repair at a line; `key` is the same for the same problem on another line."""

    path: str
    line: int
    rule: str
    said: str
    key: str
    weight: int = 1


class Quality(msgspec.Struct, frozen=True):
    """What was counted at one commit; problems come the worst first."""

    lines: int = 0
    files: int = 0
    python: int = 0
    lint: int = 0
    functions: int = 0
    complex: int = 0
    measured: int = 0
    complex_lines: int = 0
    duplicated: int = 0
    long_lines: int = 0
    comments: int = 0
    unmeasured: int = 0
    problems: list[Problem] = []
    copies: list[str] = []
    owners: dict[str, list[str]] = {}
    skipped: list[tuple[str, int, str]] = []

    @property
    def penalties(self) -> dict[str, float]:
        """Return how many of a hundred points each weakness costs."""
        return {
            "lint": min(30.0, 2000 * self.lint / self.python) if self.python else 0.0,
            "complexity": min(30.0, 100 * self.complex_lines / max(1, self.measured)),
            "duplication": min(20.0, 100 * self.duplicated / max(1, self.lines)),
            "long files": min(20.0, 20 * self.long_lines / max(1, self.lines)),
        }

    @property
    def points(self) -> int:
        return round(100 - sum(self.penalties.values()))

    @property
    def grade(self) -> str:
        return next(name for least, name in GRADES if self.points >= least)


async def quality_of(git: Workspaces, repo: str, ref: str) -> Quality:
    """Return the quality of a checkout, whose code is read and parsed and never executed."""
    async with git.checkout(repo, ref) as tree:
        texts, skipped = await in_thread(_texts, tree.root, tree.files)
        python = [path for path in texts if language_of(path) == "Python"]
        found = await findings(tree.root, python, RULES)
        owners = Codeowners()
        for name in OWNERS:
            if any(each.path == name and each.here for each in tree.files):
                owners = codeowners_from(await tree.text(name) or "")
                break
    return await in_thread(measured, texts, found, owners, skipped)


def measured(
    texts: dict[str, str],
    lint: Sequence[Finding],
    owners: Codeowners,
    skipped: Iterable[Skipped],
) -> Quality:
    """Return what is counted in these files."""
    measure = Functions()
    problems = [_lint(each, texts.get(each.path, "")) for each in lint]
    code: dict[str, list[tuple[int, str]]] = {}
    functions = inside = complex_lines = long_lines = comments = python = unmeasured = 0
    for path, text in texts.items():
        bare = code_of(text, language_of(path)).splitlines()
        code[path] = [(n, line.strip()) for n, line in enumerate(bare, 1) if line.strip()]
        length = len(code[path])
        comments += sum(1 for line in text.splitlines() if line.strip()) - length
        python += length if language_of(path) == "Python" else 0
        if length > LONG:
            long_lines += length
            said = f"{length:,} lines of code; split it"
            problems.append(Problem(path, 1, LENGTH, said, LENGTH, length // 50))
        try:
            every = measure.of(path, text) if measure.knows(path) else []
        except Unmeasured:
            unmeasured += 1
            continue
        functions += len(every)
        inside += sum(each.lines for each in every)
        for each in (each for each in every if each.complexity > COMPLEX):
            complex_lines += each.lines
            said = f"{each.name} has a complexity of {each.complexity}; take it apart"
            problems.append(
                Problem(path, each.line, COMPLEXITY, said, each.name, 5 * each.complexity)
            )
    copied = duplicates_in(code)
    wrong = {each.path for each in problems}
    problems.sort(key=lambda each: (-each.weight, each.path, each.line))
    return Quality(
        lines=copied.of,
        files=len(texts),
        python=python,
        lint=len(lint),
        functions=functions,
        complex=sum(each.rule == COMPLEXITY for each in problems),
        measured=inside,
        complex_lines=complex_lines,
        duplicated=copied.lines,
        long_lines=long_lines,
        comments=comments,
        unmeasured=unmeasured,
        problems=problems[:MOST_PROBLEMS],
        copies=[
            f"{each.path}:{each.first}–{each.last} stands at {each.other}:{each.other_line} too"
            for each in copied.copies[:SHOWN_COPIES]
        ],
        owners={path: list(named) for path in wrong if (named := owners.owners_of(path))},
        skipped=[(each.reason, each.files, each.examples[0]) for each in skipped],
    )


def news(before: Quality, now: Quality) -> tuple[list[Problem], list[Problem]]:
    """Return the problems that are new and those that are fixed, wherever their lines moved."""
    old, new = Counter(map(_name, before.problems)), Counter(map(_name, now.problems))
    return _beyond(now.problems, old), _beyond(before.problems, new)


def _beyond(problems: Sequence[Problem], known: Counter[tuple[str, str, str]]) -> list[Problem]:
    left, found = Counter(known), []
    for each in problems:
        name = _name(each)
        if left[name]:
            left[name] -= 1
        else:
            found.append(each)
    return found


def _name(problem: Problem) -> tuple[str, str, str]:
    return problem.path, problem.rule, problem.key


def _lint(finding: Finding, text: str) -> Problem:
    lines = text.splitlines()
    line = lines[finding.line - 1].strip() if 0 < finding.line <= len(lines) else ""
    weight = 20 if finding.rule == "syntax" or finding.rule.startswith(("E9", "F8", "PLE")) else 5
    key = f"{finding.message}\n{line}"
    return Problem(finding.path, finding.line, finding.rule, finding.message, key, weight)


def _texts(root: Path, files: Sequence[Tracked]) -> tuple[dict[str, str], tuple[Skipped, ...]]:
    texts: dict[str, str] = {}
    reasons = []
    for each in files:
        if not language_of(each.path):
            continue
        try:
            check(each)
            if len(texts) < MOST_FILES:
                texts[each.path] = read_text(root, each.path)
        except Skip as skip:
            reasons.append((each.path, skip.reason))
    return texts, skipped_from(reasons)
