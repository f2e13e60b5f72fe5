"""People over all platforms, what channels follow, and what came from outside."""

import sqlalchemy as sa
from alembic import op

from storage.tables import Moment, Serial

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; no row of a run is written anew."""
    op.create_table(
        "changes",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("what", sa.String(240), nullable=False),
        sa.Column("by", sa.JSON(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("undone_by", sa.JSON()),
        sa.Column("undone_at", Moment()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index("ix_changes_what", "changes", ["what", "id"])
    op.create_table(
        "channels",
        sa.Column("platform", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(80), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("named_at", Moment()),
        sa.PrimaryKeyConstraint("platform", "channel", name=op.f("pk_channels")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(120), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("event", sa.String(100), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_project", "deliveries", ["project", "received_at"])
    op.create_index("ix_deliveries_received_at", "deliveries", ["received_at"])
    op.create_table(
        "syncs",
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("begun_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("project", name=op.f("pk_syncs")),
    )
    op.create_table(
        "pairs",
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("issue", sa.String(40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("project", "number", name=op.f("pk_pairs")),
    )
    op.create_index("uq_pairs_issue", "pairs", ["project", "issue"], unique=True)
    op.create_table(
        "people",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("due_at", Moment()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    op.create_index("ix_people_email", "people", ["email"])
    op.create_index("ix_people_due_at", "people", ["due_at"])
    op.create_table(
        "posts",
        sa.Column("id", Serial, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(240), nullable=False),
        sa.Column("platform", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(160), nullable=False),
        sa.Column("head", sa.String(240), nullable=False),
        sa.Column("topic", sa.String(240), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("thread", sa.String(160), nullable=False),
        sa.Column("message", sa.String(80), nullable=False),
        sa.Column("shown", sa.String(32), nullable=False),
        sa.Column("marked", sa.String(20), nullable=False),
        sa.Column("sent_at", Moment()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("gone_at", Moment()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("key", name=op.f("uq_posts_key")),
    )
    op.create_index("ix_posts_due", "posts", ["due_at", "id"])
    op.create_index("ix_posts_head", "posts", ["head"])
    op.create_index("ix_posts_message", "posts", ["channel", "message"])
    op.create_index("ix_posts_source", "posts", ["source", "created_at"])
    op.create_index("ix_posts_thread", "posts", ["channel", "thread"])
    op.create_index("ix_posts_topic", "posts", ["topic"])
    op.create_table(
        "sightings",
        sa.Column("topic", sa.String(240), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", Moment()),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_sightings")),
    )
    op.create_index("ix_sightings_due_at", "sightings", ["due_at"])
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("platform", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(80), nullable=False),
        sa.Column("pattern", sa.String(200), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("owner", sa.JSON(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("last_at", Moment()),
        sa.Column("ended_at", Moment()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    order = ["platform", "channel", "pattern", "id"]
    op.create_index("ix_subscriptions_channel", "subscriptions", order)
    op.create_table(
        "teams",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_teams")),
    )
    op.create_table(
        "identities",
        sa.Column("platform", sa.String(20), nullable=False),
        sa.Column("id", sa.String(120), nullable=False),
        sa.Column("person_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("proof", sa.String(12), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_identities_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("platform", "id", name=op.f("pk_identities")),
    )
    op.create_index("ix_identities_name", "identities", ["platform", "name"])
    op.create_index("ix_identities_person_id", "identities", ["person_id"])
    op.add_column("notices", sa.Column("topic", sa.String(240), server_default="", nullable=False))
    op.add_column("notices", sa.Column("person", sa.String(160), server_default="", nullable=False))
    op.add_column("notices", sa.Column("channel", sa.String(80), server_default="", nullable=False))
    op.add_column("notices", sa.Column("message", sa.String(80), server_default="", nullable=False))
    op.add_column("notices", sa.Column("sent_at", Moment()))
    op.add_column("notices", sa.Column("manner", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("notices", sa.Column("batch", sa.String(240), server_default="", nullable=False))
    with op.batch_alter_table("notices") as batch:
        batch.alter_column("due_at", existing_type=Moment(), nullable=True)
    op.create_index("ix_notices_person", "notices", ["person", "id"])
    op.create_index("ix_notices_topic", "notices", ["topic"])
    with op.batch_alter_table("messages") as batch:  # of comments: `acme/shop#12`
        for name in ("channel", "thread"):
            batch.alter_column(name, existing_type=sa.String(80), type_=sa.String(160))
    op.add_column("runs", sa.Column("asker", sa.String(120), server_default="", nullable=False))
    op.create_index("ix_runs_asker", "runs", ["asker", "created_at", "id"])
    op.add_column("projects", sa.Column("changes", sa.JSON(), server_default="{}", nullable=False))
