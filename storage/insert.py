"""An INSERT that may meet the same row: both engines spell it alike, in two dialects."""

from typing import TYPE_CHECKING

from sqlalchemy import Table
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert as PostgresInsert


def insert(dialect: str, table: Table) -> "PostgresInsert | SqliteInsert":
    """Return an INSERT that understands ON CONFLICT in this dialect."""
    if dialect == "postgresql":
        # A megabyte, which nobody on SQLite has to hold.
        from sqlalchemy.dialects.postgresql import insert as postgres_insert

        return postgres_insert(table)
    return sqlite_insert(table)
