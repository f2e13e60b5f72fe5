"""Rules turn settings into who somebody is, and what a flow asks of them."""

from dataclasses import replace

import pytest

from bot.chat import Actor
from bot.rules import Rules
from flows.engine.access import Role
from flows.engine.policy import Policy, PolicySettings
from flows.engine.registry import find
from flows.engine.tools import ProjectSettings

NOWHERE = ProjectSettings("")
API = ProjectSettings(
    "acme/api",
    policies={"*": PolicySettings(approvals=2), "release": PolicySettings(self_approval=False)},
    roles={"slack:U2": Role.VIEWER, "slack:U4": Role.ADMIN, "*": Role.VIEWER},
)
RULES = Rules(
    admins={"slack:U1"},
    maintainers={"slack:U1", "slack:U2", "slack:U5"},
    default=Role.OPERATOR,
    self_approval=True,
    page_url="https://flowbot.example",
)


@pytest.mark.parametrize(
    ("actor", "role"),
    [
        (Actor("slack", "U1", "ada"), Role.ADMIN),
        (Actor("slack", "U2", "ben"), Role.MAINTAINER),
        (Actor("slack", "U3", "cat"), Role.OPERATOR),
        (Actor("discord", "U1", "ada"), Role.OPERATOR),
        (Actor("terminal", "dan", "dan"), Role.ADMIN),
        (Actor("slack", "terminal:x", "eve"), Role.OPERATOR),
        (Actor("github", "ada", "ada"), Role.VIEWER),
        (Actor("github", "ada", "ada", "acme/api"), Role.VIEWER),
    ],
)
def test_people_have_the_role_of_their_platform_and_id(actor: Actor, role: Role) -> None:
    """Never by the name that they show, and each platform by itself."""
    subject = RULES.subject(actor, NOWHERE)

    assert subject.role == role
    assert subject.id == f"{actor.platform}:{actor.id}"
    assert subject.at_terminal == (actor.platform == "terminal")


@pytest.mark.parametrize(
    ("person", "role"),
    [("U1", "admin"), ("U2", "viewer"), ("U3", "viewer"), ("U4", "admin"), ("U5", "maintainer")],
)
def test_a_project_has_its_own_roles(person: str, role: str) -> None:
    """Its word on a person counts first; its word on everybody counts for who is named nowhere."""
    assert RULES.subject(Actor("slack", person, "x"), API).role == role


def test_an_admin_of_the_installation_is_one_everywhere() -> None:
    """Whatever a project says: somebody has to be able to mend it."""
    locked = ProjectSettings("acme/api", roles={"slack:U1": Role.VIEWER})

    assert RULES.subject(Actor("slack", "U1", "ada"), locked).role == Role.ADMIN


def test_help_is_for_the_most_that_somebody_may_do_anywhere() -> None:
    """A flow that they may run in one project is not hidden from them."""
    cat, dan = Actor("slack", "U3", "cat"), Actor("slack", "U4", "dan")

    assert RULES.highest(cat, [API]) == Role.OPERATOR
    assert RULES.highest(dan, [API]) == Role.ADMIN
    assert RULES.highest(dan, []) == Role.OPERATOR


def test_the_policy_of_a_flow_is_its_own_and_the_settings() -> None:
    """Role and approvals come from the decorator, self-approval from the installation."""
    release = find("release")
    assert release is not None

    expected = Policy(
        run=Role.MAINTAINER,
        cancel=Role.MAINTAINER,
        approvals=release.approvals,
        self_approval=True,
    )
    assert RULES.policy(release, NOWHERE) == expected


def test_a_project_sets_the_policy_of_its_flows() -> None:
    """What it sets for one, then what it sets for all."""
    release = find("release")
    assert release is not None

    policy = RULES.policy(release, API)

    assert (policy.approvals, policy.self_approval) == (2, False)


def test_a_run_has_an_address() -> None:
    """The page is always complete."""
    assert RULES.url("abc") == "https://flowbot.example/runs/abc"


def test_who_comments_on_github_has_a_role_where_they_may_write() -> None:
    """A role by name counts more; it is nobody's in another repository."""
    shop = ProjectSettings("acme/shop", roles={"github:bo": Role.ADMIN})
    writer, bo = Actor("github", "ada", "ada", "acme/shop"), Actor("github", "bo", "bo")

    assert RULES.subject(writer, shop).role == Role.OPERATOR
    assert RULES.subject(writer, API).role == Role.VIEWER
    assert RULES.subject(Actor("github", "ada", "ada"), shop).role == Role.VIEWER
    assert RULES.subject(bo, shop).role == Role.ADMIN
    assert [RULES.knows(each, shop) for each in (bo, writer)] == [True, False]
    assert RULES.knows(Actor("slack", "U1", "ada"), shop)
    spelt = replace(RULES, admins=frozenset({"github:Cy-K"}))
    assert spelt.subject(Actor("github", "cy-k", "Cy-K"), API).role == Role.ADMIN


def test_what_a_flow_calls_free_needs_no_yes() -> None:
    """Unless the project names what is free by itself."""
    release = find("release")
    assert release is not None
    freed = replace(release, free=("Keep *",))
    policy = RULES.policy(freed, NOWHERE)
    assert policy.approvals_for(["Keep it"]) == 0
    assert policy.approvals_for(["Keep it", "Tag it"]) == 1
    strict = ProjectSettings("acme/api", policies={freed.alias: PolicySettings(auto_approve=[])})
    assert RULES.policy(freed, strict).approvals_for(["Keep it"]) == 1
