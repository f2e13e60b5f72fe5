"""What the repositories return: rows as values."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from flows.engine.journal import Question
from flows.report import Report
from integrations.meter import Used, total

ENDED = ("done", "stopped", "failed", "cancelled")
ACTIVE = ("queued", "running", "waiting")


def is_read(origin: Mapping[str, str]) -> bool:
    """Say whether what comes from there may be told in a chat."""
    return bool(origin["channel"] or origin.get("about"))


class Wake(NamedTuple):
    """A wake-up of a run: its number makes it unique, its queue is where it waits."""

    run_id: str
    number: int
    queue: str = "interactive"


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run: what was asked, by whom and where, and how it stands.

    `recoveries` counts the workers that it lost since it got further last, `progress` how far that
    was; `stop_by` is who asked for it to stop, `undoes` the run that this one takes back, `parent`
    the one that started it. `queue` is where it waits to be played, `code` marks the page of its
    flow as it was when it was played first. `turn` is the limit in whose line it is, or, while it
    is played, which counts it.
    """

    id: str
    flow: str
    project: str
    command: str
    params: dict[str, Any]
    dry_run: bool
    actor: dict[str, str]
    origin: dict[str, str]
    state: str
    line: str
    attempts: int
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    recoveries: int = 0
    progress: int = 0
    stop_by: str = ""
    undoes: str = ""
    queue: str = "interactive"
    parent: str = ""
    code: str = ""
    turn: str = ""

    @property
    def asker(self) -> str:
        """Name who asked for it as policy does."""
        return f"{self.actor['platform']}:{self.actor['id']}"

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def has_thread(self) -> bool:
        """Say whether somebody reads about this run in a chat."""
        return is_read(self.origin)


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a run's journal, without its output; `used` is by all of its attempts."""

    title: str
    kind: str
    position: int
    state: str
    attempt: int
    error: str
    started_at: datetime
    finished_at: datetime | None
    calls: int
    bytes: int
    used: Used


class ToldRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a run said before its end, when, and at which place of its journal."""

    title: str
    position: int
    at: datetime
    report: Report


class AnswerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What one person said to a question."""

    person: str
    by: dict[str, str]
    choice: str
    at: datetime


class QuestionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A question to people: what each of them said, and the answer once that settles it.

    Nobody has answered by the `deadline`: the answer is the safe one, and `answers` does not have
    it. `lifted_by` says who lets the plan be applied in spite of a freeze.
    """

    id: int
    run_id: str
    question: Question
    asked_at: datetime
    deadline: datetime | None = None
    lifted_by: dict[str, str] | None = None
    lifted_why: str = ""
    answer: str | None
    answered_by: dict[str, str] | None
    answered_at: datetime | None
    answers: tuple[AnswerRecord, ...] = ()

    def who_said(self, choice: str) -> list[str]:
        """Return the names of those who gave this answer, in the order in which they did."""
        return [each.by["name"] for each in self.answers if each.choice == choice]

    @property
    def decided_by(self) -> list[str]:
        """Return the names of those whose answer it is; empty where it was the deadline."""
        return self.who_said(self.answer) if self.answer is not None else []


HELD = "held"
"""How the error of a notice begins that waits for the time of who is told."""


class OutboxRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a thread still has to be told."""

    id: int
    key: str
    run_id: str
    kind: str
    revision: int
    tries: int
    due_at: datetime
    error: str = ""


class MessageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform was sent, by the platform's own ids; `shown` marks what it says by now.

    A plan and a report take as many messages as they need, so they have a thread and no `message`.
    """

    run_id: str
    kind: str
    platform: str
    channel: str
    thread: str
    message: str
    sent_at: datetime
    shown: str = ""


class ScheduleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A command that is given again and again, in its owner's name.

    `text` is the schedule as it says itself; `catch_up` tells what becomes of times that nobody
    was there for; `trouble` is why it paused itself.
    """

    id: str
    text: str
    command: str
    flow: str
    project: str
    owner: dict[str, str]
    origin: dict[str, str]
    catch_up: str
    paused: bool = False
    trouble: str = ""
    next_at: datetime
    last_at: datetime | None = None
    created_at: datetime


class LockRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A wish for a lock, of a run or (`run_id` is empty) of a person; `held_at` says since when.

    It ends at `until`, so many `seconds` after it was got. `ahead` of the line go who takes a lock
    away (1), and before that who has lent it to a run of their own (2).
    """

    id: int
    name: str
    run_id: str
    by: dict[str, str]
    reason: str
    asked_at: datetime
    held_at: datetime | None = None
    until: datetime | None = None
    seconds: int | None = None
    ahead: int = 0

    @property
    def who(self) -> str:
        """Name the person as policy does."""
        return f"{self.by['platform']}:{self.by['id']}"


class Press(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button of a notice, and what it does."""

    label: str
    action: str
    tone: str = "neutral"


class Manner(msgspec.Struct, frozen=True, omit_defaults=True):
    """How somebody is told: an `urgent` notice, or one that is too late after `before`, at once.

    The greater its `weight`, the sooner it is named among others; one that is `settled` needs
    nothing from anybody any more. One that is `revised` says something else than when it was made.
    """

    made_at: datetime | None = None
    urgent: bool = False
    before: datetime | None = None
    weight: int = 0
    buttons: tuple[Press, ...] = ()
    settled: bool = False
    revised: bool = False


class NoticeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Something that one person is told; `batch` is the key of the notice it is sent with.

    It has a `message` once it was sent; only what is `due` has a time for it.
    """

    id: int
    key: str
    to: dict[str, str]
    body: bytes
    tries: int
    due_at: datetime
    topic: str
    person: str
    channel: str
    message: str
    error: str
    batch: str
    manner: Manner

    @property
    def is_held(self) -> bool:
        """Whether it had to wait for the time of who is told."""
        return self.error.startswith(HELD)

    @property
    def leads(self) -> bool:
        """Whether it is sent for others as well."""
        return self.batch == self.key


class DeliveryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook that came: `state` is received, waiting, done, ignored or failed.

    `error` says why.
    """

    id: str
    source: str
    event: str
    action: str
    project: str
    state: str
    error: str
    body: bytes
    received_at: datetime


class ChangeRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One change of what is set: `said` in one sentence, `before` and `after` as JSON.

    `what` names the thing, its subject first, such as `project acme/api environment`.
    """

    id: int
    what: str
    by: dict[str, str]
    said: str
    before: Any
    after: Any
    at: datetime
    undone_by: dict[str, str] | None = None
    undone_at: datetime | None = None


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, through which door."""

    number: int
    at: datetime
    actor: dict[str, str]
    door: str
    action: str
    run_id: str
    effect: str
    detail: str
    before: str
    hash: str


def question_json(question: Question) -> bytes:
    """Return the stored form of a question."""
    return msgspec.json.encode(question)


_QUESTION = msgspec.json.Decoder(Question)
_REPORT = msgspec.json.Decoder(Report)


def question_from(body: bytes) -> Question:
    """Return the question that was stored."""
    return _QUESTION.decode(body)


def report_from(body: bytes) -> Report:
    """Return the report that was stored."""
    return _REPORT.decode(body)


_USED = msgspec.json.Decoder(Used)


def used_json(used: Used) -> bytes:
    """Return the stored form of what one attempt used: a line of its own."""
    return msgspec.json.encode(used) + b"\n"


def used_from(lines: bytes) -> Used:
    """Return what all attempts used."""
    return total(map(_USED.decode, lines.splitlines()))
