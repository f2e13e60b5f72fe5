"""Each rule says of one thing what it wants, and why."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from flows.analysis import upkeep
from flows.engine.house import BranchRule, GreetRule, LabelRule, RebaseRule, StaleRule
from integrations.github.watched import BranchPull, HeadBranch, Watched

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)


def thread(days: float = 1, **parts: object) -> Watched:
    """Return a pull request that was opened, and last touched, so many days ago."""
    at = NOW - days * DAY
    made = Watched(7, "fix: totals", "u", "eve", at, at, at, is_pull=True)
    return replace(made, **parts)


def wants(found: list[upkeep.Act]) -> list[str]:
    """Return what the changes are called."""
    return [each.title for each in found]


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (LabelRule("bug", titles=["feat:*", "FIX:*"]), "its title fits FIX:*"),
        (LabelRule("docs", paths=["docs/**"]), "it changes docs/a/b.md, which fits docs/**"),
        (LabelRule("top", paths=["*.md"]), ""),
        (LabelRule("Has", paths=["**"]), ""),
    ],
)
def test_labels_go_by_title_and_path(rule: LabelRule, why: str) -> None:
    """In capitals or not; one that is there is not put on again."""
    found = upkeep.labels([rule, rule], thread(paths=("x.py", "docs/a/b.md"), labels=("has",)))
    assert [each.why for each in found] == ([why] if why else [])


RULE = StaleRule(warn=10, close=5)
WARNED = {"labels": ("stale",), "ours_at": NOW - 8 * DAY, "updated_at": NOW - 8 * DAY}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (thread(13), []),  # nine days of work: two week-ends do not count
        (thread(14), ["Label #7 stale", "Comment on #7: stale"]),
        (thread(30, labels=("Security",)), []),
        (thread(30, locked=True), []),
        (thread(30, **WARNED), ["Close #7"]),
        (thread(30, **{**WARNED, "labels": ("stale", "pinned")}), ["Take stale off #7"]),
        (thread(30, **{**WARNED, "updated_at": NOW - DAY}), ["Take stale off #7"]),
        (thread(30, **{**WARNED, "ours_at": NOW - 3 * DAY, "updated_at": NOW - 3 * DAY}), []),
        # Somebody took the label off: it counts from then on.
        (thread(30, ours_at=NOW - 8 * DAY, updated_at=NOW - 2 * DAY), []),
        # The last change was a comment of ours, so it is what others said before that counts.
        (thread(30, ours_at=NOW, updated_at=NOW), ["Label #7 stale", "Comment on #7: stale"]),
        (thread(30, spoke_at=NOW - DAY, ours_at=NOW, updated_at=NOW), []),
        # Somebody else has put the label on.
        (thread(30, labels=("stale",)), ["Close #7"]),
    ],
)
def test_what_nothing_happens_to_is_warned_and_closed(given: Watched, expected: list[str]) -> None:
    """In days of work; whatever somebody does takes the label off."""
    assert wants(upkeep.stale(RULE, given, NOW)) == expected


def test_a_warning_says_what_comes_and_when() -> None:
    """Where nothing is closed it says that; each quiet time has a warning of its own."""
    ends = upkeep.stale(RULE, thread(14), NOW)[1]
    stays = upkeep.stale(StaleRule(warn=10, close=0), thread(14), NOW)[1]
    assert ends.text.endswith("Otherwise it is closed after 2026-03-09.")
    assert stays.text.endswith("takes the label stale off again.")
    assert ends.value == "stale since 2026-02-16T12:00:00+00:00"
    assert ends.why == "nothing happened for 10 days of work, since 2026-02-16"
    kept = StaleRule(warn=1, pulls=False), StaleRule(warn=1, close=0)
    assert not upkeep.stale(kept[0], thread(30), NOW)
    assert not upkeep.stale(kept[1], thread(30, **WARNED), NOW)
    assert not upkeep.stale(StaleRule(issues=False), thread(90, is_pull=False), NOW)


@pytest.mark.parametrize(
    ("fits", "labels", "expected"),
    [
        (False, (), ["Label #7 needs-rebase", "Comment on #7: rebase"]),
        (False, ("Needs-Rebase",), []),
        (True, ("needs-rebase",), ["Take needs-rebase off #7", "Delete the comment on #7: rebase"]),
        (True, (), []),
        (None, (), []),
        (None, ("needs-rebase",), []),
    ],
)
def test_what_conflicts_is_told_once(
    fits: bool | None, labels: tuple[str, ...], expected: list[str]
) -> None:
    """What GitHub does not know yet is left as it is."""
    pull = thread(fits=fits, labels=labels, base_ref="main")
    assert wants(upkeep.rebase(RebaseRule(), pull)) == expected
    assert wants(upkeep.rebase(RebaseRule(comment=False), pull)) == expected[:1]


@pytest.mark.parametrize(
    ("given", "new"),
    [
        (thread(association="FIRST_TIME_CONTRIBUTOR"), True),
        (thread(association="FIRST_TIMER", is_pull=False), True),
        (thread(association="NONE", is_pull=False), True),
        (thread(association="NONE"), False),
        (thread(association="MEMBER"), False),
        (thread(5, association="FIRST_TIMER"), False),
        (thread(association="FIRST_TIMER", author_is_bot=True), False),
        (thread(association="FIRST_TIMER", ours_at=NOW), False),
    ],
)
def test_only_who_is_new_is_greeted(given: Watched, *, new: bool) -> None:
    """Once, soon, and no bot."""
    rule = GreetRule(pulls="Hello {author} of {repo}", issues="Hi")
    assert upkeep.is_new(rule, given, NOW) == new
    assert not upkeep.is_new(GreetRule(), given, NOW)
    assert upkeep.greet(rule, given, "acme/shop", 3) == []
    [act] = upkeep.greet(rule, given, "acme/shop", 7)
    assert act.text == ("Hello eve of acme/shop" if given.is_pull else "Hi")


def branch(
    name: str = "cart", *, sha: str = "a1", protected: bool = False, state: str = "merged"
) -> HeadBranch:
    """Return a branch with one pull request that had the commit a1."""
    pulls = (BranchPull(7, "Cart", "u", "eve", state, "a1", "main", NOW),)
    return HeadBranch(name, sha, protected, pulls)


@pytest.mark.parametrize(
    ("given", "stays"),
    [
        (branch(), ""),
        (branch(protected=True), "cart: it is protected"),
        (branch("release/1"), "release/1: release/* keeps it"),
        (branch(sha="b2"), "cart: it has commits that #7 did not have"),
        (branch("next"), "next: an open pull request needs it"),
        (
            HeadBranch("cart", "a1", False, (*branch(state="open").pulls, *branch().pulls)),
            "cart: #7 still needs it",
        ),
    ],
)
def test_a_merged_branch_goes_unless_something_keeps_it(given: HeadBranch, stays: str) -> None:
    """And it is said what."""
    found, said = upkeep.branches(BranchRule(keep=["release/*"]), given, "main", {"next"})
    assert said == stays
    assert wants(found) == ([] if stays else ["Delete the branch cart"])
    assert [each.sha for each in found] == ([] if stays else ["a1"])


@pytest.mark.parametrize("given", [branch("main"), branch(state="closed"), HeadBranch("x", "a")])
def test_what_was_not_merged_is_no_merged_branch(given: HeadBranch) -> None:
    """Nor is the default branch."""
    assert upkeep.branches(BranchRule(), given, "main", ()) == ([], "")
