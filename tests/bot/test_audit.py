"""The audit is proven and exported from the command line, without any other service."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from bot.__main__ import main
from storage import audit
from storage.database import Database
from storage.migrate import migrate
from storage.tables import audit as table

ADA = {"platform": "slack", "id": "U1", "name": "ada"}
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def database_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set up a database with an audit of three runs, one row an hour."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'flowbot.db'}"
    monkeypatch.setenv("FLOWBOT_DATABASE_URL", url)
    monkeypatch.chdir(tmp_path)

    async def fill(database: Database) -> None:
        await migrate(database)
        sign = audit.Sign(ADA, "slash")
        for number in range(3):
            at = NOON + timedelta(hours=number)
            await database.write(
                audit.appending(sign, at, "did", f"r{number}", effect=f"Tag v{number} – “ü”")
            )

    _with(url, fill)
    return url


def _with(url: str, work: object) -> None:
    async def do() -> None:
        database = Database(url)
        try:
            await work(database)  # type: ignore[operator] # a coroutine function of a database
        finally:
            await database.aclose()

    asyncio.run(do())


def test_a_whole_audit_is_said_to_be_whole(capsys: pytest.CaptureFixture[str]) -> None:
    """With its number of rows and its last hash, to be kept elsewhere."""
    assert main(["audit", "verify"]) == 0

    assert "The audit is whole: 3 rows, the last is " in capsys.readouterr().out


def test_a_row_that_was_removed_ends_with_exit_code_1(
    database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its number is the first thing that is said."""

    async def spoil(database: Database) -> None:
        async with database.begin() as connection:
            await connection.execute(delete(table).where(table.c.number == 2))

    _with(database_url, spoil)

    assert main(["audit", "verify"]) == 1
    assert capsys.readouterr().out == (
        "Row 2 was removed: the next one there is 3. The rows before it are as written: 1.\n"
    )


@pytest.mark.parametrize(
    ("options", "runs"),
    [
        ([], ["r0", "r1", "r2"]),
        (["--since", "2026-03-04T13:00"], ["r1", "r2"]),
        (["--since", "2026-03-04T13:30+01:00"], ["r1", "r2"]),
        (["--since", "2026-03-05"], []),
        (["--run", "r1"], ["r1"]),
    ],
)
def test_rows_are_exported_as_json_lines(
    options: list[str], runs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything that is hashed is in them, so that anybody can follow the chain."""
    assert main(["audit", "export", *options]) == 0

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["run_id"] for row in rows] == runs
    for row in rows:
        assert row["effect"] == f"Tag v{row['run_id'][1:]} – “ü”"
        assert (row["actor"], row["door"], row["action"]) == (ADA, "slash", "did")
        assert len(row["hash"]) == len(row["before"]) == 64


def test_a_day_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is read."""
    with pytest.raises(SystemExit) as ended:
        main(["audit", "export", "--since", "yesterday"])

    assert ended.value.code == 2
    assert "yesterday" in capsys.readouterr().err


def test_a_database_without_tables_is_one_helpful_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It was never migrated, or is another one."""
    monkeypatch.setenv("FLOWBOT_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")

    assert main(["audit", "verify"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("The database cannot be used")
    assert "Traceback" not in error
