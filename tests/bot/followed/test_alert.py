"""Alerts in words: one by itself, many as a list."""

from typing import Any

from bot.followed import alert
from tests.bot.followed.lines import all_words, words

REPO = "acme/api"


def said(number: int = 7, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a test is about
    """Return an alert as it is told, but for these."""
    return {
        "id": f"alert:{number}",
        "kind": "alert",
        "alert": f"dependabot/{number}",
        "at": "2026-03-04T15:30:00Z",
        "title": "left-pad: too long",
        "severity": "high",
        "state": "open",
        "path": "package.json",
        "fix": "1.3.0",
        "url": "u",
    } | changes


def test_one_alert() -> None:
    """What it is, how bad, and what fixes it; once it is fixed, that."""
    posting = alert.card(REPO, [said()])
    assert all_words(posting) == [
        "acme/api: left-pad: too long",
        "high severity · package.json · fixed in 1.3.0",
    ]
    assert (posting.tone, posting.mark) == ("bad", "")
    fixed = alert.card(REPO, [said(state="fixed", path="", severity="")])
    assert words(fixed.lines[0]) == "fixed"
    assert (fixed.tone, fixed.mark) == ("good", "good")


def test_many_alerts() -> None:
    """The worst that are open come first; not all are shown."""
    two = alert.card(REPO, [said(1, severity="low"), said(2, severity="odd", path="", fix="")])
    assert all_words(two) == [
        "acme/api: 2 security alerts",
        "left-pad: too long · low severity · package.json · fixed in 1.3.0",
        "left-pad: too long · odd severity",
    ]
    assert two.tone == "warn"
    many = alert.card(REPO, [said(n, state="open" if n else "dismissed") for n in range(13)])
    assert words(many.title) == "acme/api: 12 of 13 security alerts are open"
    assert words(many.lines[-1]) == "… 3 more"


def test_what_is_told_late_changes_nothing() -> None:
    """The newest of each alert counts, whenever it comes."""
    late = said(at="2026-03-04T10:00:00Z")
    fixed = said(state="fixed", at="2026-03-05T10:00:00Z")
    found = alert.known_after({}, [said(), fixed, late, said(8)])
    assert [each["state"] for each in found.values()] == ["fixed", "open"]
    assert alert.known_after(found, [late]) == found
