"""The emulated REST API: messages, threads, files, refusals and rate limits."""

from typing import Any

import pytest

from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.model import APPLICATION, BOT_USER, COMPONENTS_V2
from tests.integrations.emulators.discord.caller import Caller
from tests.integrations.emulators.discord.clock import Clock
from tests.integrations.emulators.discord.contract import Contract

CARD = {
    "type": 17,
    "accent_color": 255,
    "components": [
        {"type": 10, "content": "**hello**", "id": 77},
        {"type": 14},
        {"type": 12, "items": [{"media": {"url": "attachment://a.png"}, "description": "a"}]},
        {"type": 13, "file": {"url": "attachment://b.txt"}},
        {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]},
    ],
}


def posts(world: DiscordWorld, channel: str = "dev") -> str:
    """Return the path of a channel's messages."""
    return f"/channels/{world.guild.channel(channel).id}/messages"


async def test_answers_are_as_discord_describes_them(
    world: DiscordWorld, call: Caller, contract: Contract
) -> None:
    """Every call that the bot makes is answered within the official description."""
    dev = world.guild.channel("dev").id
    files = {"a.png": b"png", "b.txt": b"text"}
    body = {"flags": COMPONENTS_V2, "components": [CARD], "attachments": []}
    sent = await call("POST", posts(world), body, files=files)
    said = world.say("ada", "dev", "hello @flowbot")
    await call("POST", posts(world), {"content": "x", "message_reference": {"message_id": said.id}})
    thread = await call("POST", f"{posts(world)}/{said.id}/threads", {"name": "talk"})
    await call("PUT", f"{posts(world)}/{said.id}/reactions/👀/@me")
    command = {"name": "flow", "description": "Run", "options": []}
    register = f"/applications/{APPLICATION}/commands"
    ada = world.user("ada").id
    asked = [
        ("GET", "/users/@me", None),
        ("GET", f"/users/{ada}", None),
        ("GET", "/applications/@me", None),
        ("GET", "/oauth2/applications/@me", None),
        ("GET", "/gateway", None),
        ("GET", "/gateway/bot", None),
        ("POST", "/users/@me/channels", {"recipient_id": ada}),
        ("PUT", register, [command]),
        ("GET", register, None),
        ("GET", f"/channels/{dev}", None),
        ("GET", f"/channels/{thread.body['id']}", None),
        ("GET", posts(world), None),
        ("GET", f"{posts(world)}/{sent.body['id']}", None),
        ("PATCH", f"{posts(world)}/{sent.body['id']}", {"components": [CARD]}),
        ("GET", f"{posts(world)}/{said.id}", None),
        ("DELETE", f"{posts(world)}/{said.id}/reactions/👀/@me", None),
        ("DELETE", f"{posts(world)}/{sent.body['id']}", None),
    ]
    for method, path, given in asked:
        answer = await call(method, path, given)
        assert answer.status < 300, f"{method} {path}: {answer.body}"
        contract.check_answer(method, path, answer.status, answer.body)
    contract.check_answer("POST", posts(world), sent.status, sent.body)
    contract.check_answer("POST", f"{posts(world)}/1/threads", thread.status, thread.body)


async def test_a_nonce_posts_once(world: DiscordWorld, call: Caller, clock: Clock) -> None:
    """The same nonce within minutes is the same message, if that is asked for; later it is not."""
    body = {"content": "once", "nonce": "n1", "enforce_nonce": True}
    first = await call("POST", posts(world), body)
    assert (await call("POST", posts(world), body)).body["id"] == first.body["id"]
    assert (await call("POST", posts(world), body | {"enforce_nonce": False})).body != first.body
    clock.forward(minutes=6)
    assert (await call("POST", posts(world), body)).body["id"] != first.body["id"]


