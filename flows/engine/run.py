"""The handle a flow receives, and how it is played: recorded steps return at once."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ParamSpec, TypeVar

import msgspec

from flows.engine import moved
from flows.engine.effects import Done, Effect, fingerprint, resolved
from flows.engine.errors import AuthorError, Declined, FlowError, Later, Pause, Rehearsed, Waiting
from flows.engine.freezes import shown
from flows.engine.journal import (
    CHANGES,
    TELL,
    UNDO,
    Change,
    Entry,
    EntryState,
    Journal,
    Kind,
    Question,
)
from flows.engine.outcome import Outcome, failure, paused, rehearsal
from flows.engine.output import decoded, decoder, encoded
from flows.engine.parts import Parts
from flows.engine.patience import ATTEMPTS, LONGEST_BAR, barred_since, delay, reason
from flows.engine.reach import Reach, WideReach
from flows.engine.spec import Flow, Params
from flows.engine.tools import Baseline, Identity, Starts, Tools
from flows.engine.turns import Name, Turns
from flows.engine.waiting import TITLE_LENGTH, Waits
from flows.report import Report, text
from integrations.errors import Barred, OutsideError, Transient
from integrations.meter import Meter, metered

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

ANNOUNCE_AFTER = 0.3  # seconds: a step shorter than this is not worth a line of its own
YES, NO = "approve", "decline"
BEFORE = "Before: "  # in front of an effect: the entry of what it relies on


@dataclass
class ReadRun(Waits, Reach):
    """A run that may look but not touch."""

    identity: Identity
    journal: Journal
    tools: Tools
    starts: Starts
    _places: dict[str, int] = field(default_factory=dict)
    _covered: dict[bytes, str] = field(default_factory=dict)
    _results: dict[str, Any] = field(default_factory=dict)
    between: Meter = field(default_factory=lambda: Meter(reads=False, writes=False))
    _turns: Turns[Any] | None = None

    def between_steps(self, work: Awaitable[T]) -> Turns[T]:
        """Measure the flow itself: what runs between two steps counts for the one that follows."""
        name = Name(self.identity.id, self.identity.flow, self.identity.flow)
        self._turns = Turns(work, self.between, self.tools.watch, name)
        return self._turns

    async def step(
        self, title: str, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do something once, whatever happens to the process, and return what it returned.

        The call's result is stored as JSON and read back by its annotated return type.
        """
        self._claim(title)
        recorded = self.journal.entry(title)
        decoder(call)  # what a replay could not read back must not be called at all
        if recorded and recorded.state == "done":
            return decoded(call, recorded.output)
        return await self._perform(title, "step", call, args, kwargs)

    async def tell(self, report: Report) -> None:
        """Say something in the thread of this run before its end, once.

        For a change of state, in a line: its title is the news, and may come again. What has
        figures or tables is better kept for the end.
        """
        if not report.title.strip():
            raise AuthorError("What a run tells needs a title: it is the line that people read.")
        title, number = f"{TELL}{report.title}"[:TITLE_LENGTH], 1
        while title in self._places:
            number += 1
            again = f" ({number})"
            title = f"{TELL}{report.title}"[: TITLE_LENGTH - len(again)] + again
        self._claim(title)
        if self.journal.entry(title) is None:
            said = replace(self._entry(title, "tell"), state="done", output=encoded(title, report))
            await self.journal.write(said)

    async def baseline(self) -> Baseline | None:
        """Return the result of the last such run on this project, for comparison."""
        which = self.identity
        return await self.step(
            "Look up the last result",
            self.system.baseline,
            which.flow,
            which.project,
            which.started,
        )

    def _claim(self, title: str, longest: int = TITLE_LENGTH) -> None:
        if title in self._places:
            raise AuthorError(f"Two steps of one run are called {title!r}; titles are unique.")
        if len(title) > longest:
            raise AuthorError(f"The title {title!r} is longer than {longest} characters.")
        self._places[title] = len(self._places) + 1

    def _entry(self, title: str, kind: Kind) -> Entry:
        before = self.journal.entry(title)
        attempt = before.attempt + 1 if before and before.state == "retrying" else 1
        place = self._places.get(title, len(self._places))  # an undo comes after everything
        return Entry(title, kind, place, "running", attempt)

    async def _perform(
        self,
        title: str,
        kind: Kind,
        call: Callable[..., Awaitable[T]],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        begun: Entry | None = None,
    ) -> T:
        before, entry = self.journal.entry(title), begun or self._entry(title, kind)
        attempt, changes = entry.attempt, kind in CHANGES
        began = time.monotonic()
        if changes:
            clock = None
            await self.journal.write(entry)
        else:
            clock = asyncio.get_running_loop().call_later(ANNOUNCE_AFTER, self._announce, entry)
        used = Meter(writes=changes, gate=self.tools.breakers)
        try:
            with metered(used):
                work = call(*args, **kwargs)
                name = Name(self.identity.id, self.identity.flow, title)
                value = await Turns(work, used, self.tools.watch, name, self._turns)
            output = encoded(title, value)
        except Barred as error:
            # Nobody was asked, so this was no attempt.
            untried, now = replace(entry, attempt=attempt - 1), self.journal.now()
            since = barred_since(before, now) if kind != "wait" else now
            if now - since > LONGEST_BAR:
                await self._end(untried, used, began, "failed", error=str(error))
                raise
            put_off = b"" if kind == "wait" else encoded(title, since)
            await self._end(untried, used, began, "retrying", output=put_off, error=str(error))
            raise Later(delay(1, error.retry_after), str(error)) from error
        except Transient as error:
            if attempt < ATTEMPTS:
                await self._end(entry, used, began, "retrying", error=str(error))
                raise Later(delay(attempt, error.retry_after), reason(error)) from error
            await self._end(entry, used, began, "failed", error=str(error))
            raise
        except Exception as error:
            await self._end(entry, used, began, "failed", error=_shown(error))
            raise
        finally:
            self.tools.breakers.leave(used)
            if clock:
                clock.cancel()
        if before is None or before.state != "done" or before.output != output:
            await self._end(entry, used, began, "done", output=output)
        return value  # what was looked at again, and is as it was, needs no new line

    def _announce(self, entry: Entry) -> None:
        task = asyncio.ensure_future(self.journal.write(entry))
        _ANNOUNCING.add(task)
        task.add_done_callback(_announced)

    async def _end(
        self,
        entry: Entry,
        used: Meter,
        began: float,
        state: EntryState,
        *,
        output: bytes = b"",
        error: str = "",
    ) -> None:
        took = time.monotonic() - began
        used.cpu, self.between.cpu = used.cpu + self.between.cpu, 0
        # What a wait has begun with stays until it has found something.
        kept = output or entry.output
        ended = replace(entry, state=state, output=kept, error=error, seconds=took)
        await self.journal.write(ended, used)


