"""The migrations build exactly the tables that the code knows, on both engines."""

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, inspect, text

from storage import runs
from storage.database import Database
from storage.migrate import FOLDER, drift, migrate, newest, revisions
from storage.tables import metadata
from tests.storage.rows import accepted, stored


def _details(connection: Connection) -> object:
    """Return all that the database says of its tables; the order of columns is no detail."""
    inspector: Inspector = inspect(connection)
    told = (
        inspector.get_columns,
        inspector.get_indexes,
        inspector.get_foreign_keys,
        inspector.get_unique_constraints,
        inspector.get_pk_constraint,
    )
    return {table: [_sorted(tell(table)) for tell in told] for table in inspector.get_table_names()}


def _sorted(told: object) -> str:
    """Spell out what an inspector tells, whatever order it tells it in."""
    match told:
        case dict():
            return str(sorted((name, _sorted(value)) for name, value in told.items()))
        case list():
            return str(sorted(map(_sorted, told)))
        case _:
            return str(told)


def _empty(connection: Connection) -> None:
    metadata.drop_all(connection)
    connection.execute(text("DROP TABLE alembic_version"))


def _tables(connection: Connection) -> set[str]:
    inspector: Inspector = inspect(connection)
    return set(inspector.get_table_names())


async def test_an_empty_database_has_no_revision(empty_url: str) -> None:
    """Before the first migration, a database says so instead of failing."""
    database = Database(empty_url)
    assert await revisions(database) == ("", newest())
    await database.aclose()


async def test_an_empty_database_gets_what_the_migrations_come_to(empty_url: str) -> None:
    """Whether it was made at once or step by step, every table is the same in every detail."""
    database = Database(empty_url)
    await migrate(database)
    async with database.begin() as connection:
        at_once = await connection.run_sync(_details)
        await connection.run_sync(_empty)

    await migrate(database, "0001")
    assert await revisions(database) == ("0001", newest())
    await migrate(database)

    async with database.read() as connection:
        assert await connection.run_sync(_details) == at_once
    await database.aclose()


async def test_migrations_give_exactly_the_tables_in_the_code(empty_url: str) -> None:
    """From nothing to the newest revision, there is no table, column or index too few or many."""
    database = Database(empty_url)
    await migrate(database, newest())

    assert await revisions(database) == (newest(), newest())
    assert await drift(database) == []
    async with database.read() as connection:
        tables = await connection.run_sync(_tables)
    assert tables == {*metadata.tables, "alembic_version"}
    await database.aclose()


async def test_drift_names_what_differs(database: Database) -> None:
    """An index that somebody dropped by hand is found."""
    async with database.begin() as connection:
        await connection.execute(text("DROP INDEX ix_runs_newest"))

    [difference] = await drift(database)

    assert "ix_runs_newest" in difference


async def test_migrating_again_changes_nothing(database: Database) -> None:
    """A second upgrade keeps what was stored."""
    await accepted(database)

    await migrate(database)

    assert await drift(database) == []
    assert (await stored(database)).id == "r1"
    async with database.read() as connection:
        assert len(await runs.page(connection)) == 1


async def test_the_engines_name_themselves(database: Database, database_url: str) -> None:
    """The dialect decides how conflicts are spelt."""
    expected = "sqlite" if database_url.startswith("sqlite") else "postgresql"

    assert database.dialect == expected
    assert database.is_sqlite == (expected == "sqlite")


async def test_files_are_named_after_their_revision() -> None:
    """The newest revision is read from the file names; Alembic agrees on it."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == newest()
