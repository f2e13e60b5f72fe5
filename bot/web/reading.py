"""What each page shows, read from the database and the queue."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.handover import place
from bot.lines import DELIVERY, Presence, QueueLook
from bot.offers import Offer, offered
from bot.resources import lines, used_by
from bot.rules import case_of
from bot.web.site import PATIENCE, Quota, Site
from flows.engine.journal import CHANGES, UNDO
from flows.engine.policy import names, who_answers, who_approves
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from flows.report import Line, Report
from integrations.meter import Used
from storage import audit, control, journal, locks, outbox, projects, questions, runs
from storage.records import AuditRecord, QuestionRecord, RunRecord, StepRecord, ToldRecord

log = logging.getLogger(__name__)

SHOWN = 6  # runs in each part of the overview


@dataclass(frozen=True, slots=True)
class Machine:
    """How the machinery stands; `silent` names the parts that did not answer."""

    queues: dict[str, QueueLook]
    workers: dict[str, Presence]
    outbox: int
    oldest_due: datetime | None
    quotas: Sequence[Quota]
    silent: tuple[str, ...]

    @property
    def unserved(self) -> list[str]:
        """The queues in which somebody waits though no worker serves them."""
        served = {queue for worker in self.workers.values() for queue in worker.queues}
        late = {name for name, look in self.queues.items() if look.depth}
        late |= {DELIVERY} if self.outbox else set()
        return sorted(late - served)


@dataclass(frozen=True, slots=True)
class Overview:
    active: dict[str, int]
    waiting: list[RunRecord]
    running: list[RunRecord]
    broken: list[RunRecord]
    results: list[RunRecord]
    machine: Machine


@dataclass(frozen=True, slots=True)
class Change:
    """One effect of a plan and what became of it: planned, running, done, failed or undone."""

    title: str
    undoable: bool
    state: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, its plan if it has one, who may answer it, and whose answer it has."""

    record: QuestionRecord
    changes: tuple[Change, ...]
    who: Line
    decided_by: str


@dataclass(frozen=True, slots=True)
class LogLine:
    at: datetime
    who: str
    text: str
    detail: str = ""
    bad: bool = False


@dataclass(frozen=True, slots=True)
class RunView:
    """Everything there is to say about one run."""

    run: RunRecord
    flow: Flow | None
    steps: list[StepRecord]
    asked: list[Asked]
    report: Report | None
    log: list[LogLine]
    lock: str
    offers: tuple[Offer, ...] = ()
    undone_by: str = ""
    told: tuple[ToldRecord, ...] = ()

    @property
    def may_have_changed(self) -> bool:
        """Say whether there may be something to take back by the time that it stops."""
        changes = any(step.kind in CHANGES for step in self.steps)
        plays = self.run.state == "running" and self.flow is not None and self.flow.writes
        return not self.run.undoes and (changes or plays)

    @property
    def calls(self) -> int:
        return sum(step.calls for step in self.steps)

    @property
    def bytes(self) -> int:
        return sum(step.bytes for step in self.steps)

    @property
    def used(self) -> Used:
        return used_by(self.steps)

    @property
    def resources(self) -> list[tuple[str, str]]:
        """What its steps used, by resource, in words."""
        return lines(self.used)

    @property
    def worked(self) -> timedelta:
        """The time spent in steps, without the waiting between them."""
        return sum(
            (step.finished_at - step.started_at for step in self.steps if step.finished_at),
            timedelta(),
        )


async def overview(site: Site) -> Overview:
    """Read the overview: a handful of short lists, each straight from an index."""
    async with site.database.read() as connection:
        active = await runs.active(connection)
        by_state = {
            state: await runs.page(connection, state=state, limit=SHOWN)
            for state in ("waiting", "running", "queued", "failed", "stopped", "done")
        }
        rows, oldest = await outbox.waiting(connection)
    return Overview(
        active=active,
        waiting=by_state["waiting"],
        running=[*by_state["running"], *by_state["queued"]][:SHOWN],
        broken=_newest(by_state["failed"] + by_state["stopped"]),
        results=by_state["done"],
        machine=await _machine(site, rows, oldest),
    )


