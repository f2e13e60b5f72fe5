"""Every door speaks one grammar: good commands are understood, others get one sentence."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.grammar import (
    LONGEST,
    LONGEST_SUGGESTION,
    HelpWanted,
    Incomplete,
    Misread,
    Order,
    Verb,
    joined,
    parse,
    split,
)
from flows.engine.registry import find
from flows.engine.spec import Flow
from tests.bot.lab import Look, Make, Nothing

LONGEST_SENTENCE = 400


def flow(alias: str, params: type[Look | Make | Nothing]) -> Flow:
    """Return a flow that is never run."""
    release = find("release")
    assert release is not None
    return Flow(
        slug=f"desk-{alias}",
        alias=alias,
        family="development",
        summary="Try it.",
        params=params,
        writes=False,
        role=release.role,
        approvals=1,
        examples=(f"{alias} desk",),
        body=release.body,
    )


FLOWS = [flow("look", Look), flow("make", Make), flow("choose", Nothing)]
KNOWN = {each.alias: each for each in FLOWS} | {each.slug: each for each in FLOWS}


def understood(text: str) -> Order | Incomplete | HelpWanted | Verb:
    """Read a command with the flows of these tests."""
    return parse(text, KNOWN.get)


def values(text: str) -> dict[str, object]:
    """Return the parameters of a command that is complete."""
    order = understood(text)
    assert isinstance(order, Order), order
    return order.params.model_dump(exclude_unset=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make desk", {"name": "desk"}),
        ("MAKE desk", {"name": "desk"}),
        ("desk-make desk", {"name": "desk"}),
        ("make   desk\tblue ", {"name": "desk", "color": "blue"}),
        ("make desk blue 3", {"name": "desk", "color": "blue", "count": 3}),
        ("make name=desk color=blue", {"name": "desk", "color": "blue"}),
        ("make color=blue desk", {"name": "desk", "color": "blue"}),
        ("make desk --color=blue", {"name": "desk", "color": "blue"}),
        ("make desk --color blue", {"name": "desk", "color": "blue"}),
        ("make desk COLOR=blue", {"name": "desk", "color": "blue"}),
        ("make desk --big", {"name": "desk", "big": True}),
        ("make desk big=yes", {"name": "desk", "big": True}),
        ("make desk big=no", {"name": "desk", "big": False}),
        ("make --big desk", {"name": "desk", "big": True}),
        ("make desk color=", {"name": "desk"}),
        ("make desk --color", {"name": "desk"}),
        ('make "long desk"', {"name": "long desk"}),
        ("make 'long desk'", {"name": "long desk"}),
        ('make name="long desk"', {"name": "long desk"}),
        ("make “long desk”", {"name": "long desk"}),
        ("make \u2018long desk\u2019", {"name": "long desk"}),
        ('make "a ""good"" desk"', {"name": 'a "good" desk'}),
        ("make don't", {"name": "don't"}),
        ("make desk —color=blue", {"name": "desk", "color": "blue"}),
        ("make <https://acme.example|acme.example>", {"name": "acme.example"}),
        ("make <https://acme.example>", {"name": "https://acme.example"}),
        ("make <mailto:ada@acme.example|ada@acme.example>", {"name": "ada@acme.example"}),
        ("make a.b=c", {"name": "a.b=c"}),
    ],
)
def test_a_good_command_is_understood(text: str, expected: dict[str, object]) -> None:
    """By position, by name, with either dash, in quotes, and as platforms rewrite it."""
    assert values(text) == expected


@pytest.mark.parametrize(
    "text",
    ["make desk --dry-run", "make --dry-run desk", "make desk dry-run", "make desk —dry-run"],
)
def test_a_dry_run_can_stand_anywhere(text: str) -> None:
    """It is no parameter of the flow."""
    order = understood(text)

    assert isinstance(order, Order)
    assert order.dry_run
    assert order.params.model_dump(exclude_unset=True) == {"name": "desk"}


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("", ""),
        ("   ", ""),
        ("help", ""),
        ("HELP", ""),
        ("help make", "make"),
        ("help make desk", "make"),
        ("make help", "make"),
        ("make --help", "make"),
    ],
)
def test_help_is_asked_for_in_many_ways(text: str, topic: str) -> None:
    """Also by saying nothing."""
    assert understood(text) == HelpWanted(topic)


def test_what_is_missing_is_named() -> None:
    """With what was given, so that a form can ask for the rest."""
    assert understood("make color=blue --dry-run") == Incomplete(
        KNOWN["make"], {"color": "blue"}, ("name",), dry_run=True
    )
    assert understood("make name=") == Incomplete(
        KNOWN["make"], {"name": ""}, ("name",), dry_run=False
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("zzzzzzz", "I know no flow called “zzzzzzz”. /flow help lists them."),
        (
            "relese 'acme shop' level=minor",
            'I know no flow called “relese”. Did you mean /flow release "acme shop" level=minor?',
        ),
        (f"relese {'x' * 500}", "I know no flow called “relese”. Did you mean /flow release?"),
        (
            "make desk colour=red",
            "make has no parameter “colour”: did you mean color? /flow help make",
        ),
        (
            "make desk --zzz",
            "make has no parameter “zzz”: it has name, color, count and big. /flow help make",
        ),
        ("look desk --zzz", "look has no parameter “zzz”: it has name. /flow help look"),
        (
            "make desk color=green",
            "color cannot be “green”: take red or blue. Example: /flow make desk",
        ),
        (
            "make desk count=many",
            (
                "count cannot be “many”: input should be a valid integer, "
                "unable to parse string as an integer. Example: /flow make desk"
            ),
        ),
        ("choose color=red", "choose has no parameter “color”: it has none. /flow help choose"),
        ("look desk chair", "“chair” is one word too many for look. Example: /flow look desk"),
        ("make desk name=chair", "name is there twice: “desk” and “chair”."),
        ("make color=red --color blue", "color is there twice: “red” and “blue”."),
        ('make "long desk', 'The quote in “"long desk” is never closed: add the missing ".'),
        (
            "x" * (LONGEST + 1),
            "That was 4,001 characters; a command has at most 4,000. Start with /flow help.",
        ),
    ],
)
def test_a_bad_command_is_told_what_to_type(text: str, says: str) -> None:
    """One sentence that helps, with the command to copy in it."""
    with pytest.raises(Misread) as misread:
        understood(text)

    assert str(misread.value) == says


def test_long_words_are_cut_in_a_sentence() -> None:
    """What was typed is recognised, and does not bury the help."""
    with pytest.raises(Misread, match=r"“x{40}…”"):
        understood("x" * 1000)


COMMANDS = st.one_of(
    st.text(max_size=60),
    st.builds(
        lambda name, rest: " ".join([name, *rest]),
        st.sampled_from(["make", "look", "choose", "release", "help", "mak"]),
        st.lists(
            st.one_of(
                st.text(max_size=12),
                st.sampled_from(["--", "-", "=", "--=", "name=", "--name", 'color="', "--dry-run"]),
                st.builds("{}={}".format, st.sampled_from(["name", "big", "count"]), st.text()),
            ),
            max_size=5,
        ),
    ),
)


@given(COMMANDS)
@example("make '")
@example("make --=x")
@example('help "')
@example("\x00")
@example(f"mak {'y ' * 1900}")
@example("make desk count=99999999999999999999999999")
def test_any_text_is_understood_or_answered_in_a_sentence(text: str) -> None:
    """Whatever people paste: never another error, never a page of it."""
    for knows in (KNOWN.get, find):
        try:
            result: object = parse(text, knows)
        except Misread as misread:
            result = misread
        assert isinstance(result, Order | Incomplete | HelpWanted | Misread)
        assert len(str(result)) <= LONGEST_SENTENCE or not isinstance(result, Misread)


# What chat programs rewrite (curly quotes, long dashes, links) is gone once a text was split.
WORDS = st.lists(st.text(st.characters(exclude_characters="“”\u2018\u2019—<", codec="utf-8")))


@given(WORDS)
@example(["a\"b'c d"])
@example(['"', "'", '""', "''", ""])
@example(["name=a \"b\" 'c'", "=", "x=", 'é=" '])
def test_words_that_were_joined_fall_apart_the_same(words: list[str]) -> None:
    """A card shows a command that gives the same run when it is typed again."""
    assert split(joined(words)) == words


@given(st.text(max_size=80))
def test_a_command_as_it_was_typed_can_be_typed_again(text: str) -> None:
    """Whatever quotes it had, the words stay the words."""
    try:
        words = split(text.replace("<", ""))
    except Misread:
        return
    assert split(joined(words)) == words


def test_the_command_of_an_order_can_be_typed_again() -> None:
    """Also where a word was quoted."""
    order = understood("make 'long desk' color=\"blue\"")

    assert isinstance(order, Order)
    assert order.command == 'make "long desk" color=blue'
    assert values(order.command) == order.params.model_dump(exclude_unset=True)


def test_a_window_can_be_given_as_since() -> None:
    """`since=v1.2.0` is a value of the window, with or without dashes."""
    for text in ("dora acme/shop since=v1.2.0", "dora acme/shop --since=v1.2.0"):
        order = parse(text)
        assert isinstance(order, Order)
        assert order.params.model_dump()["window"] == "since=v1.2.0"


def test_a_suggestion_stays_short() -> None:
    """It repeats what was typed only where that is easy to read."""
    with pytest.raises(Misread) as misread:
        understood(f"mak {'a ' * 80}")

    assert len(str(misread.value)) < LONGEST_SUGGESTION + 60


def test_a_verb_keeps_its_words_as_they_were_typed() -> None:
    """They are read where they mean something; help about it is help."""
    assert understood('Schedule "daily 9:00" look desk') == Verb(
        "schedule", ("daily 9:00", "look", "desk")
    )
    assert understood("schedules") == Verb("schedules", ())
    assert understood("schedule --help") == HelpWanted("schedule")
