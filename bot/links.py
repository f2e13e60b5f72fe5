"""What an address stands for: a repository and a part of it, an issue, or a run of ours.

`acme/shop#12` is one too.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from flows.engine.named import inputs_of
from flows.engine.spec import Params

Names: TypeAlias = tuple[str, ...]

REPO = ("repo",)
PULL = ("pull", "pr", "number")
ISSUE = ("issue", "number", "key")
REF = ("ref", "sha", "commit", "tag")
RUN = ("workflow_run", "run", "number")
TAG = ("tag", "release", "ref")
KEY = ("issue", "key")

_NAME = r"([\w.-]+/[\w.-]+?)"
_END = r"(?:\.git)?/?(?:[?#].*)?"
_REPOSITORY = re.compile(rf"https?://(?:www\.)?github\.com/{_NAME}{_END}")
_PART = re.compile(
    rf"https?://[^/\s]+/{_NAME}/"
    r"(pull|issues|commit|tree|actions/runs|releases/tag)/([^?#\s]+?)/?(?:[?#].*)?"
)
_LINEAR = re.compile(r"https?://linear\.app/[\w-]+/issue/([A-Za-z][A-Za-z0-9]*-\d+)(?:[/?#].*)?")
_NUMBER = re.compile(r"#(\d+)")
_SHORT = re.compile(rf"{_NAME}#(\d+)")
_OURS = re.compile(r"https?://[^/\s]+(?:/[^?#\s]*)?(?<!/actions)/runs/([0-9a-f]{16})(?:[/?#].*)?")
_WHOLE = {"tree": REF, "releases/tag": TAG}  # what follows may have slashes of its own
_FIRST = {"pull": PULL, "issues": ISSUE, "commit": REF, "actions/runs": RUN}


def values_of(url: str, model: type[Params]) -> Mapping[str, str]:
    """Return which inputs a link gives, and with what values; none for a link of another kind."""
    fields = model.model_fields
    return {
        name: value
        for names, value in _parts(url)
        if (name := next((each for each in _wanted(names, model) if each in fields), ""))
    }


def _wanted(names: Names, model: type[Params]) -> Names:
    """Return which inputs to look for: an issue in Linear goes where one is asked for."""
    return (*inputs_of(model, "issue"), *names) if names is KEY else names


def run_of(word: str) -> str:
    """Return the run whose page a link leads to; anything else stays as it is."""
    found = _OURS.fullmatch(word)
    return found[1] if found else word


def linked(words: Sequence[str], model: type[Params]) -> list[str]:
    """Return the words of a command, its links replaced by the inputs that they stand for.

    A link that is the value of an input gives that one alone; a link that says nothing of the
    inputs stays a word.
    """
    made: list[str] = []
    follows = ""
    for number, word in enumerate(words):
        if not number and _NUMBER.fullmatch(word):  # where the repository goes without saying
            made += [f"{each}={value}" for each, value in values_of(word, model).items()] or [word]
            continue
        name, equals, value = word.removeprefix("--").partition("=")
        name = name.lower().replace("-", "_")
        is_named = bool(equals) and name.isidentifier()
        wanted, url = (name, value) if is_named else (follows, word)
        follows = "" if equals or not word.startswith("--") else _awaiting(name, model)
        values = _given(url, model)
        if wanted and wanted in values:
            made.append(f"{word.removesuffix(url)}{values[wanted]}")
        elif values and not wanted:
            made += [f"{each}={value}" for each, value in values.items()]
        else:
            made.append(word)
    return made


def _given(word: str, model: type[Params]) -> Mapping[str, str]:
    """Return what a word gives if it is a link; `acme/shop#12` is one where a number is wanted."""
    if "://" in word:
        return values_of(word, model)
    values = values_of(word, model) if "#" in word else {}
    return values if len(values) > 1 else {}


def _awaiting(name: str, model: type[Params]) -> str:
    """Return the input whose value is the next word, "" where it is a flag or none."""
    info = model.model_fields.get(name)
    return name if info and info.annotation is not bool else ""


def _parts(url: str) -> list[tuple[Names, str]]:
    if found := _LINEAR.fullmatch(url):
        return [(KEY, found[1].upper())]
    if found := _PART.fullmatch(url):
        repo, kind, rest = found.groups()
        names = _WHOLE.get(kind)
        return [(REPO, repo), (names, rest) if names else (_FIRST[kind], rest.split("/")[0])]
    if found := _SHORT.fullmatch(url):
        return [(REPO, found[1]), ((*PULL, *ISSUE), found[2])]
    if found := _NUMBER.fullmatch(url):
        return [((*PULL, *ISSUE), found[1])]
    if found := _REPOSITORY.fullmatch(url):
        return [(REPO, found[1])]
    return []
