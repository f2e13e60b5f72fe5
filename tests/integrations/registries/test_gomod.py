"""A go.mod tells which versions were retracted, and whether the module is deprecated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.emulators.packages import PackagesWorld
from integrations.registries import RegistriesReader
from integrations.registries.gomod import Retraction, go_mod

TEXT = """
// Package comments are no deprecation.

// Deprecated: use example.com/new
// instead.
module example.com/old // stays

go 1.22

require golang.org/x/sync v0.6.0 // indirect

retract v1.0.0 // leaks memory
retract [v1.1.0, v1.2.9] // https://example.com/why

retract (
\t// published by accident
\tv1.5.0
\t[ v1.6.0 , v1.6.9 ]
\tnonsense here
)
retractable v9.0.0
"""


def test_every_form_of_a_retraction_is_read() -> None:
    """One version or a span, alone or in a block, with its reason beside it or above."""
    assert go_mod(TEXT).retractions == (
        Retraction("v1.0.0", "v1.0.0", "leaks memory"),
        Retraction("v1.1.0", "v1.2.9", "https://example.com/why"),
        Retraction("v1.5.0", "v1.5.0", "published by accident"),
        Retraction("v1.6.0", "v1.6.9", ""),
    )


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("v1.0.0", "leaks memory"),
        ("v1.0.1", None),
        ("v1.1.0", "https://example.com/why"),
        ("v1.2.9", "https://example.com/why"),
        ("v1.2.10", None),
        ("v9.0.0", None),
    ],
)
def test_a_span_holds_both_of_its_ends(number: str, why: str | None) -> None:
    """And nothing beyond them."""
    found = go_mod(TEXT).retracted(number)
    assert (found.why if found else None) == why


@pytest.mark.parametrize(
    ("text", "deprecated"),
    [
        ("// Deprecated: use b\nmodule a", "use b"),
        ("// Deprecated: use b\n// or c\nmodule a", "use b or c"),
        ("// The module.\n// Deprecated: use b\nmodule a", "use b"),
        ("module a // Deprecated: use b", "use b"),
        ("// Deprecated: use b\n\nmodule a", ""),
        ("// Deprecated: use b\ngo 1.22\nmodule a", ""),
        ("module a\n// Deprecated: use b", ""),
        ("// A module\nmodule a", ""),
        ("", ""),
    ],
)
def test_only_the_comment_of_the_module_deprecates_it(text: str, deprecated: str) -> None:
    """Right above its line, or on it."""
    assert go_mod(text).deprecated == deprecated


@given(st.text("retract []()v1.,/\n \tmodule", max_size=200))
def test_any_text_says_something_or_nothing(text: str) -> None:
    """Never an error."""
    go_mod(text).retracted("v1.0.0")


async def test_a_module_tells_what_was_taken_back(
    world: PackagesWorld, registries: RegistriesReader
) -> None:
    """A retracted version is no longer the latest; a deprecated module says what to use."""
    name = "golang.org/x/sync"
    world.release("Go", name, "v0.99.0")
    world.yank("Go", name, "v0.99.0", "tagged by accident")
    world.deprecate("Go", name, "v0.6.0", "use the standard library")
    module = await registries.package("Go", name)
    assert module.latest == "v0.19.0"
    taken = {each.number: each.why for each in module.versions if each.yanked}
    assert taken == {"v0.99.0": "tagged by accident"}
    assert {each.why for each in module.versions if not each.yanked} == {"use the standard library"}
    assert all(each.deprecated for each in module.versions)
