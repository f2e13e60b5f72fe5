"""What a workflow's file says: its name, when it runs, and its jobs; no more of YAML is read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_PLACE = re.compile(r"\.github/workflows/[^/]+\.ya?ml")
_COMMENT = re.compile(r"(^|\s)#.*$")
# What is done to a pull request that starts a workflow, unless its file says otherwise.
TYPES = frozenset({"opened", "synchronize", "reopened"})


@dataclass(frozen=True, slots=True)
class Recipe:
    """`on` holds for each event the filters that it has: their names, and the patterns of each."""

    name: str
    on: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)

    def wants(self, event: str, ref: str) -> bool:
        """Say whether an event on `refs/heads/…` or `refs/tags/…` starts it."""
        filters = self.on.get(event)
        if filters is None:
            return False
        if "types" in filters and not TYPES & {*filters["types"]}:
            return False
        kinds = ("branches", "tags")
        kind, other = kinds if ref.startswith("refs/heads/") else kinds[::-1]
        name = ref.split("/", 2)[2]
        if kind in filters:
            return _chosen(filters[kind], name)
        if f"{kind}-ignore" in filters:
            return not _chosen(filters[f"{kind}-ignore"], name)
        return not {other, f"{other}-ignore"} & filters.keys()


def is_place(path: str) -> bool:
    """Say whether GitHub takes the file at a path for a workflow."""
    return _PLACE.fullmatch(path) is not None


def recipe_of(path: str, text: str) -> Recipe:
    """Return what the file at a path says; one without a name is known by its path."""
    name, on, jobs = path, dict[str, dict[str, list[str]]](), dict[str, str]()
    for keys, value in _said(text):
        match keys:
            case ["name"]:
                name = value or path
            case ["on"] if value:
                on.setdefault(value, {})
            case ["on", event]:
                on.setdefault(event, {})
            case ["on", event, kind]:
                held = on.setdefault(event, {}).setdefault(kind, [])
                held += [value] if value else []
            case ["jobs", key]:
                jobs[key] = key
            case ["jobs", key, "name"]:
                jobs[key] = value or key
    return Recipe(name, on, list(jobs.values()))


def _said(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield the keys above each value; once without a value for a key that begins a block."""
    above: list[tuple[int, str]] = []
    for line in text.splitlines():
        said = _COMMENT.sub("", line).rstrip()
        bare = said.lstrip()
        if not bare:
            continue
        depth, is_item = len(said) - len(bare), bare.startswith("- ")
        while above and (above[-1][0] > depth or (above[-1][0] == depth and not is_item)):
            above.pop()
        keys = [key for _, key in above]
        if is_item:
            yield keys, _plain(bare[2:])
            continue
        key, colon, value = bare.partition(":")
        if not colon:
            continue
        above.append((depth, _plain(key)))
        keys = [*keys, _plain(key)]
        for one in _values(value.strip()):
            yield keys, one


def _values(value: str) -> list[str]:
    if value.startswith("[") and value.endswith("]"):
        return [_plain(one) for one in value[1:-1].split(",")]
    return [_plain(value)]


def _plain(word: str) -> str:
    return word.strip().strip("\"'")


def _chosen(patterns: list[str], name: str) -> bool:
    """Say whether the last pattern that speaks of a name takes it, and does not leave it out."""
    found = False
    for pattern in patterns:
        if _fits(pattern.removeprefix("!"), name):
            found = not pattern.startswith("!")
    return found


def _fits(pattern: str, name: str) -> bool:
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    wild = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    spelled = "".join(wild.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(spelled, name) is not None
