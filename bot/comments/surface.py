"""What people type in comments on GitHub becomes requests; what there is to say, a reply."""

import logging
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Protocol

import msgspec

from bot import grammar
from bot.chat import Actor, MessageRef, Origin, ThreadRef
from bot.comments.chat import GitHubChat
from bot.comments.render import said_by
from bot.comments.words import Typed, command_in, typed_in
from bot.control import AND_UNDO
from bot.deliveries import Heard
from bot.links import ISSUE, PULL
from bot.places import PROJECT
from bot.replies import Accepted, Form, Say, lack
from bot.rules import GITHUB, Rules
from bot.verbs import ANSWERS, OF_A_RUN
from bot.wording import without_prefix
from flows.engine.named import inputs_of
from flows.engine.spec import Flow
from flows.report import Code, Report, text
from integrations.errors import NotFound, Refused
from storage import control, projects, runs
from storage.database import Database

log = logging.getLogger(__name__)

HERE = frozenset({*OF_A_RUN, "lift"})
ELSEWHERE = (
    "A comment is read by everybody who sees this page, so here you can start flows and look after "
    "their runs. Say this to me in Slack, in Discord or on the status page."
)
ONE_ONLY = "Comments here are about {repo} alone: ask where the other repository is."
NO_RUN = "No run was started here."
NOT_YET = ("Nothing has started yet. If I read that right, comment ",)
NO_REPOSITORY = (
    "This is about no repository. Only who has been given a role by name can ask for it in a "
    "comment; in Slack and Discord others can too."
)


class Dispatch(Protocol):
    """What comments need of `bot.dispatch.Dispatch`."""

    async def understood(self, typed: str, origin: Origin) -> grammar.Understood: ...

    async def command(
        self, typed: str, by: Actor, origin: Origin, key: str
    ) -> Accepted | Say | Form: ...


