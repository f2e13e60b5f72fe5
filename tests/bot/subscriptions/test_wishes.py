"""What is typed after `subscribe`: patterns, features, filters for all and for each."""

from pathlib import Path

import pytest

from bot import subscriptions
from bot.places import Places
from bot.subscriptions.filters import FIELDS
from bot.subscriptions.wishes import FEATURES, USUAL, Rule, fits, rule_of, wished
from bot.words import Misread, split

PLACES = Places(("acme/shop", "acme/legacy", "zoo/shop2"), "acme/shop")


def rule(typed: str) -> Rule:
    """Return the rule that was typed."""
    return wished(split(typed), PLACES).rule


@pytest.mark.parametrize(
    ("typed", "pattern"),
    [
        ("acme/shop prs", "acme/shop"),
        ("acme/* prs", "acme/*"),
        ("acme/web-* prs", "acme/web-*"),
        ("acme prs", "acme/*"),
        ("legacy prs", "acme/legacy"),
        ("nobody prs", "nobody/*"),
        ("prs", "acme/shop"),
        ("", "acme/shop"),
        ("ENG", "ENG"),
        ("prs acme/api", "acme/api"),
        ("https://github.com/acme/shop/pulls prs", "acme/shop"),
        ("https://github.com/acme/shop.git", "acme/shop"),
        ("to acme/shop, prs", "acme/shop"),
        ("prs acme/shop.", "acme/shop"),
    ],
)
def test_a_pattern_may_be_short(typed: str, pattern: str) -> None:
    """An owner, a repository that is known, the channel's own, or a team."""
    assert wished(split(typed), PLACES).pattern == pattern


def test_features_have_other_names() -> None:
    """They are stored under their own, in one order."""
    assert [*rule("acme/* builds,pull-requests,Releases").features] == ["prs", "ci", "releases"]
    assert [*rule("acme/*").features] == [*USUAL]
    assert [*rule("ENG").features] == ["linear"]


def test_filters_go_together() -> None:
    """The one for all, and a feature's own, which also names the feature."""
    found = rule(
        "acme/* prs,ci filter='branch:main' prs:'label:\"a b\" -author:x' reviews=action:approved"
    )
    assert found.features == {
        "prs": 'branch:main label:"a b" -author:x',
        "ci": "branch:main",
        "reviews": "branch:main action:approved",
    }
    assert found.lets("prs", {"branch": ("main",), "label": ("a b",), "author": ("y",)})
    assert not found.lets("issues", {})


@pytest.mark.parametrize(
    "typed",
    [
        "ci only if it lasts 15 min",
        "ci if it lasts longer than 15m",
        "ci lasts=15min",
        "ci --only-if-it-lasts 15m",
        "ci --for 15m",
        "for 15 minutes ci",
    ],
)
def test_how_long_a_failure_has_to_last_is_said_in_many_ways(typed: str) -> None:
    """Each of them is what `for=15m` says."""
    assert wished(split(typed), PLACES) == wished(["ci", "for=15m"], PLACES)


def test_words_that_hold_others_together_say_nothing() -> None:
    """Features may be listed as in a sentence."""
    assert [*rule("acme/shop PRs, issues and CI changes only").features] == ["prs", "issues", "ci"]
    assert rule("acme/shop ci only changes").changes_only
    with pytest.raises(Misread, match="There is no feature “only”"):
        rule("acme/shop ci only")


def test_options() -> None:
    """Dashes may be there or not."""
    found = rule("acme/* ci for=15m changes-only")
    assert (found.lasts, found.changes_only) == (900, True)
    assert rule('acme/* ci --for="2 h" --changes-only').lasts == 7200
    assert rule_of({"features": {"ci": ""}}) == Rule({"ci": ""})


@pytest.mark.parametrize(
    ("typed", "says", "mark"),
    [
        ("acme/* prz", "Did you mean prs?", "prz"),
        ("acme/* prs,wikis", "There are prs", "prs,wikis"),
        ("a/b/c", "names no repositories", "a/b/c"),
        ("#dev acme/* prs", "Say this in that channel", "#dev"),
        ("acme/* for=soon", "no length of time", "soon"),
        ("acme/* for='3 days'", "up to a day", "3 days"),
        ("acme/* filtre=x:1", "Did you mean filter?", "filtre=x:1"),
        ("acme/* prs filter='labl:x'", "Did you mean label?", "labl:x"),
        ("acme/* prs='labl:x'", "Did you mean label?", "labl:x"),
    ],
)
def test_what_is_wrong_is_marked(typed: str, says: str, mark: str) -> None:
    """In the command, or in the filter."""
    with pytest.raises(Misread) as caught:
        rule(typed)
    assert says in str(caught.value)
    line, marks = caught.value.shown.split("\n")
    assert line[marks.index("^") :].strip("'\"").startswith(mark)


def test_linear_and_github_are_not_mixed() -> None:
    """A team has no pull requests, a repository is not in Linear; issues are what a team has."""
    assert rule("ENG issues='-label:x'").features == {"linear": "-label:x"}
    assert rule("ENG issues").features == {"linear": ""}
    with pytest.raises(Misread, match=r"has no prs\. Example: /flow subscribe ENG") as prs:
        rule("ENG prs='-label:x'")
    assert prs.value.shown.count("^") == len("prs=-label:x")
    with pytest.raises(Misread, match="acme/shop is in GitHub") as linear:
        rule("acme/shop linear")
    assert linear.value.shown.count("^") == len("linear")
    with pytest.raises(Misread, match="Say what to follow"):
        wished(["prs"], Places())


def test_what_belongs_to_a_pattern() -> None:
    """Repositories of an owner, whatever the case; teams only to themselves."""
    assert fits("acme/*", "Acme/Web")
    assert not fits("acme/*", "acme2/web")
    assert fits("ENG", "ENG")
    assert not fits("*/*", "ENG")


def test_every_feature_knows_its_fields() -> None:
    """They are fields that a filter can ask for."""
    for feature in FEATURES.values():
        assert feature.fields <= FIELDS.keys()


def test_the_readme_names_every_feature_and_field() -> None:
    """Nobody has to guess one."""
    told = (Path(subscriptions.__file__).parent / "README.md").read_text()
    for name in (*FEATURES, *FIELDS):
        assert f"`{name}`" in told
