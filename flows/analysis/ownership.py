"""Ownership: CODEOWNERS by GitHub's own matching, who changed what lately, and the bus factor."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

CODEOWNERS_PATHS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
BUS_FACTOR = "the fewest people who together made more than half of the file changes in the window"
_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^\s@]+@[^\s@]+\.[^\s@]+")
_FIELD = re.compile(r"(?:\\.|[^\s\\])+")
_LONGEST_PATTERN = 400


class Change(Protocol):
    """One commit: who made it, when, and the paths it touched."""

    @property
    def author(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def paths(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of CODEOWNERS; without owners it takes ownership away."""

    line: int
    pattern: str
    owners: tuple[str, ...]
    regex: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Codeowners:
    """The rules in their order and the lines that GitHub would not understand either."""

    rules: tuple[Rule, ...] = ()
    wrong_lines: tuple[int, ...] = ()

    def rule_for(self, path: str) -> Rule | None:
        """Return the rule that decides about `path`: the last one that matches."""
        return next((r for r in reversed(self.rules) if r.regex.fullmatch(path)), None)

    def owners_of(self, path: str) -> tuple[str, ...]:
        """Return the owners of `path` as written (`@acme/web`, `ada@acme.example`)."""
        rule = self.rule_for(path)
        return rule.owners if rule else ()


def codeowners_from(text: str) -> Codeowners:
    """Parse a CODEOWNERS file; lines with negation, ranges or things that own nothing are wrong."""
    rules: list[Rule] = []
    wrong: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        fields = []
        for part in _FIELD.findall(line):
            if part.startswith("#"):
                break
            fields.append(part)
        if not fields:
            continue
        pattern, *owners = fields
        if (
            pattern.startswith(("!", "\\#"))
            or "[" in pattern
            or "***" in pattern
            or len(pattern) > _LONGEST_PATTERN
            or not all(_OWNER.fullmatch(owner) for owner in owners)
        ):
            wrong.append(number)
            continue
        rules.append(Rule(number, pattern, tuple(owners), _regex_from(pattern)))
    return Codeowners(tuple(rules), tuple(wrong))


def people_of(history: Iterable[Change]) -> dict[str, str]:
    """Map each e-mail address to one name per person; bots are left out.

    Addresses with the same name are one person, and so are names with the same address.
    """
    names: dict[str, str] = {}
    for change in history:
        if is_bot(change):
            continue
        names.setdefault(change.email.casefold(), change.author.strip() or change.email)
    first: dict[str, str] = {}
    return {email: first.setdefault(name.casefold(), name) for email, name in names.items()}


def is_bot(change: Change) -> bool:
    """Return whether a commit was made by an app."""
    return change.author.endswith("[bot]") or "[bot]@" in change.email


def bus_factor(changes: Mapping[str, int]) -> int | None:
    """Return the fewest people with more than half of all `changes`; None if nobody changed it."""
    total, reached = sum(changes.values()), 0
    for count, people in enumerate(sorted(changes.values(), reverse=True), 1):
        reached += people
        if reached * 2 > total:
            return count
    return None


def most_active(changes: Counter[str], most: int = 3) -> tuple[str, ...]:
    """Return the people with most changes; equals in the order of their names."""
    ranked = sorted(changes.items(), key=lambda item: (-item[1], item[0]))
    return tuple(name for name, _ in ranked[:most])


def _regex_from(pattern: str) -> re.Pattern[str]:
    """Return what GitHub means by a pattern.

    A slash at the beginning or in the middle ties it to the root, a name covers everything below
    it, and `dir/*` means the files in it and not below: there GitHub differs from gitignore.
    """
    path = re.sub(r"\\(.)", r"\1", pattern)
    rooted = "/" in path.rstrip("/")
    parts = [part for part in path.split("/") if part]
    if not rooted:
        parts.insert(0, "**")
    if path.endswith("/"):
        parts.append("**")
    merged = [p for n, p in enumerate(parts) if p != "**" or n == 0 or parts[n - 1] != "**"]
    if not merged or merged == ["**"]:
        return re.compile(r".+", re.DOTALL)
    below = merged[-1] == "**"
    if below:
        merged.pop()
    chunks: list[list[str]] = [[]]
    for part in merged:
        if part == "**":
            chunks.append([])
        else:
            chunks[-1].append(_part_regex(part))
    first, *others = ["/".join(chunk) for chunk in chunks]
    text = first
    for number, chunk in enumerate(others):
        slash = "/" if text else ""
        # The leftmost place is as good as any other for all but the last chunk, so these need no
        # backtracking and no pattern can take long.
        last = number == len(others) - 1
        anywhere = f"(?:[^/]+/)*?{chunk}"
        text += slash + (anywhere if last else f"(?>{anywhere})")
    only_files = merged[-1] == "*" and len(merged) > 1 and merged[-2] != "**"
    ending = "/.+" if below else "" if only_files else "(?:/.*)?"
    return re.compile(text + ending, re.DOTALL)


def _part_regex(part: str) -> str:
    if part == "*":
        return "[^/]+"
    first, *others = [
        re.escape(piece).replace(r"\?", "[^/]") for piece in re.sub(r"\*+", "*", part).split("*")
    ]
    text = first
    for number, piece in enumerate(others):
        last = number == len(others) - 1
        text += f"[^/]*{piece}" if last else f"(?>[^/]*?{piece})"
    return text
