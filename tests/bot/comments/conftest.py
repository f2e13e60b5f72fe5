"""The bot in comments, on each of the two engines or on the quicker one alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.bot.comments.forum import Forum, open_forum
from tests.bot.conftest import copied


@pytest.fixture
async def forum(migrated_file: Path, redis_url: str, tmp_path: Path) -> AsyncIterator[Forum]:
    """Yield the bot of `forum.py`."""
    database = Database(copied(migrated_file, tmp_path / "flowbot.db"))
    async with open_forum(database, redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def forum_on_both(engine: Database, redis_url: str, tmp_path: Path) -> AsyncIterator[Forum]:
    """Yield the same on each of the two engines."""
    async with open_forum(engine, redis_url, tmp_path) as opened:
        yield opened
