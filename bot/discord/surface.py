"""The Discord surface: commands, mentions, messages, buttons and forms become requests."""

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeVar

import discord

from bot.chat import Actor, MessageRef, Origin
from bot.discord import forms
from bot.discord.buttons import ASK, doubt, pressed, said_messages
from bot.discord.chat import PLATFORM, DiscordChat
from bot.discord.commands import OF_A_MESSAGE, Known, entry_of, suggestions, words_of
from bot.discord.failures import Answered
from bot.discord.markdown import link
from bot.discord.payloads import Command, Filled, Odd, Shown, Touched, data_as
from bot.discord.render import COLOURS, Message, report_messages, text_part
from bot.discord.reply import Reply
from bot.discord.words import mentions, posted, typed, without_mention
from bot.dispatch import Accepted, Form, FormErrors, Say, form_for
from bot.doors import APOLOGY, Dispatch
from bot.grammar import Incomplete, Misread
from bot.offers import CANCEL, REGRET, TAKE_BACK
from bot.pressing import FORM, TYPE
from bot.wording import has_prefix, without_prefix
from flows.engine.registry import catalogue
from flows.report import Report
from integrations.errors import NotFound, OutsideError, Refused

log = logging.getLogger(__name__)

PATIENCE = 2.0  # seconds, of the three that Discord gives
Answer = TypeVar("Answer")
AGAIN = "That took too long to open a form. Please try again."
COUNTED = Report("", "That counted; the card of the run shows what comes of it.", "good")
OLD = "This button belongs to an older version of the bot. Type the command again."
GONE = "Discord did not send that message along: it may have been deleted."
UNREACHED = (
    "{}, I have an answer for you alone, and you take no direct messages from me. Allow them in "
    "the privacy settings of this server, or ask by /flow: then only you see the answer."
)
WARNED = {each.verb: each for each in (CANCEL, REGRET, TAKE_BACK)}
SPOKEN = {discord.MessageType.default, discord.MessageType.reply}


