"""Rules turn settings into who somebody is, and what a flow asks of them."""

import pytest

from bot.chat import Actor
from bot.rules import Rules
from flows.engine.access import Role
from flows.engine.policy import Policy
from flows.engine.registry import find

RULES = Rules(
    admins={"slack:U1"},
    maintainers={"slack:U1", "slack:U2"},
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
    ],
)
def test_people_have_the_role_of_their_platform_and_id(actor: Actor, role: Role) -> None:
    """Never by the name that they show, and each platform by itself."""
    subject = RULES.subject(actor)

    assert subject.role == role
    assert subject.id == f"{actor.platform}:{actor.id}"
    assert subject.at_terminal == (actor.platform == "terminal")


def test_the_policy_of_a_flow_is_its_own_and_the_settings() -> None:
    """Role and approvals come from the decorator, self-approval from the settings."""
    release = find("release")
    assert release is not None

    expected = Policy(run=Role.MAINTAINER, approvals=release.approvals, self_approval=True)
    assert RULES.policy(release) == expected


def test_a_run_has_an_address() -> None:
    """The page is always complete."""
    assert RULES.url("abc") == "https://flowbot.example/runs/abc"
