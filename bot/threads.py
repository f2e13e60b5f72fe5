"""Keeps one thread per run current: the card that grows, the plan, the report."""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast

from bot import status
from bot.bulletins import news_of
from bot.chat import Actor, Button, Card, Chat, Planned, State, Step
from bot.delivery import Delivery
from bot.offers import Offer
from bot.posts import NEWS
from bot.pressing import answers_to, next_buttons, typing
from bot.rounds import SWEEP, rounds
from bot.rules import Rules, case_of
from bot.worker import Signals
from flows.engine.journal import CHANGES, UNDO
from flows.engine.policy import names, who_answers, who_approves
from flows.engine.registry import Find, find
from flows.engine.run import NO, YES
from flows.engine.tools import ProjectSettings
from flows.report import Line, Report
from storage import outbox
from storage.database import Database
from storage.records import OutboxRecord, QuestionRecord, RunRecord, StepRecord, ToldRecord

log = logging.getLogger(__name__)

AT_ONCE = 8  # threads: a claim that waits for its turn runs out on a machine that is busy
PROGRESS = frozenset({"step", "wait"})  # what is a line of progress
ABOUT = re.compile(r"#\d+$|\b[A-Z][A-Z0-9]*-\d+$")  # an issue or a pull request
LONGEST_LINE = 120  # of a plan
DECIDED = {YES: "Approved", NO: "Declined"}
NOT_IN_TIME = "because nobody approved it in time"
NOT_ANSWERED = "because nobody answered in time"


