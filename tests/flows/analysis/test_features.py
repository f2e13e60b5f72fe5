"""Criteria, places and texts of a feature."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from flows.analysis.beginnings import States, Target, draft_body
from flows.analysis.features import (
    aim_of,
    criteria_of,
    is_misplaced,
    open_boxes,
    released_state,
    target_of,
    titled,
)
from integrations.trackers import Ticket

NOW = datetime(2026, 3, 4, tzinfo=UTC)
TICKET = Ticket("ENG-1", "Cart", "url", "open", "Todo", NOW, NOW)
STATES = States(("In Progress", "In Review"), ("Done",))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("", ()),
        ("Just words\n- a list\n- of things", ()),
        ("- [ ] One\n* [x] Two \n1. three", ("One", "Two")),
        ("## Acceptance criteria\n\n1. One\n2) Two\n\n## Notes\n- Three", ("One", "Two")),
        ("**Done when:**\r\n- One\r\n- One\r\n", ("One",)),
        ("# Criteria\n- [ ]   \n- [ ] One", ("One",)),
    ],
)
def test_criteria_are_boxes_or_the_list_below_their_heading(
    body: str, found: tuple[str, ...]
) -> None:
    """Each once, in their order."""
    assert criteria_of(body) == found


def test_given_criteria_count_more() -> None:
    """With semicolons or line breaks between them; there is an end to how many and how long."""
    assert criteria_of("- [ ] No", " - One; Two\nThree;;") == ("One", "Two", "Three")
    many = criteria_of("", ";".join(f"{n}{'x' * 400}" for n in range(50)))
    assert (len(many), {len(each) for each in many}) == (30, {300})


def test_boxes_are_counted() -> None:
    """Those that nobody ticked are named."""
    assert open_boxes("- [ ] One\n- [X] Two\n- [x] Three\ntext") == (["One"], 3)


@pytest.mark.parametrize(
    ("stage", "place"),
    [
        ("coding", Target("started", "In Progress")),
        ("red", Target("started", "In Progress")),
        ("rework", Target("started", "In Progress")),
        ("review", Target("started", "In Review")),
        ("approved", Target("started", "In Review")),
        ("merged", Target("done", "Done")),
        ("closed", Target("open", "Todo")),
    ],
)
def test_an_issue_belongs_where_its_pull_request_is(stage: str, place: Target) -> None:
    """By the team's own words."""
    assert target_of(stage, STATES, TICKET) == place  # type: ignore[arg-type] # each is a stage


def test_a_team_with_other_words_has_its_first_state() -> None:
    """GitHub has none for what is started, so it stays as it is."""
    odd = States(("Working",), ("Shipped", "Archived"))
    assert target_of("review", odd) == Target("started", "Working")
    assert target_of("merged", odd) == Target("done", "Shipped")
    assert target_of("review", States((), ("closed",))) is None
    assert target_of("closed", odd) is None


def test_what_somebody_closed_stays_closed() -> None:
    """It moves only on, and never back from done."""
    review, done = Target("started", "In Review"), Target("done", "Done")
    started = replace(TICKET, kind="started", state="in review")
    assert is_misplaced(TICKET, review)
    assert not is_misplaced(started, review)
    assert is_misplaced(started, done)
    for kind in ("done", "canceled"):
        closed = replace(TICKET, kind=kind, state="Gone")
        assert not is_misplaced(closed, review)
        assert not is_misplaced(closed, done)


def test_what_is_out_is_released_where_there_is_a_word_for_it() -> None:
    """What was called off is not."""
    done = replace(TICKET, kind="done", state="Done")
    team = States((), ("Done", "Released"))
    assert released_state(team, done) == "Released"
    assert released_state(STATES, done) == ""
    assert released_state(team, replace(done, state="Released")) == ""
    assert released_state(team, replace(done, kind="canceled")) == ""


def test_words_become_a_title_and_an_issue() -> None:
    """The first line, short; nothing in them formats or pings."""
    aim = aim_of(f"\n  {'x' * 99}\nfor @ada", "One", None)
    assert (len(aim.title), aim.name) == (60, "it")
    assert aim.words.endswith("- [ ] One")
    assert "@ada" not in aim.words
    assert titled(" \n") == "A feature"


def test_a_draft_names_its_issue() -> None:
    """GitHub closes its own with it."""
    assert draft_body("#3", "url", []).startswith("Closes #3.\n\nThe first")
    body = draft_body("ENG-1", "https://l.example", ["One"])
    assert body.startswith("Part of [ENG-1](https://l.example).")
    assert "- [ ] One" in body
