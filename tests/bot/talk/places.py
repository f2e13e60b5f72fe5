"""Three places to talk to the bot: Slack over its socket, Slack over HTTP, and Discord."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol, TypeVar

from starlette.applications import Starlette

from bot.chat import Actor, Card, Chat, Origin
from bot.demo.on_discord import DiscordStage
from bot.demo.on_slack import SlackStage
from bot.demo.stage import CHANNEL
from bot.discord.app import discord_gateway
from bot.discord.chat import open_chat as open_discord
from bot.dispatch import Dispatch
from bot.home import Home
from bot.replies import Accepted, Form, FormErrors, Say
from bot.shortcuts import Posted
from bot.slack.app import slack_app
from bot.slack.chat import open_chat as open_slack
from bot.slack.transports import slack_routes, slack_socket
from integrations.emulators.discord import DiscordWorld, discord_app
from integrations.emulators.server import serve
from integrations.emulators.slack import SlackWorld
from integrations.emulators.slack import slack_app as emulated_slack

R = TypeVar("R")

PLACES = ("Slack by socket", "Slack by HTTP", "Discord")


class Counted:
    """The way in, which counts what it has answered."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._answered = 0
        self._news = asyncio.Condition()

    async def command(
        self, text: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form:
        return await self._counted(self._dispatch.command(text, by, origin, key))

    async def submit_form(
        self, flow: str, values: Mapping[str, str], by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | FormErrors:
        return await self._counted(self._dispatch.submit_form(flow, values, by, origin, key))

    async def press(
        self, action: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form | None:
        return await self._counted(self._dispatch.press(action, by, origin, key))

    async def home(self, by: Actor) -> Home:
        return await self._counted(self._dispatch.home(by))

    async def glance(self, run_id: str) -> Card | None:
        return await self._counted(self._dispatch.glance(run_id))

    async def shortcut(self, name: str, posted: Posted, by: Actor, origin: Origin) -> Form | Say:
        return await self._counted(self._dispatch.shortcut(name, posted, by, origin))

    async def answer_form(
        self, question_id: int, values: Mapping[str, str], by: Actor, door: str = ""
    ) -> Say | FormErrors | None:
        return await self._counted(self._dispatch.answer_form(question_id, values, by, door))

    async def _counted(self, work: Coroutine[Any, Any, R]) -> R:
        """Return what comes of a request; it counts when it has ended."""
        try:
            return await work
        finally:
            async with self._news:
                self._answered += 1
                self._news.notify_all()

    @property
    def answered(self) -> int:
        return self._answered

    async def until(self, count: int) -> None:
        """Wait until so many requests were answered."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: self._answered >= count)


class Place(Protocol):
    """Where people talk to the bot, the same whichever platform it is."""

    chat: Chat

    async def type(self, who: str, line: str) -> None:
        """Type a command, a mention, or words in the last thread."""
        ...

    async def press(self, who: str, label: str) -> None:
        """Press a button of the newest message that has it."""
        ...

    async def fill(self, who: str, **values: str) -> str:
        """Fill in the form that somebody sees; return what is wrong with it."""
        ...

    def threads(self) -> list[list[str]]:
        """Return what the channel shows, thread by thread, as a person reads it."""
        ...

    def whispers(self) -> list[str]:
        """Return what was said to one person alone."""
        ...


class OnSlack:
    """A channel of an emulated workspace."""

    def __init__(self, world: SlackWorld, chat: Chat) -> None:
        self.chat = chat
        self._world = world
        self._stage = SlackStage(world)

    async def type(self, who: str, line: str) -> None:
        await self._stage.type(who, line)

    async def press(self, who: str, label: str) -> None:
        answer = await self._world.press(who, self._with(label), label)
        assert not answer.failed, answer

    async def fill(self, who: str, **values: str) -> str:
        return await self._stage.fill(who, values)

    def threads(self) -> list[list[str]]:
        shown = self._world.transcript(CHANNEL)
        return [[self._world.plain(each) for each in (head, *more)] for head, more in shown]

    def whispers(self) -> list[str]:
        return [self._world.plain(each) for each in self._world.ephemerals]

    def _with(self, label: str) -> str:
        shown = self._world.transcript(CHANNEL)
        found = [each for head, more in shown for each in (head, *more)]
        found += self._world.ephemerals
        return max(each.ts for each in found if f"'text': '{label}'" in str(each.blocks))


class OnDiscord:
    """A channel of an emulated server."""

    def __init__(self, world: DiscordWorld, chat: Chat) -> None:
        self.chat = chat
        self._world = world
        self._stage = DiscordStage(world)

    async def type(self, who: str, line: str) -> None:
        if line.startswith("/"):
            made = await self._world.slash(who, CHANNEL, line)
            assert not made.failed, made
        else:
            heads = [head.id for head, _ in self._world.transcript(CHANNEL)]
            threads = [each for each in heads if each in self._world.guild.channels]
            self._world.say(who, CHANNEL, line, threads[-1] if line.startswith("!") else "")

    async def press(self, who: str, label: str) -> None:
        made = await self._world.press(who, self._with(label), label)
        assert not made.failed, made

    async def fill(self, who: str, **values: str) -> str:
        return await self._stage.fill(who, values)

    def threads(self) -> list[list[str]]:
        shown = self._world.transcript(CHANNEL)
        return [[self._world.plain(each) for each in (head, *more)] for head, more in shown]

    def whispers(self) -> list[str]:
        return [self._world.plain(each) for each in self._stage._whispers()]

    def _with(self, label: str) -> str:
        shown = self._world.transcript(CHANNEL)
        found = [each for head, more in shown for each in (head, *more)]
        found += self._world.ephemerals
        has_it = (each for each in found if f"'label': '{label}'" in str(each.components))
        return max(has_it, key=lambda each: int(each.id)).id


@asynccontextmanager
async def opened(place: str, dispatch: Counted) -> AsyncIterator[Place]:
    """Connect the bot to a place."""
    async with AsyncExitStack() as stack:
        if place == "Discord":
            discord = DiscordWorld()
            base = await stack.enter_async_context(serve(discord_app(discord)))
            stack.push_async_callback(discord.close)
            talk = open_discord(discord.token, f"{base}/api/v10")
            on_discord = await stack.enter_async_context(talk)
            await stack.enter_async_context(discord_gateway(dispatch, on_discord))
            await discord.connected()
            yield OnDiscord(discord, on_discord)
            return
        slack = SlackWorld(retries=(0.0, 0.0, 0.0))
        slack.base_url = await stack.enter_async_context(serve(emulated_slack(slack)))
        stack.push_async_callback(slack.close)
        chat = await stack.enter_async_context(
            open_slack(slack.bot_token, f"{slack.base_url}/api/")
        )
        app = slack_app(dispatch, chat, slack.signing_secret)
        if place == "Slack by socket":
            await stack.enter_async_context(slack_socket(app, slack.app_token))
            await slack.connected()
        else:
            base = await stack.enter_async_context(serve(Starlette(routes=slack_routes(app))))
            slack.listen_at(f"{base}/slack/events")
        yield OnSlack(slack, chat)