async def run_view(site: Site, run_id: str) -> RunView | None:
    """Read one run; None where there is none with this id."""
    async with site.database.read() as connection:
        run = await runs.get(connection, run_id)
        if run is None:
            return None
        every = await journal.timeline(connection, run_id)
        told = await journal.told(connection, run_id)
        asked = await questions.of_run(connection, run_id)
        report = await runs.report(connection, run_id)
        done = await audit.of_run(connection, run_id)
        project = await projects.find(connection, run.project)
        wanted = () if run.ended else await locks.of_run(connection, run_id)
        line = await locks.line(connection, wanted[0].name) if wanted else ()
        undone_by = await control.undoing(connection, run_id) if run.ended else None
    flow = site.catalogue().get(run.flow)
    steps = [each for each in every if each.kind != "tell"]
    return RunView(
        run=run,
        flow=flow,
        steps=steps,
        asked=[
            Asked(
                each,
                tuple(_changes(each, steps)),
                _who_may_answer(site, project, flow, run, each),
                names(each.decided_by),
            )
            for each in asked
        ],
        report=report,
        log=_log(done, steps, told),
        lock=place(line, run_id, site.clock()),
        undone_by=undone_by.id if undone_by else "",
        told=tuple(told),
        offers=offered(run, steps, asked, undone=undone_by is not None),
    )


async def _machine(site: Site, rows: int, oldest: datetime | None) -> Machine:
    silent: list[str] = []
    queues: dict[str, QueueLook] = {}
    workers: dict[str, Presence] = {}
    quotas: Sequence[Quota] = ()
    try:
        async with asyncio.timeout(PATIENCE):
            queues = await site.queue.queues()
            workers = await site.queue.workers()
    except Exception:
        log.warning("the queue does not answer", exc_info=True)
        silent.append("queue")
    try:
        async with asyncio.timeout(PATIENCE):
            quotas = await site.quotas()
    except Exception:
        log.warning("the quotas cannot be read", exc_info=True)
        silent.append("quotas")
    return Machine(queues, workers, rows, oldest, quotas, tuple(silent))


def _newest(records: list[RunRecord]) -> list[RunRecord]:
    return sorted(records, key=lambda run: (run.created_at, run.id), reverse=True)[:SHOWN]


def _changes(asked: QuestionRecord, steps: Iterable[StepRecord]) -> Iterable[Change]:
    states = {step.title: step.state for step in steps}
    for planned in asked.question.plan:
        state = states.get(planned.title, "planned")
        if states.get(f"{UNDO}{planned.title}") == "done":
            state = "undone"
        yield Change(planned.title, planned.undoable, state)


def _who_may_answer(
    site: Site, project: ProjectSettings, flow: Flow | None, run: RunRecord, asked: QuestionRecord
) -> Line:
    if flow is None:
        return ("This flow is no longer in the catalogue, so nobody can answer.",)
    policy = site.policies(flow, project)
    case = case_of(flow, run, asked, site.clock())
    if not asked.question.plan:
        return who_answers(policy, case, asked.question.otherwise)
    return who_approves(policy, case)


def _log(
    done: Iterable[AuditRecord], steps: Iterable[StepRecord], told: Iterable[ToldRecord]
) -> list[LogLine]:
    lines = [
        LogLine(
            each.at,
            each.actor.get("name", ""),
            f"{each.action} ({each.door})",
            ": ".join(filter(None, (each.effect, each.detail))),
        )
        for each in done
    ]
    lines += [
        LogLine(each.at, "flowbot", f"told: {each.report.title}", each.report.summary)
        for each in told
    ]
    for step in steps:
        attempt = f" (attempt {step.attempt})" if step.attempt > 1 else ""
        title = f"{step.title}{attempt}"
        lines.append(LogLine(step.started_at, "flowbot", f"began: {title}"))
        if step.finished_at:
            took = step.finished_at - step.started_at
            text = f"{step.state} after {_seconds(took)}: {title}"
            bad = step.state in ("failed", "retrying")
            lines.append(LogLine(step.finished_at, "flowbot", text, step.error, bad))
    return sorted(lines, key=lambda line: line.at)


def _seconds(took: timedelta) -> str:
    return f"{took.total_seconds():.3f} s"
