"""Policy gives one answer for every door: who may run, approve, answer, cancel, and when."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from flows.engine.access import Role
from flows.engine.freezes import freeze
from flows.engine.policy import (
    Act,
    Case,
    Policy,
    PolicySettings,
    Subject,
    names,
    objection,
    policy_of,
    who_approves,
)
from flows.report import spoken

RELEASE = Policy(run=Role.MAINTAINER)
ROLES = list(Role)
WEDNESDAY = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
SUNDAY = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
CASE = Case("release", "slack:U1", WEDNESDAY, asker="ada")
ADMIN = Subject("slack:U9", Role.ADMIN)
WEEKENDS = replace(RELEASE, freezes=(freeze("Fri 16:00 - Mon 08:00 Europe/Berlin"),))


@pytest.mark.parametrize(("has", "needs"), list(itertools.product(ROLES, ROLES)))
def test_each_role_includes_the_ones_before_it(has: Role, needs: Role) -> None:
    """Viewer, operator, maintainer, admin."""
    assert has.covers(needs) == (ROLES.index(has) >= ROLES.index(needs))


@pytest.mark.parametrize(
    ("act", "says"),
    [
        ("run", "`release` needs the role maintainer; yours is viewer."),
        ("approve", "Answering this needs the role maintainer; yours is viewer."),
        ("answer", "Answering this needs the role maintainer; yours is viewer."),
        (
            "cancel",
            "Cancelling somebody else's `release` needs the role operator; yours is viewer.",
        ),
        ("lift", "Lifting a freeze needs the role admin; yours is viewer."),
        ("lock", "Locking release needs the role operator; yours is viewer."),
        ("unlock", "Taking off somebody else's lock needs the role maintainer; yours is viewer."),
        ("steal", "Taking release from who holds it needs the role maintainer; yours is viewer."),
    ],
)
def test_a_role_that_does_not_suffice_is_named_with_the_one_that_does(act: Act, says: str) -> None:
    """People learn whom to ask."""
    assert objection(RELEASE, Subject("slack:U2", Role.VIEWER), act, CASE) == says
    assert objection(RELEASE, ADMIN, act, CASE) == ""


def test_nobody_approves_their_own_plan() -> None:
    """Not even an admin, unless the project says so or they sit at the machine."""
    own = replace(CASE, asked_by=ADMIN.id)
    at_terminal = Subject("terminal:ada", Role.ADMIN, at_terminal=True)

    assert "somebody else" in objection(RELEASE, ADMIN, "approve", own)
    assert objection(RELEASE, ADMIN, "approve", CASE) == ""
    assert objection(replace(RELEASE, self_approval=True), ADMIN, "approve", own) == ""
    assert objection(RELEASE, at_terminal, "approve", replace(CASE, asked_by=at_terminal.id)) == ""


def test_the_same_id_on_another_platform_is_somebody_else() -> None:
    """People are named by both."""
    other = Subject("discord:U1", Role.ADMIN)

    assert objection(RELEASE, other, "approve", CASE) == ""


def test_a_plan_needs_the_role_that_approves_a_choice_the_one_that_runs() -> None:
    """Saying which color is not saying yes."""
    policy = Policy(run=Role.OPERATOR, approve=Role.MAINTAINER)
    operator = Subject("slack:U2", Role.OPERATOR)

    assert "maintainer" in objection(policy, operator, "approve", CASE)
    assert objection(policy, operator, "answer", CASE) == ""
    assert objection(policy, Subject("slack:U1", Role.OPERATOR), "answer", CASE) == ""


def test_who_may_run_it_may_cancel_their_own() -> None:
    """Somebody else's takes the role that the project names."""
    policy = Policy(run=Role.VIEWER, cancel=Role.MAINTAINER)

    assert objection(policy, Subject("slack:U1", Role.VIEWER), "cancel", CASE) == ""
    assert "maintainer" in objection(policy, Subject("slack:U2", Role.OPERATOR), "cancel", CASE)


def test_in_a_freeze_nobody_approves_and_hears_until_when() -> None:
    """Saying no, and asking for runs, goes on; a freeze that was lifted is none."""
    frozen = replace(CASE, at=SUNDAY)

    refusal = objection(WEEKENDS, ADMIN, "approve", frozen)

    assert refusal.startswith(
        "Nothing is applied before Mon 9 Mar 08:00 (Europe/Berlin): a freeze. An admin can lift it"
    )
    assert objection(WEEKENDS, ADMIN, "approve", replace(frozen, lifted=True)) == ""
    assert objection(WEEKENDS, ADMIN, "approve", CASE) == ""
    assert objection(WEEKENDS, ADMIN, "answer", frozen) == ""
    assert objection(WEEKENDS, ADMIN, "run", frozen) == ""