async def test_history_is_read_in_pages(world: DiscordWorld, call: Caller) -> None:
    """The newest come first; `before` and `after` go on from a message."""
    said = [world.say("ada", "dev", f"line {number}") for number in range(5)]
    shown = [each.content for each in reversed(said)]

    async def page(query: str) -> list[str]:
        return [each["content"] for each in (await call("GET", posts(world) + query)).body]

    assert await page("?limit=2") == shown[:2]
    assert await page(f"?limit=2&before={said[3].id}") == shown[2:4]
    assert await page(f"?limit=2&after={said[0].id}") == shown[2:4]
    assert (await call("GET", posts(world) + "?limit=101")).body["code"] == 50035


async def test_mentions_ping_unless_they_are_forbidden(world: DiscordWorld, call: Caller) -> None:
    """Somebody is notified by their mention, unless `allowed_mentions` leaves them out."""
    ada = world.user("ada").id
    for allowed, expected in (
        (None, [ada]),
        ({"parse": []}, []),
        ({"parse": ["users"]}, [ada]),
        ({"parse": [], "users": [ada]}, [ada]),
    ):
        body: dict[str, Any] = {"content": f"<@{ada}>", "allowed_mentions": allowed}
        shown = (await call("POST", posts(world), body)).body
        assert [each["id"] for each in shown["mentions"]] == expected


async def test_files_come_along(world: DiscordWorld, call: Caller) -> None:
    """A file is kept with its description, and may be referred to."""
    body = {"attachments": [{"id": 0, "filename": "a.png", "description": "A curve"}]}
    sent = await call("POST", posts(world), body, files={"a.png": b"png"})
    [kept] = world.message(sent.body["id"]).attachments
    assert (kept.description, kept.content) == ("A curve", b"png")
    too_large = await call("POST", posts(world), {}, files={"a": bytes(11 * 1024 * 1024)})
    assert (too_large.status, too_large.body["code"]) == (413, 40005)


async def test_a_thread_hangs_on_a_message(world: DiscordWorld, call: Caller) -> None:
    """It has the message's id, takes messages, and there is one of it."""
    said = world.say("ada", "dev", "hello")
    path = f"{posts(world)}/{said.id}/threads"
    made = await call("POST", path, {"name": "talk", "auto_archive_duration": 60})
    assert made.body["id"] == said.id
    assert (await call("POST", path, {"name": "talk"})).body["code"] == 160004
    await call("POST", f"/channels/{said.id}/messages", {"content": "inside"})
    world.guild.channels[said.id].archived = True
    inside = world.guild.messages[said.id][0].id
    edit = await call("PATCH", f"/channels/{said.id}/messages/{inside}", {"content": "x"})
    assert edit.body["code"] == 50083
    await call("POST", f"/channels/{said.id}/messages", {"content": "again"})
    assert not world.guild.channels[said.id].archived
    world.guild.channels[said.id].locked = True
    locked = await call("POST", f"/channels/{said.id}/messages", {"content": "no"})
    assert locked.body["code"] == 50083
    [(_, replies)] = world.transcript("dev")
    assert [each.content for each in replies] == ["inside", "again"]


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "/channels/1/messages", {"content": "x"}, 10003),
        ("GET", "{dev}/1", None, 10008),
        ("PATCH", "{said}", {"content": "x"}, 50005),
        ("DELETE", "{said}", None, 50013),
        ("POST", "{dev}", {}, 50006),
        ("PUT", "{said}/reactions/eyes/@me", None, 10014),
        ("DELETE", "{said}/reactions/👀/@me", None, 10014),
        ("POST", "{said}/threads", {"name": ""}, 50035),
        ("POST", "{said}/threads", {"name": "x", "auto_archive_duration": 5}, 50035),
        ("POST", "{dm}/threads", {"name": "x"}, 50024),
        ("POST", "{dev}", {"content": "x", "message_reference": {"message_id": "1"}}, 50035),
        ("POST", "/users/@me/channels", {"recipient_id": BOT_USER}, 50033),
        ("GET", "/users/1", None, 10013),
        ("PUT", "/applications/1/commands", [], 20012),
        ("GET", "/nowhere", None, 0),
        ("POST", "/webhooks/1/t", {"content": "x"}, 10015),
        ("POST", "/interactions/1/t/callback", {"type": 4, "data": {}}, 10062),
    ],
)
async def test_refusals_have_discords_codes(
    world: DiscordWorld, call: Caller, method: str, path: str, body: object, code: int
) -> None:
    """What cannot be done is refused as Discord refuses it."""
    said, direct = world.say("ada", "dev", "hello"), world.say("ada", "@flowbot", "hello")
    places = {
        "dev": posts(world),
        "said": f"{posts(world)}/{said.id}",
        "dm": f"/channels/{direct.channel}/messages/{direct.id}",
    }
    answer = await call(method, path.format(**places), body)
    assert answer.status >= 400
    assert answer.body["code"] == code


