"""People of Slack: what it tells of them, messages to them that change, and mentions."""

from collections.abc import AsyncIterator

import pytest

from bot.chat import Actor, Button, Profile
from bot.slack.chat import SlackChat, open_chat
from bot.slack.profiles import SlackProfiles
from bot.slack.render import report_messages
from flows.report import Person, Report, bullets, facts, table, text
from integrations.emulators.slack import SlackWorld
from integrations.errors import OutsideError


@pytest.fixture
async def chat(world: SlackWorld) -> AsyncIterator[SlackChat]:
    """Yield the chat under test."""
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        yield chat


async def test_slack_tells_the_name_the_zone_and_the_address(
    world: SlackWorld, chat: SlackChat
) -> None:
    """Of a user that there is."""
    profiles, ada = SlackProfiles(chat), world.user("ada")
    assert await profiles.profile(ada.id) == Profile(ada.real_name, ada.email, ada.tz)
    with pytest.raises(OutsideError):
        await profiles.profile("U404")


async def test_slack_tells_the_names_of_public_channels(world: SlackWorld, chat: SlackChat) -> None:
    """A private one stays without: who reads its name may not be in it."""
    profiles = SlackProfiles(chat)
    assert await profiles.channel(world.channel("umbrellas").id) == "umbrellas"
    assert await profiles.channel(world.channel("plans", private=True).id) == ""
    with pytest.raises(OutsideError):
        await profiles.channel("C404")


async def test_a_direct_message_has_buttons_and_changes_in_place(
    world: SlackWorld, chat: SlackChat
) -> None:
    """Until it is deleted; another try returns the same one."""
    ada = Actor("slack", world.user("ada").id, "Ada")
    button = Button("Tomorrow", "type:snooze 1 tomorrow")
    asked = Report("", "Ben asks for a yes.")

    sent = await chat.tell(ada, asked, "question:1", again=False, buttons=[button])
    assert await chat.tell(ada, asked, "question:1", buttons=[button]) == sent
    message = world.message(sent.message)
    assert "Tomorrow" in world.plain(message)

    await chat.retell(sent, Report("", "✓ Cat approved it."), "question:1")
    message = world.message(sent.message)
    assert world.plain(message).strip() == "✓ Cat approved it."
    assert await chat.tell(ada, asked, "question:1") == sent

    await chat.client.chat_delete(channel=sent.channel, ts=sent.message)
    await chat.retell(sent, Report("", "Gone."), "question:1")


async def test_a_known_person_is_mentioned_and_an_unknown_one_is_named(
    world: SlackWorld, chat: SlackChat
) -> None:
    """In text, facts, lists and tables; a team is its group."""
    ada, team = Person("ada-l", world.user("ada").id), Person("acme/platform", "S0123456789")
    unknown, forged = Person("<!channel>"), Person("eve", "<!channel>")
    report = Report(
        "Review",
        "It waits.",
        blocks=(
            text("For ", ada, " and ", team),
            facts(author=ada, other=unknown),
            bullets([(ada, " is first"), forged]),
            table(["Who", "What"], [(ada, "a"), (unknown, "b")]),
        ),
    )

    elements = [
        element
        for message in report_messages(report, "")
        for element in _elements(message.blocks)
        if element["type"] in ("user", "usergroup", "broadcast")
    ]

    assert elements == [
        {"type": "user", "user_id": ada.id},
        {"type": "usergroup", "usergroup_id": team.id},
        {"type": "user", "user_id": ada.id},
        {"type": "user", "user_id": ada.id},
        {"type": "user", "user_id": ada.id},
    ]
    await chat.tell(Actor("slack", ada.id, "Ada"), report, "k", again=False)
    first = report_messages(Report("", blocks=(text("For ", ada),)), "")[0]
    assert first.text == "For ada-l"


def _elements(part: object) -> list[dict[str, str]]:
    """Return everything within blocks that has a type."""
    if isinstance(part, list):
        return [found for each in part for found in _elements(each)]
    if not isinstance(part, dict):
        return []
    own = [part] if "type" in part else []
    return [*own, *(found for each in part.values() for found in _elements(each))]
