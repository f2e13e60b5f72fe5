"""An INSERT that may meet the same row: both engines spell it alike, in two dialects."""

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert


def insert(dialect: str, table: Table) -> PostgresInsert | SqliteInsert:
    """Return an INSERT that understands ON CONFLICT in this dialect."""
    return postgres_insert(table) if dialect == "postgresql" else sqlite_insert(table)
