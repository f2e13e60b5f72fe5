"""Guests: people of another workspace do nothing here, and prove nothing by their address."""

import pytest

from bot.pressing import typing
from bot.slack.buttons import actions
from bot.slack.guests import NOT_FOR_GUESTS, home_of, is_of
from bot.slack.profiles import SlackProfiles
from integrations.emulators.slack import acts
from integrations.emulators.slack.model import TEAM
from tests.bot.slack.desk import Office

OTHER = "T0OTHER001"


async def test_a_guest_asks_for_nothing_and_is_told(office: Office) -> None:
    """Neither by words nor by a button, a menu or a form; who shares the channel still may."""
    world = office.world
    await world.slash("bo", "dev", "/flow release")
    modal = world.modal("bo")
    assert modal is not None
    eve = world.user("bo")
    eve.team = OTHER

    said = await world.say("bo", "dev", "@flowbot dora")
    await acts.use_shortcut(world, "bo", said, "bug-fix-workflow:create-bug")
    await world.say("bo", "dev", "!flow dora")
    sent = await office.chat.client.chat_postMessage(
        channel=world.space.channel("dev").id, text="x", blocks=actions([typing("dora")])
    )
    await world.press("bo", str(sent["ts"]), "dora")
    errors = await world.submit("bo", modal, {"repo": "acme/shop"})
    await world.until(lambda: len(world.whispers("bo")) == 4)

    told = {world.plain(each) for each in world.whispers("bo")}
    assert told == {f"⚠️ {NOT_FOR_GUESTS.summary}"}
    assert errors == {"repo": NOT_FOR_GUESTS.summary}
    assert [asked.text for asked in office.desk.asked] == ["release"]
    assert (office.desk.filled, office.desk.used) == ([], [])

    await world.say("bo", "dev", "talk among people")
    await world.press("ada", str(sent["ts"]), "dora")
    assert [asked.by.name for asked in office.desk.asked[1:]] == ["Ada"]
    assert len(world.whispers("bo")) == 4


async def test_whom_slack_does_not_show_is_a_guest(office: Office) -> None:
    """A press that may be somebody's of another company counts only once that is known."""
    world = office.world
    sent = await office.chat.client.chat_postMessage(
        channel=world.space.channel("dev").id, text="x", blocks=actions([typing("dora")])
    )
    world.user("bo").team = OTHER
    world.fail("users.info", error="internal_error", times=2)
    await world.press("bo", str(sent["ts"]), "dora")
    assert office.desk.asked == []


async def test_the_address_of_a_guest_proves_nothing(office: Office) -> None:
    """Whoever runs another workspace may write anybody's address there."""
    world = office.world
    bo, profiles = world.user("bo"), SlackProfiles(office.chat)
    assert (await profiles.profile(bo.id)).email == bo.email
    bo.team = OTHER
    found = await profiles.profile(bo.id)
    assert (found.name, found.email) == (bo.real_name, "")


@pytest.mark.parametrize(
    ("body", "home"),
    [
        ({"event": {"user_team": "T1"}}, ""),
        ({"event": {"user_team": "T1"}, "is_ext_shared_channel": True}, "T1"),
        ({"event": {"user_team": None, "team": "T2"}, "is_ext_shared_channel": True}, "T2"),
        ({"event": {"text": "hi"}, "is_ext_shared_channel": True}, "elsewhere"),
        ({"user": {"id": "U1", "team_id": "T1"}}, "T1"),
        ({"user": {"id": "U1"}}, ""),
    ],
)
def test_where_somebody_is_from(body: dict[str, object], home: str) -> None:
    """Events tell it in shared channels, interactions with the person."""
    assert home_of(body) == home


@pytest.mark.parametrize(
    ("user", "ours"),
    [
        ({"team_id": TEAM}, True),
        ({"team_id": TEAM, "is_stranger": True}, False),
        ({"team_id": OTHER}, False),
        ({"team_id": OTHER, "enterprise_user": {"enterprise_id": "E1"}}, True),
        ({"team_id": OTHER, "enterprise_user": {"enterprise_id": "E2"}}, False),
        ({}, False),
    ],
)
def test_people_of_the_organisation_are_no_guests(user: dict[str, object], ours: bool) -> None:
    """Whichever of its workspaces they are of."""
    assert is_of({TEAM, "E1"}, user) is ours
