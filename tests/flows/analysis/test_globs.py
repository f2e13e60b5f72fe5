"""Patterns: stars, folders, and nothing that could take long."""

import re
from fnmatch import translate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.globs import matches

LETTERS = st.text("ab/.*?", max_size=8)


@given(LETTERS, st.text("ab/.", max_size=10))
def test_stars_outside_paths_are_those_of_shells(glob: str, text: str) -> None:
    """But for a question mark, which is one character of a name."""
    expected = re.match(translate(glob.replace("?", "[!/]")), text) is not None
    assert matches(glob, text) == expected


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("web/**", "web/a/b", True),
        ("web/**", "web", False),
        ("web/*", "web/a/b", False),
        ("**/a.py", "a.py", True),
        ("**/a.py", "x/y/a.py", True),
        ("**/a.py", "x/ba.py", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/b", "axb", False),
        ("*.PY", "a.py", True),
        ("a?c", "a/c", False),
        ("**", "a/b", True),
        ("docs/", "docs/a", True),
    ],
)
def test_folders(glob: str, path: str, fits: bool) -> None:
    """One star stays in a folder, two go on."""
    assert matches(glob, path, is_path=True) is fits


def test_brackets_stand_for_themselves() -> None:
    """The bots of GitHub are called so."""
    assert matches("*[bot]", "dependabot[bot]")
    assert not matches("*[bot]", "robo")


def test_no_pattern_takes_long() -> None:
    """What hangs those who try every way takes one pass."""
    assert not matches("*a" * 60 + "b", "a" * 5_000)
