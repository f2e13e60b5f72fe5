"""The chat port on an emulated Discord: what is sent, once, and how failures read."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from bot.chat import Actor, Card, MessageRef, ThreadRef
from bot.discord.chat import PAGE as PAGE_OF_DISCORD
from bot.discord.chat import DiscordChat, open_chat
from bot.discord.rest import Rest
from bot.discord.turns import Turns
from bot.pace import Short
from flows.report import Attachment, Bullets, Figure, Report, text
from integrations.emulators.discord import DiscordWorld
from integrations.emulators.discord.model import BOT_USER
from integrations.errors import NotFound, OutsideError, Refused, Transient, Unauthorized
from integrations.meter import Meter, WriteOutsideEffect, metered

PAGE = "https://flowbot.example/runs/r1"
POST = "POST /channels/{channel_id}/messages"
EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"


@pytest.fixture
async def chat(world: DiscordWorld) -> AsyncIterator[DiscordChat]:
    """Yield the chat under test."""
    async with open_chat(world.token, f"{world.base_url}/api/v10") as chat:
        yield chat


def at(world: DiscordWorld, channel: str, thread: str = "") -> ThreadRef:
    """Return a place in the server."""
    return ThreadRef("discord", world.guild.channel(channel).id, thread)


def ada(world: DiscordWorld) -> Actor:
    """Return Ada."""
    return Actor("discord", world.user("ada").id, "Ada")


def card(world: DiscordWorld, line: str = "Working …") -> Card:
    """Return a card that Ada asked for."""
    return Card("dora acme/shop", "dora acme/shop", "running", line, ada(world), PAGE)


async def test_a_card_grows_in_place(world: DiscordWorld, chat: DiscordChat) -> None:
    """One message per run: an edit replaces what it says."""
    sent = await chat.post_card(at(world, "dev"), card(world), "card:r1")
    await chat.edit_card(sent, card(world, "Done"))

    [(message, _)] = world.transcript("dev")
    assert sent == MessageRef("discord", message.channel, message.id)
    assert "Done" in world.plain(message)
    [body] = world.called(POST)
    assert body["allowed_mentions"] == {"parse": []}
    assert body["enforce_nonce"] is True


@pytest.mark.parametrize("in_thread", [False, True])
async def test_a_card_is_never_sent_twice(
    world: DiscordWorld, chat: DiscordChat, in_thread: bool
) -> None:
    """A try that got through, although nobody heard, is found by its mark and edited."""
    thread = world.say("ada", "dev", "hello").id if in_thread else ""
    place = at(world, "dev", thread)
    first = await chat.post_card(place, card(world), "card:r1")
    again = await chat.post_card(place, card(world, "Done"), "card:r1")
    other = await chat.post_card(place, card(world), "card:r2", again=False)

    assert first == again != other
    assert "Done" in world.plain(world.message(first.message.rpartition("/")[2]))
    assert "Done" in world.plain(world.message(again.message.rpartition("/")[2]))


async def test_discord_itself_keeps_a_card_from_coming_twice(
    world: DiscordWorld, chat: DiscordChat
) -> None:
    """Within minutes the nonce is enough: the lost answer comes again, the message does not."""
    world.fail(POST, status=502, late=True)
    with pytest.raises(Transient, match="trouble"):
        await chat.post_card(at(world, "dev"), card(world), "card:r1", again=False)
    await chat.post_card(at(world, "dev"), card(world), "card:r1", again=False)
    assert len(world.transcript("dev")) == 1


async def test_a_card_is_found_again_in_a_busy_channel(
    world: DiscordWorld, chat: DiscordChat
) -> None:
    """However much was said there since the run began: more than a page of it."""
    place, mine = at(world, "dev"), replace(card(world), started=world.now())
    first = await chat.post_card(place, mine, "card:r1", again=False)
    for number in range(PAGE_OF_DISCORD):
        world.say("ada", "dev", f"line {number}")

    assert await chat.post_card(place, mine, "card:r1") == first
    assert len(world.called("GET /channels/{channel_id}/messages")) == 2


async def test_a_card_that_finds_no_way_goes_to_the_person(
    world: DiscordWorld, chat: DiscordChat
) -> None:
    """Typed where the bot cannot write, it is a direct message, once; its report follows."""
    world.channel("secret", "VIEW_CHANNEL")
    hidden = at(world, "secret", world.say("ada", "secret", "hello").id)
    sent = await chat.post_card(hidden, card(world), "card:r1")
    assert await chat.post_card(hidden, card(world), "card:r1") == sent
    assert sent.channel == world.direct("ada").id
    await chat.post_report(ThreadRef("discord", sent.channel, hidden.thread), REPORT, PAGE, "r")
    assert len(world.transcript(sent.channel)) == 2


async def test_a_card_of_elsewhere_stays_where_it_was_meant(
    world: DiscordWorld, chat: DiscordChat
) -> None:
    """Somebody without an account here gets no direct message; nor where that is what failed."""
    stranger = Card("x", "x", "running", "", Actor("terminal", "me", "Me"), PAGE)
    with pytest.raises(NotFound, match="no such channel"):
        await chat.post_card(ThreadRef("discord", "1300000000000009999"), stranger, "k")
    world.user("ada").takes_no_messages = True
    direct = ThreadRef("discord", world.direct("ada").id)
    with pytest.raises(Refused, match="takes no direct messages"):
        await chat.post_card(direct, card(world), "k")


REPORT = Report(
    "Findings",
    blocks=(
        text("Three things."),
        Figure("Trend", "It rises.", b"\x89PNG"),
        Attachment("log.txt", "text/plain", b"lines"),
    ),
)


async def test_a_report_arrives_in_the_thread(world: DiscordWorld, chat: DiscordChat) -> None:
    """The thread hangs on the message it is named for, and is made with the first report."""
    head = await chat.post_card(at(world, "dev"), card(world), "card:r1")
    place = at(world, "dev", head.message)
    for key in ("report:r1", "report:r1", "report:r2"):
        await chat.post_report(place, REPORT, PAGE, key)

    [(_, replies)] = world.transcript("dev")
    assert len(replies) == 2
    assert [file.content for file in replies[0].attachments] == [b"\x89PNG", b"lines"]
    assert replies[0].attachments[0].description == "It rises."
    assert world.guild.channels[head.message].name == "Findings"


async def test_a_report_that_broke_off_is_completed(world: DiscordWorld, chat: DiscordChat) -> None:
    """The next try sends what is missing, and only that."""
    lines = Bullets(tuple((f"finding {number} " + "x" * 80,) for number in range(2_000)))
    place, report = (
        at(world, "dev", world.say("ada", "dev", "hi").id),
        Report("All", blocks=(lines,)),
    )
    world.fail(POST, status=503, after=3)
    with pytest.raises(Transient):
        await chat.post_report(place, report, PAGE, "k", again=False)
    await chat.post_report(place, report, PAGE, "k")
    [(_, replies)] = world.transcript("dev")
    assert len(replies) == 6
    assert replies[-1].attachments[0].content.count(b"- finding") == 2_000


@pytest.mark.parametrize("place", ["@flowbot", "flat"])
async def test_where_no_thread_can_be_there_are_replies(
    world: DiscordWorld, chat: DiscordChat, place: str
) -> None:
    """In direct messages, and where threads are not permitted; twice is once there too."""
    world.channel("flat", "CREATE_PUBLIC_THREADS")
    said = world.say("ada", place, "hello")
    where = ThreadRef("discord", said.channel, said.id)
    for key in ("k", "k", "l"):
        await chat.post_report(where, REPORT, PAGE, key)
    _, first, second = (head for head, _ in world.transcript(said.channel))
    assert first.reference == second.reference == {"message_id": said.id}


async def test_copies_are_tidied_away(world: DiscordWorld, chat: DiscordChat) -> None:
    """Of everything under one key there is one left: the one to keep, or the first."""
    said = world.say("ada", "dev", "hello")
    place = at(world, "dev", said.id)
    for nonce_is_forgotten in range(2):
        await chat.post_report(place, REPORT, PAGE, "k", again=False)
        await chat.post_card(place, card(world), "c", again=False)
        if not nonce_is_forgotten:
            world.nonces.clear()
    first, last = world.guild.messages[said.id][0], world.guild.messages[said.id][3]
    await chat.tidy(place, "k")
    await chat.tidy(place, "c", world.now(), keep=f"{said.id}/{last.id}")
    assert world.guild.messages[said.id] == [first, last]


async def test_a_notice_reaches_one_person_once(world: DiscordWorld, chat: DiscordChat) -> None:
    """As a direct message; another try finds it."""
    for _ in range(2):
        world.nonces.clear()
        await chat.tell(ada(world), Report("", "Your turn."), "notice:1")
    [(message, _)] = world.transcript(world.direct("ada").id)
    assert world.plain(message) == "Your turn."


async def test_a_thread_that_sleeps_is_woken(world: DiscordWorld, chat: DiscordChat) -> None:
    """A card in it can be edited again; one in a locked thread cannot."""
    said = world.say("ada", "dev", "hello")
    sent = await chat.post_card(at(world, "dev", said.id), card(world), "card:r1")
    world.guild.channels[said.id].archived = True
    await chat.edit_card(sent, card(world, "Done"))
    assert "Done" in world.plain(world.guild.messages[said.id][0])
    world.guild.channels[said.id].archived = world.guild.channels[said.id].locked = True
    with pytest.raises(Refused):
        await chat.edit_card(sent, card(world, "Again"))


async def test_a_thread_made_by_somebody_else_meanwhile_is_waited_for(
    world: DiscordWorld, chat: DiscordChat
) -> None:
    """The next try finds it."""
    said = world.say("ada", "dev", "hello")
    route = "POST /channels/{channel_id}/messages/{message_id}/threads"
    world.fail(route, status=400, error=(160004, "A thread has already been created"))
    with pytest.raises(Transient):
        await chat.post_report(at(world, "dev", said.id), REPORT, PAGE, "k")


async def test_eyes_are_put_on_once(world: DiscordWorld, chat: DiscordChat) -> None:
    """Seeing a message twice is fine."""
    said = world.say("ada", "dev", "hello")
    for _ in range(2):
        await chat.react(MessageRef("discord", said.channel, said.id), "seen")
    assert said.reactions == {"👀": [BOT_USER]}


async def test_a_whisper_is_a_direct_message(world: DiscordWorld, chat: DiscordChat) -> None:
    """Where there is no interaction, nothing else is for one person alone."""
    await chat.whisper(world.guild.channel("dev").id, ada(world), Report("", "Psst"))
    [(message, _)] = world.transcript(world.direct("ada").id)
    assert world.plain(message) == "Psst"


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ({"status": 429, "retry_after": 7}, Transient, "slow down"),
        ({"status": 429, "retry_after": 1e300}, Transient, "slow down"),
        ({"status": 403, "error": (40062, "Rate limited")}, Transient, "slow down"),
        ({"status": 503}, Transient, "trouble"),
        ({"status": 404, "error": (10003, "Unknown Channel")}, NotFound, "no such channel"),
        ({"status": 403, "error": (50001, "Missing Access")}, Refused, "let me in"),
        ({"status": 403, "error": (50013, "Missing Permissions")}, Refused, "I need to view it"),
        ({"status": 401, "error": (0, "401: Unauthorized")}, Unauthorized, "renew"),
        ({"status": 400, "error": (77, "Surprise")}, Refused, "Discord refused this (Surprise)."),
    ],
)
async def test_failures_are_told_apart(
    world: DiscordWorld, chat: DiscordChat, fault: dict[str, int], kind: type, said: str
) -> None:
    """What may work later is Transient; all else says what to do about it."""
    world.fail(EDIT, **fault)  # type: ignore[arg-type] # a table of keyword arguments
    with pytest.raises(OutsideError) as failed:
        await chat.edit_card(MessageRef("discord", "1", "1"), card(world))
    assert type(failed.value) is kind
    assert said in str(failed.value)
    assert world.token not in str(failed.value)


async def test_what_does_not_fit_names_the_place(world: DiscordWorld, chat: DiscordChat) -> None:
    """Of a refused body the first error is told."""
    dev = world.guild.channel("dev").id
    with pytest.raises(Refused, match="content: Must be 2000 or fewer in length"):
        await chat.rest("POST", f"/channels/{dev}/messages", {"content": "x" * 2001})


async def test_discord_being_away_is_transient() -> None:
    """A refused connection may be a working one later."""
    async with open_chat("t", "http://127.0.0.1:9") as chat:
        with pytest.raises(Transient, match="cannot be reached"):
            await chat.identity()


async def test_calls_are_counted_and_can_be_forbidden(
    world: DiscordWorld, chat: DiscordChat
) -> None:
    """Every call is on the meter, and one that may not write does not."""
    with metered(Meter()) as meter:
        await chat.post_card(at(world, "dev"), card(world), "k")
    assert meter.calls == {"discord": 2}
    assert meter.bytes["discord"] > 300
    with metered(Meter(writes=False)), pytest.raises(WriteOutsideEffect):
        await chat.post_card(at(world, "dev"), card(world), "k2")


async def test_a_chat_knows_who_and_where_it_is(world: DiscordWorld, chat: DiscordChat) -> None:
    """Its identity is asked for each time; an id is a channel, or a thread in one."""
    assert await chat.identity() == ("Flowbot in 1 server", False)
    said = world.say("ada", "dev", "hello")
    await chat.post_report(at(world, "dev", said.id), REPORT, PAGE, "k")
    assert await chat.place(said.channel) == (said.channel, "")
    assert await chat.place(said.id) == (said.channel, said.id)
    assert await chat.place("1300000000000009999") == ("1300000000000009999", "")


class Waits:
    """Time that passes only by waiting."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def turns(self) -> Turns:
        """Return turns that wait in this time."""
        return Turns(pause=self.pause, clock=lambda: self.now)


