"""Who is asked for a review, and why the others are not."""

from datetime import UTC, datetime, timedelta

import pytest

from flows.analysis.ownership import Codeowners, codeowners_from
from flows.analysis.reviewers import HALF_LIFE, LIMIT, Choice, Known, Touch, chosen

NOW = datetime(2026, 3, 4, tzinfo=UTC)
EVERY = ("ada", "bo", "cy", "dee")


def touch(author: str, age: timedelta = timedelta()) -> Touch:
    """Return a commit to the cart."""
    return Touch("cart.py", author, NOW - age)


def choose(
    *touches: Touch,
    owners: str = "",
    known: Known | None = None,
    author: str = "ada",
    number: int = 1,
) -> Choice:
    """Return who reviews a change of the cart by ada."""
    rules = codeowners_from(owners) if owners else Codeowners()
    return chosen(author, number, ["cart.py"], rules, touches, known or Known(EVERY), NOW)


def logins(choice: Choice) -> list[str]:
    """Return who may be asked, in order."""
    return [each.login for each in choice.ranked]


def test_the_score_is_the_formula() -> None:
    """By hand: 0.5 · 2/3 + 0.3 · (1 - 1/5) + 0.2 = 0.77; half a commit each 180 days."""
    known = Known(EVERY, {"bo": 1})
    found = choose(touch("bo"), touch("cy", HALF_LIFE), owners="* @bo", known=known)
    assert [(each.login, each.score) for each in found.ranked] == [("bo", 0.77), ("cy", 0.47)]
    assert found.ranked[0].why == "67% of recent commits, 1 open review, in CODEOWNERS"
    assert found.said == ""


@pytest.mark.parametrize(
    ("login", "known", "why"),
    [
        ("ada", Known(EVERY), "is the author"),
        ("ren[bot]", Known((*EVERY, "ren[bot]")), "is an app"),
        ("eve", Known(EVERY), "has no access"),
        ("bo", Known(EVERY, {}, {"bo": "2026-03-09"}), "is away until 2026-03-09"),
        ("bo", Known(EVERY, {"bo": LIMIT}), "has 5 open reviews"),
    ],
)
def test_who_is_skipped_is_said_why(login: str, known: Known, why: str) -> None:
    """And somebody else is asked."""
    found = choose(touch(login), touch("cy"), known=known)
    assert logins(found) == ["cy"]
    assert [each.skipped[: len(why)] for each in found.skipped] == [why]


def test_where_nobody_knows_the_code_who_has_time_is_asked() -> None:
    """And it is said that this is so."""
    found = choose(touch("ada"), known=Known(EVERY, {"bo": 2, "cy": 1}))
    assert logins(found) == ["dee", "cy", "bo"]
    assert "who has most time" in found.said


def test_nobody_at_all_is_said() -> None:
    """A pull request is never left alone in silence."""
    found = choose(touch("ada"), known=Known(("ada",)))
    assert not found.ranked
    assert found.said.startswith("Nobody can be asked")


def test_teams_are_asked_by_their_short_names() -> None:
    """People of CODEOWNERS are candidates, addresses are none."""
    found = choose(owners="* @acme/web @Bo cy@acme.example")
    assert found.teams == ("web",)
    assert logins(found) == ["bo"]


def test_equals_are_told_apart_by_the_number() -> None:
    """The same number has the same answer; over many, nobody is always first."""
    firsts = {
        number: logins(choose(touch("bo"), touch("cy"), number=number))[0] for number in range(40)
    }
    assert set(firsts.values()) == {"bo", "cy"}
    assert logins(choose(touch("bo"), touch("cy"), number=7))[0] == firsts[7]
