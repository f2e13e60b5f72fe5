"""Brings a database to the newest shape, or says how far it is."""

from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from storage.database import Database
from storage.tables import metadata

FOLDER = Path(__file__).parent / "migrations"


async def migrate(database: Database, to: str = "") -> None:
    """Bring the database to the newest shape, or to that of a revision; nothing is done twice.

    An empty one gets the newest shape at once: its tables are what the migrations come to.
    """
    async with database.begin() as connection:
        await connection.run_sync(_upgrade, to)


async def revisions(database: Database) -> tuple[str, str]:
    """Return the revision of the database ("" for an empty one) and the newest there is."""
    async with database.read() as connection:
        return await connection.run_sync(_current), newest()


async def drift(database: Database) -> list[str]:
    """Return where the migrated database differs from the tables in the code."""
    async with database.read() as connection:
        return await connection.run_sync(_drift)


def newest() -> str:
    """Return the name of the last migration: the number that its file begins with."""
    return max(path.name.partition("_")[0] for path in FOLDER.glob("versions/[0-9]*.py"))


def _upgrade(connection: Connection, to: str) -> None:
    current = _current(connection)
    if current == (to or newest()):
        return
    if not to and not inspect(connection).get_table_names():
        metadata.create_all(connection, checkfirst=False)
        for statement in _REMEMBERING:
            connection.execute(text(statement), {"revision": newest()})
        return
    from alembic import command  # 11 MB that a new or an up-to-date database does not need
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to or "head")


_REMEMBERING = (  # as Alembic itself does it
    (
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
        " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    ),
    "INSERT INTO alembic_version VALUES (:revision)",
)


def _current(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _drift(connection: Connection) -> list[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return [str(change) for change in compare_metadata(context, metadata)]
