"""The chat port on an emulated Slack: what is sent, once, and how failures read."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat import Actor, Card, MessageRef, ThreadRef
from bot.slack.chat import PAGE as PAGE_OF_SLACK
from bot.slack.chat import SlackChat, open_chat
from bot.slack.names import Names
from flows.report import Attachment, Bullets, Figure, Report, table, text
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.model import BOT_USER
from integrations.errors import NotFound, OutsideError, Refused, Transient, Unauthorized
from integrations.meter import Meter, WriteOutsideEffect, metered

PAGE = "https://flowbot.example/runs/r1"


@pytest.fixture
async def chat(world: SlackWorld) -> AsyncIterator[SlackChat]:
    """Yield the chat under test."""
    async with open_chat(world.bot_token, f"{world.base_url}/api/") as chat:
        yield chat


def at(world: SlackWorld, channel: str, thread: str = "") -> ThreadRef:
    """Return a place in the workspace."""
    return ThreadRef("slack", world.space.channel(channel).id, thread)


def card(world: SlackWorld, line: str = "Working …") -> Card:
    """Return a card that Ada asked for."""
    by = Actor("slack", world.user("ada").id, "Ada")
    return Card("dora acme/shop", "dora acme/shop", "running", line, by, PAGE)


async def test_a_card_grows_in_place(world: SlackWorld, chat: SlackChat) -> None:
    """One message per run: an edit replaces what it says and keeps its mark."""
    sent = await chat.post_card(at(world, "dev"), card(world), "card:r1")
    await chat.edit_card(sent, card(world, "Done"))

    [(message, _)] = world.transcript("dev")
    assert sent == MessageRef("slack", message.channel, message.ts)
    assert "Done" in world.plain(message)
    assert message.metadata == {"event_type": "flowbot_card", "event_payload": {"key": "card:r1"}}
    [body] = world.called("chat.postMessage")
    assert (body["unfurl_links"], body["unfurl_media"], body["parse"]) == (False, False, "none")


@pytest.mark.parametrize("in_thread", [False, True])
async def test_a_card_is_never_sent_twice(
    world: SlackWorld,
    chat: SlackChat,
    in_thread: bool,
) -> None:
    """A try that got through, although nobody heard, is found by its key and brought up to date."""
    thread = (await world.say("ada", "dev", "hello")).ts if in_thread else ""
    place = at(world, "dev", thread)
    first = await chat.post_card(place, card(world), "card:r1")
    again = await chat.post_card(place, card(world, "Done"), "card:r1")
    other = await chat.post_card(place, card(world), "card:r2", again=False)

    assert first == again != other
    assert "Done" in world.plain(world.message(first.message))
    assert len(world.called("chat.postMessage")) == 2


async def test_a_card_is_found_again_in_a_busy_channel(world: SlackWorld, chat: SlackChat) -> None:
    """However much was said there since the run began: more than a page of it."""
    place, mine = at(world, "dev"), replace(card(world), started=world.now())
    first = await chat.post_card(place, mine, "card:r1", again=False)
    for number in range(PAGE_OF_SLACK):
        await world.say("ada", "dev", f"line {number}")

    assert await chat.post_card(place, mine, "card:r1") == first
    assert len(world.called("conversations.history")) == 2


async def test_a_card_that_finds_no_way_goes_to_the_person(
    world: SlackWorld, chat: SlackChat
) -> None:
    """Typed where the bot cannot write, it arrives as a direct message, once."""
    world.channel("secret", "ada", private=True, bot=False)
    sent = await chat.post_card(at(world, "secret"), card(world), "card:r1")
    assert await chat.post_card(at(world, "secret"), card(world), "card:r1") == sent

    assert sent.channel == world.space.direct("ada").id
    assert len(world.transcript(sent.channel)) == 1


async def test_a_card_of_elsewhere_stays_where_it_was_meant(
    world: SlackWorld, chat: SlackChat
) -> None:
    """Somebody without an account here gets no direct message."""
    stranger = Card("x", "x", "running", "", Actor("terminal", "me", "Me"), PAGE)
    with pytest.raises(NotFound, match="Invite me"):
        await chat.post_card(ThreadRef("slack", "C0NONE"), stranger, "k")


async def test_a_card_that_fails_everywhere_says_so(world: SlackWorld, chat: SlackChat) -> None:
    """Where the direct message is what failed, there is nowhere else to go."""
    world.fail("chat.postMessage", error="is_archived", times=2)
    with pytest.raises(Refused, match="archived"):
        await chat.post_card(ThreadRef("slack", world.space.direct("ada").id), card(world), "k")
    assert len(world.called("chat.postMessage")) == 1


REPORT = Report(
    "Findings",
    blocks=(
        text("Three things."),
        Figure("Trend", "It rises.", b"\x89PNG"),
        Attachment("log.txt", "text/plain", b"lines"),
        table(["A"], [("x",)], "Table"),
        Figure("Second", "It falls.", b"\x89PNG2"),
    ),
)


async def test_a_report_arrives_in_order(world: SlackWorld, chat: SlackChat) -> None:
    """Text, its pictures and files, the table, the next picture: all in the thread."""
    head = await world.say("ada", "dev", "hello")
    await chat.post_report(at(world, "dev", head.ts), REPORT, PAGE, "report:r1")

    [(_, replies)] = world.transcript("dev")
    assert [world.plain(reply).split("\n")[0] for reply in replies] == [
        "Findings",
        "[picture: Trend — It rises.]",
        "Table",
        "[picture: Second — It falls.]",
    ]
    assert [world.space.files[name].content for name in replies[1].files] == [b"\x89PNG", b"lines"]


@pytest.mark.parametrize(
    "method",
    ["chat.postMessage", "files.getUploadURLExternal", "files.completeUploadExternal"],
)
@pytest.mark.parametrize("after", [0, 1])
async def test_a_report_that_broke_off_is_completed(
    world: SlackWorld, chat: SlackChat, method: str, after: int
) -> None:
    """Whichever call fails, the next try sends what is missing, and only that."""
    head = await world.say("ada", "dev", "hello")
    place = at(world, "dev", head.ts)
    world.fail(method, status=503, after=after)
    with pytest.raises(Transient):
        await chat.post_report(place, REPORT, PAGE, "report:r1")
    await chat.post_report(place, REPORT, PAGE, "report:r1")

    [(_, replies)] = world.transcript("dev")
    assert [world.plain(reply).split("\n")[0] for reply in replies] == [
        "Findings",
        "[picture: Trend — It rises.]",
        "Table",
        "[picture: Second — It falls.]",
    ]


async def test_two_reports_in_one_thread_are_two(world: SlackWorld, chat: SlackChat) -> None:
    """The same flow twice in a thread shows its pictures twice, even in a long thread."""
    head = await world.say("ada", "dev", "hello")
    place = at(world, "dev", head.ts)
    for _ in range(120):
        await world.say("bo", "dev", "chatter", thread=head.ts)
    for key in ("report:r1", "report:r2", "report:r2"):
        await chat.post_report(place, REPORT, PAGE, key)
    [(_, replies)] = world.transcript("dev")
    assert len([reply for reply in replies if reply.user == BOT_USER]) == 8


async def test_files_need_an_invitation(world: SlackWorld, chat: SlackChat) -> None:
    """In a public channel without the bot the text arrives, and says where the files are."""
    world.channel("lobby", "ada", bot=False)
    await chat.post_report(at(world, "lobby"), REPORT, PAGE, "report:r1")
    shown = [world.plain(message) for message, _ in world.transcript("lobby")]
    assert shown[1].startswith("2 files are not shown here")
    assert shown[-1].startswith("1 file is not shown here")


async def test_a_long_report_brings_its_file(world: SlackWorld, chat: SlackChat) -> None:
    """What is far too long is complete in a Markdown file in the thread."""
    head = await world.say("ada", "dev", "hello")
    lines = Bullets(tuple((f"finding {number} " + "x" * 80,) for number in range(2_000)))
    await chat.post_report(at(world, "dev", head.ts), Report("All", blocks=(lines,)), PAGE, "k")
    [(_, replies)] = world.transcript("dev")
    [name] = replies[-1].files
    assert (world.space.files[name].content or b"").count(b"- finding") == 2_000


async def test_eyes_are_put_on_once(world: SlackWorld, chat: SlackChat) -> None:
    """Seeing a message twice is fine."""
    said = await world.say("ada", "dev", "hello")
    for _ in range(2):
        await chat.react(MessageRef("slack", said.channel, said.ts), "seen")
    assert said.reactions == {"eyes": [BOT_USER]}


async def test_a_whisper_finds_its_person(world: SlackWorld, chat: SlackChat) -> None:
    """In a channel it is for their eyes only; where the bot is not, it is a direct message."""
    ada = Actor("slack", world.user("ada").id, "Ada")
    await chat.whisper(world.space.channel("dev").id, ada, Report("", "Psst"))
    await chat.whisper(world.channel("lobby", "ada", bot=False).id, ada, Report("", "Hey"))

    assert [world.plain(m) for m in world.whispers("ada")] == ["Psst"]
    direct = world.transcript(world.space.direct("ada").id)
    assert [world.plain(message) for message, _ in direct] == ["Hey"]


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ({"status": 429, "retry_after": 7}, Transient, "slow down"),
        ({"status": 503}, Transient, "trouble"),
        ({"error": "fatal_error"}, Transient, "trouble"),
        ({"error": "channel_not_found"}, NotFound, "/invite @Flowbot"),
        ({"error": "is_archived"}, Refused, "archived"),
        ({"error": "restricted_action_read_only_channel"}, Refused, "read-only"),
        ({"error": "token_revoked"}, Unauthorized, "renew"),
        ({"error": "surprise"}, Refused, "Slack refused this (surprise)."),
    ],
)
async def test_failures_are_told_apart(
    world: SlackWorld, chat: SlackChat, fault: dict[str, int | str], kind: type, said: str
) -> None:
    """What may work later is Transient; all else says what to do about it."""
    world.fail("chat.update", **fault)  # type: ignore[arg-type] # a table of keyword arguments
    with pytest.raises(OutsideError) as failed:
        await chat.edit_card(MessageRef("slack", "C", "1.1"), card(world))
    assert type(failed.value) is kind
    assert said in str(failed.value)
    assert world.bot_token not in str(failed.value)


async def test_a_wait_is_as_long_as_slack_says(world: SlackWorld, chat: SlackChat) -> None:
    """The time that Slack names goes on with the error; without one it is half a minute."""
    for seconds in (7, 0):
        world.fail("chat.update", status=429, retry_after=seconds)
        with pytest.raises(Transient) as failed:
            await chat.edit_card(MessageRef("slack", "C", "1.1"), card(world))
        assert failed.value.retry_after == timedelta(seconds=seconds or 30)


async def test_a_missing_permission_is_named(world: SlackWorld, chat: SlackChat) -> None:
    """Whoever can reinstall the app learns which scope it lacks."""
    world.fail("chat.update", error="missing_scope", needed="chat:write")
    with pytest.raises(Refused, match="chat:write"):
        await chat.edit_card(MessageRef("slack", "C", "1.1"), card(world))


async def test_slack_being_away_is_transient(world: SlackWorld) -> None:
    """A refused connection may be a working one later."""
    async with open_chat("xoxb-1", "http://127.0.0.1:9/api/") as chat:
        with pytest.raises(Transient, match="cannot be reached"):
            await chat.react(MessageRef("slack", "C", "1.1"), "seen")


async def test_a_failed_upload_is_transient(world: SlackWorld, chat: SlackChat) -> None:
    """Bytes that Slack does not take are sent again later."""
    world.fail("upload", status=500)
    with pytest.raises(Transient, match="upload"):
        await chat.post_report(at(world, "dev"), REPORT, PAGE, "k")


async def test_calls_are_counted_and_can_be_forbidden(world: SlackWorld, chat: SlackChat) -> None:
    """Every call is on the meter, and one that may not write does not."""
    with metered(Meter()) as meter:
        await chat.post_card(at(world, "dev"), card(world), "k")
    assert meter.calls == {"slack": 3}
    assert meter.bytes["slack"] > 500
    with metered(Meter(writes=False)), pytest.raises(WriteOutsideEffect):
        await chat.post_card(at(world, "dev"), card(world), "k2")
    assert len(world.called("chat.postMessage")) == 1


async def test_names_are_remembered_for_a_while(world: SlackWorld) -> None:
    """One question per person and hour; a person without a name is their id."""
    now = [0.0]
    client = AsyncWebClient(world.bot_token, f"{world.base_url}/api/")
    client.proxy = None
    names = Names(client, lambda: now[0])
    ada = world.user("ada").id
    assert [await names.person(ada, "ada") for _ in range(3)] == ["Ada"] * 3
    assert len(world.called("users.info")) == 1
    now[0] = 3601.0
    assert names.known(ada) == ""
    await names.person(ada, "ada")
    assert names.known(ada) == "Ada"
    assert await names.person("U0NOBODY", "nobody") == "nobody"


async def test_a_chat_knows_who_it_is(world: SlackWorld, chat: SlackChat) -> None:
    """Its identity is asked for each time, because a token may be revoked meanwhile."""
    assert await chat.identity() == "flowbot in Acme"
    world.fail("auth.test", error="token_revoked")
    with pytest.raises(Refused, match="renew"):
        await chat.identity()


async def test_a_notice_goes_to_one_person_and_is_never_sent_twice(
    world: SlackWorld, chat: SlackChat
) -> None:
    """A try that got through, although nobody heard, is found by its key."""
    ada = Actor("slack", world.user("ada").id, "Ada")
    told = Report("", "deploy:<!channel> is free.", "good")

    await chat.tell(ada, told, "lock:1", again=False)
    await chat.tell(ada, told, "lock:1")
    await chat.tell(ada, told, "lock:2")

    posts = world.called("chat.postMessage")
    assert [body["channel"] for body in posts] == [world.space.direct("ada").id] * 2
    assert "<!channel>" not in posts[0]["text"]
    keys = [body["metadata"]["event_payload"]["key"] for body in posts]
    assert keys == ["lock:1:0", "lock:2:0"]
