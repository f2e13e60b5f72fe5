"""Every door speaks one grammar: good commands are understood, others get one sentence."""

from datetime import date

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
    Understood,
    Verb,
    joined,
    parse,
    split,
)
from flows.engine.registry import find
from tests.bot.speech import KNOWN, Label, inputs, labelled, understood

LONGEST_SENTENCE = 400


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
        ("make <@U0ADA|ada>", {"name": "@U0ADA"}),
        ("make <@!1234>", {"name": "@1234"}),
        ("make ENG-12", {"name": "ENG-12"}),
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
        ("queue 8:30", "I know no flow called “queue”. Did you mean /flow me queue 8:30?"),
        ("back", "I know no flow called “back”. Did you mean /flow away off?"),
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
            "color cannot be “green”: take red or blue. Example: /flow make desk color=red",
        ),
        (
            "make desk count=many",
            "count cannot be “many”: take a whole number. Example: /flow make desk",
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("label acme/shop labels=a labels=b", {"labels": ["a", "b"]}),
        ("label acme/shop --labels a --labels=b,c", {"labels": ["a", "b", "c"]}),
        ("label acme/shop labels='a b, c'", {"labels": ["a b", "c"]}),
        ("label acme/shop labels=,", {"labels": []}),
        ("label acme/shop labels=", {}),
        ("label acme/shop since=2026-01-31", {"since": date(2026, 1, 31)}),
    ],
)
def test_values_are_read_by_their_type(text: str, expected: dict[str, object]) -> None:
    """What takes several is said several times, or with commas; a day is a day."""
    assert inputs(text) == {"repo": "acme/shop"} | expected


def test_words_without_a_name_fill_the_last_list() -> None:
    """Once every position is taken."""
    assert inputs("label acme/shop 12 bug since=2026-01-31 share=1 urgent") == {
        "repo": "acme/shop",
        "number": 12,
        "labels": ["bug", "urgent"],
        "since": date(2026, 1, 31),
        "share": 1.0,
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("label acme/shop many", "number cannot be “many”: take a whole number."),
        ("label acme/shop 1.5", "number cannot be “1.5”: take a whole number."),
        ("label acme/shop share=much", "share cannot be “much”: take a number."),
        (
            "label acme/shop since=yesterday",
            "since cannot be “yesterday”: take a day, such as 2026-01-31.",
        ),
    ],
)
def test_a_value_of_the_wrong_type_is_told_the_right_one(text: str, says: str) -> None:
    """In words, not as a library says it."""
    with pytest.raises(Misread) as misread:
        labelled(text)

    assert str(misread.value) == f"{says} Example: /flow label desk"


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
@example("LOCK")
@example(f"mak {'y ' * 1900}")
@example("make desk count=99999999999999999999999999")
def test_any_text_is_understood_or_answered_in_a_sentence(text: str) -> None:
    """Whatever people paste: never another error, never a page of it."""
    for knows in (KNOWN.get, find):
        try:
            result: object = parse(text, knows)
        except Misread as misread:
            result = misread
        assert isinstance(result, Understood | Misread)
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


NAMES = st.sampled_from(["acme/shop", "acme/api", "umbrella/api"])
LABELS = st.lists(
    st.text(st.characters(exclude_characters="“”\u2018\u2019—<,", codec="utf-8")).map(str.strip)
)


@given(NAMES, st.integers(), LABELS, st.booleans(), st.dates(), st.booleans())
def test_what_is_meant_survives_being_written_down(
    repo: str, number: int, labels: list[str], several: bool, day: date, dry_run: bool
) -> None:
    """Values become a command, and the command the same values, in either way to write a list."""
    kept = [each for each in labels if each]
    words = ["label", f"repo={repo}", f"number={number}", f"since={day}"]
    words += [f"labels={each}" for each in kept] if several else [f"labels={','.join(kept)}"]
    words += ["--dry-run"] if dry_run else []

    order = labelled(joined(words))

    assert isinstance(order, Order)
    assert order.dry_run == dry_run
    assert order.params == Label(repo=repo, number=number, labels=kept, since=day)
    assert labelled(order.command) == order


def test_several_words_are_no_repository_where_that_is_named_later() -> None:
    """They are what comes after it."""
    order = parse('bug "Cart loses items" repo=acme/shop')
    assert isinstance(order, Order)
    assert (order.params.repo, order.params.what) == ("acme/shop", "Cart loses items")  # type: ignore[attr-defined] # of its flow