async def test_permissions_count(world: DiscordWorld, call: Caller) -> None:
    """A channel that the bot cannot see, write in or hang threads on says which."""
    world.channel("hidden", "VIEW_CHANNEL")
    world.channel("readonly", "SEND_MESSAGES", "CREATE_PUBLIC_THREADS")
    said = world.say("ada", "readonly", "hello")
    hidden = await call("POST", posts(world, "hidden"), {"content": "x"})
    silent = await call("POST", posts(world, "readonly"), {"content": "x"})
    flat = await call("POST", f"{posts(world, 'readonly')}/{said.id}/threads", {"name": "x"})
    assert [each.body["code"] for each in (hidden, silent, flat)] == [50001, 50013, 50013]
    assert (await call("GET", "/users/@me", token="wrong")).status == 401
    world.user("bo").takes_no_messages = True
    opened = await call("POST", "/users/@me/channels", {"recipient_id": world.user("bo").id})
    closed = await call("POST", f"/channels/{opened.body['id']}/messages", {"content": "x"})
    assert closed.body["code"] == 50007


async def test_limits_are_enforced_per_route(
    world: DiscordWorld, call: Caller, clock: Clock
) -> None:
    """Five posts in five seconds a channel; headers say how many are left, 429 how long to wait."""
    world.enforce_limits = True
    left = [
        (await call("POST", posts(world), {"content": "x"})).headers["X-RateLimit-Remaining"]
        for _ in range(5)
    ]
    assert left == ["4", "3", "2", "1", "0"]
    refused = await call("POST", posts(world), {"content": "x"})
    assert (refused.status, refused.body["global"]) == (429, False)
    assert float(refused.headers["Retry-After"]) == refused.body["retry_after"] == 5.0
    assert (await call("POST", posts(world, "general"), {"content": "x"})).status == 200
    clock.forward(seconds=5)
    assert (await call("POST", posts(world), {"content": "x"})).status == 200


async def test_the_whole_bot_has_a_limit(world: DiscordWorld, call: Caller) -> None:
    """Fifty calls a second, whatever they are."""
    world.enforce_limits = True
    for number in range(50):
        channel = world.channel(f"c{number}").id
        assert (await call("GET", f"/channels/{channel}")).status == 200
    refused = await call("GET", "/users/@me")
    assert refused.body["global"] is True
    assert refused.headers["X-RateLimit-Scope"] == "global"


async def test_faults_come_on_demand(world: DiscordWorld, call: Caller) -> None:
    """A fault takes the place of an answer; a late one loses only the answer."""
    route = "POST /channels/{channel_id}/messages"
    world.fail(route, status=503, after=1)
    world.fail(route, status=502, late=True)
    statuses = [(await call("POST", posts(world), {"content": str(n)})).status for n in range(4)]
    assert statuses == [200, 503, 502, 200]
    assert [head.content for head, _ in world.transcript("dev")] == ["0", "2", "3"]
    world.fail(route, status=429, retry_after=0.5)
    assert (await call("POST", posts(world), {"content": "x"})).body["retry_after"] == 0.5
