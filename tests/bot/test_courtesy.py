"""Commands are read as people type them: politely, with full stops, in capitals."""

from datetime import date

import pytest

from bot.grammar import HelpWanted, Incomplete, Misread, Order, Verb, is_vague, parse
from bot.places import Places
from flows.engine.registry import find
from tests.bot.speech import inputs

KNOWN = Places(("acme/shop", "acme/api"), "acme/shop")


def order(typed: str) -> Order:
    """Read a command where two repositories are known."""
    found = parse(typed, find, KNOWN)
    assert isinstance(found, Order), found
    return found


@pytest.mark.parametrize(
    "typed",
    [
        "hi",
        "Hello!",
        "?",
        "-h",
        "--help",
        "can you help me?",
        "what can you do?",
        "",
    ],
)
def test_who_says_hello_learns_what_there_is(typed: str) -> None:
    """So does who asks."""
    assert parse(typed) == HelpWanted("")


@pytest.mark.parametrize(
    ("typed", "params"),
    [
        ("dora acme/shop.", {}),
        ("dora acme/shop!", {}),
        ("dora acme/shop, window=12w", {"window": "12w"}),
        ("please dora acme/shop", {}),
        ("Can you please dora acme/shop?", {}),
        ("dora repo = acme/shop window = 12w", {"window": "12w"}),
        ("Bitte dora acme/shop, danke!", {}),
        ("dora acme/shop window=12w please.", {"window": "12w"}),
        ("dora ACME/Shop", {}),
        ("DORA repo=Acme/Shop", {}),
        ("dora acme/shop window=12 weeks", {"window": "12w"}),
        ("dora acme/shop --window=12 Weeks", {"window": "12w"}),
        ("dora acme/shop 30 days", {"window": "30d"}),
        ("dora acme/shop for the last 2 months", {"window": "2m"}),
        ("dora last 30 days repo=acme/shop", {"window": "30d"}),
        ("dora acme/shop since v1.2.0", {"window": "since=v1.2.0"}),
        ("dora acme/shop since 1.11.2026", {"window": "since=2026-11-01"}),
        ("dora acme/shop since=01.11.2026", {"window": "since=2026-11-01"}),
    ],
)
def test_a_report_is_asked_for_in_many_ways(typed: str, params: dict[str, str]) -> None:
    """It is always that of this repository."""
    read = order(typed).params.model_dump(exclude_unset=True)
    assert read == {"repo": "acme/shop"} | params


def test_what_belongs_to_a_value_stays() -> None:
    """A title keeps its full stop, a link its end, and words about lengths mean themselves."""
    titled = order("bug acme/shop 'It crashes after 2 days.' dry-run")
    assert "It crashes after 2 days." in titled.params.model_dump().values()
    assert order("review https://github.com/acme/shop/pull/85").params.model_dump()["pull"] == 85
    with pytest.raises(Misread, match="pre cannot be “30”"):
        order("release acme/shop patch 30 days")
    with pytest.raises(Misread, match="2026-02-31 is no day of the calendar"):
        order("dora acme/shop since=31.2.2026")


def test_words_may_be_in_capitals_and_near_misses_are_named() -> None:
    """What a parameter takes is stored as it is written there."""
    assert order("release acme/api level=Patch").params.model_dump()["level"] == "patch"
    with pytest.raises(Misread, match=r"major, minor or patch\. Did you mean patch\?"):
        order("release acme/api pacth")


def test_numbers_and_days_may_be_written_in_german() -> None:
    """With a decimal comma, and with the day first."""
    assert inputs("label acme/shop share=0,5 since=24.12.2026") == {
        "repo": "acme/shop",
        "share": 0.5,
        "since": date(2026, 12, 24),
    }


def test_a_number_alone_is_of_this_channel() -> None:
    """What writes shows its form first, with the channel's repository, where there is one."""
    for places, given in ((KNOWN, {"repo": "acme/shop", "pull": "85"}), (Places(), {"pull": "85"})):
        asked = parse("review #85", find, places)
        assert isinstance(asked, Incomplete)
        assert asked.given == given
    with pytest.raises(Misread, match="I know no repository “#85”"):
        order("dora #85")


def test_courtesy_is_for_verbs_too() -> None:
    """And what only begins politely is read as plain words."""
    assert parse("policy release deadline=4 hours") == Verb(
        "policy", ("release", "deadline=4 hours")
    )
    assert parse("lock web --for 2 hours Leak") == Verb("lock", ("web", "--for", "2 hours", "Leak"))
    assert parse("project set a/b environments=staging, live x = y") == Verb(
        "project", ("set", "a/b", "environments=staging,live", "x=y")
    )
    assert parse("lock web For 2 hours") == Verb("lock", ("web", "For", "2", "hours"))
    assert parse("please runs") == Verb("runs", ())
    assert parse("help dora please") == HelpWanted("dora")
    with pytest.raises(Misread, match="I know no flow called “please”"):
        parse("please")


def test_who_spells_a_repository_in_capitals_is_asked_nothing() -> None:
    """It is looked up how that is spelt; one that nobody knows stays as it is."""
    assert is_vague(parse("dora ACME/shop"))
    assert not is_vague(parse("dora acme/shop"))
    assert order("dora Other/One").command == "dora Other/One"
