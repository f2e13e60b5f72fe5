"""Three-way merge: who changed what since both sides were in step, and who is right."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from flows.analysis.merging import FIELDS, Conflict, Merged, Side, Wins, merged
from flows.engine.pairs import Pair

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
FRESH = Pair(1, "i", "ENG-1")
SAME = Side(NOON, "Cart", "Empty", "open", "ada", 1, frozenset({"bug"}))

sides = st.builds(
    Side,
    at=st.sampled_from([NOON, LATER]),
    title=st.sampled_from(["A", "B"]),
    body=st.sampled_from(["", "Words", None]),
    state=st.sampled_from(["open", "done", "canceled"]),
    person=st.sampled_from(["", "ada", "bo", None]),
    priority=st.sampled_from([0, 1, 2, None]),
    labels=st.frozensets(st.sampled_from(["bug", "ui"])),
)


def pair(one: Side = SAME) -> Pair:
    """Return what is remembered of two sides that were both as this one."""
    found = merged(FRESH, one, one, "newest").pair
    assert found
    return found


def after(side: Side, told: Merged, name: str) -> Side:
    """Return a side once it was told."""
    return replace(side, labels=told.labels, **getattr(told, name))


def test_what_one_side_changed_goes_to_the_other() -> None:
    """Different fields of both sides are no conflict."""
    github = replace(SAME, title="Cart is empty", labels=frozenset({"bug", "ui"}))
    linear = replace(SAME, state="done", person="", labels=frozenset())
    found = merged(pair(), github, linear, "ask")

    assert found.linear == {"title": "Cart is empty"}
    assert found.github == {"state": "done", "person": ""}
    assert found.labels == {"ui"}
    assert found.conflicts == ()


@pytest.mark.parametrize(
    ("wins", "github_at", "settled"),
    [
        ("newest", LATER, "github"),
        ("newest", NOON, "github"),
        ("newest", NOON - timedelta(hours=1), "linear"),
        ("github", NOON, "github"),
        ("linear", LATER, "linear"),
        ("ask", LATER, ""),
    ],
)
def test_what_both_changed_is_settled_by_the_project(
    wins: Wins, github_at: datetime, settled: str
) -> None:
    """As long as nobody has, neither side is told, and both stay as far apart as they were."""
    github = replace(SAME, title="A", at=github_at)
    linear = replace(SAME, title="B")
    found = merged(pair(), github, linear, wins)

    assert found.conflicts == (Conflict("title", "A", "B", settled),)  # type: ignore[arg-type] # of these
    assert found.linear == ({"title": "A"} if settled == "github" else {})
    assert found.github == ({"title": "B"} if settled == "linear" else {})
    assert (found.pair == pair()) is (settled == "")


def test_what_somebody_left_is_no_conflict_any_more() -> None:
    """The next edit of either side goes to the other."""
    github, linear = replace(SAME, title="A"), replace(SAME, title="B")
    left = merged(pair(), github, linear, "ask", {"title": "leave"})
    assert (left.github, left.linear) == ({}, {})
    assert left.pair
    again = merged(left.pair, github, replace(linear, title="C"), "ask")
    assert again.github == {"title": "C"}


def test_without_memory_nothing_gives_way_to_something() -> None:
    """Labels are put together; a title that differs is a conflict."""
    github = replace(SAME, body="", labels=frozenset({"ui"}))
    linear = replace(SAME, title="Basket", person="", priority=0)
    found = merged(FRESH, github, linear, "ask")

    assert found.github == {"body": "Empty"}
    assert found.linear == {"person": "ada", "priority": 1}
    assert found.labels == {"bug", "ui"}
    assert [each.field for each in found.conflicts] == ["title"]


@given(before=sides, github=sides, linear=sides, wins=st.sampled_from(get_args(Wins)))
def test_both_sides_are_equal_afterwards_or_a_conflict_is_told(
    before: Side, github: Side, linear: Side, wins: Wins
) -> None:
    """Whatever was there; and a second merge of what came of it does nothing."""
    found = merged(pair(before), github, linear, wins)
    ours, theirs = after(github, found, "github"), after(linear, found, "linear")
    told = {each.field for each in found.conflicts if not each.settled}
    assert told == set() or wins == "ask"
    for name in FIELDS:
        one, two = getattr(ours, name), getattr(theirs, name)
        closed = name == "state" and "open" not in (one, two)
        untold = None in (one, two) or name in told
        kept = getattr(github, name) == one and getattr(linear, name) == two
        assert one == two or closed or (untold and kept)
    assert ours.labels == theirs.labels
    assert found.pair
    again = merged(found.pair, ours, theirs, wins)
    assert (again.github, again.linear, again.pair) == ({}, {}, found.pair)


@dataclass
class Model:
    """The simplest sync there can be: it remembers one value, and who changed it last."""

    value: str = "A"
    github: str = "A"
    linear: str = "A"
    changed: list[str] = field(default_factory=list)

    def edit(self, side: str, value: str) -> None:
        """Let somebody edit one side."""
        setattr(self, side, value)
        self.changed.append(side)

    def sync(self) -> None:
        """Bring both in step: the side that changed counts, of two the one that did last."""
        moved = [each for each in self.changed if getattr(self, each) != self.value]
        if moved and self.github != self.linear:
            self.value = getattr(self, moved[-1])
        elif moved:
            self.value = self.github
        self.github = self.linear = self.value
        self.changed.clear()


@given(
    st.lists(
        st.tuples(st.sampled_from(["github", "linear", "sync"]), st.sampled_from(["A", "B", "C"])),
        max_size=12,
    )
)
def test_it_does_what_the_simplest_sync_would(story: list[tuple[str, str]]) -> None:
    """Over any story of edits and syncs, for one field."""
    model, memory = Model(), pair(replace(SAME, title="A"))
    github = linear = replace(SAME, title="A")
    for hour, (what, value) in enumerate([*story, ("sync", "")], start=1):
        now = NOON + timedelta(hours=hour)
        if what == "github":
            github = replace(github, title=value, at=now)
        elif what == "linear":
            linear = replace(linear, title=value, at=now)
        else:
            found = merged(memory, github, linear, "newest")
            assert found.pair
            memory = found.pair
            github, linear = after(github, found, "github"), after(linear, found, "linear")
            model.sync()
            assert (github.title, linear.title) == (model.github, model.linear)
            continue
        model.edit(what, value)
