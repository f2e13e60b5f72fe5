"""People see who may do what, and give roles, never more than they have themselves."""

from dataclasses import replace

import pytest

from bot.admin.office import Office
from bot.admin.roles import Roles
from bot.chat import Actor
from bot.grammar import Verb
from bot.replies import Say
from flows.engine.access import Role
from flows.engine.tools import ProjectSettings
from tests.bot.front import ZOE, Front
from tests.bot.lab import ADA, BEN, CAT, HERE, RULES

SHOP = ProjectSettings(
    "acme/shop", channels=["slack:C1"], roles={"slack:U7": Role.ADMIN, "*": Role.OPERATOR}
)
DAN = Actor("slack", "U7", "dan")  # an admin of acme/shop


async def test_a_role_is_given_and_taken_back(front: Front) -> None:
    """The answer says what it was; in the channel of a project, its name can be left out."""
    await give(front)


async def test_the_same_on_postgresql(postgres_front: Front) -> None:
    """Word by word."""
    await give(postgres_front)


async def give(front: Front) -> None:
    """Give a role, take it back, and give it once more by another name."""
    await front.set(SHOP)
    await front.meet(CAT, DAN)

    assert (
        await front.say("role <@U3|cat> maintainer") == "cat in acme/shop: operator → maintainer."
    )
    assert await front.press("Undo", BEN) == "Taken back: cat in acme/shop: operator → maintainer."
    assert "slack:U3" not in (await front.settings()).roles
    await front.say("role @cat maintainer acme/shop")
    assert (await front.settings()).roles["slack:U3"] is Role.MAINTAINER
    assert "nothing has changed" in await front.say("role slack:U3 maintainer")
    assert "nothing has changed" in await front.say("role maintainer @cat")
    assert "nothing has changed" in await front.say("role @cat as maintainer in acme/shop")

    shown = await front.say("roles", CAT)
    assert "You are maintainer." in shown
    assert "dan admin set for acme/shop" in shown
    assert "cat maintainer set for acme/shop, chosen in chat" in shown
    assert "U9 on Slack admin an admin everywhere" in shown
    assert "ada maintainer a maintainer everywhere" in shown
    assert "role @cat king" in await front.say("role <@U3|cat> king")
    await front.meet(Actor("discord", "7", "cat"))
    await front.say("role discord:7 operator")
    shown = await front.say("roles", CAT)
    assert "cat on Discord operator" in shown
    assert "cat on Slack maintainer" in shown
    assert "everybody else operator set for acme/shop" in shown


@pytest.mark.parametrize(
    ("typed", "by", "told"),
    [
        ("role slack:U4 admin", ADA, "your role is maintainer, so you can give that at most"),
        ("role slack:U1 admin", ADA, "Nobody can raise themselves"),
        (
            "role slack:U3 operator",
            CAT,
            "needs the role maintainer in acme/shop; yours is operator",
        ),
        ("role slack:U7 viewer", ADA, "dan is admin: only somebody with that role can change it"),
        ("role slack:U7 none", ADA, "dan is admin: only somebody with that role can change it"),
        ("role everybody admin", ADA, "your role is maintainer"),
        ("role slack:U9 viewer", ADA, "FLOWBOT_ADMINS says who is"),
    ],
)
async def test_nobody_gives_more_than_they_have(
    front: Front, typed: str, by: Actor, told: str
) -> None:
    """Nor takes from somebody above them; it is audited."""
    await front.set(SHOP)
    await front.meet(DAN)

    assert told in await front.say(typed, by)
    assert await front.settings() == SHOP
    is_refusal = front.kind == "forbidden"
    assert len([row for row in await front.audited() if row[1] == "refused"]) == is_refusal


async def test_taking_a_role_back_is_asked_about_again(front: Front) -> None:
    """Who may not give it by now, may not bring it back either."""
    await front.set(SHOP)
    await front.say("role slack:U7 viewer", ZOE)
    await front.press("Do it", ZOE)
    told = await front.press("Undo", ADA)
    assert told == "That is too much: your role is maintainer, so you can give that at most."
    assert await front.say("undo-change 1", CAT) == (
        "Taking this back needs the role maintainer in acme/shop; yours is operator."
    )
    await front.say("undo-change 1", ZOE)
    assert (await front.settings()).roles["slack:U7"] is Role.ADMIN


async def test_a_project_asks_before_its_last_admin_goes(front: Front) -> None:
    """Somebody has to say yes, since only the installation's are left then."""
    await front.set(SHOP)
    told = await front.say("role slack:U7 none", DAN)
    assert "dan is the last admin that acme/shop has of its own" in told
    assert (await front.settings()).roles["slack:U7"] is Role.ADMIN
    assert await front.press("Do it", DAN) == "dan in acme/shop: admin → operator."
    assert "slack:U7" not in (await front.settings()).roles


async def test_everybody_is_a_role_too(front: Front) -> None:
    """To make everybody an admin is asked about."""
    await front.set(SHOP)
    assert await front.say("role everybody viewer") == (
        "Everybody else in acme/shop: operator → viewer."
    )
    assert "chosen in chat" in await front.say("roles acme/shop")
    assert "Everybody can do everything in acme/shop" in await front.say("role all admin", ZOE)
    assert (await front.settings()).roles["*"] is Role.VIEWER


@pytest.mark.parametrize(
    ("typed", "told", "mark"),
    [
        ("role", "Needs the role maintainer", ""),
        ("role @cat", "Say who gets which role (viewer, operator, maintainer, admin)", "^^^^"),
        ("role @cat maintainer", "I know nobody called “@cat” here", "^^^^"),
        ("role slack:U3 mantainer", "did you mean maintainer?", "^^^^^^^^^"),
        ("role @- viewer", "is nobody's name: name a person as @ada", "^^"),
        ("role slack:U3 king", "take viewer, operator, maintainer, admin or none", "^^^^"),
        ("role slack:U3 viewer acme/nothing", "I know no project", "^^^^"),
        ("roles acme/nothing", "I know no project", "^^^^"),
    ],
)
async def test_what_makes_no_sense_gets_a_helpful_answer(
    front: Front, typed: str, told: str, mark: str
) -> None:
    """With a mark under the word; nothing changes."""
    await front.set(SHOP)
    said = await front.say(typed, ZOE)
    assert told in said
    assert mark in said
    assert await front.audited() == []


async def test_roles_everywhere_are_told_without_a_project(front: Front) -> None:
    """Where the channel is about none."""
    shown = await front.say("roles", CAT)
    assert "You are viewer." in shown
    assert "everybody else viewer as everywhere" in shown


async def test_the_last_admin_cannot_go(front: Front) -> None:
    """Where the installation has none either, somebody else has to be one first."""
    await front.set(SHOP)
    nobody = replace(RULES, admins=frozenset())
    desk = Roles(Office(front.database, nobody, front.clock))

    async def give(*words: str) -> Say:
        return await desk.answer(Verb("role", words), DAN, HERE, "key")

    said = await give("slack:U7", "viewer", "--yes")
    assert said.report.summary == (
        "U7 on Slack is the last admin of acme/shop: make somebody else one first."
    )
    assert (await give("slack:U3", "admin")).kind == "answer"
    assert (await give("slack:U7", "viewer")).kind == "answer"
    assert (await front.settings()).roles["slack:U7"] is Role.VIEWER