class Comments:
    """Hears deliveries; each new comment whose first line is a command is one request.

    Who may write to the repository is asked of GitHub each time, and what a role may do of our own
    rules: nothing that stands in the pull request decides it. Others get no answer at all.
    """

    def __init__(
        self, dispatch: Dispatch, chat: GitHubChat, rules: Rules, database: Database
    ) -> None:
        self._dispatch = dispatch
        self._chat = chat
        self._rules = rules
        self._database = database

    async def hear(self, heard: Heard) -> None:
        """Take a comment; one that is heard of again is the same request.

        Raises Transient where GitHub cannot tell right now who this is, or does not take the reply.
        """
        typed = typed_in(heard.delivery)
        if typed is None or typed.line[:1] not in ("/", "!", "@"):
            return
        command = command_in(typed.line)
        if command is None and typed.line.startswith("@"):
            command = command_in(typed.line, await self._chat.login())
        if command is None or typed.login == await self._chat.login():
            return
        by = await self._person(typed)
        if by is None:
            log.info("%s may not write to %s, so nobody answers", typed.login, typed.repo)
            return
        channel = f"{typed.repo}#{typed.number}"
        await self._notice(MessageRef(GITHUB, channel, typed.comment))
        origin = Origin("comment", GITHUB, channel, channel, typed.comment)
        key = f"github:{typed.repo}:{typed.comment}"
        if said := await self._answer(command, typed, by, origin, key):
            where = ThreadRef(GITHUB, channel, channel)
            try:
                await self._chat.reply(where, said, key, typed.at)
            except (NotFound, Refused) as lost:  # the thread is locked, or gone
                log.warning("%s cannot be answered: %s", channel, lost)

    async def _person(self, typed: Typed) -> Actor | None:
        """Return who has typed; None for somebody whom nobody here has to listen to."""
        by = Actor(GITHUB, typed.login.lower(), typed.login)
        if await self._chat.may_write(typed.repo, typed.login):
            return replace(by, writes=typed.repo)
        return by if await self._is_known(by, typed.repo) else None

    async def _is_known(self, by: Actor, repo: str) -> bool:
        async with self._database.read() as connection:
            project = await projects.find(connection, repo)
        return self._rules.knows(by, project)

    async def _notice(self, comment: MessageRef) -> None:
        """Put the eyes on a comment, where it is still there and takes them."""
        try:
            await self._chat.react(comment, "seen")
        except (NotFound, Refused) as lost:
            log.warning("a comment gets no eyes: %s", lost)

    async def _answer(
        self, command: str, typed: Typed, by: Actor, origin: Origin, key: str
    ) -> Report | None:
        """Do what was typed; return what there is to say, None where the card says it."""
        try:
            understood = await self._dispatch.understood(command, origin)
        except grammar.Misread as misread:
            return misread.report
        if why := await self._stray(understood, typed, by):
            return Report("", why, "warn")
        whole = _whole(understood, command, typed)
        if isinstance(understood, grammar.Heard) and _starts_unasked(understood):
            return Report("", "", "warn", (text(*NOT_YET, Code(f"/flow {whole}"), "."),))
        match await self._dispatch.command(whole, by, origin, key):
            case Accepted():
                return None
            case Form() as form:
                how = ("Type all of it, as ", Code(f"/flow help {form.title}"), " shows.")
                return Report("", lack(form), "warn", (text(*how),))
            case Say(report, kind, buttons):
                counted = kind == "answer" and _is_answer(understood)
                return None if counted else _with(report, said_by(buttons))

    async def _stray(self, understood: grammar.Understood, typed: Typed, by: Actor) -> str:
        """Return why this is not for a comment here, or an empty string."""
        about: str | None = None
        match understood:
            case grammar.Heard(meant=meant):
                return await self._stray(meant, typed, by)
            case grammar.HelpWanted():
                return ""
            case grammar.Verb(name, words):
                if name not in HERE or words[:1] == ("dead",):
                    return ELSEWHERE
                named = [each for each in words if each != AND_UNDO]
                if name == "status" and not named and not await self._has_run(typed):
                    return NO_RUN  # it would list those of all repositories
                about = await self._about(named, typed)
            case grammar.Order(flow=flow, params=params):
                given = {PROJECT: getattr(params, PROJECT, "")}
                about = given[PROJECT] or typed.repo if _has_project(flow) else None
            case grammar.Incomplete(flow=flow, given=given):
                about = given.get(PROJECT) or typed.repo if _has_project(flow) else None
        if about is None:
            return "" if await self._is_known(by, typed.repo) else NO_REPOSITORY
        return "" if about == typed.repo else ONE_ONLY.format(repo=typed.repo)

    async def _has_run(self, typed: Typed) -> bool:
        """Say whether a run was started in this thread."""
        channel = f"{typed.repo}#{typed.number}"
        async with self._database.read() as connection:
            return await control.in_thread(connection, GITHUB, channel, channel) is not None

    async def _about(self, words: Sequence[str], typed: Typed) -> str | None:
        """Return the repository of the run that is named; None where that is about none."""
        async with self._database.read() as connection:
            run = await runs.get(connection, words[0].lower()) if words else None
        return (run.project or None) if run else typed.repo


def _whole(understood: grammar.Understood, command: str, typed: Typed) -> str:
    """Return a command with what the place says: the repository, the pull request or the issue."""
    if isinstance(understood, grammar.Heard):
        return _whole(understood.meant, understood.command, typed)
    if not isinstance(understood, grammar.Order | grammar.Incomplete):
        return command
    fields = understood.flow.params.model_fields
    given = _given(understood)
    keys = inputs_of(understood.flow.params, "issue")
    names = PULL if typed.is_pull else ISSUE
    number = next((name for name in names if name in fields and name not in keys), PROJECT)
    meant = {PROJECT: typed.repo} | ({number: str(typed.number)} if number != PROJECT else {})
    added = [f"{name}={value}" for name, value in meant.items() if name in fields]
    return " ".join([command, *(each for each in added if each.partition("=")[0] not in given)])


def _given(meant: grammar.Order | grammar.Incomplete) -> AbstractSet[str]:
    """Return the inputs that were typed."""
    if isinstance(meant, grammar.Order):
        return meant.params.model_fields_set
    return meant.given.keys() - set(meant.missing)


def _has_project(flow: Flow) -> bool:
    return PROJECT in flow.params.model_fields


def _starts_unasked(heard: grammar.Heard) -> bool:
    """Say whether plain words would change something, which is asked about first."""
    is_rehearsal = heard.meant.dry_run
    return heard.meant.flow.writes and not is_rehearsal


def _is_answer(understood: grammar.Understood) -> bool:
    return isinstance(understood, grammar.Verb) and understood.name in ANSWERS


def _with(report: Report, commands: Sequence[str]) -> Report:
    """Return a report that names the commands which may come next."""
    if not commands:
        return report
    return msgspec.structs.replace(report, next=tuple(map(without_prefix, commands)))
