"""The Web API of the emulated Slack, through the official client."""

from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack.model import BOT_USER
from tests.integrations.emulators.slack.clock import Clock

MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Form"}, "blocks": []}


async def error_of(call: Awaitable[Any]) -> str:
    """Return the error that a call is refused with."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_a_message_can_be_posted_edited_and_deleted(
    world: SlackWorld, client: AsyncWebClient
) -> None:
    """Every change shows in the history, and an edit keeps what was said before."""
    posted = await client.chat_postMessage(channel="#dev", text="one")
    where, ts = posted["channel"], posted["ts"]
    await client.chat_update(channel=where, ts=ts, text="two")

    history = await client.conversations_history(channel=where)
    message = world.space.message(where, ts)
    assert [m["text"] for m in history["messages"]] == ["two"]
    assert history["messages"][0]["edited"]["user"] == BOT_USER
    assert [edit.text for edit in message.edits] == ["one"]

    await client.chat_delete(channel=where, ts=ts)
    assert (await client.conversations_history(channel=where))["messages"] == []


async def test_metadata_comes_back_only_when_asked_for(client: AsyncWebClient) -> None:
    """A message carries its metadata through edits, and history shows it on request."""
    metadata = {"event_type": "card", "event_payload": {"key": "k"}}
    sent = await client.chat_postMessage(channel="#dev", text="x", metadata=metadata)
    await client.chat_update(channel=sent["channel"], ts=sent["ts"], text="y")

    plain = await client.conversations_history(channel=sent["channel"])
    full = await client.conversations_history(channel=sent["channel"], include_all_metadata=True)
    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"] == metadata


async def test_replies_stay_in_their_thread(world: SlackWorld, client: AsyncWebClient) -> None:
    """A reply is part of its thread and not of the channel's history; a reply's reply too."""
    head = await client.chat_postMessage(channel="#dev", text="head")
    where = head["channel"]
    reply = await client.chat_postMessage(channel=where, text="reply", thread_ts=head["ts"])
    await client.chat_postMessage(channel=where, text="deeper", thread_ts=reply["ts"])

    thread = await client.conversations_replies(channel=where, ts=head["ts"])
    history = await client.conversations_history(channel=where)
    assert [m["text"] for m in thread["messages"]] == ["head", "reply", "deeper"]
    assert [m["text"] for m in history["messages"]] == ["head"]
    assert history["messages"][0]["reply_count"] == 2
    [(_, replies)] = world.transcript("dev")
    assert [m.text for m in replies] == ["reply", "deeper"]


async def test_lists_come_in_pages(world: SlackWorld, client: AsyncWebClient) -> None:
    """A cursor leads through all items once, and an invented one is refused."""
    for number in range(5):
        await client.chat_postMessage(channel="#dev", text=str(number))
    where = world.space.channel("dev").id

    seen, cursor = [], None
    while cursor != "":
        page = await client.conversations_history(channel=where, limit=2, cursor=cursor)
        seen += [m["text"] for m in page["messages"]]
        cursor = page["response_metadata"]["next_cursor"]
    assert seen == ["4", "3", "2", "1", "0"]
    wrong = client.conversations_history(channel=where, cursor="nonsense")
    assert await error_of(wrong) == "invalid_cursor"
    assert await error_of(client.conversations_history(channel=where, limit=0)) == "invalid_limit"


async def test_people_are_found_by_id_and_address(
    world: SlackWorld, client: AsyncWebClient
) -> None:
    """A person has a name, a time zone and an address; the bot is a bot."""
    ada = world.user("ada")
    found = await client.users_lookupByEmail(email="ada@acme.example")
    shown = await client.users_info(user=ada.id)
    everybody = await client.users_list()

    assert found["user"]["id"] == ada.id
    assert shown["user"]["profile"]["display_name"] == "Ada"
    assert (shown["user"]["tz"], shown["user"]["tz_offset"]) == ("Europe/London", 0)
    assert [u["name"] for u in everybody["members"] if u["is_bot"]] == ["flowbot"]
    assert await error_of(client.users_info(user="U0NOBODY")) == "user_not_found"
    assert await error_of(client.users_lookupByEmail(email="")) == "users_not_found"


async def test_private_channels_hide_from_outsiders(
    world: SlackWorld, client: AsyncWebClient
) -> None:
    """A private channel without the bot looks like none; a public one takes posts, not more."""
    secret = world.channel("secret", "ada", private=True, bot=False)
    lobby = world.channel("lobby", "ada", bot=False)

    listed = await client.conversations_list(types="public_channel,private_channel,im")
    assert secret.id not in [c["id"] for c in listed["channels"]]
    assert await error_of(client.chat_postMessage(channel=secret.id, text="x")) == (
        "channel_not_found"
    )
    assert (await client.chat_postMessage(channel=lobby.id, text="x"))["ok"]
    whisper = client.chat_postEphemeral(channel=lobby.id, user=world.user("ada").id, text="x")
    assert await error_of(whisper) == "not_in_channel"
    await client.conversations_join(channel=lobby.id)
    joined = await client.conversations_members(channel=lobby.id)
    assert joined["members"] == [world.user("ada").id, BOT_USER]
    assert (await client.conversations_info(channel=lobby.id))["channel"]["is_member"]


async def test_direct_messages_open_once(world: SlackWorld, client: AsyncWebClient) -> None:
    """Opening twice gives one conversation, and a user id is an address as good."""
    ada = world.user("ada").id
    first = await client.conversations_open(users=ada)
    second = await client.conversations_open(users=ada, return_im=True)
    sent = await client.chat_postMessage(channel=ada, text="hi")

    assert first["channel"]["id"] == second["channel"]["id"] == sent["channel"]
    assert await error_of(client.conversations_open(users=BOT_USER)) == "cannot_dm_bot"


async def test_reactions_count_once(world: SlackWorld, client: AsyncWebClient) -> None:
    """The same reaction twice is refused, and one that is not there cannot be removed."""
    sent = await client.chat_postMessage(channel="#dev", text="x")
    mark = {"channel": sent["channel"], "timestamp": sent["ts"], "name": "eyes"}
    await client.reactions_add(**mark)

    assert world.space.message(sent["channel"], sent["ts"]).reactions == {"eyes": [BOT_USER]}
    assert await error_of(client.reactions_add(**mark)) == "already_reacted"
    await client.reactions_remove(**mark)
    assert await error_of(client.reactions_remove(**mark)) == "no_reaction"


async def test_a_file_goes_up_in_three_steps(world: SlackWorld, client: AsyncWebClient) -> None:
    """The official client's upload arrives in the thread, byte by byte, with its alt text."""
    head = await client.chat_postMessage(channel="#dev", text="head")
    await client.files_upload_v2(
        channel=head["channel"],
        thread_ts=head["ts"],
        file_uploads=[
            {"content": b"picture", "filename": "a.png", "title": "A", "alt_txt": "two bars"}
        ],
    )

    [(_, [reply])] = world.transcript("dev")
    file = world.space.files[reply.files[0]]
    assert (file.content, file.title, file.alt) == (b"picture", "A", "two bars")
    assert world.plain(reply) == "[picture: A — two bars]"
    shown = await client.files_info(file=file.id)
    assert (shown["file"]["mimetype"], shown["file"]["size"]) == ("image/png", 7)
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{world.base_url}/files/{file.id}") as response,
    ):
        assert await response.read() == b"picture"