async def test_limits_are_kept_before_discord_has_to_say_so(world: DiscordWorld) -> None:
    """A route that has nothing left is waited for; each route waits for itself alone."""
    world.enforce_limits = True
    time, start = Waits(), world.now()
    world.now = lambda: start + timedelta(seconds=time.now)
    async with aiohttp.ClientSession() as session:
        rest = Rest(session, world.token, f"{world.base_url}/api/v10", time.turns())
        chat = DiscordChat(rest)
        for number in range(12):
            await chat.post_card(at(world, "dev"), card(world), f"k{number}", again=False)
        await chat.post_card(at(world, "general"), card(world), "k", again=False)
    assert [round(each) for each in time.waits] == [5, 5]
    assert {call.status for call in world.calls} == {200}
    assert len(world.transcript("dev")) == 12


async def test_a_burst_arrives_in_order_without_a_refusal(world: DiscordWorld) -> None:
    """A hundred notifications at once: Discord never has to say that it is too much."""
    world.enforce_limits = True
    time, start = Waits(), world.now()
    world.now = lambda: start + timedelta(seconds=time.now)
    async with aiohttp.ClientSession() as session:
        rest = Rest(session, world.token, f"{world.base_url}/api/v10", time.turns())
        chat, dev = DiscordChat(rest), at(world, "dev")
        await asyncio.gather(
            *(
                chat.post_card(dev, card(world, f"number {number}"), f"k{number}", again=False)
                for number in range(100)
            )
        )
    assert {call.status for call in world.calls} == {200}
    shown = [world.plain(head).split("\n")[1] for head, _ in world.transcript("dev")]
    assert shown == [f"number {number}" for number in range(100)]


