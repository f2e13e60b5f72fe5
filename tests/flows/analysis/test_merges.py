"""Why something is not merged is said in words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from flows.analysis import merges
from flows.engine.house import MergeRule
from integrations.github import CheckRun
from integrations.github.watched import Verdict, Watched

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
YES = Verdict("bo", "approved", "a1")


PULL = Watched(
    number=7,
    title="Cart",
    url="u",
    author="eve",
    created_at=NOW,
    updated_at=NOW,
    spoke_at=NOW,
    is_pull=True,
    base_ref="main",
    head_sha="a1",
    fits=True,
    status="clean",
    verdicts=(YES,),
)


def pull(**parts: object) -> Watched:
    """Return a pull request that bo has approved at its last commit, with other parts."""
    return replace(PULL, **parts)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({}, []),
        ({"draft": True}, ["it is a draft"]),
        ({"labels": ("HOLD",)}, ["the label hold holds it"]),
        ({"fits": False}, ["it conflicts with main"]),
        ({"fits": None}, ["GitHub has not found out yet whether it conflicts"]),
        ({"status": "behind"}, ["it is behind main, which asks for up-to-date branches"]),
        ({"verdicts": ()}, ["it needs 1 more approval"]),
        ({"author": "bo"}, ["it needs 1 more approval"]),
        (
            {"head_sha": "b2"},
            ["it needs 1 more approval; bo approved an earlier commit"],
        ),
        (
            {"verdicts": (YES, Verdict("cy", "changes_requested", "a0"))},
            ["cy asked for changes"],
        ),
        ({"decision": "review_required"}, ["main asks for a review by somebody else as well"]),
    ],
)
def test_what_stands_against_a_merge(parts: dict[str, Any], said: list[str]) -> None:
    """What is not known is no yes."""
    assert [each.said for each in merges.bars(MergeRule(), pull(**parts))] == said


def test_approvals_count_as_the_project_says() -> None:
    """Two of them, none, or those of an earlier commit as well."""
    old = pull(head_sha="b2")
    [two] = merges.bars(MergeRule(approvals=2), pull())
    assert (two.said, two.waits) == ("it needs 1 more approval", True)
    assert not merges.bars(MergeRule(approvals=0), pull(verdicts=()))
    assert not merges.bars(MergeRule(old_approvals=True), old)


def run(name: str, conclusion: str = "success") -> CheckRun:
    """Return a check, "" while it runs."""
    return CheckRun(name, "completed" if conclusion else "in_progress", conclusion)


@pytest.mark.parametrize(
    ("wanted", "checks", "parts", "said"),
    [
        ([], [run("test"), run("lint", "skipped")], {}, []),
        ([], [], {}, ["it has no check that is green"]),
        ([], [run("test", "failure"), run("lint", "")], {}, ["test failed", "lint not done yet"]),
        (["test"], [run("test"), run("lint", "failure")], {}, []),
        (["test"], [run("lint")], {}, ["test not begun yet"]),
        (
            [],
            [run(f"t{n}", "failure") for n in range(7)],
            {},
            ["t0, t1, t2, t3, t4 and 2 more failed"],
        ),
        ([], [run("t")], {"status": "blocked"}, ["the rules of main ask for more than is there"]),
    ],
)
def test_checks_have_to_be_green(
    wanted: list[str], checks: list[CheckRun], parts: dict[str, Any], said: list[str]
) -> None:
    """Those that are named, or all that there are, and then at least one."""
    rule = MergeRule(checks=wanted)
    assert [each.said for each in merges.check_bars(rule, pull(**parts), checks)] == said


@pytest.mark.parametrize(
    ("rule", "parts", "meant"),
    [
        (MergeRule(), {}, False),
        (MergeRule(), {"labels": ("AutoMerge",)}, True),
        (MergeRule(label=""), {}, True),
        (MergeRule(label=""), {"base_ref": "release/1"}, False),
        (MergeRule(label="", bases=["release/*"]), {"base_ref": "release/1"}, True),
    ],
)
def test_a_rule_is_about_a_label_and_branches(
    rule: MergeRule, parts: dict[str, Any], *, meant: bool
) -> None:
    """The default branch unless others are named."""
    assert merges.is_meant(rule, pull(**parts), "main") == meant
