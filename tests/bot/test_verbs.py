"""Every verb has one meaning, one answerer and a help that works, whoever has added it."""

import re

import pytest

from bot.catalogue import grouped, help_for_verb, overview
from bot.console.render import render
from bot.grammar import Verb, parse
from bot.phrases import phrases_of
from bot.verbs import OF_A_RUN, VERBS
from flows.engine.access import Role
from flows.engine.registry import catalogue
from tests.bot.front import ZOE, Front

DISPATCH = {"help", "page", "lift", "runs", "dead", *OF_A_RUN} - {"nudge"}  # without a desk


@pytest.mark.parametrize("name", sorted(VERBS))
def test_a_verb_says_what_it_does_and_how_it_is_used(name: str) -> None:
    """In words for the list, and in commands that can be typed as they stand."""
    verb = VERBS[name]
    assert re.fullmatch(r"[a-z][a-z-]+", name)
    assert re.fullmatch(r"[a-z].{8,100}[^.]", verb.about)
    assert verb.group
    assert verb.role in Role
    for use in verb.uses:
        said = parse(use)
        assert isinstance(said, Verb), use
        assert said.name == name
    shown = render(help_for_verb(name))
    assert f"/flow {name}" in shown
    assert name in render(overview(grouped(Role.ADMIN)))


def test_no_flow_takes_the_name_of_a_verb() -> None:
    """Neither its alias, nor its slug, nor the first word of a phrase."""
    flows = catalogue().values()
    names = {name for each in flows for name in (each.alias, each.slug)}
    first = {phrase.words[0] for phrase in phrases_of(flows)}
    assert VERBS.keys().isdisjoint(names)
    assert VERBS.keys().isdisjoint(first)


async def test_every_verb_has_one_who_answers_it(front: Front) -> None:
    """One desk, or the dispatch itself."""
    desks = front.dispatch.verbs
    assert desks | DISPATCH == VERBS.keys()
    assert desks.isdisjoint(DISPATCH)


@pytest.mark.parametrize("name", sorted(VERBS.keys() - {"help", "page"}))
async def test_a_verb_alone_is_answered(front: Front, name: str) -> None:
    """With what it shows, or with how it is used: never with an error."""
    told = await front.say(name, ZOE)
    assert told
    assert front.kind in ("answer", "misread", "unfit", "unknown")
