"""CODEOWNERS is matched as GitHub does, and bus factors follow the formula that is printed."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.ownership import bus_factor, codeowners_from, people_of


@dataclass(frozen=True)
class Change:
    author: str
    email: str
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    paths: tuple[str, ...] = field(default=())


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*", ["a", "a/b.js"], []),
        ("*.js", ["a.js", "x/y/a.js"], ["a.jsx", "a.js.md"]),
        ("/build/logs/", ["build/logs/a", "build/logs/x/y"], ["build/logs", "x/build/logs/a"]),
        ("docs/*", ["docs/start.md"], ["docs/build/trouble.md", "x/docs/start.md"]),
        ("apps/", ["apps/a", "x/apps/y/z"], ["apps", "myapps/a"]),
        ("/docs/", ["docs/a/b"], ["x/docs/a"]),
        ("**/logs", ["logs/a", "build/logs/a", "a/b/logs"], ["build/mylogs/a"]),
        ("/apps/github", ["apps/github", "apps/github/x/y"], ["apps/githubs", "x/apps/github"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z", "a/b/z/deep"], ["a/bz", "x/a/z"]),
        ("src/**", ["src/a", "src/a/b"], ["src", "x/src/a"]),
        ("/*", ["a"], []),
        ("te?t.py", ["test.py", "x/text.py"], ["te/t.py", "teest.py"]),
        ("/a*b*c/", ["aXbYc/f", "abbc/f"], ["aXc/f", "a/bc/f"]),
        ("with\\ space/", ["with space/a"], ["with/a"]),
    ],
)
def test_patterns_match_as_on_github(pattern: str, yes: list[str], no: list[str]) -> None:
    """The examples of GitHub's documentation and the corners around them."""
    owners = codeowners_from(f"{pattern} @ada")
    assert [path for path in yes if not owners.owners_of(path)] == []
    assert [path for path in no if owners.owners_of(path)] == []


def test_the_last_match_wins_even_if_it_takes_away() -> None:
    """A rule without owners makes its paths nobody's."""
    owners = codeowners_from("* @ada # all\n/web/ @acme/web bo@acme.example\n/web/free\n# x\n\n")
    assert owners.owners_of("a.py") == ("@ada",)
    assert owners.owners_of("web/a.js") == ("@acme/web", "bo@acme.example")
    assert owners.owners_of("web/free/a.js") == ()
    assert owners.wrong_lines == ()


def test_lines_that_github_ignores_are_ignored_and_named() -> None:
    """Negation, ranges and owners that are none."""
    owners = codeowners_from("* @ada\n!a @bo\n[ab].py @bo\n/c nobody\n")
    assert owners.wrong_lines == (2, 3, 4)
    assert owners.owners_of("a") == ("@ada",)


def test_hostile_patterns_take_no_time() -> None:
    """Patterns come from outside; these would keep a naive matcher busy for ever."""
    owners = codeowners_from(f"{'*a' * 150}b @ada\n{'**/a/' * 60}b @bo\n")
    assert owners.owners_of("a" * 4000) == ()
    assert owners.owners_of("a/" * 2000 + "c") == ()


@given(st.text(max_size=80), st.text(min_size=1, max_size=40))
def test_any_file_parses_and_matches_without_error(text: str, path: str) -> None:
    """CODEOWNERS of any repository is read."""
    codeowners_from(text).owners_of(path)


@given(
    st.lists(
        st.text(
            st.characters(codec="ascii", categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=8
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_rooted_path_owns_itself_and_everything_below(parts: list[str]) -> None:
    """Literal patterns have no surprises."""
    path = "/".join(parts)
    owners = codeowners_from(f"/{path} @ada")
    assert owners.owners_of(path) == ("@ada",)
    assert owners.owners_of(f"{path}/deep/er") == ("@ada",)
    assert owners.owners_of(f"{path}x") == ()
    assert owners.owners_of(f"a-b/{path}") == ()


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({}, None),
        ({"ada": 1}, 1),
        ({"ada": 5, "bo": 5}, 2),
        ({"ada": 6, "bo": 4}, 1),
        ({"ada": 3, "bo": 3, "cy": 3}, 2),
    ],
)
def test_the_bus_factor_is_the_fewest_with_more_than_half(
    changes: dict[str, int], factor: int | None
) -> None:
    """Half is not enough."""
    assert bus_factor(changes) == factor


def test_one_person_may_have_many_addresses() -> None:
    """The same name or the same address is the same person; apps are none."""
    history = [
        Change("Ada", "ada@acme.example"),
        Change("ada", "ada@home.example"),
        Change("Ada L", "ADA@home.example"),
        Change("dependabot[bot]", "1+dependabot[bot]@users.noreply.github.com"),
    ]
    assert people_of(history) == {"ada@acme.example": "Ada", "ada@home.example": "Ada"}
