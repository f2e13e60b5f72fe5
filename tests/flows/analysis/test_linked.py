"""Linked issues are found where people name them, and nowhere else."""

import pytest

from flows.analysis.linked import Words, closed_keys, linked_keys


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (Words(branch="ada/eng-12-add-retries"), ["ENG-12"]),
        (Words(title="fix: count (ENG-3)", body="Part of eng-4."), ["ENG-3", "ENG-4"]),
        (Words(commits=["Fixes ENG-7", "fixes ENG-7"]), ["ENG-7"]),
        (Words(body="OPS-1, LENG-12, ENG-012 and ENG-12a"), []),
        (Words(body="Closes <!-- such as ENG-1 --> ENG-2"), ["ENG-2"]),
    ],
)
def test_a_team_of_linear_has_its_own_keys(words: Words, keys: list[str]) -> None:
    """Any spelling counts, in branch, title, body and commits, each once."""
    assert linked_keys(words, team="eng", repo="acme/api") == tuple(keys)


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (Words(branch="12-add-retries"), ["#12"]),
        (Words(branch="fix/12-add-retries"), ["#12"]),
        (Words(branch="ada/issue-12"), ["#12"]),
        (Words(branch="release-1.2"), []),
        (Words(branch="v2/python-3"), []),
        (Words(title="fix: count (#15)", body="Fixes #12.", number=15), ["#12"]),
        (Words(body="GH-4 and Acme/API#5, not acme/shop#6"), ["#4", "#5"]),
        (Words(body="https://github.com/acme/api/issues/8#issuecomment-9"), ["#8"]),
        (Words(body="https://github.com/acme/shop/issues/8"), []),
        (Words(body="C#7, &#8217; and path/#3x"), []),
        (Words(commits=["Fix it\n\nCloses #2"]), ["#2"]),
    ],
)
def test_github_has_numbers(words: Words, keys: list[str]) -> None:
    """Numbers, addresses and branches count, but not those of other repositories or its own."""
    assert linked_keys(words, repo="acme/api") == tuple(keys)


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (Words(body="Fixes #12, see #13."), ["#12"]),
        (Words(title="Fix #4", commits=["Count\n\nResolves: acme/api#5"]), ["#4", "#5"]),
        (Words(body="closes https://github.com/acme/api/issues/8 and GH-9"), ["#8"]),
        (Words(branch="fix/12-count", body="prefixes #3, fixes acme/shop#6"), []),
        (Words(body="<!-- Fixes #1 -->"), []),
    ],
)
def test_what_is_closed_is_more_than_mentioned(words: Words, keys: list[str]) -> None:
    """On GitHub only its own words make a pull request the end of an issue; in Linear any name."""
    assert closed_keys(words, repo="acme/api") == tuple(keys)
    assert closed_keys(Words(body="See ENG-3"), team="ENG") == ("ENG-3",)
