"""Runs wait for events and for each other, take turns and locks, and say what they used."""

import sqlalchemy as sa
from alembic import op

from storage.tables import Moment, Serial

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; no row is written anew, however many there are."""
    for name, length, default in (
        ("queue", 12, "interactive"),
        ("parent", 40, ""),
        ("code", 16, ""),
        ("turn", 240, ""),
    ):
        column = sa.Column(name, sa.String(length), nullable=False, server_default=default)
        op.add_column("runs", column)
    for name in ("parent", "turn"):
        is_set = sa.text(f"{name} != ''")
        op.create_index(
            f"ix_runs_{name}", "runs", [name], sqlite_where=is_set, postgresql_where=is_set
        )
    op.add_column("steps", sa.Column("used", sa.LargeBinary(), nullable=False, server_default=""))
    shown = sa.Column("shown", sa.String(32), nullable=False, server_default="")
    op.add_column("messages", shown)
    op.add_column("outbox", sa.Column("since", Moment()))
    op.create_table(
        "waits",
        sa.Column("run_id", sa.String(40), nullable=False),
        sa.Column("topic", sa.String(240), nullable=False),
        sa.Column("due_at", Moment()),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_waits_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "topic", name=op.f("pk_waits")),
    )
    op.create_index("ix_waits_topic", "waits", ["topic"])
    op.create_index("ix_waits_due_at", "waits", ["due_at"])
    op.create_table(
        "locks",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(240), nullable=False),
        sa.Column("run_id", sa.String(40), nullable=False),
        sa.Column("by", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("held_at", Moment()),
        sa.Column("until", Moment()),
        sa.Column("seconds", sa.Integer()),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locks")),
    )
    op.create_index("ix_locks_name", "locks", ["name", "id"])
    op.create_index("ix_locks_run_id", "locks", ["run_id"])
    is_held = sa.text("held_at IS NOT NULL")
    op.create_index(
        "uq_locks_holder",
        "locks",
        ["name"],
        unique=True,
        sqlite_where=is_held,
        postgresql_where=is_held,
    )
    op.create_table(
        "lock_watchers",
        sa.Column("name", sa.String(240), nullable=False),
        sa.Column("person", sa.String(120), nullable=False),
        sa.Column("by", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("name", "person", name=op.f("pk_lock_watchers")),
    )
    op.create_table(
        "notices",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(240), nullable=False),
        sa.Column("to", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    op.create_index("ix_notices_due", "notices", ["due_at", "id"])
    op.create_table(
        "spent",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent")),
    )
    op.create_index("ix_spent_until", "spent", ["until"])
