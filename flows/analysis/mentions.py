"""Tests that name an issue: by its key in their names, markers and words; read, never executed."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from flows.analysis.layout import is_test
from flows.analysis.sources import Skip, read_plain, vendored_in

NEAR = 6  # lines between a marker and the test that it belongs to
MARKS = ("@", "#", "//", "/*", "*")
_NAME = re.compile(
    r"""^\s*(?:async\s+)?def\s+(?P<python>test\w*)
    |^\s*func\s+(?:\([^)]*\)\s*)?(?P<go>Test\w*)
    |^\s*(?:it|test|describe|specify)(?:\.\w+)*\s*\(\s*(?P<q>["'`])(?P<js>.{1,200}?)(?P=q)
    |^\s*(?:(?:public|private|internal)\s+)*(?:void|fun|fn)\s+(?P<other>`[^`]+`|\w+)\s*\(""",
    re.VERBOSE,
)


class Mention(msgspec.Struct, frozen=True):
    """A test that names an issue: its own name, or that of its file, and where it is."""

    key: str
    test: str
    path: str
    line: int


def mentions_in(root: Path, paths: Iterable[str], team: str) -> list[Mention]:
    """Return what the tests below a directory name; vendored and unreadable files tell nothing."""
    found: list[Mention] = []
    for path in sorted(paths):
        if not is_test(path) or vendored_in(path):
            continue
        try:
            text = read_plain(root, path)
        except Skip:
            continue
        found += mentions_of(path, text, team)
    return found


def mentions_of(path: str, text: str, team: str) -> list[Mention]:
    """Return the issues that a file of tests names, each once for each test.

    With a `team` they are Linear's, as ENG-12, ENG_12 or eng12; without one GitHub's: issue_12,
    GH-12 or req 12 anywhere, #12 in names, markers and comments alone. A marker belongs to the test
    below it, anything else to the one above.
    """
    lines = text.splitlines()
    names = [_name_in(line) for line in lines]
    found: dict[tuple[str, str], Mention] = {}
    above = ""
    for number, line in enumerate(lines):
        above = names[number] or above
        marks = line.lstrip().startswith(MARKS)
        keys = _shape(team, plain=marks or bool(names[number])).findall(line)
        if not keys:
            continue
        test = (marks and _below(lines, names, number)) or above or path.rpartition("/")[2]
        for digits in keys:
            key = f"{team.upper()}-{digits}" if team else f"#{digits}"
            found.setdefault((key, test), Mention(key, test, path, number + 1))
    return list(found.values())


def _below(lines: list[str], names: list[str], number: int) -> str:
    """Return the test right below a marker; what is indented further belongs to one above."""
    for place in range(number + 1, min(number + NEAR, len(lines))):
        if names[place]:
            return names[place] if _indent(lines[place]) >= _indent(lines[number]) else ""
    return ""


@cache
def _shape(team: str, *, plain: bool) -> re.Pattern[str]:
    ending = r"([1-9]\d{0,8})(?![A-Za-z0-9])"
    if team:
        return re.compile(rf"(?<![A-Za-z0-9]){re.escape(team)}[-_]?{ending}", re.IGNORECASE)
    named = r"(?<![A-Za-z0-9])(?:gh|issue|req|requirement)[-_ ]?#?"
    return re.compile(
        rf"(?:{named}|(?<![\w/.&#-])#){ending}" if plain else named + ending, re.IGNORECASE
    )


def _name_in(line: str) -> str:
    found = _NAME.match(line)
    if not found:
        return ""
    return found["python"] or found["go"] or found["js"] or (found["other"] or "").strip("`")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
