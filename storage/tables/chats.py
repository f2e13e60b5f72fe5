"""People, what channels are told, and what came from outside; the migrations build the same."""

from sqlalchemy import (
    JSON,
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

people = Table(
    "people",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(320), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("due_at", Moment),
    Column("created_at", Moment, nullable=False),
    Index("ix_people_email", "email"),
    Index("ix_people_due_at", "due_at"),
)

identities = Table(
    "identities",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("id", String(120), primary_key=True),
    Column("person_id", ForeignKey("people.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("proof", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_identities_person_id", "person_id"),
    Index("ix_identities_name", "platform", "name"),
)

teams = Table(
    "teams",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("groups", JSON, nullable=False),
    Column("at", Moment, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("platform", String(20), nullable=False),
    Column("channel", String(80), nullable=False),
    Column("pattern", String(200), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("owner", JSON, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("matched", Integer, nullable=False),
    Column("last_at", Moment),
    Column("ended_at", Moment),
    Column("created_at", Moment, nullable=False),
    Index("ix_subscriptions_channel", "platform", "channel", "pattern", "id"),
)

channels = Table(
    "channels",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("channel", String(80), primary_key=True),
    Column("settings", JSON, nullable=False),
    Column("name", Text, nullable=False),
    Column("named_at", Moment),
)

posts = Table(
    "posts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", String(240), nullable=False, unique=True),
    Column("platform", String(20), nullable=False),
    Column("channel", String(160), nullable=False),
    Column("head", String(240), nullable=False),
    Column("topic", String(240), nullable=False),
    Column("source", String(40), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("thread", String(160), nullable=False),
    Column("message", String(80), nullable=False),
    Column("shown", String(32), nullable=False),
    Column("marked", String(20), nullable=False),
    Column("sent_at", Moment),
    Column("tries", Integer, nullable=False),
    Column("due_at", Moment),
    Column("error", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("gone_at", Moment),
    Index("ix_posts_due", "due_at", "id"),
    Index("ix_posts_head", "head"),
    Index("ix_posts_thread", "channel", "thread"),
    Index("ix_posts_topic", "topic"),
    Index("ix_posts_source", "source", "created_at"),
    Index("ix_posts_message", "channel", "message"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("topic", String(240), primary_key=True),
    Column("state", JSON, nullable=False),
    Column("said", JSON, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", Moment),
    Column("at", Moment, nullable=False),
    Index("ix_sightings_due_at", "due_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(120), primary_key=True),
    Column("source", String(20), nullable=False),
    Column("event", String(100), nullable=False),
    Column("action", String(60), nullable=False),
    Column("project", String(200), nullable=False),
    Column("state", String(12), nullable=False),
    Column("error", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    Index("ix_deliveries_received_at", "received_at"),
    Index("ix_deliveries_project", "project", "received_at"),
)

changes = Table(
    "changes",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("what", String(240), nullable=False),
    Column("by", JSON, nullable=False),
    Column("said", Text, nullable=False),
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    Column("at", Moment, nullable=False),
    Column("undone_by", JSON),
    Column("undone_at", Moment),
    Index("ix_changes_what", "what", "id"),
)

syncs = Table(
    "syncs",
    metadata,
    Column("project", String(200), primary_key=True),
    Column("begun_at", Moment, nullable=False),
)

pairs = Table(
    "pairs",
    metadata,
    Column("project", String(200), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("issue", String(40), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("uq_pairs_issue", "project", "issue", unique=True),
)
