"""A review reads the same in the chat and on the pull request: the worst first, never too long."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from bot.console.render import render
from flows.analysis.patches import Remark
from flows.analysis.reviewers import Candidate, Choice
from flows.analysis.reviews import Case, comment, finished, opening, reminder
from flows.analysis.standing import Standing
from flows.engine.tools import Baseline
from integrations.github import Pull, PullState, Review
from integrations.github.trees import ChangedFile

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
PULL = Pull(7, "Save carts", "https://g.example/7", "bo", NOW, "carts", "main", body="Closes #3")
STATE = PullState(7, "Save carts", PULL.url, "bo", "open", "carts", "main", "abc", NOW, NOW)
RANKED = (Candidate("cy", 0.8, "knows it"), Candidate("dee", 0.5, "owns it"))


def case(lines: int = 0, pull: Pull = PULL, state: PullState = STATE) -> Case:
    """Return a review of a change with so many stops for a debugger."""
    added = "\n".join("+breakpoint()" for _ in range(lines))
    patch = f"@@ -0,0 +1,{lines} @@\n{added}" if lines else ""
    file = ChangedFile("tests/`a`.py", "modified", lines, 0, patch=patch)
    return Case(pull, Standing("review", "", state), [file], [], Choice(RANKED), repo="acme/api")


def test_a_long_list_ends_with_how_many_more() -> None:
    """Ten are shown; the comment has as many."""
    long = case(25)
    told = render(opening(long, long.wanted(1)))
    assert "To be asked for a review: @cy." in told
    assert told.count("A stop for a debugger") == 10
    assert "… 15 more" in told
    said = comment(long)
    assert said.count("A stop for a debugger") == 10
    assert "`tests/a.py:1`" in said


def test_a_comment_whose_findings_are_gone_says_so() -> None:
    """It stays where it is, so that nobody looks for it."""
    clean = case()
    assert clean.is_clean
    assert comment(clean).endswith("What was found before is fixed.")


def test_an_issue_is_asked_for_where_a_person_could_name_one() -> None:
    """Apps need not."""
    silent = replace(PULL, body="")
    assert "which one is it, bo?" in comment(case(pull=silent))
    assert case(pull=replace(silent, author_is_bot=True)).is_clean


def test_only_so_many_are_asked_as_are_wanted() -> None:
    """Whoever is asked already, or has answered, counts."""
    assert [each.login for each in case().wanted(2)] == ["cy", "dee"]
    asked = replace(STATE, reviewers=("cy",))
    assert [each.login for each in case(state=asked).wanted(2)] == ["dee"]
    assert case(state=asked).wanted(1) == ()
    assert case(state=asked).next_one == "dee"
    done = replace(asked, reviews=(Review("dee", "approved", NOW),), teams=("web",))
    assert case(state=done).wanted(3) == ()
    assert case(state=done).next_one == ""


def test_a_reminder_names_who_is_asked() -> None:
    """Or says that nobody is."""
    told = render(reminder(case(state=replace(STATE, reviewers=("cy", "dee"))), 8))
    assert "@cy, @dee: " in told
    assert "waits for 8 work hours" in told
    assert "Nobody is asked: " in render(reminder(case(), 8))


def test_the_end_tells_how_long_it_waited_and_what_was_before() -> None:
    """In hours of work; each reviewer with the last word."""
    words = (Review("cy", "changes_requested", NOW + timedelta(hours=3)), Review("dee", "approved"))
    over = case(state=replace(STATE, state="merged", reviews=words))
    over = over._replace(now=over.now.__class__("merged", "", over.now.state))
    report = finished(over, "UTC", 1, "It is over.", Baseline(NOW, {"waited": 5.0}))
    told = render(report)
    assert (report.title, report.tone, report.data) == (
        "#7 is merged",
        "good",
        {"waited": 3.0, "rounds": 1},
    )
    assert "after 3 work hours (the one before: 5)" in told
    assert "1 with 2 reviewers" in told
    assert "@cy: changes requested" in told
    alone = finished(case(), "UTC", 0, "I stop.", Baseline(NOW, {"waited": None}))
    assert "Nobody reviewed it." in render(alone)
    assert alone.tone == "warn"


def test_a_remark_is_harmless_unless_it_says_otherwise() -> None:
    """Those that do harm come first and make a change risky."""
    assert not Remark("a.py", 1, "Odd", "look").harmful
    assert case(1).risk.level == "high"
