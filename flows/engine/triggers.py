"""Which events start a flow, and what they fill in of its inputs; pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic.fields import FieldInfo

from flows.engine.errors import AuthorError
from flows.engine.phrase import parse
from flows.engine.schedule import BadSchedule

EVENT = re.compile(r"(github|linear):[A-Za-z_]+(\.[a-z_]+)?")
REPO = "repo"
SOME_DAY = datetime(2026, 1, 5, tzinfo=UTC)  # what a rhythm means is the same on any
# The inputs that an event can fill in: each has the name of the topic that names it.
INPUTS = frozenset(
    {REPO, "pull", "issue", "commit", "run", "deployment", "release", "branch", "tag"}
)
KEY = re.compile(r"[A-Z][A-Z0-9_]*-\d+")  # Linear names an issue by an id as well


def check(on: Sequence[str], inputs: Mapping[str, FieldInfo], every: str = "") -> None:
    """Raise AuthorError for an event or a rhythm that is none, or inputs that no event fills in."""
    for each in on:
        if not EVENT.fullmatch(each):
            raise AuthorError(f"{each!r} is no event: write it like 'github:pull_request.opened'.")
    needed = [name for name, info in inputs.items() if info.is_required() and name not in INPUTS]
    if on and needed:
        raise AuthorError(f"No event fills in {needed[0]!r}, which is required: give a default.")
    if every and not on:
        raise AuthorError(f"{every!r} needs events as well: a project that wants these gets both.")
    if every:
        try:
            parse(every, SOME_DAY)
        except BadSchedule as error:
            raise AuthorError(f"{every!r} is no rhythm: {error}") from error


def is_started(on: Sequence[str], source: str, event: str, action: str) -> bool:
    """Say whether a webhook starts a flow: `github:push` is any of them, `….opened` only those."""
    name = f"{source}:{event}"
    return name in on or f"{name}.{action}" in on


def inputs_of(repo: str, topics: Sequence[str], wanted: Mapping[str, FieldInfo]) -> dict[str, str]:
    """Return what an event fills in of these inputs: where it names several, the first."""
    found = {REPO: repo} if REPO in wanted else {}
    for topic in topics:
        source, _, rest = topic.partition(":")
        kind, _, named = rest.partition(":")
        if kind not in wanted or kind not in INPUTS or kind in found:
            continue
        if source == "github":
            found[kind] = named[len(repo) + 1 :]  # acme/api#12, acme/api@main, acme/api/77
        elif KEY.fullmatch(named):
            found[kind] = named
    return found


def team_of(topics: Sequence[str]) -> str:
    """Return the key of the team in Linear that an event is about, or an empty string."""
    prefix = "linear:team:"
    return next((each.removeprefix(prefix) for each in topics if each.startswith(prefix)), "")