class Threads:
    """Sends what the outbox holds, in order, to the platforms that are connected."""

    def __init__(
        self,
        database: Database,
        queue: Signals,
        rules: Rules,
        clock: Callable[[], datetime],
        chats: Mapping[str, Chat],
        find: Find = find,
    ) -> None:
        self._database = database
        self._queue = queue
        self._rules = rules
        self._clock = clock
        self._find = find
        self._delivery = Delivery(database, clock, chats, rules.url, self.card)
        self._lanes = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Deliver for as long as the process lives."""
        await rounds(self.deliver, self._queue.news, "the outbox")

    async def deliver(self) -> timedelta:
        """Send what is due; return how long there is nothing to do unless there is news."""
        async with self._database.read() as connection:
            due = await outbox.due(connection, self._clock())
        threads: dict[str, list[OutboxRecord]] = {}
        for row in due:
            threads.setdefault(row.run_id, []).append(row)
        soonest = await asyncio.gather(*map(self._deliver_run, threads.values()))
        return min(soonest, default=SWEEP)

    async def _deliver_run(self, rows: list[OutboxRecord]) -> timedelta:
        """Send what one run has to say; return when there is more to do."""
        soonest = SWEEP
        try:
            async with self._lanes:
                for row in rows:
                    result = await self._delivery.delivered(row)
                    if result is None:
                        break
                    if result.echo:
                        self._queue.changed(NEWS)
                    if result.wait is not None:
                        soonest = min(soonest, result.wait)
                    if result.holds_up:
                        break
        except Exception:  # nor must one thread break the round of the others
            log.warning("the outbox cannot be written; trying again", exc_info=True)
        return soonest

    def card(
        self,
        run: RunRecord,
        steps: list[StepRecord],
        asked: list[QuestionRecord],
        report: Report | None,
        project: ProjectSettings,
        offers: Sequence[Offer] = (),
        told: Sequence[ToldRecord] = (),
    ) -> Card:
        """Return the living message of a run as it stands."""
        last = asked[-1] if asked else None
        is_open = last is not None and last.answer is None and not run.ended
        return Card(
            command=run.command,
            title=status.title_of(run, self._find(run.flow), report),
            state=cast("State", run.state),
            line=status.line_of(run, steps, report),
            by=Actor(**run.actor),
            url=self._rules.url(run.id),
            tone=report.tone if report else "neutral",
            steps=tuple(_step(each) for each in steps if each.kind in PROGRESS),
            plan=_plan(last, steps, is_over=run.ended),
            question=last.question.text if last and is_open else "",
            note=self._who_answers(run, last, project) if last and is_open else (),
            buttons=answers_to(last) if last and is_open else (),
            controls=(
                *_controls(run, offers),
                *_reminder(run, last if is_open else None),
                *_next(run, report),
            ),
            decided=_decided(last) if last else "",
            decided_at=last.answered_at if last else None,
            started=run.created_at,
            seconds=_seconds(run),
            news=tuple(map(news_of, told)),
        )

    def _who_answers(self, run: RunRecord, asked: QuestionRecord, project: ProjectSettings) -> Line:
        flow = self._find(run.flow)
        if flow is None:
            return ()
        case, policy = case_of(flow, run, asked, self._clock()), self._rules.policy(flow, project)
        if asked.question.plan:
            return who_approves(policy, case)
        return who_answers(policy, case, asked.question.otherwise)


def _step(step: StepRecord) -> Step:
    state = step.state if step.state in ("done", "failed") else "running"
    return Step(step.title, state)  # type: ignore[arg-type] # narrowed in the line above


def _plan(
    asked: QuestionRecord | None, steps: list[StepRecord], *, is_over: bool
) -> tuple[Planned, ...]:
    if asked is None:
        return ()
    states = {each.title: each.state for each in steps if each.kind in CHANGES}
    undos = [each for each in steps if each.kind == "undo" and each.state == "done"]
    undone = {each.title.removeprefix(UNDO) for each in undos}
    planned = []
    for change in asked.question.plan:
        state = "undone" if change.title in undone else states.get(change.title, "planned")
        state = "running" if state == "retrying" else state
        says_so = not is_over and not change.title.startswith(UNDO)
        undoable = change.undoable if says_so else None
        planned.append(Planned(change.title, undoable, state))  # type: ignore[arg-type] # the journal's own states
    return folded(planned)


def folded(plan: Sequence[Planned]) -> tuple[Planned, ...]:
    """Return a plan in which what follows each other about one thing is one line.

    `Sync #82: …` is about #82. What has failed, or is partly taken back, stands alone, and so does
    what can be taken back beside what cannot.
    """
    lines: list[Planned] = []
    for _, some in groupby(plan, key=lambda each: (_lead(each.title), each.undoable)):
        group = [*some]
        lead, states = _lead(group[0].title), {each.state for each in group}
        rest = [each.title.removeprefix(lead) for each in group]
        title = f"{lead}{', '.join(rest)}"
        is_odd = "failed" in states or ("undone" in states and len(states) > 1)
        if not lead or len(group) == 1 or is_odd or len(title) > LONGEST_LINE:
            lines += group
        else:
            state = group[0].state if len(states) == 1 else "running"
            lines.append(Planned(title, group[0].undoable, state))
    return tuple(lines)


def _lead(title: str) -> str:
    """Return what the beginning of a change says that it is about, "" where it does not."""
    about, colon, rest = title.partition(": ")
    return f"{about}{colon}" if rest and ABOUT.search(about) else ""


def _controls(run: RunRecord, offers: Sequence[Offer]) -> tuple[Button, ...]:
    return tuple(Button(each.label, f"{each.verb}:{run.id}", warns=each.warns) for each in offers)


def _reminder(run: RunRecord, asked: QuestionRecord | None) -> tuple[Button, ...]:
    """Return what reminds those who may approve a plan that waits for them."""
    if asked is None or not asked.question.plan:
        return ()
    return (typing(f"nudge {run.id}", "Remind the approvers"),)


def _next(run: RunRecord, report: Report | None) -> tuple[Button, ...]:
    """Return what is worth typing after what came of the run."""
    return next_buttons(report.next) if report and run.ended else ()


def _decided(asked: QuestionRecord) -> str:
    if asked.answer is None:
        return ""
    why_not = NOT_IN_TIME if asked.question.plan else NOT_ANSWERED
    who = f"by {names(asked.decided_by)}" if asked.decided_by else why_not
    by = asked.lifted_by
    freeze = f"; {by['name']} lifted the freeze: {asked.lifted_why}" if by else ""
    what = "Answered" if asked.question.form and asked.answer else asked.answer
    said = f"{DECIDED.get(what, what)} {who}" if what else f"{who[:1].upper()}{who[1:]}"
    return f"{said}{freeze}"


def _seconds(run: RunRecord) -> float | None:
    if run.finished_at is None:
        return None
    return (run.finished_at - run.created_at).total_seconds()
