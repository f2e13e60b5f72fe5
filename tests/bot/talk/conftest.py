"""A bot of its own for each place."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TypeAlias

import pytest

from storage.database import Database
from tests.bot.conftest import copied, open_lab
from tests.bot.patience import PatientLab

NewLab: TypeAlias = Callable[[], Awaitable[PatientLab]]


@pytest.fixture
async def new_lab(migrated_file: Path, redis_url: str, tmp_path: Path) -> AsyncIterator[NewLab]:
    """Yield what opens one bot after the other, each with a database of its own."""
    async with AsyncExitStack() as stack:
        opened: list[PatientLab] = []

        async def lab() -> PatientLab:
            database = Database(copied(migrated_file, tmp_path / f"{len(opened)}.db"))
            one = await stack.enter_async_context(
                open_lab(PatientLab, database, redis_url, tmp_path)
            )
            opened.append(one)
            return one

        yield lab
