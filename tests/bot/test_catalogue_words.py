"""The catalogue in words: what people can type, and what they may have meant."""

from dataclasses import replace
from typing import Literal

import msgspec
import pytest
from pydantic import Field
from pydantic.fields import FieldInfo

from bot.catalogue import FAMILIES, choices, details, grouped, help_for, listing, near, shown
from bot.console.render import render
from bot.verbs import VERBS
from flows.engine.access import Role
from flows.engine.registry import catalogue
from flows.report import Bullets, Code, Report, Table
from tests.bot.lab import Make
from tests.bot.speech import LABEL


def codes(report: Report) -> list[str]:
    """Return what can be typed, as a report's lists name it."""
    return [
        part.code
        for block in report.blocks
        if isinstance(block, Bullets)
        for line in block.items
        for part in line
        if isinstance(part, Code)
    ]


def field(annotation: object, default: object = ...) -> FieldInfo:
    """Return a field of this type."""
    return FieldInfo.from_annotated_attribute(annotation, Field(default))  # type: ignore[arg-type] # any annotation


def test_help_tells_which_events_start_a_flow() -> None:
    """In words, and what to set for it."""
    many = [f"github:issues.{each}" for each in ("opened", "edited", "closed", "labeled")]
    looks = ("github:pull_request.opened", "github:pull_request.synchronize", "linear:Issue")
    told = render(help_for(replace(LABEL, on=(*looks, *many))))

    what = "GitHub (pull request opened or pushed to, issue) and Linear (issue)"
    assert f"Starts by itself on events of {what} in a project that has" in told
    assert "/flow project set triggers=label" in told
    assert "by itself" not in render(help_for(LABEL))


def test_people_see_only_what_they_may_run() -> None:
    """Grouped by family; an admin sees everything."""
    everything = codes(details(grouped(Role.ADMIN)))
    for_viewers = codes(details(grouped(Role.VIEWER)))

    assert sorted(everything) == sorted([each.alias for each in catalogue().values()] + [*VERBS])
    assert "release" not in for_viewers
    assert set(for_viewers) - set(VERBS) == {
        each.alias for each in catalogue().values() if Role.VIEWER.covers(each.role)
    }


def test_every_family_has_a_title() -> None:
    """Else its flows would be missing from the list."""
    assert {each.family for each in catalogue().values()} <= FAMILIES.keys()


@pytest.mark.parametrize("slug", sorted(catalogue()))
def test_help_names_every_parameter_with_examples(slug: str) -> None:
    """What it is, what it takes, and whether it is needed."""
    flow = catalogue()[slug]

    report = help_for(flow)

    tables = [block for block in report.blocks if isinstance(block, Table)]
    rows = [row for each in tables for row in each.rows]
    assert [row[0] for row in rows] == [Code(name) for name in flow.params.model_fields]
    for row, info in zip(rows, flow.params.model_fields.values(), strict=True):
        assert info.description is not None
        assert info.description in str(row[1])
        assert ("required" in str(row[2])) == info.is_required()
    assert codes(report) == [f"/flow {each}" for each in flow.examples]
    assert f"Needs the role {flow.role}." in repr(report.blocks)


def test_the_listing_is_complete_and_json() -> None:
    """For programs: names, rules and parameters of every flow."""
    rows = msgspec.json.decode(msgspec.json.encode(listing()))

    assert [row["slug"] for row in rows] == list(catalogue())
    release = next(row for row in rows if row["alias"] == "release")
    assert (release["writes"], release["role"]) == (True, "maintainer")
    parameters = {each["name"]: each for each in release["params"]}
    assert (parameters["repo"]["required"], parameters["repo"]["default"]) == (True, None)
    assert parameters["level"]["choices"] == ["auto", "major", "minor", "patch"]
    assert parameters["force"]["default"] is False


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Literal["a", "b"], ("a", "b")),
        (Literal["a", "b"] | None, ("a", "b")),
        (Literal[1, 2], ("1", "2")),
        (str, ()),
        (list[str], ()),
    ],
)
def test_choices_are_the_words_of_a_literal(annotation: object, expected: tuple[str, ...]) -> None:
    """Wherever it stands in the type."""
    assert choices(field(annotation)) == expected


@pytest.mark.parametrize(
    ("word", "first"), [("relese", "release"), ("RELEASE", "release"), ("hlep", "help")]
)
def test_near_misses_find_what_was_meant(word: str, first: str) -> None:
    """Aliases, slugs and the bot's own verbs, whatever their case."""
    assert near(word)[0] == first


def test_a_short_word_is_not_near_to_a_long_one() -> None:
    """Whoever says make something does not ask who they are."""
    assert "me" not in near("make")
    assert near("mee")[0] == "me"


def test_nothing_is_near_to_nonsense() -> None:
    """Better no suggestion than a silly one; other words can be searched instead."""
    assert near("qqqqqqqq") == []
    assert near("colour", Make.model_fields) == ["color"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "none"), ("", "none"), (True, "yes"), (False, "no"), (3, "3"), ("minor", "minor")],
)
def test_defaults_are_shown_as_people_type_them(value: object, expected: str) -> None:
    """Not as Python writes them."""
    assert shown(value) == expected
