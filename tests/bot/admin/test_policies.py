"""Policies are read in words, and changed by an admin who can take that back."""

from datetime import timedelta

import pytest

from flows.engine.access import Role
from flows.engine.policy import PolicySettings
from flows.engine.tools import ProjectSettings
from tests.bot.front import ZOE, Front
from tests.bot.lab import ADA, CAT

SHOP = ProjectSettings(
    "acme/shop", channels=["slack:C1"], policies={"make": PolicySettings(deadline="8h")}
)
SET = (
    "policy acme/shop make approvals=2 deadline=4h self_approval=no approve=admin "
    'freezes="fri 16:00 - mon 08:00; 2026-12-24 - 2027-01-02 Europe/Berlin"'
)


async def test_a_policy_is_set_and_taken_back(front: Front) -> None:
    """Each setting with what it was; what FLOWBOT_PROJECTS says holds again then."""
    await change(front)


async def test_the_same_on_postgresql(postgres_front: Front) -> None:
    """Word by word."""
    await change(postgres_front)


async def change(front: Front) -> None:
    """Set a policy, look at it, and take it back."""
    await front.set(SHOP)

    told = await front.say(SET, ZOE)

    assert told.startswith(
        "The policy of make in acme/shop: approvals is now 2, and was what the flow itself asks "
        "for; deadline is now 4h, and was 8h; "
    )
    assert (await front.settings()).policies["make"] == PolicySettings(
        approvals=2,
        deadline="4h",
        self_approval=False,
        approve=Role.ADMIN,
        freezes=["fri 16:00 - mon 08:00 UTC", "2026-12-24 - 2027-01-02 Europe/Berlin"],
    )
    shown = await front.say("policy make", CAT)
    assert "Approved by 2 people with the role admin, not who asked" in shown
    assert "A plan waits 4 h, then it counts as declined" in shown
    assert "fri 16:00 - mon 08:00 UTC; 2026-12-24 - 2027-01-02 Europe/Berlin (not now)" in shown
    assert "Chosen in chat: " in shown
    await front.say(SET, ZOE)
    assert not front.buttons
    await front.say("undo-change 1", ZOE)
    assert await front.settings() == SHOP
    await front.say(SET, ZOE)
    told = await front.say("policy acme/shop make reset", ZOE)
    assert "what was chosen in chat is gone (" in told
    assert await front.settings() == SHOP
    await front.press("Undo", ZOE)
    assert (await front.settings()).policies["make"].approvals == 2
    await front.say("policy make reset", ZOE)
    assert "nothing has changed" in await front.say("policy make reset", ZOE)


async def test_all_flows_have_a_policy_together(front: Front) -> None:
    """What is set for one of them counts more."""
    await front.set(SHOP)
    assert "each flow has its own policy" in await front.say("policy all")
    told = await front.say("policy all approvals=0 max_running=3 auto_approve='Make *'", ZOE)
    assert told.startswith(
        "All flows in acme/shop: approvals is now 0, and was what the flow itself asks for; "
    )
    shown = await front.say("policy acme/shop all")
    assert "approvals 0" in shown
    assert "max_running 3" in shown
    shown = await front.say("policy acme/shop")
    assert "make maintainer nobody: plans are applied at once 8 h never" in shown
    assert "Only look, for viewers and up: ask, choose, look." in shown
    full = await front.say("policy make")
    assert "Of all flows at a time 3 runs" in full
    assert "No yes needed for Make *" in full
    await front.say("policy all max_running=none approvals=default auto_approve=none", ZOE)
    assert (await front.settings()).policies["*"] == PolicySettings(auto_approve=[])
    assert "auto_approve none" in await front.say("policy acme/shop all")
    assert "Run by viewer and up" in await front.say("policy look")


async def test_a_freeze_that_holds_is_told(front: Front) -> None:
    """With its end."""
    await front.set(SHOP)
    until = front.clock() + timedelta(days=1)
    words = f"{front.clock():%Y-%m-%d} - {until:%Y-%m-%d} UTC"
    await front.say(f'policy make freezes="{words}" max_running=1 self_approval=yes', ZOE)
    assert f"{words} (frozen until " in await front.say("policy make")
    assert "frozen until" in await front.say("policy")
    assert "also who asked" in await front.say("policy")
    assert "At a time 1 run " in await front.say("policy make")
    await front.say("policy make freezes=none deadline=none", ZOE)
    assert "A plan waits without end" in await front.say("policy make")


async def test_only_an_admin_changes_a_policy(front: Front) -> None:
    """Also when it is taken back."""
    await front.set(SHOP)
    told = await front.say("policy make approvals=0", ADA)
    assert told == "Setting a policy needs the role admin in acme/shop; yours is maintainer."
    await front.say("policy make approvals=3", ZOE)
    assert "needs the role admin" in await front.press("Undo", ADA)
    assert (await front.settings()).policies["make"].approvals == 3


@pytest.mark.parametrize(
    ("setting", "told", "mark"),
    [
        ("aprovals=2", "did you mean approvals?", "^^^^^^^^"),
        ("fish=2", "it has run, approve, cancel", "^^^^"),
        ("approvals", "Say what approvals should be. Example: approvals=2", "^^^^^^^^^"),
        ("approvals=two", "take a whole number", "^^^"),
        ("approvals=99", "take a whole number from 0 to 20", "^^"),
        ("deadline=soon", "“soon” is no length of time", "^^^^"),
        ("freezes=weekends", "is no freeze", "^^^^^^^^"),
        ("self_approval=maybe", "take yes, true, no, false", "^^^^^"),
        ("approve=king", "take viewer, operator, maintainer, admin", "^^^^"),
    ],
)
async def test_what_does_not_fit_is_marked(
    front: Front, setting: str, told: str, mark: str
) -> None:
    """With a right example; nothing changes."""
    await front.set(SHOP)
    said = await front.say(f"policy acme/shop make {setting}", ZOE)
    assert told in said
    assert f" {mark}" in said
    assert "Example: " in said
    assert await front.settings() == SHOP


async def test_unknown_flows_are_marked(front: Front) -> None:
    """With what may have been meant."""
    await front.set(SHOP)
    assert "Did you mean make?" in await front.say("policy acme/shop mak")
    assert "Example: /flow policy" in await front.say("policy acme/shop fish")
