"""How a run waits: for people, for the world, for another flow. No wait holds a worker."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Generic, TypeVar, TypeVarTuple, Unpack

import msgspec
from pydantic import ValidationError

from flows.engine import forms
from flows.engine.access import Role
from flows.engine.errors import AuthorError, Declined, Outdated, Waiting
from flows.engine.journal import Answer, Entry, Journal, Kind, Question, end_of
from flows.engine.output import decoded, decoder
from flows.engine.spec import Params
from flows.engine.tools import Identity, Starts
from flows.report import Report

T = TypeVar("T")
A = TypeVar("A", bound=Params)
Ts = TypeVarTuple("Ts")

TITLE_LENGTH = 60
QUESTION_LENGTH = 300
TOPIC_LENGTH = 240
LOOK_EVERY = timedelta(minutes=15)
SHORTEST = timedelta(seconds=1)


class _Since(msgspec.Struct, frozen=True):
    """What a wait remembers from its first moment on: until when, and for which run."""

    deadline: datetime | None = None
    run: str = ""


@dataclass(frozen=True, slots=True)
class _Wait(Generic[T]):
    """A wait as the author wrote it: it `ends` after a while, or at a moment, or as found."""

    title: str
    what: str
    look: Callable[[], Awaitable[T | None]]
    topics: tuple[str, ...] = ()
    every: timedelta | None = LOOK_EVERY
    ends: timedelta | datetime | None = None
    run: str = ""

    def since(self, now: datetime) -> _Since:
        """Return what is fixed when the wait begins."""
        deadline = now + self.ends if isinstance(self.ends, timedelta) else self.ends
        return _Since(deadline, self.run)


class Waits(ABC):
    """The waiting verbs of a run."""

    identity: Identity
    journal: Journal
    starts: Starts

    async def ask(
        self,
        question: str,
        choices: tuple[str, ...],
        *,
        who: Role | None = None,
        within: timedelta | None = None,
        show: Report | None = None,
    ) -> str:
        """Wait for a person to choose.

        `who` is the role that may answer, else whoever may run the flow. After `within` the last
        of the choices is the answer: the safe one. The thread has what to `show` before.
        """
        if not choices or len(set(choices)) < len(choices):
            raise AuthorError(f"The choices of {question!r} have to be there, and to differ.")
        asked = Question(question, question, choices, show=show, who=who, within=_some(within))
        return (await self._answer(asked)).choice

    async def ask_for(
        self,
        question: str,
        form: type[A],
        *,
        who: Role | None = None,
        within: timedelta | None = None,
        show: Report | None = None,
    ) -> A:
        """Wait for a person to fill in a form, and return it; nobody in time is a `Declined`."""
        name = forms.name_of(form)
        asked = Question(
            question, question, (), show=show, who=who, within=_some(within), form=name
        )
        answer = await self._answer(asked)
        if not answer.by:
            raise Declined(f"Nobody answered “{question}” in time.")
        try:
            return form.model_validate_json(answer.choice)
        except ValidationError as error:
            raise Outdated(str(error)) from error

    async def until(
        self,
        what: str,
        look: Callable[[Unpack[Ts]], Awaitable[T | None]],
        *args: *Ts,
        on: str | tuple[str, ...] = (),
        within: timedelta | None = None,
        every: timedelta = LOOK_EVERY,
    ) -> T | None:
        """Wait for the world: until a read finds something, or None where it has not in time.

        The run looks at once, whenever something happens `on` one of these topics, and at least
        `every` so often. `what` goes on with "Wait for …".
        """
        topics = (on,) if isinstance(on, str) else on
        if bad := [each for each in topics if not 0 < len(each) <= TOPIC_LENGTH]:
            raise AuthorError(f"A topic has 1 to {TOPIC_LENGTH} characters: {bad[0][:80]!r}.")
        if every < SHORTEST:
            raise AuthorError(f"A run looks at most once a second, not every {every}.")
        looks = partial(look, *args)
        title = f"Wait for {what}"
        self._claim(title, TITLE_LENGTH)
        return await self._wait(_Wait(title, what, looks, topics, every, _some(within)))

    async def sleep_until(self, moment: datetime) -> None:
        """Wait for a moment; one that has passed is no wait."""
        if moment.tzinfo is None:
            raise AuthorError(f"{moment} needs a time zone, such as UTC.")
        at = moment.astimezone(UTC)
        title = f"Wait for {at:%Y-%m-%d %H:%M:%S} UTC"
        self._claim(title, TITLE_LENGTH)
        await self._wait(_Wait(title, _shown(at), _nothing, every=None, ends=at))

    async def start(self, flow: str, title: str = "", /, **inputs: object) -> Report:
        """Run another flow, by its alias and with these inputs, and return its report.

        It runs in the name of who started this run, and its card is in the same thread. Where it
        ends without a result, that is a `FlowError`.
        """
        what = " ".join([flow, *(f"{name}={value}" for name, value in inputs.items())])
        title = title or _short(f"Run {what}")
        self._claim(title, TITLE_LENGTH)
        recorded = self.journal.entry(title)
        if recorded is None:
            run = await self.starts.start(self.identity.id, title, flow, inputs)
        else:
            run = _remembered(recorded).run
        look = partial(self.starts.report, run)
        # Its end wakes us in the transaction that stores it, so there is no need to look.
        wait = _Wait(title, what, look, (end_of(run),), every=None, run=run)
        report = await self._wait(wait)
        if report is None:
            raise Outdated(f"{title} has no report.")
        return report

    async def _wait(self, wait: _Wait[T]) -> T | None:
        recorded = self.journal.entry(wait.title)
        if recorded and recorded.state == "done":
            return decoded(wait.look, recorded.output)
        decoder(wait.look)  # what a replay could not read back is not worth waiting for
        now = self.journal.now()
        since = _remembered(recorded) if recorded else wait.since(now)
        is_over = since.deadline is not None and since.deadline <= now
        look_again = now + wait.every if wait.every else None
        due = min((each for each in (look_again, since.deadline) if each), default=None)
        entry = replace(self._entry(wait.title, "wait"), output=msgspec.json.encode(since))
        # First to be told, then to look: nothing can happen in between unnoticed.
        await self.journal.wait(entry, wait.topics, due)

        async def looked() -> T | None:
            found = await wait.look()
            if found is None and not is_over:
                raise Waiting(_until(wait.what, since.deadline))
            return found

        return await self._perform(wait.title, "wait", looked, (), {}, entry)

    async def _answer(self, asked: Question) -> Answer:
        self._claim(asked.text, QUESTION_LENGTH)
        answer = self.journal.answer(asked.key)
        if answer is None:
            await self.journal.ask(asked)
            raise Waiting("an answer")
        return answer

    @abstractmethod
    def _claim(self, title: str, longest: int) -> None:
        """Give a title its place; raises AuthorError for one that is too long, or there twice."""

    @abstractmethod
    def _entry(self, title: str, kind: Kind) -> Entry:
        """Return the entry of an attempt that begins now."""

    @abstractmethod
    async def _perform(
        self,
        title: str,
        kind: Kind,
        call: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        begun: Entry | None = None,
    ) -> T:
        """Make a call and record what came of it."""


async def _nothing() -> None:
    """Find nothing: only time ends such a wait."""


def _remembered(recorded: Entry) -> _Since:
    """Return what a wait that goes on remembers; raises Outdated where it was no wait."""
    try:
        return msgspec.json.decode(recorded.output, type=_Since)
    except msgspec.DecodeError as error:
        raise Outdated(str(error)) from error


def _some(within: timedelta | None) -> timedelta | None:
    if within is not None and within < SHORTEST:
        raise AuthorError(f"Nobody can answer within {within}.")
    return within


def _until(what: str, deadline: datetime | None) -> str:
    if deadline is None or what == _shown(deadline):
        return what
    return f"{what}, until {_shown(deadline)} at the latest"


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _short(title: str) -> str:
    return title if len(title) <= TITLE_LENGTH else f"{title[: TITLE_LENGTH - 1]}…"
