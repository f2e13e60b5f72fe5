"""What a diff adds, line by line, and what stands in it that nobody wants to merge; pure."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flows.analysis.layout import is_test
from integrations.github.trees import ChangedFile

MOST_OF_A_LINE = 2_000  # longer ones are no code that somebody wrote
_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")


class Added(NamedTuple):
    """A line that a diff adds, by its number in the new file."""

    path: str
    line: int
    text: str


class Remark(NamedTuple):
    """Something on a changed line: what it is, what to do, and whether a merge does harm."""

    path: str
    line: int
    what: str
    action: str
    harmful: bool = False


class _Sign(NamedTuple):
    shape: re.Pattern[str]
    what: str
    action: str
    harmful: bool = False
    tests: bool | None = None  # only in tests, only elsewhere, or (None) anywhere


_ROTATE = "revoke it, and read it from the environment"
# Issuers document these shapes; a word such as `password =` alone says nothing.
_SIGNS = (
    _Sign(re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY"), "A private key", _ROTATE, True),
    _Sign(re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"), "A key of AWS", _ROTATE, True),
    _Sign(re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b"), "A token of GitHub", _ROTATE, True),
    _Sign(re.compile(r"\bgithub_pat_[A-Za-z0-9_]{60,}"), "A token of GitHub", _ROTATE, True),
    _Sign(re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{20,}"), "A token of Slack", _ROTATE, True),
    _Sign(re.compile(r"\blin_api_[A-Za-z0-9]{30,}"), "A key of Linear", _ROTATE, True),
    _Sign(re.compile(r"\bsk_live_[A-Za-z0-9]{20,}"), "A key of Stripe", _ROTATE, True),
    _Sign(re.compile(r"(?:<{7}|>{7}) \S"), "A conflict that was not solved", "solve it", True),
    _Sign(
        re.compile(r"\b(?:breakpoint\(\)|pdb\.set_trace\(\)|debugger;|binding\.pry\b)"),
        "A stop for a debugger", "take it out", True,
    ),
    _Sign(
        re.compile(r"\b(?:describe|it|test|context)\.only\(|\bf(?:it|describe)\("),
        "Only this test runs", "take `only` out", True, tests=True,
    ),
    _Sign(
        re.compile(r"@(?:pytest\.mark|unittest)\.skip\b|\b(?:describe|it|test)\.skip\("),
        "A test that is skipped", "say until when, and who brings it back", tests=True,
    ),
    _Sign(
        re.compile(r"\bexcept(?: Exception| BaseException)?:\s*(?:pass\b.*)?$"),
        "Every error is caught", "name those that are meant", tests=False,
    ),
    _Sign(
        re.compile(r"\bverify\s*=\s*False\b|\bInsecureSkipVerify:\s*true"),
        "Certificates are not checked", "check them, or say why not", tests=False,
    ),
)  # fmt: skip


def added_in(file: ChangedFile) -> Iterator[Added]:
    """Yield the lines that a file's patch adds."""
    number = 0
    for line in file.patch.split("\n"):
        if found := _HUNK.match(line):
            number = int(found[1])
        elif line.startswith("+"):
            yield Added(file.path, number, line[1:].rstrip("\r"))
            number += 1
        elif not line.startswith(("-", "\\")):
            number += 1


def remarks_on(files: Sequence[ChangedFile]) -> list[Remark]:
    """Return what stands out on the added lines, the harmful first; a line has one remark."""
    found = [
        remark
        for file in files
        for line in added_in(file)
        if (remark := _remark(line, tests=is_test(file.path)))
    ]
    return sorted(found, key=lambda each: not each.harmful)


def _remark(added: Added, *, tests: bool) -> Remark | None:
    text = added.text[:MOST_OF_A_LINE]
    for sign in _SIGNS:
        if sign.tests in (None, tests) and sign.shape.search(text):
            return Remark(added.path, added.line, sign.what, sign.action, sign.harmful)
    return None
