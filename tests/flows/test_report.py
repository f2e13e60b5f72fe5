"""Reports are values that survive being stored, whatever their text."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.report import (
    Attachment,
    Block,
    Bullets,
    Code,
    Facts,
    Figure,
    Inline,
    Link,
    Person,
    Report,
    Snippet,
    Table,
    Text,
    bullets,
    facts,
    table,
    text,
)

WORDS = st.text(max_size=20)
INLINES: st.SearchStrategy[Inline] = st.one_of(
    WORDS,
    st.builds(Link, WORDS, WORDS),
    st.builds(Code, WORDS),
    st.builds(Person, WORDS),
)
LINES = st.lists(INLINES, max_size=4).map(tuple)
TABLES = st.integers(1, 3).flatmap(
    lambda width: st.builds(
        table,
        st.lists(WORDS, min_size=width, max_size=width),
        st.lists(st.lists(INLINES, min_size=width, max_size=width), max_size=3),
        WORDS,
    )
)
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Text, LINES),
    st.builds(Facts, st.lists(st.tuples(WORDS, LINES), max_size=3).map(tuple), WORDS),
    st.builds(Bullets, st.lists(LINES, max_size=3).map(tuple), WORDS),
    TABLES,
    st.builds(Snippet, WORDS),
    st.builds(Figure, WORDS, WORDS, st.binary(max_size=50)),
    st.builds(Attachment, WORDS, WORDS, st.binary(max_size=50)),
)
DATA = st.dictionaries(WORDS, st.one_of(WORDS, st.integers(-(2**53), 2**53), st.none()))
REPORTS = st.builds(
    Report,
    WORDS,
    WORDS,
    st.sampled_from(["neutral", "good", "warn", "bad"]),
    st.lists(BLOCKS, max_size=4).map(tuple),
    DATA,
    st.lists(WORDS, max_size=2).map(tuple),
)


@given(REPORTS)
def test_a_report_comes_back_from_json_as_it_was(report: Report) -> None:
    """Every block and every part keeps its kind; bytes stay bytes."""
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


def test_labels_are_made_of_names() -> None:
    """Underscores become spaces, and the first letter a capital."""
    found = facts("Speed", lead_time="2 h", MTTR=("about ", Code("5 m")))

    assert found == Facts(
        (("Lead time", ("2 h",)), ("MTTR", ("about ", Code("5 m")))),
        "Speed",
    )


def test_single_parts_become_lines() -> None:
    """Authors need not write tuples of one."""
    link = Link("v1", "https://x.example")

    assert bullets(["a", link, ("b", link)]) == Bullets((("a",), (link,), ("b", link)))
    assert text("See ", link) == Text(("See ", link))


def test_every_row_is_as_long_as_the_head() -> None:
    """A table that is not says which one it is."""
    assert table(["A", "B"], [["1", "2"]]) == Table(("A", "B"), (("1", "2"),))
    with pytest.raises(ValueError, match="Every row of 'Changes' needs 2 cells"):
        table(["A", "B"], [["1", "2"], ["3"]], "Changes")
    with pytest.raises(ValueError, match="the table"):
        table(["A"], [[]])


def test_a_report_is_frozen() -> None:
    """What was shown stays what was shown."""
    with pytest.raises(AttributeError):
        Report("a").title = "b"  # type: ignore[misc] # that is what must not work