async def test_progress_gives_way_to_what_people_wait_for(world: DiscordWorld) -> None:
    """Where a route is busy or has nothing left, a mere progress edit is put off, not made."""
    world.enforce_limits = True
    time, start = Waits(), world.now()
    world.now = lambda: start + timedelta(seconds=time.now)
    async with aiohttp.ClientSession() as session:
        rest = Rest(session, world.token, f"{world.base_url}/api/v10", time.turns())
        chat = DiscordChat(rest)
        sent = await chat.post_card(at(world, "dev"), card(world), "k", again=False)
        many = [chat.edit_card(sent, card(world, f"{number}")) for number in range(2)]
        first, second = await asyncio.gather(*many, return_exceptions=True)
        assert first is None
        assert isinstance(second, Short)
        for number in range(4):
            await chat.edit_card(sent, card(world, f"{number}"))
        with pytest.raises(Short):
            await chat.edit_card(sent, card(world, "more"))
        await chat.edit_card(sent, replace(card(world, "Done"), seconds=3.0))
    assert time.waits == [5.0]
    assert {call.status for call in world.calls} == {200}
    assert "Done" in world.plain(world.message(sent.message))


@pytest.mark.parametrize("retry_after", [2.0, 60.0])
async def test_a_wait_is_as_long_as_discord_says(world: DiscordWorld, retry_after: float) -> None:
    """A short one is waited out by the next call; a long one is Transient without a call."""
    time = Waits()
    async with aiohttp.ClientSession() as session:
        rest = Rest(session, world.token, f"{world.base_url}/api/v10", time.turns())
        world.fail("GET /applications/@me", status=429, retry_after=retry_after)
        with pytest.raises(Transient) as failed:
            await DiscordChat(rest).identity()
        assert failed.value.retry_after == timedelta(seconds=retry_after)
        if retry_after > 5:
            with pytest.raises(Transient):
                await DiscordChat(rest).identity()
        else:
            await DiscordChat(rest).identity()
    assert time.waits == ([] if retry_after > 5 else [2.0])
