"""Interactions: three seconds for the first answer, fifteen minutes for what follows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from integrations.emulators.discord import DiscordWorld, commands
from integrations.emulators.discord.commands import Unsendable
from integrations.emulators.discord.model import APPLICATION, Interaction, Message
from tests.integrations.emulators.discord.caller import Answer, Caller
from tests.integrations.emulators.discord.clock import Clock
from tests.integrations.emulators.discord.contract import Contract
from tests.integrations.emulators.discord.test_gateway import identity, socket

Json = dict[str, Any]
GO = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]
MODAL = {
    "title": "Release",
    "custom_id": "release",
    "components": [
        {"type": 18, "label": "Repository", "component": {"type": 4, "custom_id": "r", "style": 1}},
        {
            "type": 18,
            "label": "Level",
            "component": {
                "type": 3,
                "custom_id": "l",
                "options": [
                    {"label": "Minor", "value": "minor", "default": True},
                    {"label": "Major", "value": "major"},
                ],
            },
        },
        {"type": 18, "label": "Quiet", "component": {"type": 23, "custom_id": "q"}},
        {
            "type": 1,
            "components": [
                {
                    "type": 4,
                    "custom_id": "n",
                    "style": 1,
                    "label": "Notes",
                    "required": False,
                    "max_length": 9,
                }
            ],
        },
    ],
}
COMMANDS = [
    {
        "name": "flow",
        "description": "Run a flow",
        "options": [
            {
                "name": "command",
                "description": "c",
                "type": 3,
                "required": True,
                "autocomplete": True,
            }
        ],
    },
    {
        "name": "typed",
        "description": "Run a flow",
        "options": [
            {
                "name": "release",
                "description": "Ship",
                "type": 1,
                "options": [
                    {"name": "repo", "description": "r", "type": 3, "required": True},
                    {
                        "name": "level",
                        "description": "l",
                        "type": 3,
                        "choices": [{"name": "minor", "value": "minor"}],
                    },
                    {"name": "limit", "description": "n", "type": 4},
                    {"name": "quiet", "description": "q", "type": 5},
                    {"name": "ratio", "description": "n", "type": 10},
                ],
            }
        ],
    },
]
Reply = Callable[[Json], Awaitable[Answer]]


@asynccontextmanager
async def answering(world: DiscordWorld, call: Caller, *bodies: Json) -> AsyncIterator[list[Json]]:
    """Run an app that answers each interaction with the next of these bodies."""
    heard: list[Json] = []

    async def listen() -> None:
        async with socket(world) as client:
            await client.send(2, identity(world))
            left = list(bodies)
            while True:
                event = await client.hear()
                if event.get("t") == "INTERACTION_CREATE":
                    heard.append(event["d"])
                    if left:
                        await answer(call, event["d"], left.pop(0))

    listening = asyncio.create_task(listen())
    await world.connected()
    try:
        yield heard
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def answer(call: Caller, interaction: Json, body: Json) -> Answer:
    """Give the first answer to an interaction."""
    path = f"/interactions/{interaction['id']}/{interaction['token']}/callback?with_response=true"
    return await call("POST", path, body)


@pytest.fixture
async def ready(world: DiscordWorld, call: Caller) -> None:
    """Register the commands."""
    await call("PUT", f"/applications/{APPLICATION}/commands", COMMANDS)


@pytest.mark.usefixtures("ready")
async def test_a_command_is_answered(world: DiscordWorld, call: Caller, contract: Contract) -> None:
    """A deferred answer loads until it is edited; follow-ups and deletions work by its token."""
    async with answering(world, call, {"type": 5, "data": {"flags": 64}}) as heard:
        made = await world.slash("ada", "dev", "/flow dora acme/shop")
    said = heard[0]["data"]
    assert said["options"] == [{"name": "command", "type": 3, "value": "dora acme/shop"}]
    assert made.message
    assert made.message.only_for == world.user("ada").id
    assert "thinking" in world.plain(made.message)

    base = f"/webhooks/{APPLICATION}/{made.token}"
    for method, path, body in (
        ("PATCH", f"{base}/messages/@original", {"content": "done"}),
        ("POST", base, {"content": "more", "flags": 64}),
        ("GET", f"{base}/messages/@original", None),
    ):
        given = await call(method, path, body)
        contract.check_answer(method, path, given.status, given.body)
    more = made.followups[0]
    assert [world.plain(each) for each in world.whispers("ada")] == ["done", "more"]
    assert (await call("DELETE", f"{base}/messages/{more.id}")).status == 204
    assert (await call("DELETE", f"{base}/messages/@original")).status == 204
    assert world.whispers("ada") == []
    assert (await call("GET", f"{base}/messages/@original")).body["code"] == 10008


@pytest.mark.usefixtures("ready")
async def test_time_runs_out(world: DiscordWorld, call: Caller, clock: Clock) -> None:
    """Too late a first answer is refused, a second one too, and so is all after 15 minutes."""
    async with answering(world, call) as heard:
        made = await world.slash("ada", "dev", "/flow dora")
        assert made.failed
        assert (await answer(call, heard[0], {"type": 5})).body["code"] == 10062
    async with answering(world, call, {"type": 5}) as heard:
        made = await world.slash("ada", "dev", "/flow dora")
        assert (await answer(call, heard[-1], {"type": 5})).body["code"] == 40060
    base = f"/webhooks/{APPLICATION}/{made.token}"
    assert (await call("POST", base, {"content": "in time"})).status == 200
    assert made.message
    assert world.plain(made.message) == "in time"
    clock.forward(minutes=16)
    assert (await call("POST", base, {"content": "late"})).status == 401


@pytest.mark.usefixtures("ready")
async def test_a_form_opens_and_is_submitted(world: DiscordWorld, call: Caller) -> None:
    """The client fills it in as a person does, and closes it when it is taken."""
    answers: list[Json] = [{"type": 9, "data": MODAL}, {"type": 4, "data": {"content": "thanks"}}]
    async with answering(world, call, *answers) as heard:
        await world.slash("ada", "dev", "/flow release")
        form = world.modal("ada")
        assert form
        for values, error in (
            ({}, "required"),
            ({"Repository": "x", "Notes": "far too long"}, "at most 9"),
            ({"Repository": "x", "Level": "none"}, "no option"),
            ({"Colour": "red"}, "no field"),
        ):
            with pytest.raises((ValueError, LookupError), match=error):
                await world.submit("ada", form, values)
        await world.submit("ada", form, {"r": "acme/shop", "Level": "Major", "q": "true"})
    sent = [
        each.get("component") or each["components"][0] for each in heard[1]["data"]["components"]
    ]
    assert [each.get("value", each.get("values")) for each in sent] == [
        "acme/shop",
        ["major"],
        True,
        "",
    ]
    assert world.modal("ada") is None


@pytest.mark.usefixtures("ready")
async def test_a_button_is_pressed(world: DiscordWorld, call: Caller) -> None:
    """The press carries its message; the answer may change it, or change nothing."""
    dev = world.guild.channel("dev").id
    sent = await call("POST", f"/channels/{dev}/messages", {"content": "Sure?", "components": GO})
    update = {"type": 7, "data": {"content": "Went", "components": []}}
    async with answering(world, call, {"type": 6}, update, {"type": 99}) as heard:
        await world.press("ada", sent.body["id"], "Go")
        await world.press("ada", world.message(sent.body["id"]), "go")
        assert heard[0]["message"]["content"] == "Sure?"
        assert heard[0]["member"]["user"]["username"] == "ada"
    assert world.plain(world.message(sent.body["id"])) == "Went"
    with pytest.raises(LookupError, match="there are: none"):
        await world.press("ada", sent.body["id"], "Go")


@pytest.mark.usefixtures("ready")
async def test_choices_are_offered(world: DiscordWorld, call: Caller) -> None:
    """What is being typed has the focus; what is offered has limits."""
    many = [{"name": "x", "value": "x"}] * 26
    offered: list[Json] = [
        {"type": 8, "data": {"choices": [{"name": "dora: measure", "value": "dora"}]}},
        {"type": 8, "data": {"choices": many}},
    ]
    async with answering(world, call, *offered) as heard:
        assert await world.complete("ada", "dev", "/flow do") == ["dora"]
        assert heard[0]["data"]["options"][0]["focused"] is True
        assert await world.complete("ada", "dev", "/typed release repo: acme limit: 3") == []
        assert heard[1]["data"]["options"][0]["options"][-1]["value"] == "3"


async def test_direct_messages_have_no_server(world: DiscordWorld, call: Caller) -> None:
    """There the person comes as a user, not as a member."""
    await call("PUT", f"/applications/{APPLICATION}/commands", COMMANDS)
    async with answering(world, call, {"type": 4, "data": {"content": "hi"}}) as heard:
        await world.slash("ada", "@flowbot", "/flow help")
    assert heard[0]["user"]["username"] == "ada"
    assert "guild_id" not in heard[0]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/none", "no command"),
        ("/flow", "required"),
        ("/typed ship", "under this command"),
        ("/typed release level: minor", "required"),
        ("/typed release repo: a level: huge", "choose one"),
        ("/typed release repo: a limit: many", "integer"),
        ("/typed release repo: a quiet: perhaps", "boolean"),
    ],
)
def test_the_client_checks_before_it_sends(line: str, error: str) -> None:
    """What Discord's own client refuses never reaches the app."""
    with pytest.raises(Unsendable, match=error):
        commands.chosen(COMMANDS, line)


def test_values_have_their_types() -> None:
    """A number is a number, a yes is true; a value goes on until the next name."""
    line = "/typed release repo: acme shop limit: 3 quiet: true ratio: 0.5"
    _, [release] = commands.chosen(COMMANDS, line)
    values = [each["value"] for each in release["options"]]
    assert values == ["acme shop", 3, True, 0.5]


def test_an_interaction_remembers_its_answer() -> None:
    """It starts without one."""
    made = Interaction("1", "t", 2, "u", "c", 0.0, Message("1", "c", "u"))
    assert (made.answered, made.failed, made.choices) == (0, False, [])
