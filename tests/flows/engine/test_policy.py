"""Policy gives one answer for every door: who may run, approve and answer."""

import itertools

import pytest

from flows.engine.access import Role
from flows.engine.policy import Policy, Subject, objection_to_answer, objection_to_run

RELEASE = Policy(run=Role.MAINTAINER)
ROLES = list(Role)


@pytest.mark.parametrize(("has", "needs"), list(itertools.product(ROLES, ROLES)))
def test_each_role_includes_the_ones_before_it(has: Role, needs: Role) -> None:
    """Viewer, operator, maintainer, admin."""
    assert has.covers(needs) == (ROLES.index(has) >= ROLES.index(needs))


def test_a_role_that_does_not_suffice_is_named_with_the_one_that_does() -> None:
    """People learn whom to ask."""
    viewer = Subject("slack:U1", Role.VIEWER)

    objection = objection_to_run(RELEASE, viewer, "release")

    assert objection == "`release` needs the role maintainer; yours is viewer."
    assert objection_to_run(RELEASE, Subject("slack:U1", Role.ADMIN), "release") == ""


def test_nobody_approves_their_own_plan() -> None:
    """Not even an admin, unless the project says so or they sit at the machine."""
    admin = Subject("slack:U1", Role.ADMIN)
    own = Policy(run=Role.MAINTAINER, self_approval=True)
    at_terminal = Subject("terminal:ada", Role.ADMIN, at_terminal=True)

    assert "somebody else" in objection_to_answer(RELEASE, admin, "slack:U1", is_plan=True)
    assert objection_to_answer(RELEASE, admin, "slack:U2", is_plan=True) == ""
    assert objection_to_answer(own, admin, "slack:U1", is_plan=True) == ""
    assert objection_to_answer(RELEASE, at_terminal, "terminal:ada", is_plan=True) == ""


def test_the_same_id_on_another_platform_is_somebody_else() -> None:
    """People are named by both."""
    admin = Subject("discord:U1", Role.ADMIN)

    assert objection_to_answer(RELEASE, admin, "slack:U1", is_plan=True) == ""


def test_a_plan_needs_the_role_that_approves_a_choice_the_one_that_runs() -> None:
    """Saying which color is not saying yes."""
    policy = Policy(run=Role.OPERATOR, approve=Role.MAINTAINER)
    operator = Subject("slack:U1", Role.OPERATOR)

    refused = objection_to_answer(policy, operator, "slack:U2", is_plan=True)
    assert refused == "Answering this needs the role maintainer; yours is operator."
    assert objection_to_answer(policy, operator, "slack:U2", is_plan=False) == ""
    assert objection_to_answer(policy, operator, "slack:U1", is_plan=False) == ""
    viewer = Subject("slack:U3", Role.VIEWER)
    assert "operator" in objection_to_answer(policy, viewer, "slack:U1", is_plan=False)
