"""Three-way merge of an issue that stands in two places, field by field; pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from flows.analysis.echoes import digest
from flows.engine.pairs import Pair

Field: TypeAlias = Literal["title", "body", "state", "person", "priority"]
Wins: TypeAlias = Literal["newest", "github", "linear", "ask"]
Choice: TypeAlias = Literal["github", "linear", "leave"]
Value: TypeAlias = str | int | None

FIELDS: tuple[Field, ...] = ("title", "body", "state", "person", "priority")
# What a field says as long as nobody has said anything; a title and a state always say something.
NOTHING: Mapping[str, Value] = {"body": "", "person": "", "priority": 0}


class Side(msgspec.Struct, frozen=True):
    """An issue as it is on one side, in words that both have.

    `state` is open, done or canceled; `person` an id in Linear, "" is nobody; a label is in small
    letters, and only those that both sides have are here. None is what cannot be said in the words
    of the other side: it is left alone.
    """

    at: datetime
    title: str
    body: str | None = ""
    state: str = "open"
    person: str | None = ""
    priority: int | None = 0
    labels: frozenset[str] = frozenset()


class Conflict(msgspec.Struct, frozen=True):
    """A field that both sides changed, and whose word counts: "" is nobody's yet."""

    field: Field
    github: str
    linear: str
    settled: Choice | Literal[""] = ""

    @property
    def mark(self) -> str:
        """Tell this conflict from another one about the same field."""
        return f"{self.field}:{digest(self.github)}:{digest(self.linear)}"


class Merged(msgspec.Struct, frozen=True):
    """What each side has to be told to be as the other, and what is remembered then.

    `github` and `linear` map fields to what they become there; `labels` are those of both.
    """

    github: Mapping[str, Value] = {}
    linear: Mapping[str, Value] = {}
    labels: frozenset[str] = frozenset()
    conflicts: tuple[Conflict, ...] = ()
    pair: Pair | None = None


def merged(
    before: Pair,
    github: Side,
    linear: Side,
    wins: Wins,
    choices: Mapping[str, Choice] | None = None,
) -> Merged:
    """Return what makes two sides one.

    A field that one side changed since they were last in step goes to the other. One that both
    changed, to different things, is a conflict: `wins` settles it, and "newest" is the side whose
    issue was changed last, GitHub where that was at the same time. Where nobody remembers how it
    was, nothing gives way to something, labels are put together, and the rest is a conflict. Two
    ways of being closed are the same, as GitHub tells them apart only while it closes.
    """
    to_github: dict[str, Value] = {}
    to_linear: dict[str, Value] = {}
    on_github, in_linear = dict(before.github), dict(before.linear)
    conflicts: list[Conflict] = []
    for field in FIELDS:
        ours, theirs = getattr(github, field), getattr(linear, field)
        if ours is None or theirs is None:
            continue
        source = _source(before, field, ours, theirs)
        if source == "both":
            settled = (choices or {}).get(field) or _settled(wins, github, linear)
            conflicts.append(Conflict(field, f"{ours}", f"{theirs}", settled))
            if not settled:
                continue
            source = settled
        if source == "github":
            to_linear[field] = theirs = ours
        elif source == "linear":
            to_github[field] = ours = theirs
        on_github[field], in_linear[field] = digest(ours), digest(theirs)
    labels = _labels(before, github.labels, linear.labels)
    pair = msgspec.structs.replace(
        before, github=on_github, linear=in_linear, labels=tuple(sorted(labels))
    )
    return Merged(to_github, to_linear, labels, tuple(conflicts), pair)


def _source(before: Pair, field: Field, ours: Value, theirs: Value) -> str:
    """Return whose word counts for a field: github, linear, both, or "" where they agree."""
    if ours == theirs or (field == "state" and "open" not in (ours, theirs)):
        return ""
    if field not in before.github or field not in before.linear:
        nothing = NOTHING.get(field)
        if nothing in (ours, theirs):
            return "linear" if ours == nothing else "github"
        return "both"
    changed = (digest(ours) != before.github[field], digest(theirs) != before.linear[field])
    return {(True, False): "github", (False, True): "linear", (True, True): "both"}.get(changed, "")


def _settled(wins: Wins, github: Side, linear: Side) -> Choice | Literal[""]:
    if wins == "ask":
        return ""
    if wins == "newest":
        return "linear" if linear.at > github.at else "github"
    return wins


def _labels(before: Pair, ours: frozenset[str], theirs: frozenset[str]) -> frozenset[str]:
    """Return the labels that both get: what either side added comes, what either removed goes."""
    was = frozenset(before.labels)
    return (was & ours & theirs) | (ours - was) | (theirs - was)
