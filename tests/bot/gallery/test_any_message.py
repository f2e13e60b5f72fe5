"""Whatever a message holds, both platforms take it, and nobody is pinged by it."""

from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings

from bot.chat import Card, Posting
from bot.gallery.pages import on_discord_of, on_slack_of
from bot.gallery.sample import Sample
from bot.home import Home
from bot.replies import Form, Say
from flows.report import Bullets, Report, bullets, facts, table
from integrations.emulators.slack.limits import check_view
from tests.bot import strategies
from tests.bot.judges import (
    assert_discord_takes,
    assert_inert_on_discord,
    assert_inert_on_slack,
    assert_slack_takes,
)

Says: TypeAlias = Card | Posting | Report | Say | Form | Home
anything = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    max_examples=80,
    deadline=None,
)


def assert_all_is_well(says: Says) -> None:
    """Check all messages that are made of one thing, on both platforms."""
    sample = Sample("any", "Any", says)
    for on_slack in on_slack_of(sample):
        if isinstance(says, Home):
            check_view({"type": "home", "blocks": on_slack.blocks})
        else:
            assert_slack_takes(on_slack)
        assert_inert_on_slack(on_slack.blocks, on_slack.text)
    for on_discord in on_discord_of(sample):
        assert_discord_takes(on_discord)
        assert_inert_on_discord(on_discord)


@given(strategies.postings)
@anything
def test_any_posting(posting: Posting) -> None:
    """It is one message, however many lines it has."""
    assert_all_is_well(posting)
    sample = Sample("any", "Any", posting)
    assert len(on_slack_of(sample)) == len(on_discord_of(sample)) == 1


@given(strategies.cards)
@anything
def test_any_card(card: Card) -> None:
    """It is one message, in every state."""
    assert_all_is_well(card)


@given(strategies.reports)
@anything
def test_any_report(report: Report) -> None:
    """It is some messages, and files."""
    assert_all_is_well(report)


@given(strategies.says)
@anything
def test_any_answer(said: Say) -> None:
    """Its buttons fit, too."""
    assert_all_is_well(said)


@given(strategies.forms)
@anything
def test_any_offer_of_a_form(form: Form) -> None:
    """Whatever the form asks for."""
    assert_all_is_well(form)


@given(strategies.homes)
@anything
def test_any_home(home: Home) -> None:
    """On Slack it is a tab, on Discord an answer."""
    assert_all_is_well(home)


LONG = ("n" * 500, "👍🏽 " * 100)
HOSTILE = "<!channel> @everyone `x` :tada:"


@pytest.mark.parametrize(
    ("count", "name"),
    [*((count, name) for count in (0, 100) for name in LONG), (0, ""), (10_000, HOSTILE)],
)
def test_nothing_and_very_much(count: int, name: str) -> None:
    """No rows, or ten thousand, with names of any kind and length."""
    rows = [(name, f"{number:,}") for number in range(count)]
    points = Bullets(tuple(((name,),) * count))
    report = Report(name, name, blocks=(table([name, "n"], rows, name), points, facts(name)))
    assert_all_is_well(report)
    assert_all_is_well(Say(Report("", blocks=(bullets([name] * count),))))
    assert_all_is_well(Posting((name,) * count, lines=((name,),) * count, why=(name,) * count))
