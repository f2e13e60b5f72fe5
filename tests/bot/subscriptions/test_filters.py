"""The language of filters: what it takes, what it says where it does not, and what gets through."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.subscriptions import filters
from bot.subscriptions.filters import (
    EVERYTHING,
    FIELDS,
    All,
    Facts,
    Filter,
    Not,
    Some,
    Term,
    alternative,
    conjunction,
    demanded,
    fields_of,
    holds,
    negation,
    read,
    reasons,
    written,
)
from bot.words import Misread

PULL: Facts = {
    "branch": ("main",),
    "author": ("dependabot[bot]",),
    "label": ("deps", "needs review"),
    "path": ("web/a/b.ts", "README.md"),
    "title": ("Bump left-pad",),
}
GLOBS = st.text(
    st.characters(exclude_characters='"', exclude_categories=("Cs", "Cc")), min_size=1, max_size=12
).filter(lambda text: text == text.strip())
TERMS = st.builds(Term, st.sampled_from([*FIELDS]), GLOBS)
FILTERS = st.recursive(
    TERMS,
    lambda parts: st.one_of(
        st.builds(conjunction, st.lists(parts, min_size=1, max_size=4)),
        st.builds(alternative, st.lists(parts, min_size=1, max_size=4)),
        st.builds(negation, parts),
    ),
    max_leaves=12,
)


@given(FILTERS)
def test_what_is_written_reads_the_same(of: Filter) -> None:
    """Also what is quoted, in parentheses, and not."""
    text = written(of)
    if len(text) <= filters.LONGEST:
        assert read(text) == of


@settings(max_examples=50)
@given(st.text('ab:"()- or\x00é', max_size=30))
def test_anything_is_read_or_misread(typed: str) -> None:
    """Nothing breaks the reader, and what it reads it reads again."""
    with suppress(Misread):
        of = read(typed)
        assert read(written(of)) == of


@given(FILTERS)
def test_a_filter_and_its_opposite_share_everything_out(of: Filter) -> None:
    """One of both holds, and only what holds has reasons."""
    assert holds(of, PULL) != holds(negation(of), PULL)
    assert bool(reasons(of, PULL)) == holds(of, PULL)
    assert demanded(of) <= fields_of(of)


@pytest.mark.parametrize(
    ("typed", "lets"),
    [
        ("", True),
        ("branch:main", True),
        ("base:MAIN", True),
        ("branch:release/*", False),
        ("-author:*[bot]", False),
        ("author:!*[bot]", False),
        ("-author:!*[bot]", True),
        ("author:*[bot] and label:deps", True),
        ('label:"needs review"', True),
        ("-label:deps", False),
        ("-label:docs", True),
        ("label:docs or path:web/**", True),
        ("label:docs or (path:web/** -branch:main)", False),
        ("not label:docs", True),
        ("not (label:docs or label:deps)", False),
        ("-(label:docs label:deps)", True),
        ("title:LEFT", True),
        ("title:left*", False),
        ("title:*left*", True),
        ("path:web/", True),
        ("path:web/*", False),
        ("path:**/b.ts", True),
        ("path:*.md", True),
        ("environment:production", False),
        ("-environment:production", True),
    ],
)
def test_what_gets_through(typed: str, lets: bool) -> None:
    """Of several labels and paths one has to fit; for a not, none may."""
    assert holds(read(typed), PULL) is lets


@pytest.mark.parametrize(
    ("typed", "says", "mark"),
    [
        ("main", "has no field: say title:main", "main"),
        ("branch:main labell:x", "Did you mean label?", "labell:x"),
        ("zzz:1", "There are branch, head", "zzz:1"),
        ("label:", "needs a value", "label:"),
        ("(label:a", "never closed: add a )", "("),
        ("label:a)", "closes nothing", ")"),
        ("or label:a", "missing here", "or"),
        ("label:a or", "missing here", " "),
        ("()", "missing here", ")"),
        ('label:"needs review', "never closed: add the missing", 'label:"needs review'),
        ("label:a -", "not what", "-"),
        ("label:a not", "not what", "not"),
        ("(" * 30 + "label:a" + ")" * 30, "too many parentheses", "("),
    ],
)
def test_what_is_wrong_is_marked(typed: str, says: str, mark: str) -> None:
    """The sentence helps, the mark is under the word, and there is a right example."""
    with pytest.raises(Misread) as caught:
        read(typed)
    assert says in str(caught.value)
    assert filters.EXAMPLE in str(caught.value)
    line, marks = caught.value.shown.split("\n")
    assert line.ljust(len(marks))[marks.index("^") :].startswith(mark.strip())
    assert marks.count("^") == max(1, len(mark.strip()))


def test_a_filter_is_not_endless() -> None:
    """It is stored, shown and asked about everything that happens."""
    with pytest.raises(Misread, match="at most 1,000 characters"):
        read("label:a " * 200)


def test_reasons_name_what_let_a_thing_through() -> None:
    """Of alternatives the one that holds."""
    of = read("branch:main (label:docs or path:web/**) -title:foo")
    assert reasons(of, PULL) == ("branch:main", "path:web/**", "-title:foo")
    assert reasons(EVERYTHING, PULL) == ()


def test_what_is_demanded() -> None:
    """A field without which nothing gets through."""
    assert demanded(read("branch:main (label:a or label:b head:x) -author:c")) == {
        "branch",
        "label",
    }
    assert fields_of(read("branch:main -author:c")) == {"branch", "author"}
    assert isinstance(read("a:1 or b:2".replace("a", "label").replace("b:", "head:")), Some)
    assert isinstance(read("label:a head:b"), All)
    assert isinstance(read("-label:a"), Not)
