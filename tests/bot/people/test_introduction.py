"""Whoever is mentioned is called by their name in the answer."""

import pytest

from bot.chat import Profile
from tests.bot.lab import Lab
from tests.bot.town import ADMIN, Town


@pytest.fixture
def town(lab: Lab) -> Town:
    """Return the bot with its desks about people."""
    return Town(lab)


async def test_who_has_never_said_anything_is_called_by_name(town: Town) -> None:
    """The platform is asked once; it is known from then on."""
    town.outside.profiles["U7"] = Profile("Dan", "dan@acme.example")
    assert await town.say("link <@U7> github:dan-d", ADMIN) == "dan-d on GitHub is Dan."
    town.outside.away.add("slack")
    assert await town.say("link <@U7> github:dan", ADMIN) == "dan on GitHub is Dan."


async def test_whom_the_platform_does_not_tell_of_is_known_by_the_id(town: Town) -> None:
    """What was said is done all the same."""
    town.outside.away.add("slack")
    assert await town.say("link <@U8> github:eve", ADMIN) == "eve on GitHub is U8."


async def test_people_of_another_platform_are_not_asked_for_here(town: Town) -> None:
    """An address names somebody whom this chat knows nothing of."""
    town.outside.profiles["77"] = Profile("Nobody")
    told = await town.say("link discord:77 github:eve", ADMIN)
    assert "Nobody" not in told