async def test_an_upload_must_be_as_announced(world: SlackWorld, client: AsyncWebClient) -> None:
    """Bytes of another length are refused, and what was never uploaded cannot be shared."""
    place = await client.files_getUploadURLExternal(filename="a.txt", length=3)
    async with (
        aiohttp.ClientSession() as session,
        session.post(place["upload_url"], data=b"four") as response,
    ):
        assert response.status == 400
    share = client.files_completeUploadExternal(files=[{"id": place["file_id"]}])
    assert await error_of(share) == "file_not_found"


async def test_a_trigger_is_good_once_and_for_three_seconds(
    world: SlackWorld, client: AsyncWebClient, clock: Clock
) -> None:
    """A second modal needs a new trigger, and an old one opens nothing."""
    ada = world.user("ada").id
    trigger, late = world.new_trigger(ada), world.new_trigger(ada)
    await client.views_open(trigger_id=trigger, view=MODAL)
    assert await error_of(client.views_open(trigger_id=trigger, view=MODAL)) == (
        "exchanged_trigger_id"
    )
    clock.forward(seconds=4)
    assert await error_of(client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"
    assert await error_of(client.views_open(trigger_id="1.2", view=MODAL)) == "invalid_trigger_id"


async def test_modals_stack_and_change(world: SlackWorld, client: AsyncWebClient) -> None:
    """A modal can be replaced, one can lie on another, and at most three do."""
    ada = world.user("ada").id
    opened = await client.views_open(trigger_id=world.new_trigger(ada), view=MODAL)
    changed = {**MODAL, "callback_id": "changed"}
    await client.views_update(view_id=opened["view"]["id"], view=changed)
    for _ in range(2):
        await client.views_push(trigger_id=world.new_trigger(ada), view=MODAL)

    top = world.modal("ada")
    assert top is not None
    assert top.root == opened["view"]["id"]
    fourth = client.views_push(trigger_id=world.new_trigger(ada), view=MODAL)
    assert await error_of(fourth) == "push_limit_reached"
    outdated = client.views_update(view_id=top.id, hash="old", view=MODAL)
    assert await error_of(outdated) == "hash_conflict"
    await client.views_publish(user_id=ada, view={"type": "home", "blocks": []})
    assert world.homes[ada].content["type"] == "home"


async def test_tokens_are_told_apart(world: SlackWorld, client: AsyncWebClient) -> None:
    """No token, a wrong one and one of the wrong kind are three different refusals."""
    assert await error_of(client.auth_test(token="xoxb-wrong")) == "invalid_auth"
    assert await error_of(client.auth_test(token=world.app_token)) == "not_allowed_token_type"
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{world.base_url}/api/auth.test") as response,
    ):
        assert (await response.json())["error"] == "not_authed"
    assert await error_of(client.api_call("chat.meMessage")) == "unknown_method"


