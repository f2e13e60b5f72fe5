"""Runs, what belongs to them, and the audit; the migrations build the same."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from storage.tables.columns import Moment, Serial, metadata

projects = Table(
    "projects",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("settings", JSON, nullable=False),
    Column("changes", JSON, nullable=False, server_default="{}"),
    Column("created_at", Moment, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("flow", String(80), nullable=False),
    Column("project", String(200), nullable=False),
    Column("command", Text, nullable=False),
    Column("params", JSON, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("actor", JSON, nullable=False),
    Column("origin", JSON, nullable=False),
    Column("state", String(12), nullable=False),
    Column("line", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("wakes", Integer, nullable=False),
    Column("lease_owner", String(80), nullable=False),
    Column("lease_epoch", Integer, nullable=False),
    Column("lease_until", Moment),
    Column("woken_at", Moment, nullable=False),
    Column("recoveries", Integer, nullable=False),
    Column("progress", Integer, nullable=False),
    Column("stop_by", String(80), nullable=False),
    Column("undoes", String(40), nullable=False),
    Column("queue", String(12), nullable=False, server_default="interactive"),
    Column("parent", String(40), nullable=False, server_default=""),
    Column("code", String(16), nullable=False, server_default=""),
    Column("turn", String(240), nullable=False, server_default=""),
    Column("asker", String(120), nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Index("ix_runs_newest", "created_at", "id"),
    Index("ix_runs_state", "state", "created_at", "id"),
    Index("ix_runs_flow", "flow", "created_at", "id"),
    Index("ix_runs_project", "project", "created_at", "id"),
    Index("ix_runs_asker", "asker", "created_at", "id"),
)
# Few runs are ever in these, so they cost the others nothing.
for name, column, is_in in (
    ("ix_runs_recoveries", runs.c.recoveries, runs.c.recoveries > 0),
    ("ix_runs_undoes", runs.c.undoes, runs.c.undoes != ""),
    ("ix_runs_parent", runs.c.parent, runs.c.parent != ""),
    ("ix_runs_turn", runs.c.turn, runs.c.turn != ""),
):
    Index(name, column, sqlite_where=is_in, postgresql_where=is_in)

reports = Table(
    "reports",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

results = Table(
    "results",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("flow", String(80), nullable=False),
    Column("project", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_results_latest", "flow", "project", "at"),
)

steps = Table(
    "steps",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("title", String(80), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("output", LargeBinary, nullable=False),
    Column("error", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("calls", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("used", LargeBinary, nullable=False, server_default=""),
)

waits = Table(
    "waits",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", String(240), primary_key=True),
    Column("due_at", Moment),
    Index("ix_waits_topic", "topic"),
    Index("ix_waits_due_at", "due_at"),
)

locks = Table(
    "locks",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("name", String(240), nullable=False),
    Column("run_id", String(40), nullable=False),
    Column("by", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("held_at", Moment),
    Column("until", Moment),
    Column("seconds", Integer),
    Column("ahead", Integer, nullable=False),
    Index("ix_locks_name", "name", "id"),
    Index("ix_locks_run_id", "run_id"),
)
# A lock has one holder, whoever is in the line.
Index(
    "uq_locks_holder",
    locks.c.name,
    unique=True,
    sqlite_where=locks.c.held_at.is_not(None),
    postgresql_where=locks.c.held_at.is_not(None),
)

lock_watchers = Table(
    "lock_watchers",
    metadata,
    Column("name", String(240), primary_key=True),
    Column("person", String(120), primary_key=True),
    Column("by", JSON, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", String(240), nullable=False, unique=True),
    Column("to", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", Moment),
    Column("error", Text, nullable=False),
    Column("topic", String(240), nullable=False, server_default=""),
    Column("person", String(160), nullable=False, server_default=""),
    Column("channel", String(80), nullable=False, server_default=""),
    Column("message", String(80), nullable=False, server_default=""),
    Column("sent_at", Moment),
    Column("manner", JSON, nullable=False, server_default="{}"),
    Column("batch", String(240), nullable=False, server_default=""),
    Index("ix_notices_due", "due_at", "id"),
    Index("ix_notices_topic", "topic"),
    Index("ix_notices_person", "person", "id"),
)

questions = Table(
    "questions",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("deadline", Moment),
    Column("lifted_by", JSON),
    Column("lifted_why", Text, nullable=False),
    Column("answer", Text),
    Column("answered_by", JSON),
    Column("answered_at", Moment),
    Index("uq_questions_run_id_key", "run_id", "key", unique=True),
)
# Only what is still open: the index stays as small as the number of open plans.
Index(
    "ix_questions_deadline",
    questions.c.deadline,
    sqlite_where=questions.c.answer.is_(None),
    postgresql_where=questions.c.answer.is_(None),
)

answers = Table(
    "answers",
    metadata,
    Column("question_id", ForeignKey("questions.id", ondelete="CASCADE"), primary_key=True),
    Column("person", String(120), primary_key=True),
    Column("by", JSON, nullable=False),
    Column("choice", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", String(120), nullable=False, unique=True),
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("error", Text, nullable=False),
    Column("since", Moment),
    Index("ix_outbox_due", "due_at", "id"),
    Index("ix_outbox_run_id", "run_id", "id"),
)

messages = Table(
    "messages",
    metadata,
    Column("run_id", ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("channel", String(160), nullable=False),
    Column("thread", String(160), nullable=False),
    Column("message", String(80), nullable=False),
    Column("sent_at", Moment, nullable=False),
    Column("shown", String(32), nullable=False, server_default=""),
    Index("ix_messages_message", "channel", "message"),
    Index("ix_messages_thread", "channel", "thread"),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("text", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("flow", String(80), nullable=False),
    Column("project", String(200), nullable=False),
    Column("owner", JSON, nullable=False),
    Column("origin", JSON, nullable=False),
    Column("catch_up", String(4), nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("last_at", Moment),
    Column("created_at", Moment, nullable=False),
    Index("ix_schedules_due", "paused", "next_at"),
)

spent = Table(
    "spent",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("until", Moment, nullable=False),
    Index("ix_spent_until", "until"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", JSON, nullable=False),
    Column("door", String(20), nullable=False),
    Column("action", String(20), nullable=False),
    Column("run_id", String(40), nullable=False),
    Column("effect", String(80), nullable=False),
    Column("detail", Text, nullable=False),
    Column("before", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_run_id", "run_id"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)