class Run(WideReach, ReadRun):
    """A run that may change the world, through plans that are shown first."""

    async def apply(
        self,
        *effects: Effect[Any],
        show: Report | None = None,
        covers: Sequence[Effect[Any]] = (),
    ) -> Done:
        """Show a plan, get the yes that policy asks for, and carry it out or take it back.

        The plan also shows what it `covers`: changes that are made later, where they are needed,
        by another `apply` that asks nobody again.
        """
        if not effects:
            raise AuthorError("run.apply(...) needs at least one effect.")
        for each in effects:
            self._claim(each.title)
            decoder(each.do)  # what a replay could not read back must not be done at all
        if self.identity.dry_run:
            raise Rehearsed(rehearsal((*effects, *covers), show))
        agreed = [self._covered.get(each.mark, "") for each in effects]
        if all(agreed):
            by = agreed[0]
        else:
            by = await self._agreed(effects, show, covers)
        self._covered |= {each.mark: by for each in covers}
        results = self._results  # also of earlier plans: what they covered may refer to them
        parts = Parts(effects)
        for position, each in enumerate(effects):
            if each.part in parts.left:
                continue
            try:
                results[each.title] = await self._effect(each, results)
            except Exception as error:
                own = parts.leave(position, error)
                done = parts.made(position) if own is None else own
                left = await self._take_back(done, results)
                if own is None:
                    raise failure(each, len(done), left, error, follows=all(agreed)) from error
                parts.keep(position, left)
        return Done(by, results, parts.left)

    async def _agreed(
        self,
        effects: tuple[Effect[Any], ...],
        show: Report | None,
        covers: Sequence[Effect[Any]],
    ) -> str:
        """Return who said yes to this plan, in the world as it is by now."""
        plan, seen = (*effects, *covers), await self._look(effects)
        by = await self._yes(plan, show, seen)
        if not seen or self._begun(effects):
            return by
        now = await self._look(effects, again=True)
        changed = moved.shown(show, seen, now)
        return await self._yes(plan, changed, now, moved.asked(now, seen)) if changed else by

    async def _look(
        self, effects: tuple[Effect[Any], ...], *, again: bool = False
    ) -> dict[str, bytes]:
        """Return what each effect relies on as it was recorded, or anew."""
        seen = {}
        for each in effects:
            if each.still is None:
                continue
            title, call = f"{BEFORE}{each.title}", each.still
            recorded = self.journal.entry(title)
            if again or recorded is None or recorded.state != "done":
                await self._perform(title, "step", call.func, call.args, call.keywords)
                recorded = self.journal.entry(title)
            seen[each.title] = recorded.output if recorded else b""
        return seen

    def _begun(self, effects: tuple[Effect[Any], ...]) -> bool:
        entries = [self.journal.entry(each.title) for each in effects]
        return any(each.attempt for each in entries if each)  # put off is not begun

    async def _yes(
        self,
        effects: tuple[Effect[Any], ...],
        show: Report | None,
        seen: Mapping[str, bytes],
        question: str = "Apply this plan?",
    ) -> str:
        plan, policy = fingerprint(effects, seen), self.identity.policy
        answer = self.journal.answer(plan)
        if answer and answer.choice != YES:
            if not answer.by:
                raise Declined("Nobody approved the plan in time; nothing was changed.")
            raise Declined(f"{answer.by} declined the plan; nothing was changed.")
        now, titles = self.journal.now(), [each.title for each in effects]
        # What has begun is brought to its end, also in a freeze.
        frozen = None if self._begun(effects) else policy.frozen(now)
        if answer is None:
            if not frozen and not policy.approvals_for(titles):
                return self.actor
            changes = tuple(Change(each.title, each.undo is not None) for each in effects)
            asked = Question(plan, question, (YES, NO), changes, show, policy.deadline)
            await self.journal.ask(asked)
            raise Waiting("a yes to the plan")
        if frozen and not answer.lifted:
            raise Later(frozen - now, f"Approved, and frozen until {shown(frozen)}")
        return answer.by

    async def _effect(self, each: Effect[T], results: Mapping[str, Any]) -> T:
        recorded = self.journal.entry(each.title)
        if recorded and recorded.state == "done":
            return decoded(each.do, recorded.output)
        if recorded and recorded.state == "failed":
            # The process was lost while taking back: go on with that, not with the effect.
            raise FlowError(recorded.error)
        call = resolved(each.do, results)
        return await self._perform(each.title, "effect", call.func, call.args, call.keywords)

    async def _take_back(
        self, effects: Sequence[Effect[Any]], results: Mapping[str, Any]
    ) -> list[str]:
        """Undo in reverse order; return the titles of what stays."""
        left = []
        for each in reversed(effects):
            if each.undo is None:
                left.append(each.title)
                continue
            title = f"{UNDO}{each.title}"
            recorded = self.journal.entry(title)
            if recorded and recorded.state == "done":
                continue
            call = resolved(each.undo, results)
            try:
                await self._perform(title, "undo", call.func, call.args, call.keywords)
            except OutsideError:
                left.append(each.title)
            except Exception:  # the others can still be taken back
                log.exception("run %s could not take back %r", self.identity.id, each.title)
                left.append(each.title)
        return left


