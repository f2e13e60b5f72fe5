"""Action items: which lines are some, whose they are, and when they are due."""

from datetime import UTC, date, datetime

import pytest

from flows.analysis.actions import Item, due_from, item_from, items_of, person_of
from flows.engine.talk import Said

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
TODAY = NOW.date()


def heard(text: str) -> list[Item]:
    """Return what is to be done by one message of ada."""
    return items_of([Said("ada", text, NOW, "https://chat.example/dev/1")])


@pytest.mark.parametrize(
    ("line", "what", "owner", "due"),
    [
        ("- [ ] Bo: write the guide by Friday", "Write the guide", "Bo", date(2026, 3, 6)),
        ("To do: @cy renew the certificate", "Renew the certificate", "cy", None),
        ("Action: call the bank (@dee) by 2026-03-10.", "Call the bank", "dee", date(2026, 3, 10)),
        ("@bo please look at the logs tomorrow", "Look at the logs", "bo", date(2026, 3, 3)),
        ("1. AI: ada to ask legal until 10th March", "Ask legal", "ada", date(2026, 3, 10)),
        ("* @cy will ship it, by next Monday!", "Ship it!", "cy", date(2026, 3, 9)),
        ("[] Tidy up", "Tidy up", "", None),
        ("Task: send 12 invoices by 31 February", "Send 12 invoices by 31 February", "", None),
    ],
)
def test_a_line_says_what_who_and_when(line: str, what: str, owner: str, due: date | None) -> None:
    """The owner and the day are taken out of the words."""
    [item] = heard(line)
    assert (item.what, item.owner, item.due_on) == (what, owner, due)
    assert (item.link, item.said_by) == ("https://chat.example/dev/1", "ada")


@pytest.mark.parametrize(
    "text",
    [
        "We talked about the guide.",
        "- [x] Done already",
        "@bo was there",
        "Bo: hello",
        "To do:",
        "",
    ],
)
def test_other_lines_are_none(text: str) -> None:
    """What merely names people or things is talk."""
    assert heard(text) == []


def test_each_item_is_there_once() -> None:
    """In the order of writing, whatever is between."""
    found = heard("To do: one\nsome talk\nTo-do: two\ntodo: One")
    assert [each.what for each in found] == ["One", "Two"]


def test_a_message_that_was_chosen_is_an_item() -> None:
    """It needs no mark, and its first line counts."""
    item = item_from("\nBo will fix the door by tomorrow\nThanks", "ada", TODAY, "l")
    assert item == Item("Fix the door", "Bo", date(2026, 3, 3), "l", "ada")
    assert item_from("", "ada", TODAY, "") == Item("", said_by="ada")
    assert len(item_from("a" * 500, "ada", TODAY, "").what) == 200


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("today", TODAY),
        ("Monday", date(2026, 3, 9)),
        ("end of the week", date(2026, 3, 6)),
        ("next week", date(2026, 3, 9)),
        ("1 March", date(2027, 3, 1)),
        ("Apr 3rd", date(2026, 4, 3)),
        ("2026-02-30", None),
        ("some day", None),
    ],
)
def test_days_are_counted_from_the_message(words: str, day: date | None) -> None:
    """A weekday is the next one; a date that has passed is that of next year."""
    assert due_from(words, TODAY) == day


def test_a_name_means_one_person_or_nobody() -> None:
    """The whole name counts before the first word of one."""
    people = ["bo", "Ada Lovelace", "cy.b", "Cy Young", "Bo Diddley"]
    assert [person_of(each, people) for each in ("BO", "ada", "zed", "cy")] == [
        "bo",
        "Ada Lovelace",
        "",
        "",
    ]


def test_today_and_a_week_from_a_weekend() -> None:
    """A Friday that is today is today's; months without a day are none."""
    friday = date(2026, 3, 6)
    assert due_from("end of this week", friday) == friday
    assert due_from("next friday", friday) == date(2026, 3, 13)
    assert due_from("tomorrow", friday) == date(2026, 3, 7)
    assert due_from("march", friday) is None
