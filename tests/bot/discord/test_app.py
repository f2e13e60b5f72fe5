"""The Discord surface: what people do becomes requests, and answers find them."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from bot.chat import Actor, Button, Card, Origin, ThreadRef
from bot.discord import forms
from bot.discord.app import discord_gateway
from bot.discord.chat import open_chat
from bot.dispatch import Accepted, Form, FormErrors, Say
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.model import BOT_USER, Message
from tests.bot.desk import Desk
from tests.bot.discord.office import CALLBACK, Office, heard, place, whispered


@pytest.fixture(params=["gateway", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    """Return how interactions come: each way in turn, and nobody sees a difference."""
    return str(request.param)


async def test_a_command_is_a_request(office: Office) -> None:
    """The text goes on without its command; who and where go with it; the asker sees one line."""
    made = await office.world.slash("ada", "dev", "/flow dora acme/shop")

    [asked] = office.desk.asked
    assert asked.text == "dora acme/shop"
    assert asked.by == Actor("discord", office.world.user("ada").id, "Ada")
    assert asked.origin == Origin("slash", "discord", place(office.world))
    assert asked.key == f"discord:{made.id}"
    assert made.message
    assert made.message.only_for == made.user
    assert office.world.plain(made.message).startswith("On it: details (https://flowbot.example/")


async def test_a_typed_command_says_the_same(office: Office) -> None:
    """Options become named parameters, quoted where they would fall apart."""
    lines = {
        "/flow-analytics dora repo: acme/shop": "dora repo=acme/shop",
        "/flow-development release repo: acme shop level: patch dry-run: true": (
            'release repo="acme shop" level=patch --dry-run'
        ),
        "/flow-system health": "health",
    }
    for line in lines:
        await office.world.slash("ada", "dev", line)
    assert [asked.text for asked in office.desk.asked] == list(lines.values())


async def test_what_there_is_to_say_comes_as_the_answer(office: Office) -> None:
    """Only the person who asked sees it; what does not fit follows."""
    made = await office.world.slash("ada", "dev", "/flow help")
    assert made.message
    assert office.world.plain(made.message) == "Help\nWhat I can do"
    assert made.message.only_for

    made = await office.world.slash("ada", "dev", "/flow story")
    await office.world.until(lambda: len(made.followups) == 2)
    shown = "\n".join(map(office.world.plain, office.world.whispers("ada")))
    assert shown.count("word") == 1_800


async def test_flow_names_are_offered_while_typing(office: Office) -> None:
    """First the flows, then their parameters and the values of a choice."""
    world = office.world
    assert await world.complete("ada", "dev", "/flow do") == ["dora", "undo", "undo-change"]
    assert await world.complete("ada", "dev", "/flow release acme/shop le") == [
        "release acme/shop level="
    ]
    assert await world.complete("ada", "dev", "/flow release level=m") == [
        "release level=major",
        "release level=minor",
    ]
    assert await world.complete("ada", "dev", "/flow nonsense acme") == []


async def test_a_mention_is_a_request(office: Office) -> None:
    """It gets the eyes at once, and its message heads the thread."""
    said = office.world.say("bo", "dev", "@flowbot release notes & more")
    await heard(office)
    await office.world.until(lambda: bool(said.reactions))

    [asked] = office.desk.asked
    assert asked.text == "release notes & more"
    assert asked.by.name == "Bo"
    assert asked.origin == Origin("mention", "discord", said.channel, said.id, said.id)
    assert asked.key == f"discord:{said.id}"
    assert said.reactions == {"👀": [BOT_USER]}


async def test_a_thread_takes_commands_too(office: Office) -> None:
    """The answer belongs to that thread, also where it was not known before."""
    world = office.world
    head = world.say("ada", "dev", "The build is red")
    path = f"/channels/{head.channel}/messages/{head.id}/threads"
    await office.chat.rest("POST", path, {"name": "red"})
    said = world.say("bo", "dev", "!flow red acme/shop", thread=head.id)
    await heard(office)
    origin = Origin("thread", "discord", head.channel, head.id, f"{head.id}/{said.id}")
    assert office.desk.asked[0].text == "red acme/shop"
    assert office.desk.asked[0].origin == origin
    await world.until(lambda: bool(said.reactions))

    await world.slash("bo", "dev", "/flow status", thread=head.id)
    assert office.desk.asked[1].origin == Origin("slash", "discord", head.channel, head.id)


async def test_a_direct_message_needs_no_prefix(office: Office) -> None:
    """In a direct message every word is for the bot; a prefix from habit does no harm."""
    for text in ("dora", "!flow dora", "/flow dora", "@flowbot dora"):
        office.world.say("cy", "@flowbot", text)
    await heard(office, 4)
    assert [asked.text for asked in office.desk.asked] == ["dora"] * 4
    assert {asked.origin.thread for asked in office.desk.asked} == {""}


async def test_talk_among_people_is_none_of_ours(office: Office) -> None:
    """Messages without a mention or prefix, of bots and of the platform are ignored."""
    world = office.world
    for text in ("hello", "flow", "what a !flow", "!flowers", "/flow dora"):
        world.say("ada", "dev", text)
    own = Message(world.new_id(), place(world), BOT_USER, "!flow dora")
    pin = Message(world.new_id(), place(world), world.user("ada").id, "!flow dora", kind=6)
    for each in (own, pin):
        world.guild.add(each)
        world.announce("MESSAGE_CREATE", each)
    world.gateway.dispatch("SOMETHING_NEW", {"id": "1"})
    world.say("ada", "dev", "!flow last")
    await heard(office)
    assert [asked.text for asked in office.desk.asked] == ["last"]


async def test_an_answer_to_a_mention_is_a_direct_message(office: Office) -> None:
    """Who takes none is told so where they asked; the answer is not for everybody to read."""
    world = office.world
    world.say("ada", "dev", "@flowbot help")
    assert await whispered(office) == ["Help\nWhat I can do"]
    world.user("bo").takes_no_messages = True
    for words, expected in (
        ("help", "Bo, I have an answer for you alone"),
        ("ship", "I read that"),
    ):
        said = world.say("bo", "dev", f"@flowbot {words}")
        await world.until(lambda said=said: bool(world.guild.messages.get(said.id)))  # type: ignore[misc] # a default
        [told] = map(world.plain, world.guild.messages[said.id])
        assert expected in told
        assert "What I can do" not in told


async def test_a_missing_parameter_opens_a_form(office: Office) -> None:
    """The form knows what was given; wrong values come back to be corrected."""
    world = office.world
    await world.slash("ada", "dev", "/flow release")
    modal = world.modal("ada")
    assert modal
    assert modal.content["title"] == "release"
    assert [part["label"] for part in modal.content["components"]] == [
        "Repository",
        "Level",
        "Limit",
        "Quiet",
    ]
    made = await world.submit("ada", modal, {"Repository": "nowhere", "Level": "patch"})
    assert made.message
    assert world.plain(made.message).split("\n") == [
        "• repo There is no such repository.",
        "• Look again.",
        "/flow release-management repo=nowhere level=patch limit=30 quiet=false",
        "[ Correct it ]",
    ]
    assert office.desk.runs == {}


async def test_a_form_is_corrected_with_what_was_filled_in(
    office: Office, world: DiscordWorld
) -> None:
    """The button opens the form as it was; a good one is a request, where the first was asked."""
    given = {"repo": "nowhere", "level": "patch"}
    origin = Origin("slash", "discord", place(world))
    where = forms.Place("form", "release-management", "", "", "")
    wrong = forms.correction({"repo": "No."}, where, given, origin)
    dev = f"/channels/{place(world)}/messages"
    sent = await office.chat.rest("POST", dev, wrong.body)
    await world.press("ada", sent["id"], "Correct it")
    modal = world.modal("ada")
    assert modal
    made = await world.submit("ada", modal, {"repo": "acme/shop"})
    [(flow, values, asked, key)] = office.desk.filled
    assert (flow, values["repo"], values["level"]) == ("release-management", "acme/shop", "patch")
    assert asked == Origin("form", "discord", place(world))
    assert key == f"discord:{made.id}"
    assert len(office.desk.runs) == 1


async def test_a_question_is_answered_by_a_form(office: Office) -> None:
    """The button opens it; what is wrong can be corrected; what counts needs no words."""
    world = office.world
    button = {"type": 2, "style": 1, "label": "Answer", "custom_id": "press:0:form:7"}
    body = {"content": "?", "components": [{"type": 1, "components": [button]}]}
    sent = await office.chat.rest("POST", f"/channels/{place(world)}/messages", body)
    answers = []
    for repo in ("nowhere", "closed", "acme/shop"):
        await world.press("bo", sent["id"], "Answer")
        modal = world.modal("bo")
        assert modal
        assert modal.content["components"][0]["content"] == "Which release is it?"
        answers.append(await world.submit("bo", modal, {"Repository": repo}))
    wrong, late, good = answers
    assert [(number, given["repo"]) for number, given, _ in office.desk.answered] == [
        (7, "nowhere"),
        (7, "closed"),
        (7, "acme/shop"),
    ]
    assert late.message
    assert world.plain(late.message) == "⚠️ Bo was faster."
    assert (good.answered, good.message) == (6, None)
    assert wrong.message
    assert "\nFilled in: repo=nowhere level" in world.plain(wrong.message)
    await world.press("bo", wrong.message, "Correct it")
    modal = world.modal("bo")
    assert modal
    assert modal.content["components"][1]["component"]["value"] == "nowhere"


async def test_what_a_form_may_also_say(office: Office) -> None:
    """A refusal and an apology are shown where the form was."""
    world = office.world
    for repo, said in (
        ("closed", "⚠️ You may not release that."),
        ("break", "🔴 Something went wrong on my side; it is in my log. Please try again."),
    ):
        await world.slash("ada", "dev", "/flow release")
        modal = world.modal("ada")
        assert modal
        made = await world.submit("ada", modal, {"Repository": repo})
        assert made.message
        assert world.plain(made.message) == said


async def test_a_mention_offers_the_form(office: Office) -> None:
    """Where no form can open by itself there is a button; its answer goes where was asked."""
    world = office.world
    said = world.say("ada", "dev", "@flowbot release level=patch")
    [offered] = await whispered(office)
    assert offered.split("\n") == [
        "release needs Repository.",
        "/flow release level=patch",
        "[ Fill in the form ]",
    ]
    offer = world.guild.messages[world.direct("ada").id][-1]
    await world.press("ada", offer, "Fill in the form")
    assert office.desk.asked[1].text == "release level=patch"
    assert office.desk.asked[1].origin == Origin(
        "mention", "discord", said.channel, said.id, said.id
    )
    modal = world.modal("ada")
    assert modal
    await world.submit("ada", modal, {"Repository": "acme/shop"})
    assert office.desk.filled[0][2] == Origin("form", "discord", said.channel, said.id, said.id)


async def test_a_button_is_pressed(office: Office) -> None:
    """One that counts changes nothing by itself; one that is late, or not ours, is told so."""
    world = office.world
    labels = {"Approve": "answer:1:yes", "Late": "answer:1:late", "Break": "break"}
    rows = [
        {"type": 2, "style": 1, "label": label, "custom_id": f"press:{number}:{action}"}
        for number, (label, action) in enumerate(labels.items())
    ]
    rows.append({"type": 2, "style": 1, "label": "Old", "custom_id": "whatever"})
    body = {"content": "Sure?", "components": [{"type": 1, "components": rows}]}
    sent = await office.chat.rest("POST", f"/channels/{place(world)}/messages", body)
    answers = [await world.press("bo", sent["id"], label) for label in (*labels, "Old")]
    assert [action for action, _ in office.desk.pressed] == list(labels.values())
    assert [each.answered for each in answers] == [6, 4, 4, 4]
    assert answers[1].message
    assert world.plain(answers[1].message) == "⚠️ Bo was faster."
    assert answers[2].message
    assert "Something went wrong" in world.plain(answers[2].message)
    assert answers[3].message
    assert "older version of the bot" in world.plain(answers[3].message)


async def test_what_a_button_starts_is_told_of_in_the_thread(office: Office) -> None:
    """Its place is where the card is; what is to be thought of before is asked first."""
    world, dev = office.world, place(office.world)
    controls = (Button("Again", "rerun:r1"), Button("Undo", "undo:r1", warns="Think!"))
    by = Actor("discord", world.user("ada").id, "Ada")
    shown = Card("dora", "dora", "done", "", by, "https://a.example", controls=controls)
    card = await office.chat.post_card(ThreadRef("discord", dev), shown, "k")
    made = await world.press("dee", card.message, "Again")
    assert office.desk.asked[0].origin == Origin("button", "discord", dev, card.message)
    assert office.desk.asked[0].key == f"discord:{made.id}"
    assert (made.answered, made.message) == (6, None)

    asked = await world.press("dee", card.message, "Undo")
    assert len(office.desk.pressed) == 1
    assert asked.message
    assert "it needs a yes before anything happens" in world.plain(asked.message)
    await world.press("dee", asked.message, "Undo")
    assert office.desk.pressed[1][0] == "undo:r1"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("refuse", "⚠️ The archive is closed on Sundays."),
        ("break", "🔴 Something went wrong on my side; it is in my log. Please try again."),
    ],
)
async def test_failures_are_told(office: Office, word: str, said: str) -> None:
    """What helps is said; what is our bug gets an apology without a detail."""
    made = await office.world.slash("ada", "dev", f"/flow {word}")
    assert made.message
    assert office.world.plain(made.message) == said
    office.world.say("ada", "dev", f"@flowbot {word}")
    assert await whispered(office) == [said]


class SlowDesk(Desk):
    """A desk that takes its time: until `ready` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.ready = asyncio.Event()

    async def command(self, text: str, by: Actor, origin: Origin, key: str) -> Any:  # noqa: ANN401 - of the desk
        await self.ready.wait()
        return await super().command(text, by, origin, key)

    async def submit_form(
        self, flow: str, values: Mapping[str, str], by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | FormErrors:
        await self.ready.wait()
        return await super().submit_form(flow, values, by, origin, key)

    async def press(
        self, action: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form | None:
        await self.ready.wait()
        return await super().press(action, by, origin, key)


async def test_what_takes_long_is_acknowledged_first(world: DiscordWorld) -> None:
    """Within three seconds there is an answer; the real one takes its place."""
    desk = SlowDesk()
    base = f"{world.base_url}/api/v10"
    async with open_chat(world.token, base) as chat, discord_gateway(desk, chat):
        await world.connected()
        button = {"type": 2, "style": 1, "label": "Late", "custom_id": "press:0:late"}
        body = {"content": "?", "components": [{"type": 1, "components": [button]}]}
        sent = await chat.rest("POST", f"/channels/{place(world)}/messages", body)
        helped, formed, pressed = await asyncio.gather(
            world.slash("ada", "dev", "/flow help"),
            world.slash("bo", "dev", "/flow release"),
            world.press("cy", sent["id"], "Late"),
        )
        assert [helped.answered, formed.answered, pressed.answered] == [5, 5, 6]
        desk.ready.set()
        await world.until(lambda: bool(pressed.followups))
        answers = [each.message for each in (helped, formed)]
        assert all(answers)
        await world.until(lambda: not any(each and each.flags & 128 for each in answers))
    shown = [world.plain(each).split("\n") for each in answers if each]
    assert shown[0] == ["Help", "What I can do"]
    assert shown[1][-1] == "[ Fill in the form ]"
    assert world.plain(pressed.followups[0]) == "⚠️ Bo was faster."


async def test_a_form_that_takes_long_is_acknowledged_too(world: DiscordWorld) -> None:
    """One that a command has opened has no message that could stay as it is."""
    desk, base = SlowDesk(), f"{world.base_url}/api/v10"
    async with open_chat(world.token, base) as chat, discord_gateway(desk, chat):
        await world.connected()
        desk.ready.set()
        await world.slash("ada", "dev", "/flow release")
        desk.ready.clear()
        modal = world.modal("ada")
        assert modal
        made = await world.submit("ada", modal, {"Repository": "acme/shop"})
        assert made.answered == 5
        desk.ready.set()
        await world.until(lambda: bool(made.message and not made.message.flags & 128))
    assert made.message
    assert world.plain(made.message).startswith("On it: details")


async def test_an_answer_that_comes_too_late_goes_to_the_person(office: Office) -> None:
    """Where Discord no longer takes it, a direct message does."""
    office.world.fail(CALLBACK, status=404, error=(10062, "Unknown interaction"))
    telling = asyncio.create_task(office.world.slash("ada", "dev", "/flow help"))
    assert await whispered(office) == ["Help\nWhat I can do"]
    office.world.fail(CALLBACK, status=503)
    await office.world.slash("ada", "dev", "/flow refuse")
    assert (await telling).failed