async def play(flow: Flow, params: Params, run: ReadRun) -> Outcome:
    """Run the flow until it ends, waits, or has to come back later; never raises an error."""
    try:
        with metered(run.between):
            report = await run.between_steps(flow.body(run, params))
        msgspec.json.encode(report)  # what cannot be stored is the flow's mistake, so it fails here
        return Outcome("done", report.summary, report)
    except Pause as pause:
        return paused(pause)
    except (FlowError, OutsideError) as error:
        return Outcome("stopped", str(error), Report(f"{flow.alias} stopped", str(error), "warn"))
    except Exception:
        log.exception("run %s of %s broke", run.identity.id, flow.slug)
        sorry = "Something broke on our side; nothing more will happen in this run."
        where = text(
            f"Whoever looks after this bot finds the details in its log: {run.identity.id}."
        )
        return Outcome("failed", sorry, Report(f"{flow.alias} failed", sorry, "bad", (where,)))


def open_run(
    flow: Flow, identity: Identity, journal: Journal, tools: Tools, starts: Starts
) -> ReadRun:
    """Return the handle that the flow asked for by its type."""
    return (Run if flow.writes else ReadRun)(identity, journal, tools, starts)


_ANNOUNCING: set[asyncio.Future[None]] = set()  # asyncio keeps only weak references to tasks


def _announced(task: asyncio.Future[None]) -> None:
    """Let go of an announcement; what it ran into, the end of its step runs into as well."""
    _ANNOUNCING.discard(task)
    if not task.cancelled() and (error := task.exception()):
        log.debug("a step could not be announced: %r", error)


def _shown(error: Exception) -> str:
    if isinstance(error, FlowError | OutsideError):
        return str(error)
    return json.dumps(type(error).__name__)
