"""Which subscriptions bring noise, what would leave it out, and what nobody hears of."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.analysis import notifying
from flows.analysis.noise import Narrower, Unheard, command, narrower, unheard
from flows.engine.errors import FlowError
from flows.engine.following import Arrival, Direct, Followed, Following, Happened, Told
from flows.engine.talk import Place
from flows.report import Report, spoken

AT = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
DEV, OPS = Place("slack", "C1"), Place("discord", "42")
ONE = Followed("s1", DEV, "acme/api", {"prs": "", "ci": ""}, AT - timedelta(days=2), "bo")


def change(count: int = 1, feature: str = "prs", by: str = "s1", **facts: str) -> Happened:
    """Return something that happened, with one value for each fact."""
    known: dict[str, tuple[str, ...]] = {name: (value,) for name, value in facts.items()}
    return Happened(feature, f"a {feature}", known, count, (by,) if by else ())


def found(*happened: Happened, followed: Followed = ONE) -> Following:
    """Return what is known of one subscription."""
    return Following([followed], list(happened), [], [])


@pytest.mark.parametrize(
    ("happened", "where"),
    [
        ((change(9, author="renovate[bot]"), change(3, author="ada")), "-author:*[bot]"),
        ((change(6, draft="yes", author="ada"), change(6, draft="no")), "-draft:yes"),
        ((change(5, label="needs work"), change(7)), '-label:"needs work"'),
        ((change(7, branch="main"), change(4, branch="v1"), change(1)), "branch:main"),
        ((change(9, branch="release/1"), change(4, branch="x")), 'branch:"release/1"'),
        ((change(6, author="renovate[bot]"), change(3, author="ada")), ""),  # too few
        ((change(2, author="renovate[bot]"), change(9, author="ada")), ""),  # too little
        ((change(19, author="renovate[bot]"), change(1, author="ada")), ""),  # all of it
        ((change(19, by="s2", author="renovate[bot]"), change(1)), ""),  # not by this
    ],
)
def test_the_filter_that_leaves_out_most_is_proposed(
    happened: tuple[Happened, ...], where: str
) -> None:
    """Where it is worth it, and enough is left."""
    hint = narrower(ONE, found(*happened))
    assert (hint.where if hint else "") == where


def test_what_cannot_be_judged_is_not() -> None:
    """A filter by paths lets through what nobody can tell from memory."""
    blind = Followed("s1", DEV, "acme/api", {"prs": "path:web/**"}, AT, is_blind=True)
    bots = change(19, author="renovate[bot]")
    assert narrower(blind, found(bots, change(9), followed=blind)) is None
    assert [each.feature for each in unheard(found(followed=blind), "main")] == [
        "ci",
        "deployments",
        "security",
    ]
    other = Followed("s1", DEV, "acme/api", {"ci": "path:x"}, AT, is_blind=True)
    assert unheard(found(followed=other), "main")[0].feature == "deployments"


def test_what_nobody_hears_of_has_its_case() -> None:
    """Only broken builds of the default branch count; what is followed, and silent, is fine."""
    good = change(2, "ci", "", branch="main", state="working")
    bad = change(3, "ci", "", branch="main", state="failing")
    missed = unheard(found(good, bad, change(1, "deployments", "s1")), "main")
    assert missed[0] == Unheard("ci", 3, "a ci", "branch:main")
    assert missed[1] == Unheard("deployments", 0, "")
    assert [each.feature for each in unheard(found(good), "main")] == ["deployments", "security"]


def test_a_command_has_quotes_where_it_needs_them() -> None:
    """As a person would type it."""
    typed = command("acme/api", "narrow", filter="branch:main -draft:yes", channel="")
    assert typed == "notify acme/api narrow filter='branch:main -draft:yes'"


def test_a_share_is_of_all() -> None:
    """Nine of twelve are three quarters."""
    assert Narrower("-author:*[bot]", "are by bots", 9, 12).share == 0.75


def test_what_is_meant_by_a_channel() -> None:
    """Here, or one of the project's; a comment on GitHub is no channel."""
    assert notifying.place_of("", Place("slack", "C1", "1.1"), (), {}) == DEV
    assert notifying.place_of("#C1", DEV, (), {}) == DEV
    assert notifying.place_of("discord:42", DEV, [OPS], {}) == OPS
    assert notifying.place_of("#dev", DEV, [OPS], {"slack:C1": "dev"}) == DEV
    for words, here in (("", Place("github", "acme/api#1")), ("", None), ("slack:C9", DEV)):
        with pytest.raises(FlowError):
            notifying.place_of(words, here, [OPS], {})


def test_a_message_that_a_channel_refuses_is_said() -> None:
    """With what to do."""
    said = notifying.arrived(Arrival(ok=False, why="The bot is not in there."), "#dev", 2)
    assert said.summary == "The bot is not in there. Invite the bot there, or end what it follows."


def test_how_a_filter_is_written() -> None:
    """One for all, or each by its own."""
    several = Followed("s1", DEV, "acme/api", {"prs": "draft:no", "ci": ""}, AT)
    assert notifying.written(ONE) == "acme/api prs,ci"
    assert notifying.written(several) == "acme/api prs,ci prs='draft:no'"
    assert notifying.spared(None, "draft:no") == ""


def overview(followed: Followed, *told: Told, direct: tuple[Direct, ...] = ()) -> Report:
    """Return the report on one subscription."""
    known = Following([followed], [], list(told), list(direct), is_cut=True)
    return notifying.overview("acme/api", "main", known, AT, None, None)


def test_what_is_wrong_with_a_subscription_is_said_with_whose_it_is() -> None:
    """It is not told, rests, or has been silent; where it is about more, in its own channel."""
    for name, value, words in (
        ("trouble", "The bot is not in there.", "bo: repair that, or /flow notify acme/api remove"),
        ("paused", True, "bo: /flow subscriptions resume acme/api"),
        ("last", AT - timedelta(days=20), "nothing for 20 days"),
    ):
        said = overview(_with(ONE, **{name: value}))
        lines = ["".join(map(spoken, each)) for each in said.blocks[1].items]  # type: ignore[union-attr] # the list
        assert any(words in each for each in lines)
    wide = _with(ONE, trouble="Gone.", is_whole=False, pattern="acme/*")
    assert "/flow unsubscribe acme/*" in str(overview(wide).blocks[1])


def test_what_is_held_back_and_told_alone_is_counted() -> None:
    """And what was not looked at is named."""
    told = Told("s1", "prs", messages=2, gathered=1, waiting=3)
    said = overview(ONE, told, direct=(Direct("ada", ("plans to approve",), 1, 2, 3),))
    assert "3 wait, 1 gathered by day" in str(said.blocks[0])
    assert "ada: 1 sent, 2 held, 3 sent together – plans to approve" in str(said.blocks)
    assert "all but the newest deliveries" in str(said.blocks[-1])


def _with(one: Followed, **given: object) -> Followed:
    values = {name: getattr(one, name) for name in one.__struct_fields__}
    return Followed(**{**values, **given})
