"""What the repositories return: rows as values."""

from datetime import datetime
from typing import Any

import msgspec

from flows.engine.journal import Question
from flows.report import Report

ENDED = ("done", "stopped", "failed", "cancelled")
ACTIVE = ("queued", "running", "waiting")


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run: what was asked, by whom and where, and how it stands."""

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

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def has_thread(self) -> bool:
        """Say whether somebody reads about this run in a chat."""
        return bool(self.origin["channel"])


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a run's journal, without its output."""

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


class QuestionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A question to people, and what somebody said."""

    id: int
    run_id: str
    question: Question
    asked_at: datetime
    answer: str | None
    answered_by: dict[str, str] | None
    answered_at: datetime | None


class OutboxRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a thread still has to be told."""

    id: int
    key: str
    run_id: str
    kind: str
    revision: int
    tries: int
    due_at: datetime


class MessageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a platform has, by the platform's own ids."""

    run_id: str
    kind: str
    platform: str
    channel: str
    thread: str
    message: str
    sent_at: datetime


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, through which door."""

    number: int
    at: datetime
    actor: dict[str, str]
    door: str
    action: str
    run_id: str
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
