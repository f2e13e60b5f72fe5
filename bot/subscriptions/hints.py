"""Which followed things a delivery is about, and what it says of them; pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bot.deliveries import Heard
from integrations.github import sayings
from integrations.linear import sayings as linear
from integrations.told import is_topic

LOOKED_AT: Mapping[str, frozenset[str]] = {
    "pull": frozenset(
        {
            "pull_request",
            "pull_request_review",
            "pull_request_review_comment",
            "issue_comment",
            "check_run",
            "check_suite",
            "workflow_run",
        }
    ),
    "issue": frozenset({"issues", "issue_comment"}),
    "run": frozenset({"workflow_run"}),
    "deployment": frozenset({"deployment", "deployment_status"}),
    "release": frozenset({"release"}),
    "commit": frozenset({"status"}),
    "branch": frozenset({"push"}),
}
_TOPIC = re.compile(r"github:(\w+):([^#@/]+/[^#@/]+)(?:[#@/](.+))?")
_LINEAR = re.compile(r"linear:issue:([A-Z][A-Z0-9_]*)-\d+")


class Thing(NamedTuple):
    """What a topic names: a kind of thing, the repository or team that it is in, and which."""

    kind: str
    home: str
    name: str


class Hint(NamedTuple):
    """A thing that may have changed, and what was said about it."""

    topic: str
    thing: Thing
    said: tuple[Mapping[str, Any], ...] = ()


def thing_of(topic: str) -> Thing | None:
    """Return what a topic names; None where nobody can follow that."""
    if not is_topic(topic):
        return None
    if found := _LINEAR.fullmatch(topic):
        return Thing("linear", found[1], topic.rpartition(":")[2])
    if found := _TOPIC.fullmatch(topic):
        return Thing(found[1], found[2], found[3] or "")
    return None


def hints_of(heard: Heard) -> tuple[Hint, ...]:
    """Return the things that a delivery may have changed."""
    delivery = heard.delivery
    if delivery.source == "linear":
        things = {topic: thing_of(topic) for topic in heard.told.topics}
        given = tuple(filter(None, [linear.assigned(delivery.body)]))
        return tuple(Hint(topic, thing, given) for topic, thing in things.items() if thing)
    spoken: dict[str, list[Mapping[str, Any]]] = {}
    for topic, said in sayings.sayings(delivery.event, delivery.body):
        spoken.setdefault(topic, []).append(said)
    topics = [each for each in heard.told.topics if _is_looked_at(each, delivery.event)]
    every = dict.fromkeys([*_without_twins(topics), *spoken])
    found = [(topic, thing_of(topic)) for topic in every]
    return tuple(Hint(topic, it, tuple(spoken.get(topic, ()))) for topic, it in found if it)


def _is_looked_at(topic: str, event: str) -> bool:
    thing = thing_of(topic)
    return thing is not None and event in LOOKED_AT.get(thing.kind, ())


def _without_twins(topics: Sequence[str]) -> list[str]:
    """Leave out issues that are pull requests: a comment on one names both."""
    pulls = {each.replace(":pull:", ":issue:") for each in topics if ":pull:" in each}
    return [each for each in topics if each not in pulls]