async def test_faults_happen_on_demand(world: SlackWorld, client: AsyncWebClient) -> None:
    """A fault is answered as often as it was ordered, then all is well; every call is kept."""
    world.fail("chat.postMessage", status=429, retry_after=7)
    world.fail("chat.postMessage", error="fatal_error", times=1)
    with pytest.raises(SlackApiError) as slow:
        await client.chat_postMessage(channel="#dev", text="1")
    assert slow.value.response.headers["Retry-After"] == "7"
    assert await error_of(client.chat_postMessage(channel="#dev", text="2")) == "fatal_error"
    await client.chat_postMessage(channel="#dev", text="3")

    assert [call.error for call in world.calls] == ["ratelimited", "fatal_error", ""]
    assert [body["text"] for body in world.called("chat.postMessage")] == ["1", "2", "3"]


async def test_limits_are_per_channel_when_enforced(
    world: SlackWorld, client: AsyncWebClient, clock: Clock
) -> None:
    """A short burst passes, the next message has to wait, another channel does not."""
    world.enforce_limits = True
    for _ in range(3):
        await client.chat_postMessage(channel="#dev", text="x")
    assert await error_of(client.chat_postMessage(channel="#dev", text="x")) == "ratelimited"
    await client.chat_postMessage(channel="#general", text="x")
    clock.forward(seconds=3)
    await client.chat_postMessage(channel="#dev", text="x")


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (("chat.postMessage", {"channel": "C0NONE", "text": "x"}), "channel_not_found"),
        (("chat.postMessage", {"channel": "#dev"}), "no_text"),
        (("chat.postMessage", {"channel": "#dev", "blocks": "{"}), "invalid_blocks_format"),
        (("chat.postMessage", {"channel": "#dev", "thread_ts": "1"}), "thread_not_found"),
        (("chat.update", {"channel": "#dev", "ts": "1.1", "text": "x"}), "message_not_found"),
        (("conversations.replies", {"channel": "#dev", "ts": "1.1"}), "thread_not_found"),
        (("conversations.open", {}), "users_list_not_supplied"),
        (("reactions.add", {"channel": "#dev", "timestamp": "1.1"}), "invalid_name"),
        (("files.getUploadURLExternal", {"filename": "", "length": 1}), "invalid_arguments"),
        (("files.info", {"file": "F0"}), "file_not_found"),
        (("files.completeUploadExternal", {"files": []}), "invalid_arguments"),
        (("conversations.info", {"channel": "C0NONE"}), "channel_not_found"),
        (("views.publish", {"user_id": "U", "view": MODAL}), "invalid_arguments"),
        (("views.push", {"trigger_id": "1", "view": {"type": "modal"}}), "invalid_arguments"),
        (("views.update", {"view_id": "V0", "view": MODAL}), "not_found"),
        (("views.open", {"trigger_id": "1", "view": {"type": "sheet"}}), "invalid_arguments"),
    ],
)  # fmt: skip
async def test_mistakes_get_slacks_own_words(
    client: AsyncWebClient, call: tuple[str, dict[str, Any]], error: str
) -> None:
    """Each mistake is answered with the error that Slack has for it."""
    method, arguments = call
    assert await error_of(client.api_call(method, json=arguments)) == error


