"""Fill a SQLite database with a long history of ended runs, as quickly as SQLite takes it."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.services import now
from storage.tables import EPOCH

FLOWS = ("performance-analytics", "health-check", "release-management", "component-analysis")
STATES = ("done", "done", "done", "stopped", "failed")
APART = timedelta(seconds=7)
COLUMNS = (
    "id", "flow", "project", "command", "params", "dry_run", "actor", "origin", "state", "line",
    "attempts", "wakes", "lease_owner", "lease_epoch", "recoveries", "progress", "stop_by",
    "undoes", "woken_at", "created_at", "started_at", "finished_at",
)  # fmt: skip


def seed(file: Path, wanted: int) -> list[tuple[str, int]]:
    """Add ended runs, the last one now; return (id, created_at) of each, oldest first."""
    newest = (now() - EPOCH) // timedelta(microseconds=1)
    apart = APART // timedelta(microseconds=1)
    made = [(f"{number:012x}", newest - (wanted - number) * apart) for number in range(wanted)]
    holes = ", ".join("?" * len(COLUMNS))
    with sqlite3.connect(file) as connection:
        connection.executemany(
            f"INSERT INTO runs ({', '.join(COLUMNS)}) VALUES ({holes})",  # noqa: S608 - our own names
            _rows(made),
        )
    connection.close()
    return made


def _rows(made: list[tuple[str, int]]) -> Iterator[tuple[Any, ...]]:
    second = 1_000_000
    for number, (run_id, at) in enumerate(made):
        flow, project = FLOWS[number % len(FLOWS)], f"acme/repo-{number % 12}"
        yield (
            run_id, flow, project, f"{flow} {project}", f'{{"repo": "{project}"}}', 0,
            '{"platform": "slack", "id": "U1", "name": "ada"}',
            '{"door": "slash", "platform": "slack", "channel": "C1", "thread": "", "message": ""}',
            STATES[number % len(STATES)], "All is well.", 1, 1, "", 1, 0, 0, "",
            "", at, at, at + second, at + 9 * second,
        )  # fmt: skip
