"""The owner of a repository, or all of its name, can be left out where that is clear."""

from dataclasses import replace

import pytest

from bot.grammar import Incomplete, Misread, parse
from bot.places import Places, places_of
from flows.engine.tools import ProjectSettings
from tests.bot.speech import LABEL, PLACES, inputs, labelled


@pytest.mark.parametrize(
    "text",
    ["label shop", "label SHOP", "label repo=shop", "label --repo shop", "label --repo=shop"],
)
def test_a_short_name_is_enough_where_one_repository_has_it(text: str) -> None:
    """The command says the whole name from then on."""
    assert inputs(text) == {"repo": "acme/shop"}


def test_a_short_name_that_several_have_is_asked_about() -> None:
    """With the commands to choose from; in a channel about one of them it is that one."""
    with pytest.raises(Misread) as misread:
        labelled("label api 12")

    assert str(misread.value) == (
        "Which “api” do you mean? /flow label acme/api 12 or /flow label umbrella/api 12"
    )
    assert misread.value.meant == ("label acme/api 12", "label umbrella/api 12")
    assert inputs("label api", replace(PLACES, here="umbrella/api")) == {"repo": "umbrella/api"}


@pytest.mark.parametrize(
    ("places", "hint"),
    [
        (Places(), "Example: acme/shop"),
        (
            Places(("acme/shop", "acme/api")),
            "Known are: /flow label acme/shop or /flow label acme/api",
        ),
    ],
)
def test_an_unknown_short_name_needs_its_owner(places: Places, hint: str) -> None:
    """The sentence shows how that is written."""
    with pytest.raises(Misread) as misread:
        labelled("label desk", places)

    says = f"I know no repository “desk”: name its owner too. {hint}"
    assert str(misread.value) == says


def test_a_channel_about_a_repository_needs_no_name() -> None:
    """What only looks starts; what writes shows the name in its form first."""
    here = Places(("acme/shop",), "acme/shop")
    assert inputs("label labels=a", here) == {"repo": "acme/shop", "labels": ["a"]}
    writing = replace(LABEL, writes=True)

    asked = parse("label labels=a", {"label": writing}.get, here)

    given = {"labels": "a", "repo": "acme/shop"}
    assert asked == Incomplete(writing, given, ("repo",), dry_run=False)
    assert isinstance(labelled("label", PLACES), Incomplete)


def test_what_a_channel_is_about_is_set_for_a_project() -> None:
    """One that two projects claim is about neither."""
    projects = [
        ProjectSettings("acme/shop", channels=["slack:C1", "slack:C2"]),
        ProjectSettings("acme/api", channels=["slack:C2"]),
    ]
    assert places_of(projects, "slack", "C1") == Places(("acme/shop", "acme/api"), "acme/shop")
    assert places_of(projects, "slack", "C2").here == ""
    assert places_of(projects, "discord", "C1").here == ""


def test_a_pull_request_is_about_its_repository() -> None:
    """Whether anything is set for it or not; nobody learns there what others there are."""
    known = [ProjectSettings("acme/api")]
    assert places_of(known, "github", "acme/shop#12") == Places(("acme/shop",), "acme/shop")
    assert places_of(known, "github", "") == Places(("acme/api",))
