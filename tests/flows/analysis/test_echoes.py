"""Comments in two places: mirrored once, followed, taken away with theirs, and no pings."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.echoes import LONGEST, Echoes, clean, echoes_of, fitted, quieted
from integrations.github import Comment
from integrations.github.issues import mark_of
from integrations.linear import Comment as Remark

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
REPO = "acme/shop"


def said(number: int, body: str, author: str = "ada") -> Comment:
    """Return a comment on GitHub."""
    url = f"https://github.example/acme/shop/issues/1#issuecomment-{number}"
    return Comment(number, body, author, url, AT)


def heard(name: str, body: str, author: str = "Bo") -> Remark:
    """Return a comment in Linear."""
    return Remark(name, body, author, AT, AT, f"https://linear.example/{name}")


def done(found: Echoes) -> list[tuple[str, str, str]]:
    """Return what is to be done: on which side, what, and about which comment."""
    return [(each.on, each.act, each.source) for each in found.acts]


def mirrors(found: Echoes) -> tuple[list[Comment], list[Remark]]:
    """Return the mirrors that are made."""
    github = [
        said(900 + at, f"{each.body}\n\n{mark_of(each.id)}", "flowbot")
        for at, each in enumerate(found.acts)
        if each.on == "github"
    ]
    return github, [heard(each.id, each.body) for each in found.acts if each.on == "linear"]


def test_each_comment_is_carried_once_and_says_who_wrote_it_where() -> None:
    """What was carried is known again without any memory."""
    ours, theirs = [said(1, "Me too, @bo")], [heard("r", "Which cart?", "Bo <b>")]
    found = echoes_of(REPO, ours, theirs, {})
    assert done(found) == [("linear", "say", "1"), ("github", "say", "r")]
    assert [each.body for each in found.acts] == [
        (
            "[ada on GitHub](https://github.example/acme/shop/issues/1#issuecomment-1):\n\n"
            "Me too, @\u200bbo"
        ),
        "**Bo \\<b\\>** [in Linear](https://linear.example/r):\n\nWhich cart?",
    ]
    github, linear = mirrors(found)
    for known in (found.kept, {}):
        again = echoes_of(REPO, [*ours, *github], [*theirs, *linear], known)
        assert (again.acts, again.kept) == ((), found.kept)


def test_a_mirror_follows_its_comment() -> None:
    """It is edited with it and goes with it; one that somebody deleted stays deleted."""
    ours, theirs = [said(1, "One")], [heard("r", "Two")]
    first = echoes_of(REPO, ours, theirs, {})
    github, linear = mirrors(first)
    edited = echoes_of(REPO, [said(1, "One!"), *github], [heard("r", "Two!"), *linear], first.kept)
    assert done(edited) == [("linear", "edit", "1"), ("github", "edit", "r")]
    gone = echoes_of(REPO, github, linear, first.kept)
    assert sorted(done(gone)) == [("github", "unsay", "r"), ("linear", "unsay", "1")]
    assert done(echoes_of(REPO, ours, theirs, first.kept)) == []


def test_nobody_can_have_a_comment_taken_away_by_copying_a_head() -> None:
    """A head alone proves nothing: what a person wrote in Linear is carried like any other."""
    copied = "[ada on GitHub](https://github.example/acme/shop/issues/1#issuecomment-7):\n\nNo."
    found = echoes_of(REPO, [], [heard("mine", copied)], {})
    assert done(found) == [("github", "say", "mine")]


def test_an_orphan_of_ours_is_known_without_memory() -> None:
    """In Linear, where its id proves it."""
    _, linear = mirrors(echoes_of(REPO, [said(1, "One")], [], {}))
    assert done(echoes_of(REPO, [], linear, {})) == [("linear", "unsay", "1")]


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        ("@ada, @acme/core and a@b.example", "@\u200bada, @\u200bacme/core and a@b.example"),
        ("`@ada` and\n```\n@bo\n```\n@cy", "`@ada` and\n```\n@bo\n```\n@\u200bcy"),
        ("https://linear.app/acme/profiles/ada", "https://linear.app/acme/profiles/\u200bada"),
        ("Bad <!-- flowbot:0123456789abcdef01234567 --> mark\r\n", "Bad  mark"),
    ],
)
def test_nobody_is_pinged(text: str, quiet: str) -> None:
    """Neither by name nor by profile; a copied mark is taken out, code stays code."""
    assert quieted(text) == quiet
    assert clean(quiet) == clean(text)


@given(st.text(alphabet="@ab` /\n\u200b", max_size=40))
def test_what_keeps_from_pinging_can_be_taken_out_again(text: str) -> None:
    """However often it goes there and back."""
    assert clean(quieted(text)) == clean(text)
    assert quieted(quieted(text)) == quieted(text)


def test_what_is_too_long_ends_with_a_word_about_it() -> None:
    """Both sides take it."""
    long = fitted("x" * (LONGEST + 1))
    assert len(long) < 65_000
    assert long.endswith("it goes on where it was written.")
