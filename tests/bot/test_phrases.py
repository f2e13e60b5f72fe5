"""Plain words are read as a command, shown as one, and start nothing that writes."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import choices, help_for
from bot.chat import Actor
from bot.dispatch import Accepted, Dispatch, Form, Say
from bot.grammar import Heard, HelpWanted, Incomplete, Misread, Order, parse
from bot.phrases import Phrase, hear, phrases_of
from bot.places import PROJECT, Places
from bot.replies import lack, sentence
from bot.verbs import VERBS
from flows.engine.registry import catalogue, find
from flows.engine.spec import Flow
from flows.engine.spoken import SINCE, place_of
from storage import runs
from tests.bot.lab import ADA, CAT, HERE, RULES, Lab

PHRASES = phrases_of(catalogue().values())
NOTHING: dict[str, Flow] = {}
STANDING_FOR = {PROJECT: "acme/shop", SINCE: "v1.3"}


def spoken(phrase: Phrase) -> str:
    """Return a phrase as somebody says it, with a value in each place."""
    return " ".join(_value(phrase, place_of(word)) or word for word in phrase.words)


def _value(phrase: Phrase, place: str) -> str:
    if not place or place in STANDING_FOR:
        return STANDING_FOR.get(place, "")
    info = phrase.flow.params.model_fields[place]
    known = choices(info)
    return known[-1] if known else "12" if info.annotation is int else "v1.2.0"


def may_be_said_alike(one: Phrase, other: Phrase) -> bool:
    """Say whether some words are both phrases."""
    return len(one.words) == len(other.words) and all(
        a == b or place_of(a) or place_of(b) for a, b in zip(one.words, other.words, strict=True)
    )


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda each: " ".join(each.words))
def test_a_phrase_asks_for_its_flow(phrase: Phrase) -> None:
    """In small letters or large, with a question mark or without; about what the channel is."""
    here = Places(("acme/api",), "acme/api")
    for said in (spoken(phrase), f"{spoken(phrase)}?", f"Please {spoken(phrase)}, thanks!"):
        heard = parse(said, places=here)
        assert isinstance(heard, Heard)
        assert isinstance(heard.meant, Order)
        assert heard.meant.flow == phrase.flow
        assert parse(heard.command) == heard.meant


def test_no_phrase_is_that_of_another_flow() -> None:
    """Whatever values stand in their places."""
    alike = [
        (one.words, other.words)
        for one, other in combinations(PHRASES, 2)
        if one.flow != other.flow and may_be_said_alike(one, other)
    ]
    assert alike == []


def test_no_phrase_begins_like_a_command() -> None:
    """It would be read as one."""
    names = {name for each in catalogue().values() for name in (each.alias, each.slug)}
    assert {each.words[0] for each in PHRASES}.isdisjoint(names | VERBS.keys())


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("how healthy is acme/api?", "dora acme/api"),
        ("How Healthy is acme/api", "dora acme/api"),
        ("hey Flowbot, could you please ship acme/api!", "release acme/api"),
        ("ship a patch release of acme/api now.", "release acme/api level=patch"),
        ("ship acme/api --dry-run", "release acme/api --dry-run"),
        ("what's acme/api made of?", "components acme/api"),
        ("how often did acme/api ship since v1.3?", "dora acme/api since=v1.3"),
        ("ship https://github.com/acme/api/pull/12", "release repo=acme/api"),
        ("how are you?", "health"),
        ("now how are you", "health"),
    ],
)
def test_words_become_the_command_that_is_meant(said: str, command: str) -> None:
    """Without the courtesies; the command is shown as it could have been typed."""
    heard = parse(said)
    assert isinstance(heard, Heard)
    assert heard.command == command


@pytest.mark.parametrize(
    "said",
    [
        "ship it to the moon",
        "ship a huge release of acme/api",
        "how healthy is acme/api and acme/shop",
        "please",
        "could you",
        "thanks",
    ],
)
def test_nothing_is_guessed(said: str) -> None:
    """What is not a phrase is no command either."""
    with pytest.raises(Misread, match="I know no flow called"):
        parse(said)


def test_one_word_may_be_the_short_name_of_a_repository() -> None:
    """Whether there is one, the places that are known tell."""
    assert hear(["how", "healthy", "is", "everything?!"]) == ["dora", "everything"]
    assert hear(["how", "healthy", "is", "(this)?"]) is None


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_words_are_heard_or_not(words: list[str]) -> None:
    """Whatever somebody says: never another error."""
    command = hear(words)
    assert command is None or find(command[0])


def dispatch_of(lab: Lab) -> Dispatch:
    """Return the way in to the flows that there really are."""
    return Dispatch(lab.database, lab.queue, RULES, lab.clock)


async def test_what_only_looks_starts_and_says_how_it_was_read(lab: Lab) -> None:
    """The note is for the one who asked; the run has the command."""
    reply = await dispatch_of(lab).command("how healthy is acme/shop?", CAT, HERE, "k1")

    assert isinstance(reply, Accepted)
    assert reply.note
    assert sentence(reply.note) == "I read that as /flow dora acme/shop."
    async with lab.database.read() as connection:
        run = await runs.get(connection, reply.run_id)
    assert run
    assert (run.flow, run.command) == ("performance-analytics", "dora acme/shop")


async def test_what_writes_asks_first(lab: Lab) -> None:
    """A form shows what was understood; nothing is stored."""
    reply = await dispatch_of(lab).command("ship a patch release of acme/shop", ADA, HERE, "k1")

    assert isinstance(reply, Form)
    assert reply.text == (
        "I read that as “/flow release acme/shop level=patch”. Nothing has started yet."
    )
    assert lack(reply) == reply.text
    given = {each.name: each.value for each in reply.fields}
    assert (given["repo"], given["level"]) == ("acme/shop", "patch")
    async with lab.database.read() as connection:
        assert await runs.page(connection) == []


async def test_a_dry_run_of_what_writes_may_start(lab: Lab) -> None:
    """It changes nothing."""
    reply = await dispatch_of(lab).command("ship acme/shop --dry-run", ADA, HERE, "k1")

    assert isinstance(reply, Accepted)


@pytest.mark.parametrize("said", ["ship acme/shop", "ship acme/shop --dry-run"])
async def test_plain_words_give_no_rights(lab: Lab, said: str) -> None:
    """Whoever may not release may not say so either."""
    reply = await dispatch_of(lab).command(said, CAT, HERE, "k1")

    assert isinstance(reply, Say)
    assert reply.kind == "forbidden"


async def test_a_short_name_in_plain_words_is_asked_about(lab: Lab) -> None:
    """As in a command."""
    reply = await dispatch_of(lab).command("ship shop", Actor("slack", "U1", "ada"), HERE, "k1")

    assert isinstance(reply, Say)
    assert "name its owner too" in sentence(reply.report)


def test_phrases_of_flows_that_are_not_there_are_not_heard() -> None:
    """The flows of a door may be fewer than those of the catalogue."""
    with pytest.raises(Misread, match="I know no flow called"):
        parse("ship acme/shop", NOTHING.get)


def test_plain_words_ask_for_help_too() -> None:
    """Of the flow that they are about."""
    assert parse("ship help") == HelpWanted("release")
    assert hear(["ship", "--help"]) is None


def test_a_phrase_can_leave_out_what_is_needed() -> None:
    """The form asks for the rest."""
    release = catalogue()["release-management"]
    assert Phrase(release, ("ship", "it")).command(["ship", "it"]) == ["release"]
    assert isinstance(parse("release"), Incomplete)


def test_help_shows_the_phrases() -> None:
    """With their places in braces."""
    assert "ship {repo}" in repr(help_for(catalogue()["release-management"]))
