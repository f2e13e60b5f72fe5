"""A Slack workspace in which people act and an app answers; what tests and the demo hold."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from integrations.emulators.faults import next_of
from integrations.emulators.slack import payloads
from integrations.emulators.slack.delivery import Answer, Delivery, Kind, Reason
from integrations.emulators.slack.forms import chosen, filled
from integrations.emulators.slack.limits import check_kinds, check_message, check_view
from integrations.emulators.slack.model import (
    BOT_USER,
    Call,
    Channel,
    Fault,
    Json,
    Message,
    ResponseUrl,
    SlackError,
    Trigger,
    User,
    View,
)
from integrations.emulators.slack.plain import plain
from integrations.emulators.slack.views import new_view
from integrations.emulators.slack.workspace import Workspace

SECOND = 1_000_000
TRIGGER_LIFE = 3 * SECOND
RESPONSE_URL_LIFE = 30 * 60 * SECOND
RETRIES = (0.0, 60.0, 300.0)


class SlackWorld:
    """Everything about one workspace.

    With `keep`, the state is read from that file and written back after every change, so that a
    killed process comes back with the same threads. `patience` is how long the bot may take to
    acknowledge, `retries` when an unacknowledged event is sent again; both in seconds.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        keep: Path | None = None,
        patience: float = 3.0,
        retries: Sequence[float] = RETRIES,
    ) -> None:
        self.now = clock
        self.space = _read(keep) if keep and keep.exists() else Workspace()
        self.bot_token = "xoxb-emulated"  # noqa: S105 - the workspace is emulated
        self.app_token = "xapp-emulated"  # noqa: S105 - the workspace is emulated
        self.signing_secret = "emulated-signing-secret"  # noqa: S105 - the workspace is emulated
        self.base_url = "http://127.0.0.1"
        self.enforce_limits = False
        self.unsupported: set[str] = set()  # kinds of block that the workspace does not take yet
        self.calls: list[Call] = []
        self.ephemerals: list[Message] = []
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.delivery = Delivery(self.signing_secret, clock, patience)
        self.response_urls: dict[str, ResponseUrl] = {}
        self.tickets: set[str] = set()
        self._triggers: dict[str, Trigger] = {}
        self._faults: list[Fault] = []
        self._keep = keep
        self._retries = tuple(retries)
        self._backlog: list[Json] = []
        self._later: set[asyncio.Task[None]] = set()
        self._watching: list[asyncio.Future[None]] = []

    # People and places

    def channel(self, name: str, *members: str, private: bool = False, bot: bool = True) -> Channel:
        """Open a channel with these people in it (all of them if none are named)."""
        people = [self.space.user(m) for m in members] or list(self.space.users.values())
        ids = [user.id for user in people if not user.bot] + ([BOT_USER] if bot else [])
        channel = Channel(self.space.new_id("C"), name, ids, "private" if private else "public")
        self.space.channels[channel.id] = channel
        self.touch()
        return channel

    def user(self, name: str) -> User:
        """Return a person by name or id."""
        return self.space.user(name)

    # What people do

    async def slash(self, user: str, channel: str, text: str) -> Message | None:
        """Type a slash command; return the answer that only this person sees, if there is one."""
        who, where = self.space.user(user), self._place(user, channel)
        url = self.new_response_url(ResponseUrl(where.id, who.id, self._micros()))
        typed = self.space.mentioning(text)
        payload = payloads.slash_command(who, where, typed, self.new_trigger(who.id), url)
        answer = await self.delivery.send("slash_commands", payload)
        if answer.failed:
            line = f"{text.split(maxsplit=1)[0]} failed because the app did not respond."
            return self._shown(Message(where.id, self.tick(), "USLACKBOT", line, only_for=who.id))
        return self.respond(answer.body, ResponseUrl(where.id, who.id, 0))

    async def say(self, user: str, channel: str, text: str, thread: str = "") -> Message:
        """Post a message as a person; the app hears of it where it is a member.

        `@name` becomes a mention. Returns once the app has acknowledged every event.
        """
        who, where = self.space.user(user), self._place(user, channel)
        typed = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        mention = f"<@{BOT_USER}>"
        typed = self.space.mentioning(typed)
        message = self.space.add(Message(where.id, self.tick(), who.id, typed, thread=thread))
        self.touch()
        if BOT_USER in where.members:
            mentioned = mention in typed and where.kind != "im"
            for kind in (["app_mention"] if mentioned else []) + ["message"]:
                name = f"Ev{self.space.new_id('E')}"
                await self.emit(payloads.event(self.space, where, message, kind, name))
        return message

    async def press(self, user: str, message: Message | str, button: str) -> Answer:
        """Press a button, named by its text or action id, on a message (or its ts)."""
        who = self.space.user(user)
        found = message if isinstance(message, Message) else self.message(message)
        where = self.space.channel(found.channel)
        action = chosen(found.blocks, button)
        place = ResponseUrl(where.id, who.id, self._micros(), found.ts, found.thread)
        payload = payloads.block_action(
            self.space,
            who,
            where,
            found,
            action,
            trigger=self.new_trigger(who.id),
            response_url=self.new_response_url(place),
            at=self.tick(),
        )
        return await self.delivery.send("interactive", payload)

    async def submit(self, user: str, modal: View, values: Mapping[str, str]) -> dict[str, str]:
        """Fill in a modal (by block id or label) and submit it; return the errors it shows."""
        who = self.space.user(user)
        state = filled(modal.content["blocks"], values)
        trigger = self.new_trigger(who.id)
        payload = payloads.submission(who, modal, state, trigger)
        answer = await self.delivery.send("interactive", payload)
        if answer.failed:
            modal.errors = {"": "We had some trouble connecting. Try again?"}
        else:
            self._after_submission(modal, answer.body)
        self.touch()
        return modal.errors

    def _after_submission(self, modal: View, answer: Json) -> None:
        stack = self.modals.get(modal.user, [])
        modal.errors = {}
        match answer.get("response_action"):
            case "errors":
                modal.errors = dict(answer["errors"])
            case "update":
                check_view(answer["view"])
                modal.content, modal.hash = answer["view"], self.tick()
            case "push":
                check_view(answer["view"])
                stack.append(new_view(self, modal.user, answer["view"], modal))
            case "clear":
                stack.clear()
            case _:
                stack.remove(modal)

    def modal(self, user: str) -> View | None:
        """Return the modal that a person sees."""
        stack = self.modals.get(self.space.user(user).id)
        return stack[-1] if stack else None

    def whispers(self, user: str) -> list[Message]:
        """Return what only this person was shown, oldest first."""
        who = self.space.user(user).id
        return [message for message in self.ephemerals if message.only_for == who]

    def transcript(self, channel: str) -> list[tuple[Message, list[Message]]]:
        """Return a channel's messages, each with the replies in its thread."""
        where = self._place("", channel).id
        return [
            (head, self.space.thread(where, head.ts)[1:]) for head in self.space.top_level(where)
        ]

    def plain(self, message: Message) -> str:
        """Return a message as somebody reads it in a terminal."""
        return plain(self.space, message)

    def _place(self, user: str, channel: str) -> Channel:
        """Return a channel; "@flowbot" is the person's conversation with the bot."""
        return self.space.direct(user) if channel == "@flowbot" else self.space.channel(channel)

    def message(self, ts: str) -> Message:
        """Return a message of any channel by its ts; raise SlackError if there is none."""
        everything = [*self.ephemerals, *(m for ms in self.space.messages.values() for m in ms)]
        found = next((m for m in everything if m.ts == ts), None)
        if found is None:
            raise SlackError("message_not_found")
        return found

    # What the platform does

    async def emit(self, payload: Json) -> None:
        """Deliver an event, and again while it is not acknowledged; keep it if nobody listens."""
        if not self.delivery.reachable:
            self._backlog.append(payload)
            return
        await self._attempts(payload, 0, "")

    async def _attempts(self, payload: Json, attempt: int, why: Reason) -> None:
        answer = await self.delivery.send("events_api", payload, attempt, why)
        if not answer.failed or attempt == len(self._retries):
            return
        wait = self._retries[attempt]
        if wait:
            self._spawn(self._attempt_after(wait, payload, attempt + 1, answer.failed))
        else:
            await self._attempts(payload, attempt + 1, answer.failed)

    async def _attempt_after(self, wait: float, payload: Json, attempt: int, why: Reason) -> None:
        await asyncio.sleep(wait)
        await self._attempts(payload, attempt, why)

    def greeted(self) -> None:
        """Send what happened while nobody listened, now that somebody does."""
        waiting, self._backlog = self._backlog, []
        for payload in waiting:
            self._spawn(self._attempts(payload, 1, "connection_failed"))
        self.touch()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def deliver(self, kind: Kind, payload: Json) -> Answer:
        """Send any payload once: for recorded and malformed ones."""
        return await self.delivery.send(kind, payload)

    def listen_at(self, url: str) -> None:
        """Deliver to this URL (HTTP mode); Socket Mode goes first where it is connected."""
        self.delivery.url = url
        self.greeted()

    def respond(self, body: Json, place: ResponseUrl) -> Message | None:
        """Show an answer to an action; return it where only one person sees it."""
        if body.get("delete_original") or not (body.get("text") or body.get("blocks")):
            return None
        text, blocks = body.get("text") or "", body.get("blocks") or []
        check_message(blocks)
        check_kinds(blocks, self.unsupported)
        if body.get("replace_original") and place.message:
            self.space.edit(self.message(place.message), self.tick(), text, blocks)
            self.touch()
            return None
        message = Message(place.channel, self.tick(), BOT_USER, text, blocks)
        message.thread = body.get("thread_ts") or ""
        if body.get("response_type") == "in_channel":
            self.space.add(message)
            self.touch()
            return None
        message.only_for = place.user
        return self._shown(message)

    def _shown(self, message: Message) -> Message:
        self.ephemerals.append(message)
        self.touch()
        return message

    # Permissions that run out

    def new_trigger(self, user: str) -> str:
        name = f"{self.space.new_id('1')}.{secrets.token_hex(8)}"
        self._triggers[name] = Trigger(user, self._micros() + TRIGGER_LIFE)
        return name

    def spend(self, trigger: str) -> Trigger:
        """Use a trigger id; raise SlackError if it is unknown, too old or spent."""
        found = self._triggers.get(trigger)
        if found is None:
            raise SlackError("invalid_trigger_id")
        if self._micros() > found.until:
            raise SlackError("expired_trigger_id")
        if found.used:
            raise SlackError("exchanged_trigger_id")
        found.used = True
        return found

    def new_response_url(self, place: ResponseUrl) -> str:
        place.until += RESPONSE_URL_LIFE
        name = secrets.token_hex(8)
        self.response_urls[name] = place
        return f"{self.base_url}/respond/{name}"

    def spend_response_url(self, name: str) -> ResponseUrl:
        found = self.response_urls.get(name)
        if found is None:
            raise SlackError("invalid_url")
        if self._micros() > found.until:
            raise SlackError("expired_url")
        if not found.uses:
            raise SlackError("used_url")
        found.uses -= 1
        return found

    # Faults, time, waiting, keeping

    def fail(
        self,
        method: str,
        *,
        error: str = "internal_error",
        status: int = 200,
        times: int = 1,
        retry_after: int = 0,
        after: int = 0,
        needed: str = "",
    ) -> None:
        """Answer calls of a method (or "upload") wrongly; status 429 is Slack's rate limit.

        `after` calls go well first; `needed` is the scope that a `missing_scope` names.
        """
        self._faults.append(Fault(method, error, status, times, retry_after, after, needed))

    def next_fault(self, method: str) -> Fault | None:
        return next_of(self._faults, lambda fault: fault.method == method)

    def called(self, method: str) -> list[Json]:
        """Return the bodies of all calls of a method, oldest first."""
        return [call.body for call in self.calls if call.method == method]

    def tick(self) -> str:
        """Return a new ts."""
        return self.space.tick(self._micros())

    def _micros(self) -> int:
        return int(self.now().timestamp() * SECOND)

    async def connected(self, within: float = 10.0) -> None:
        """Wait until a bot is connected over Socket Mode."""
        await self.until(lambda: bool(self.delivery.sockets), within)

    async def until(self, is_true: Callable[[], bool], within: float = 10.0) -> None:
        """Wait for a condition, looked at after every change; raise TimeoutError after `within`."""
        async with asyncio.timeout(within):
            while not is_true():
                await self.changed()

    async def changed(self) -> None:
        """Wait for the next change."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watching.append(waiting)
        await waiting

    def touch(self) -> None:
        """Note that something changed: wake those who wait, and keep the state."""
        for waiting in self._watching:
            if not waiting.done():
                waiting.set_result(None)
        self._watching.clear()
        if self._keep:
            self.save(self._keep)

    def save(self, path: Path) -> None:
        """Write the state as JSON; a reader never sees half of it."""
        fresh = path.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(self.space))
        fresh.replace(path)

    def load(self, path: Path) -> None:
        """Replace the state by a saved one."""
        self.space = _read(path)

    async def close(self) -> None:
        """Give up what is still to be delivered."""
        for task in list(self._later):
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)


def _read(path: Path) -> Workspace:
    return msgspec.json.decode(path.read_bytes(), type=Workspace)
