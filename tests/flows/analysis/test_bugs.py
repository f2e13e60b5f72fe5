"""Bugs: how urgent, what the issue says, and that nothing that was pasted can do harm."""

from datetime import UTC, datetime

import pytest

from flows.analysis.bugs import (
    PRIORITIES,
    Given,
    Reach,
    Suspect,
    Told,
    description,
    findings,
    graded,
    severity_of,
    told,
)
from flows.analysis.layout import is_test
from integrations.trackers import Ticket

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "severity", "because"),
    [
        ("We lost all orders of today", "critical", "lost all"),
        ("The shop is down, with an error", "critical", "is down"),
        ("A typo in the error page", "low", "typo"),
        ("It crashes at once", "high", "crash"),
        ("The sum is one cent too high", "medium", ""),
    ],
)
def test_words_say_how_bad_it_is(words: str, severity: str, because: str) -> None:
    """The worst word counts, but what is cosmetic stays so."""
    assert severity_of(words) == (severity, because)


@pytest.mark.parametrize(
    ("given", "reach", "priority"),
    [("auto", "everybody", 1), ("low", "one", 4), ("critical", "one", 2), ("medium", "some", 3)],
)
def test_urgent_is_what_is_bad_for_many(given: Given, reach: Reach, priority: int) -> None:
    """The report names the rule by which it came out."""
    grade = graded("It crashes", given, reach)
    assert grade.priority == priority
    assert "if it hits" in str(grade.block)


def test_more_people_never_make_it_less_urgent() -> None:
    """Along each row, and down each column."""
    rows = [list(row.values()) for row in PRIORITIES.values()]
    assert all(row == sorted(row, reverse=True) for row in rows)
    assert all(list(column) == sorted(column) for column in zip(*rows, strict=True))


def test_the_issue_has_all_that_was_told() -> None:
    """What was pasted stays inside its fence, and pings nobody."""
    pasted = "~~~~ @everyone\nsecond line"
    suspect = Suspect("a.py", 3, "a" * 40, "Bo @all", "Fix [it](x)", NOW)
    said = Told(pasted, "@ada", "https://chat.example/1")
    text = description(said, "1. Go @ada", "", [suspect], [])

    assert text.count("~~~~~\n") == 2
    assert text.index("~~~~~") < text.index("second line") < text.rindex("~~~~~")
    assert "@\u200ball" in text
    assert "[here](https://chat.example/1)" in text
    assert "> 1. Go @\u200bada" in text
    assert "Not said yet." in text


def test_an_issue_tells_itself() -> None:
    """Its own words, author and address count more than those of who points at it."""
    issue = Ticket("#4", "Sums are off", "https://x/4", "open", "open", NOW, NOW, "By a cent", "cy")
    found = told("#4", "ada", "", issue)
    assert (found.title, found.reporter, found.link) == ("Sums are off", "cy", "https://x/4")
    assert told("x", "ada", "l", None) == Told("x", "ada", "l")
    assert Told("\n" + "a" * 200, "ada").title == "a" * 79 + "…"
    assert Told(" ", "ada").title == "A bug"


def test_what_was_not_found_is_said() -> None:
    """No trace is another thing than a trace of other code."""
    assert "No stack trace" in str(findings([], [], 0))
    assert "names no file" in str(findings([], [], 2))


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("tests/a.py", True),
        ("src/test/java/CartTest.java", True),
        ("cart_test.go", True),
        ("src/cart.spec.ts", True),
        ("test_cart.py", True),
        ("src/CartTests.cs", True),
        ("src/contest.py", False),
        ("src/latest.ts", False),
        ("README.md", False),
    ],
)
def test_tests_are_known_by_their_places_and_names(path: str, *, tests: bool) -> None:
    """Directories count, and the habits of each language."""
    assert is_test(path) is tests
