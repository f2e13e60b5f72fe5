"""Takes back what an earlier run has changed: learnt from its journal, and planned anew."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Never, TypeVar

from flows.engine.effects import Effect, effect, resolved
from flows.engine.errors import FlowError, Outdated, Pause
from flows.engine.journal import UNDO, Answer, Entry, Question, applied
from flows.engine.run import Run
from flows.engine.spec import Flow, Params
from flows.report import Report, Tone, bullets, facts
from integrations.errors import OutsideError
from integrations.meter import Meter

log = logging.getLogger(__name__)

T = TypeVar("T")


class RecordEnds(Pause):
    """The earlier run came no further than this."""


class Past:
    """The journal of an earlier run: it can be read, and never gets another line."""

    def __init__(self, entries: Mapping[str, Entry], answers: Mapping[str, Answer]) -> None:
        self._entries = entries
        self._answers = answers

    def now(self) -> Never:
        """End the record: only what was not played yet asks for the time."""
        raise RecordEnds

    def entry(self, title: str) -> Entry | None:
        """Return what is recorded under this title."""
        return self._entries.get(title)

    def answer(self, key: str) -> Answer | None:
        """Return what people said to this question."""
        return self._answers.get(key)

    async def write(self, entry: Entry, used: Meter | None = None) -> None:  # noqa: ARG002 - the protocol's
        """End the record."""
        raise RecordEnds

    async def ask(self, question: Question) -> None:  # noqa: ARG002 - as above
        """End the record."""
        raise RecordEnds

    async def wait(self, *_: object) -> Never:
        """End the record."""
        raise RecordEnds

    async def start(self, *_: object) -> Never:
        """End the record: what was not started then is not started now."""
        raise RecordEnds

    async def report(self, run: str) -> Report | None:  # noqa: ARG002 - as above
        """End the record; the type is what a recorded report is read back by."""
        raise RecordEnds


@dataclass
class Rewind(Run):
    """Plays an earlier run as far as its journal goes, to learn what it has changed."""

    made: list[Effect[Any]] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)

    async def _yes(self, *_: object) -> str:
        return self.actor  # whoever said it then: what is asked now is another plan

    async def _effect(self, each: Effect[T], results: Mapping[str, Any]) -> T:
        recorded = self.journal.entry(each.title)
        if recorded is None or (recorded.state == "failed" and not each.part):
            raise RecordEnds
        if recorded.state == "failed":
            raise FlowError(recorded.error)  # its part was left, and the plan went on
        self.made.append(each)
        # Where there is an intent without a result, it may have been made: it is taken back too.
        value = await super()._effect(each, results)
        self.results[each.title] = value
        return value

    async def _take_back(self, *_: object) -> list[str]:
        return []  # the journal says what was

    async def _perform(self, *_: object) -> Never:
        raise RecordEnds


def reversal(
    flow: Flow, started: datetime, entries: Sequence[Entry], answers: Mapping[str, Answer]
) -> Flow:
    """Return the flow that takes back what a run has changed that began then and recorded this.

    Its plan needs the same yes as any other; what cannot be taken back is said before it is asked.
    """

    async def body(run: Run, params: Params) -> Report:
        past = Past({each.title: each for each in entries}, answers)
        identity = replace(run.identity, started=started, dry_run=False)
        earlier = Rewind(identity, past, run.tools, past)
        made = await _made(flow, params, earlier)
        possible = tuple(each for each in made if each.undo)
        known = {each.title for each in possible}
        stays = [title for title in applied(entries) if title not in known]
        if not possible and not stays:
            raise FlowError("Nothing had been changed, so there is nothing to take back.")
        if not possible:
            raise FlowError(f"Nothing of it can be taken back: {'; '.join(stays)}.")
        plan = tuple(
            effect(f"{UNDO}{each.title}", do=resolved(each.undo, earlier.results))
            for each in reversed(possible)
            if each.undo
        )
        kept = (bullets(stays, "This stays: it cannot be taken back"),) if stays else ()
        title = f"Take back {flow.alias}"
        show = Report(
            title, f"{len(possible)} of {len(possible) + len(stays)} changes", "warn", kept
        )
        by = await run._yes(plan, show, {})  # noqa: SLF001 - the engine's own
        left = await run._take_back(possible, earlier.results)  # noqa: SLF001 - as above
        return _report(flow, by, [each.title for each in reversed(possible)], left, stays)

    return replace(flow, body=body)


async def _made(flow: Flow, params: Params, earlier: Rewind) -> list[Effect[Any]]:
    """Return what an earlier run has changed and not taken back itself, in order."""
    try:
        await flow.body(earlier, params)
    except (RecordEnds, Outdated, FlowError, OutsideError):
        pass  # as far as it came, or is understood, or as it ended the first time
    except Exception:  # noqa: BLE001 - what it made before it broke can still be taken back
        log.info("run %s of %s breaks as it did before", earlier.identity.id, flow.slug)
    undos = [earlier.journal.entry(f"{UNDO}{each.title}") for each in earlier.made]
    return [
        each
        for each, undo in zip(earlier.made, undos, strict=True)
        if undo is None or undo.state != "done"
    ]


def _report(
    flow: Flow, by: str, tried: Sequence[str], failed: Sequence[str], final: Sequence[str]
) -> Report:
    done = [title for title in tried if title not in failed]
    stays = [*failed, *final]
    summary = f"{len(done)} of {len(done) + len(stays)} changes are taken back."
    blocks = [bullets(done, "Taken back")] if done else []
    if stays:
        blocks.append(bullets(stays, "These changes stay and need a hand"))
    tone: Tone = "warn" if stays else "good"
    return Report(f"{flow.alias} is taken back", summary, tone, (*blocks, facts(approved_by=by)))
