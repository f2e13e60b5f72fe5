"""What all rules together come to, and how it reads where there is much of it."""

from datetime import UTC, datetime

from msgspec.structs import replace

from flows.analysis import housework
from flows.analysis.housekept import Round, report
from flows.analysis.housework import MOST, MOST_GATES, Work
from flows.analysis.patrol import Checked, Look, Scope
from flows.analysis.reviewers import Known
from flows.engine.access import Role
from flows.engine.house import SENSIBLE, HouseRules, MergeRule, RebaseRule, ReviewRule
from flows.engine.policy import Policy
from flows.report import Bullets, Report
from integrations.github import CheckRun
from integrations.github.watched import About, Verdict, Watched

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
PULL = Watched(
    number=1,
    title="Cart",
    url="u",
    author="eve",
    created_at=NOW,
    updated_at=NOW,
    spoke_at=NOW,
    is_pull=True,
    base_ref="main",
    head_sha="a1b2c3d4",
    labels=("automerge",),
    verdicts=(Verdict("bo", "approved", "a1b2c3d4"),),
    fits=True,
)
ABOUT = About("main")


def pulls(count: int, **parts: object) -> Look:
    """Return so many pull requests."""
    return Look(ABOUT, tuple(replace(PULL, number=n + 1, **parts) for n in range(count)))


def told(work: Work, look: Look, *, is_set: bool = True) -> Report:
    """Return the report of a round."""
    return report(Round("acme/shop", Scope(), look, work, work.ordered(), {}, SENSIBLE, is_set))


def entries(found: Report, title: str) -> list[str]:
    """Return a list of a report."""
    lists = [each for each in found.blocks if isinstance(each, Bullets)]
    [held] = [each for each in lists if each.title.startswith(title)]
    return ["".join(map(str, line)) for line in held.items]


def test_one_run_makes_no_more_than_github_takes() -> None:
    """The rest is for the next one, and a list says how many more there are."""
    house = HouseRules(rebase=RebaseRule(comment=False))
    look = pulls(MOST + 7, fits=False)
    found = told(housework.simple(house, look, house.kinds, NOW), look)

    assert found.summary == f"{MOST} changes to make."
    assert entries(found, "Left alone") == [
        f"7 more changes: a run makes {MOST}, the next one goes on."
    ]
    last = entries(found, f"Conflicts: {MOST}")[-1]
    assert last == f"… and {MOST - 10} more: Code(code='/flow gh acme/shop rule=rebase --dry-run')"


def test_what_is_not_known_is_left_and_told() -> None:
    """Without a guess."""
    look = pulls(2, fits=None)
    work = housework.simple(HouseRules(rebase=RebaseRule()), look, ("rebase",), NOW)
    assert (work.acts, work.notes) == (
        [],
        ["GitHub has not found out yet whether #1, #2 conflict."],
    )


def test_who_is_asked_has_less_time_for_the_next() -> None:
    """And where nobody can be asked, that is said."""
    look = pulls(2, verdicts=())
    alone = housework.unreviewed(look)
    work = housework.asked(ReviewRule(), alone, "", Known(("ada", "bo")), NOW)
    assert {each.value for each in work.acts} == {"ada", "bo"}
    nobody = housework.asked(ReviewRule(), alone[:1], "", Known(("eve",)), NOW)
    assert nobody.notes == [
        "#1: Nobody can be asked: everybody is the author, away, or has no access."
    ]


def test_only_so_many_checks_are_read_in_one_run() -> None:
    """The others have their turn with the next."""
    look = pulls(MOST_GATES + 1)
    rule = MergeRule()
    assert len(housework.ready(rule, look)) == MOST_GATES
    work = housework.merging(rule, look, [])
    assert {said for _, said in work.unmerged} == {
        "its turn to be looked at comes with the next run"
    }
    assert entries(told(work, look), "Not merged yet")[-1] == f"… and {MOST_GATES - 9} more"


def test_how_it_stands_now_counts_and_not_how_it_was_listed() -> None:
    """Somebody may have merged it, or pushed to it, since the list was read."""
    look, green = pulls(2), (CheckRun("test", "completed", "success"),)
    gone, moved = replace(PULL, is_open=False), replace(PULL, number=2, head_sha="ffff000")
    work = housework.merging(MergeRule(), look, [Checked(gone, green), Checked(moved, green)])
    assert work.acts == []
    assert [said for _, said in work.unmerged] == [
        "it needs 1 more approval; bo approved an earlier commit"
    ]


def test_nothing_to_do_is_said_as_it_is() -> None:
    """With rules, and without."""
    assert told(Work(), pulls(1)).summary == "All rules are kept."
    unset = told(Work(), pulls(1), is_set=False)
    assert unset.summary == "No rules are set; sensible ones would change nothing."


def test_a_rule_that_is_off_is_shown_as_it_would_be() -> None:
    """As are all of them where none is on."""
    house = HouseRules(rebase=RebaseRule())
    assert housework.house_of(house, "all") == (house, True)
    assert housework.house_of(house, "rebase") == (house, True)
    assert housework.house_of(house, "stale") == (HouseRules(stale=SENSIBLE.stale), False)
    assert housework.house_of(HouseRules(), "all") == (SENSIBLE, False)
    assert housework.house_of(None, "all") == (SENSIBLE, False)


def test_a_merge_is_a_plan_of_its_own() -> None:
    """What needs no yes comes before what does."""
    look = pulls(1, fits=False)
    label = housework.simple(HouseRules(rebase=RebaseRule()), look, ("rebase",), NOW).acts
    close = label[0]._replace(deed="close")
    merge = label[0]._replace(deed="merge")
    policy = Policy(Role.OPERATOR, auto_approve=("Label #*", "Comment on #*"))
    assert housework.plans([merge, close, *label], policy) == [label, [close], [merge]]
