"""What looks for a few of many runs finds them by an index, however many there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from sqlalchemy import Engine, event

from storage import control, posts, subscriptions
from storage.database import Database
from tests.storage.rows import NOW, accepted


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    """Return the URL of an empty SQLite database: PostgreSQL plans by what is in the tables."""
    return f"sqlite:///{copyfile(sqlite_template, tmp_path / 'flowbot.db')}"


@contextmanager
def noted() -> Iterator[list[tuple[str, Any]]]:
    """Yield the statements that are carried out in the block, with their values."""
    statements: list[tuple[str, Any]] = []

    def note(*about: Any) -> None:  # noqa: ANN401 - as SQLAlchemy calls it
        statements.append((about[2], about[3]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_runs_that_few_others_are_like_are_found_by_a_small_index(url: str) -> None:
    """The one that takes a run back, and those that it has started."""
    database = Database(url)
    run = await accepted(database)
    async with database.read() as connection:
        with noted() as statements:
            assert await control.undoing(connection, run.id) is None
            assert await control.started_by(connection, run.id) == []
        plans = [
            str((await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {each}", values)).all())
            for each, values in statements
        ]
    await database.aclose()

    for name in ("ix_runs_undoes", "ix_runs_parent"):
        assert any(f"USING INDEX {name}" in plan for plan in plans)
    assert not any("SCAN" in plan for plan in plans)


async def test_posts_are_found_among_many_that_are_settled(url: str) -> None:
    """What is due, how that goes, and what a message or a topic is about: each by an index."""
    database = Database(url)
    async with database.read() as connection:
        with noted() as statements:
            await posts.due(connection, NOW, {"slack"})
            await posts.health(connection, NOW)
            await posts.by_message(connection, "C1", "1.1")
            await posts.of_topic(connection, "acme/api#1")
            await posts.count_under(connection, "pr")
            await subscriptions.refused(connection, ["s1"])
            await subscriptions.sent_since(connection, ["s1"], NOW)
        plans = [
            str((await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {each}", values)).all())
            for each, values in statements
        ]
    await database.aclose()

    assert len(plans) == 9
    assert not any("SCAN" in plan for plan in plans)