class Surface:
    """The listeners; each answers as soon as the request is stored."""

    def __init__(self, dispatch: Dispatch, chat: DiscordChat, known: Known = catalogue) -> None:
        self._dispatch = dispatch
        self._chat = chat
        self._known = known
        self._later: set[asyncio.Task[None]] = set()

    async def message(self, message: discord.Message, me: int) -> None:
        """Take `!flow …` anywhere, a mention, and everything in a direct message."""
        text = message.content
        if message.author.bot or message.webhook_id or message.type not in SPOKEN or not text:
            return
        own = message.guild.self_role if message.guild else None
        role = own.id if own else 0
        is_mentioned = mentions(text, me, role)
        is_direct = isinstance(message.channel, discord.DMChannel)
        if not (is_direct or is_mentioned or has_prefix(text)):
            return
        door: Literal["mention", "thread"] = "mention" if is_mentioned or is_direct else "thread"
        channel, thread = await self._place(message)
        ref = f"{thread}/{message.id}" if thread else f"{message.id}"
        self._soon(self._chat.react(MessageRef(PLATFORM, channel, ref), "seen"))
        by = _person(message.author)
        head = thread or ("" if is_direct else f"{message.id}")
        origin = Origin(door, PLATFORM, channel, head, ref)
        command = without_prefix(typed(without_mention(text, me, role))).strip()
        work = self._dispatch.command(command, by, origin, f"discord:{message.id}")
        match await _guarded(work):
            case Form() as form:
                self._tell(by, origin, [forms.offer(form, command, origin)], anywhere=True)
            case Say() as say:
                self._tell(by, origin, said_messages(say), anywhere=say.kind != "answer")
            case Accepted(note=Report() as report):
                self._tell(by, origin, report_messages(report, ""), anywhere=True)
            case Accepted():
                pass

    async def _place(self, message: discord.Message) -> tuple[str, str]:
        """Return the channel and the thread of a message; where we do not know, Discord does."""
        where = message.channel
        if isinstance(where, discord.Thread):
            return f"{where.parent_id}", f"{where.id}"
        if isinstance(where, discord.PartialMessageable):
            try:
                return await self._chat.place(f"{where.id}")
            except OutsideError as error:  # it will do to be answered right there
                log.warning("Discord does not tell what a channel is: %s", error)
        return f"{where.id}", ""

    def _tell(
        self, by: Actor, origin: Origin, messages: list[Message], *, anywhere: bool = False
    ) -> None:
        self._soon(self._whisper(by, origin, messages, anywhere=anywhere))

    async def _whisper(
        self, by: Actor, origin: Origin, messages: list[Message], *, anywhere: bool
    ) -> None:
        """Tell one person; who takes no direct messages is told so where they asked.

        What may be said `anywhere` is said there: what everybody has seen them type is wrong. The
        rest is theirs alone: it may be a link that signs in whoever opens it.
        """
        try:
            await self._chat.whisper_messages(by, messages)
        except (NotFound, Refused):
            told = messages if anywhere else report_messages(_unreached(by), "")
            await self._chat.post_messages(origin, told)

    async def count(self, what: str) -> None:
        """Count something that whoever asks how Discord is should know of."""
        await self._chat.rest.troubles.count(what)

    def take(self, interaction: discord.Interaction) -> None:
        """Take an interaction whose sender waits for no answer."""
        self._soon(self.interaction(interaction))

    async def interaction(self, interaction: discord.Interaction) -> None:
        """Take whatever somebody did to the app."""
        application = f"{interaction.application_id}"
        reply = Reply(self._chat.rest, application, interaction.id, interaction.token)
        match interaction.type:
            case discord.InteractionType.autocomplete:
                await self._complete(interaction, reply)
            case discord.InteractionType.application_command:
                await self._answer(interaction, reply, self._command(interaction, reply))
            case discord.InteractionType.component:
                await self._answer(interaction, reply, self._press(interaction, reply))
            case discord.InteractionType.modal_submit:
                await self._answer(interaction, reply, self._submit(interaction))
            case _:
                log.debug("an interaction of type %s is none of ours", interaction.type)

    async def _complete(self, interaction: discord.Interaction, reply: Reply) -> None:
        try:
            data = data_as(Command, interaction.data)
        except Odd:  # then nothing is offered
            data = {}
        typed_so_far = next(_focused(data.get("options") or ()), "")
        self._soon(reply.offer(suggestions(typed_so_far, self._known().values())))

    async def _answer(
        self,
        interaction: discord.Interaction,
        reply: Reply,
        work: Coroutine[Any, Any, list[Message]],
    ) -> None:
        """Answer with what the work says; where it takes long, ask for time first."""
        by = _person(interaction.user)
        has_message = interaction.message is not None  # which may stay as it is
        working = asyncio.create_task(_guarded(work))
        done, _ = await asyncio.wait({working}, timeout=PATIENCE)
        try:
            if not done:
                await reply.defer(update=has_message)
        except OutsideError as error:
            log.warning("Discord was not told to wait: %s", error)
        answer = await working
        said = said_messages(answer) if isinstance(answer, Say) else answer
        if not (said or has_message or reply.has_form):  # nothing else shows that it was taken
            said = report_messages(COUNTED, "")
        try:
            if said:
                await reply.say(said)
            elif has_message and reply.is_open:
                await reply.defer(update=True)
        except Answered:
            log.info("interaction %s of Discord came twice", interaction.id)
        except OutsideError as error:  # too late, or over: there is another way to the person
            log.warning("an answer in Discord goes by direct message: %s", error)
            if rest := said[reply.said :]:
                self._tell(by, _origin(interaction, "slash"), rest)

    async def _command(self, interaction: discord.Interaction, reply: Reply) -> list[Message]:
        """Take an application command, or an entry in the menu of a message."""
        data = data_as(Command, interaction.data)
        if data.get("type") == OF_A_MESSAGE:
            return await self._shortcut(data, interaction, reply)
        command = without_prefix(words_of(data)).strip()
        return await self._run(interaction, reply, command, _origin(interaction, "slash"))

    async def _shortcut(
        self, data: Mapping[str, Any], interaction: discord.Interaction, reply: Reply
    ) -> list[Message]:
        """Take an entry of a message's menu: its form opens, filled in from the message."""
        number = str(data.get("target_id") or "")
        message = ((data.get("resolved") or {}).get("messages") or {}).get(number)
        if message is None:
            return report_messages(Report("", GONE, "warn"), "")
        name = entry_of(str(data["name"]), self._known().values())
        here = _origin(interaction, "form")
        origin = (
            replace(here, message=f"{here.thread}/{number}")
            if here.thread
            else replace(here, thread=number, message=number)
        )
        about = posted(data_as(Shown, message), interaction.guild_id)
        match await self._dispatch.shortcut(name, about, _person(interaction.user), origin):
            case Form() as form:
                return await self._open(form, origin, reply)
            case Say() as say:
                return said_messages(say)

    async def _run(
        self, interaction: discord.Interaction, reply: Reply, command: str, origin: Origin
    ) -> list[Message]:
        by, key = _person(interaction.user), f"discord:{interaction.id}"
        match await self._dispatch.command(command, by, origin, key):
            case Form() as form if reply.is_open:
                await reply.open(forms.modal(form, origin))
                return []
            case Form() as form:
                return [forms.offer(form, command, origin)]
            case Say() as say:
                return said_messages(say)
            case Accepted() as accepted:
                return _accepted(accepted)

    async def _press(self, interaction: discord.Interaction, reply: Reply) -> list[Message]:
        """Take what was pressed or chosen: of a card, of an answer, or to open a form."""
        data = data_as(Touched, interaction.data)
        name = str(data["custom_id"])
        if button := pressed(name, data.get("values") or ()):
            verb = button.action.partition(":")[0]
            at = button.at or _head(interaction.message)
            if button.kind == ASK and verb in WARNED:
                return [doubt(WARNED[verb], button.action, at)]
            return await self._act(button.action, interaction, reply, {}, at)
        place = forms.place_of(name)
        if place is None or place.kind not in forms.BUTTONS or interaction.message is None:
            return report_messages(Report("", OLD, "warn"), "")
        return await self._reopen(place, interaction, interaction.message, reply)

    async def _reopen(
        self,
        place: forms.Place,
        interaction: discord.Interaction,
        message: discord.Message,
        reply: Reply,
    ) -> list[Message]:
        """Take the press of a button that opens a form, for the first time or once more."""
        command, origin = forms.remembered(_texts(message)), place.origin("mention")
        if place.kind == forms.OPEN:
            return await self._run(interaction, reply, command, origin)
        about, given = forms.refilled(command, place.about)
        if forms.NUMBER.fullmatch(about):
            return await self._act(f"{FORM}:{about}", interaction, reply, given)
        flow = self._known().get(about)
        if flow is None:
            return report_messages(Report("", OLD, "warn"), "")
        form = form_for(Incomplete(flow, given, (), dry_run=False))
        return await self._open(form, origin, reply)

    async def _act(
        self,
        action: str,
        interaction: discord.Interaction,
        reply: Reply,
        given: Mapping[str, str],
        at: str = "",
    ) -> list[Message]:
        """Take the button of a card; where it asks for a form, open it with these values.

        What a button starts is told of where the card is: `at` is its message.
        """
        here = _origin(interaction, "button")
        origin = here if here.thread else replace(here, thread=at)
        by, key = _person(interaction.user), f"discord:{interaction.id}"
        match await self._dispatch.press(action, by, origin, key):
            case Form() as form:
                return await self._open(forms.with_values(form, given), here, reply)
            case Say() as say:
                return said_messages(say)
            case Accepted() as accepted if action.startswith(f"{TYPE}:"):
                return _accepted(accepted)
            case None if interaction.message and not _head(interaction.message):
                return report_messages(COUNTED, "")  # what only they see does not change by itself
            case Accepted() | None:
                return []

    async def _open(self, form: Form, origin: Origin, reply: Reply) -> list[Message]:
        if not reply.is_open:  # Discord opens forms only at once
            return report_messages(Report("", AGAIN, "warn"), "")
        await reply.open(forms.modal(form, origin))
        return []

    async def _submit(self, interaction: discord.Interaction) -> list[Message]:
        """Take a form that was filled in."""
        data = data_as(Filled, interaction.data)
        place = forms.place_of(str(data["custom_id"]))
        if place is None or place.kind not in (forms.FORM, forms.QUESTION):
            return [forms.outdated(forms.inputs(data))]
        origin, by = place.origin("form"), _person(interaction.user)
        try:
            values = forms.values(data)
        except Misread as misread:
            return [forms.misread(misread, place, forms.inputs(data), origin)]
        key = f"discord:{interaction.id}"
        match (
            await self._dispatch.answer_form(int(place.about), values, by, origin.door)
            if place.kind == forms.QUESTION
            else await self._dispatch.submit_form(place.about, values, by, origin, key)
        ):
            case FormErrors(errors):
                return [forms.correction(errors, place, values, origin)]
            case Say() as say:
                return said_messages(say)
            case Accepted() as accepted:
                return _accepted(accepted)
            case None:
                return []

    async def close(self) -> None:
        """Give up what no answer waits for."""
        for task in list(self._later):
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that no answer waits for."""
        task = asyncio.create_task(_quietly(work))
        self._later.add(task)
        task.add_done_callback(self._later.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except OutsideError as error:
        log.warning("a courtesy in Discord failed: %s", error)
    except Exception:
        log.exception("something that Discord told cannot be taken")


async def _guarded(work: Coroutine[Any, Any, Answer]) -> Answer | Say:
    """Return what the work says, or an apology: somebody waits for an answer, whatever it is."""
    try:
        return await work
    except Misread as misread:
        return Say(misread.report, "misread")
    except OutsideError as error:
        return Say(Report("", str(error), "warn"))
    except Exception:
        log.exception("a request of Discord failed")
        return Say(APOLOGY)


def _accepted(accepted: Accepted) -> list[Message]:
    """Return the one line that only the asker sees: the card comes by itself.

    How plain words were read is said before it.
    """
    said = f"On it: {link('details', accepted.url)}"
    note = report_messages(accepted.note, "") if accepted.note else []
    return [*note, Message((text_part(said),), COLOURS["neutral"])]


def _person(user: "discord.User | discord.Member") -> Actor:
    return Actor(PLATFORM, f"{user.id}", user.display_name)


def _origin(interaction: discord.Interaction, door: Literal["slash", "button", "form"]) -> Origin:
    where = interaction.channel
    if isinstance(where, discord.Thread):
        return Origin(door, PLATFORM, f"{where.parent_id}", f"{where.id}")
    return Origin(door, PLATFORM, f"{interaction.channel_id}")


def _head(message: discord.Message | None) -> str:
    """Return the message on which a thread can hang; "" where only one person sees it."""
    return "" if message is None or message.flags.ephemeral else f"{message.id}"


def _focused(options: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is being typed, also into an option of a subcommand."""
    for option in options:
        if option.get("focused"):
            yield str(option.get("value") or "")
        yield from _focused(option.get("options") or ())


def _unreached(by: Actor) -> Report:
    return Report("", UNREACHED.format(by.name), "warn")


def _texts(held: Any) -> Iterator[str]:  # noqa: ANN401 - a message, and components of many kinds
    """Yield the texts of a message."""
    for each in getattr(held, "children", getattr(held, "components", ())):
        if isinstance(each, discord.TextDisplay):
            yield each.content
        yield from _texts(each)