def test_of_two_freezes_the_one_that_ends_last_counts() -> None:
    """Nobody is told a time at which they would be refused again."""
    dates = freeze("2026-03-08 - 2026-03-10 Europe/Berlin")
    both = replace(WEEKENDS, freezes=(*WEEKENDS.freezes, dates))

    assert both.frozen(SUNDAY) == dates.until(SUNDAY)
    assert both.frozen(WEDNESDAY) is None


@pytest.mark.parametrize(
    ("titles", "needed"),
    [
        (["Label #1 “stale”"], 0),
        (["Label #1 “stale”", "Close #1"], 0),
        (["Label #1 “stale”", "Tag v2"], 2),
        (["Labels"], 2),
    ],
)
def test_named_effects_need_no_yes_if_the_whole_plan_is_of_them(
    titles: list[str], needed: int
) -> None:
    """One change that is not named, and people are asked for all of it."""
    policy = replace(RELEASE, approvals=2, auto_approve=("Label #*", "Close #*"))

    assert policy.approvals_for(titles) == needed


def test_what_a_project_sets_for_a_flow_counts_before_what_it_sets_for_all() -> None:
    """And what it does not set stays as the flow has it."""
    given = {
        "*": PolicySettings(approvals=2, deadline="4 h", freezes=["2026-12-24 Europe/Berlin"]),
        "release": PolicySettings(approvals=3, freezes=[], run=Role.OPERATOR),
        "dora": PolicySettings(approvals=0),
    }

    policy = policy_of(RELEASE, "release", given)

    assert policy == Policy(run=Role.OPERATOR, approvals=3, deadline=timedelta(hours=4))
    assert policy_of(RELEASE, "health", given).approvals == 2
    assert policy_of(RELEASE, "release", {}) == RELEASE


@pytest.mark.parametrize(
    "given",
    [
        {"approvals": -1},
        {"approvals": 21},
        {"deadline": "soon"},
        {"freezes": ["weekends"]},
        {"run": "king"},
        {"aprovals": 2},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(given: dict[str, object]) -> None:
    """Where they are read, not when somebody wants to approve something."""
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, PolicySettings)


def test_the_card_says_who_may_approve_and_how_many_are_missing() -> None:
    """One sentence at first, and how far it is where it takes more than one."""
    two = replace(RELEASE, approvals=2)
    one_yes = replace(CASE, approved=["bo"], deadline=datetime(2026, 3, 4, 19, 30, tzinfo=UTC))

    assert _said(RELEASE) == ("Anybody with the role maintainer other than ada can approve.")
    assert _said(replace(RELEASE, self_approval=True)) == (
        "Anybody with the role maintainer can approve."
    )
    assert _said(two) == (
        "2 people have to approve: anybody with the role maintainer other than ada can approve."
    )
    assert _said(two, one_yes) == (
        "1 of 2: approved by bo. Anybody with the role maintainer other than ada can approve. "
        "Without that it counts as declined on 2026-03-04 19:30 UTC."
    )
    assert "Nothing is applied before Mon 9 Mar" in _said(WEEKENDS, replace(CASE, at=SUNDAY))


def _said(policy: Policy, case: Case = CASE) -> str:
    return "".join(map(spoken, who_approves(policy, case)))


def test_names_are_listed_as_people_say_them() -> None:
    """With one “and”."""
    assert [names(["a", "b", "c"][:count]) for count in range(4)] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_an_own_lock_is_let_go_by_who_may_lock() -> None:
    """That of somebody else takes a maintainer."""
    own, other = Case("x", "slack:U1", WEDNESDAY), Case("x", "slack:U2", WEDNESDAY)
    ada = Subject("slack:U1", Role.OPERATOR)

    assert objection(RELEASE, ada, "unlock", own) == ""
    assert "needs the role maintainer" in objection(RELEASE, ada, "unlock", other)
    viewer = Subject("slack:U1", Role.VIEWER)
    assert objection(RELEASE, viewer, "unlock", own) == (
        "Unlocking needs the role operator; yours is viewer."
    )


def test_a_limit_for_all_counts_all_together() -> None:
    """It is no limit of each flow; a flow's own limit stays beside it."""
    own = replace(RELEASE, max_running=3)
    given = {"*": PolicySettings(max_running=5), "dora": PolicySettings(max_running=2)}

    policy = policy_of(own, "release", given)
    assert (policy.max_running, policy.all_running) == (3, 5)
    policy = policy_of(own, "dora", given)
    assert (policy.max_running, policy.all_running) == (2, 5)
    policy = policy_of(own, "dora", {})
    assert (policy.max_running, policy.all_running) == (3, None)
    with pytest.raises(msgspec.ValidationError, match=">= 1"):
        msgspec.convert({"max_running": 0}, PolicySettings)
