"""Linked issues: the ones that a branch, a pull request or a commit names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 20_000
_NUMBERED = re.compile(
    r"(?:(?<![\w/.&#-])(?P<repo>[\w-]+/[\w.-]+)?#|(?<![\w-])GH-)(?P<number>[1-9]\d{0,8})(?!\w)",
    re.IGNORECASE,
)
_PAGE = re.compile(r"https?://[^/\s]+/(?P<repo>[\w-]+/[\w.-]+)/issues/(?P<number>[1-9]\d{0,8})\b")
_IN_BRANCH = re.compile(r"(?:^|/)(?:(?:issue|gh|bug|fix)[-_/]?)?([1-9]\d{0,8})(?=[-_/]|$)")
_KEY = re.compile(r"#[1-9]\d{0,8}|[A-Za-z][A-Za-z0-9]{0,9}-[1-9]\d{0,6}")
_CLOSING = re.compile(
    r"(?<!\w)(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+"
    r"(?P<what>https?://\S+|(?:[\w-]+/[\w.-]+)?#\d+|GH-\d+)",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """What people wrote about a piece of work; `number` is its own, which it may name."""

    branch: str = ""
    title: str = ""
    body: str = ""
    commits: Sequence[str] = ()
    number: int = 0


def linked_keys(words: Words, *, team: str = "", repo: str = "") -> tuple[str, ...]:
    """Return the keys of the issues that are named, each once, in the order of reading.

    With a `team` they are Linear's, in any spelling (`ada/eng-12-retries` names ENG-12). Without
    one they are those of `repo` on GitHub: `#12`, `GH-12`, `acme/api#12`, the address of the issue,
    or a branch such as `fix/12-retries`. Comments in Markdown, such as the hints of a template, and
    what stands in a link to another repository, do not count.
    """
    bodies = [_COMMENT.sub(" ", each[:LONGEST]) for each in (words.body, *words.commits)]
    said = "\n".join([words.title, *bodies])
    if team:
        found = _of_team(team, f"{words.branch}\n{said}")
    else:
        found = [f"#{number}" for number in _IN_BRANCH.findall(words.branch)]
        named = sorted(
            (each for shape in (_PAGE, _NUMBERED) for each in shape.finditer(said)),
            key=lambda each: each.start(),
        )
        found += [
            f"#{each['number']}" for each in named if (each["repo"] or repo).lower() == repo.lower()
        ]
    own = f"#{words.number}"
    return tuple(dict.fromkeys(key for key in found if key != own))


def closed_keys(words: Words, *, team: str = "", repo: str = "") -> tuple[str, ...]:
    """Return the keys of the issues that a piece of work is meant to be the end of.

    On GitHub those behind its own words, such as `Fixes #12`: a mere mention says nothing. In
    Linear they are all that are named.
    """
    if team:
        return linked_keys(words, team=team, repo=repo)
    bare = (_COMMENT.sub(" ", each[:LONGEST]) for each in (words.title, words.body, *words.commits))
    found = "\n".join(each["what"] for text in bare for each in _CLOSING.finditer(text))
    return linked_keys(Words(body=found, number=words.number), repo=repo)


def is_key(text: str) -> bool:
    """Say whether a text is nothing but the key of an issue: `#12` or `ENG-12`."""
    return bool(_KEY.fullmatch(text.strip()))


def _of_team(team: str, said: str) -> list[str]:
    shape = re.compile(
        rf"(?<![A-Za-z0-9]){re.escape(team)}-([1-9]\d{{0,6}})(?![A-Za-z0-9])", re.IGNORECASE
    )
    return [f"{team.upper()}-{number}" for number in shape.findall(said)]