async def test_archived_channels_take_nothing(world: SlackWorld, client: AsyncWebClient) -> None:
    """An archived channel refuses posts and is left out of lists on request."""
    world.space.channel("dev").archived = True
    assert await error_of(client.chat_postMessage(channel="#dev", text="x")) == "is_archived"
    listed = await client.conversations_list(exclude_archived=True)
    assert "dev" not in [channel["name"] for channel in listed["channels"]]


async def test_long_text_is_cut_when_posted_and_refused_when_edited(
    client: AsyncWebClient,
) -> None:
    """Slack cuts a new message at 40,000 characters, and refuses an edit of that length."""
    sent = await client.chat_postMessage(channel="#dev", text="x" * 40_001)
    assert len(sent["message"]["text"]) == 40_000
    assert sent["warning"] == "message_truncated"
    edit = client.chat_update(channel=sent["channel"], ts=sent["ts"], text="x" * 40_001)
    assert await error_of(edit) == "msg_too_long"


async def test_a_permalink_leads_into_the_thread(client: AsyncWebClient) -> None:
    """The address of a reply names its thread."""
    head = await client.chat_postMessage(channel="#dev", text="head")
    reply = await client.chat_postMessage(channel="#dev", text="r", thread_ts=head["ts"])
    link = await client.chat_getPermalink(channel=head["channel"], message_ts=reply["ts"])
    assert link["permalink"].endswith(f"?thread_ts={head['ts']}&cid={head['channel']}")


async def test_nobody_else_can_edit_what_people_wrote(
    world: SlackWorld, client: AsyncWebClient
) -> None:
    """The bot can neither edit nor delete a person's message."""
    said = await world.say("ada", "dev", "mine")
    place: dict[str, Any] = {"channel": said.channel, "ts": said.ts}
    assert await error_of(client.chat_update(**place, text="x")) == "cant_update_message"
    assert await error_of(client.chat_delete(**place)) == "cant_delete_message"
    assert (await client.bots_info(bot="B0FLOWBOT1"))["bot"]["name"] == "flowbot"
    assert await error_of(client.bots_info(bot="B1")) == "bot_not_found"


async def test_private_channels_cannot_be_joined(world: SlackWorld, client: AsyncWebClient) -> None:
    """A public channel is joined once, an archived or private one never."""
    again = await client.conversations_join(channel=world.space.channel("dev").id)
    assert again["warning"] == "already_in_channel"
    team = world.channel("team", "ada", private=True)
    join = client.conversations_join(channel=team.id)
    assert await error_of(join) == "method_not_supported_for_channel_type"
    world.space.channel("dev").archived = True
    archived = client.conversations_join(channel=world.space.channel("dev").id)
    assert await error_of(archived) == "is_archived"


async def test_only_those_in_a_channel_are_whispered_to(
    world: SlackWorld, client: AsyncWebClient
) -> None:
    """Nobody sees what is for somebody who is not there."""
    room = world.channel("room", "ada")
    whisper = client.chat_postEphemeral(channel=room.id, user=world.user("bo").id, text="x")
    assert await error_of(whisper) == "user_not_in_channel"


async def test_an_edit_can_change_metadata(world: SlackWorld, client: AsyncWebClient) -> None:
    """New metadata replaces the old; a bare section of two fields reads line by line."""
    sent = await client.chat_postMessage(channel="#dev", text="x")
    fields = [{"type": "plain_text", "text": text} for text in ("a", "b")]
    await client.chat_update(
        channel=sent["channel"],
        ts=sent["ts"],
        text="x",
        blocks=[{"type": "section", "fields": fields}],
        metadata={"event_type": "new", "event_payload": {}},
    )
    message = world.space.message(sent["channel"], sent["ts"])
    assert message.metadata == {"event_type": "new", "event_payload": {}}
    assert world.plain(message) == "a\nb"
