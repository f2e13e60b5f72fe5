"""What the processes do for as long as they run."""

import gc
import subprocess
import sys
from pathlib import Path

from bot.processes import running
from bot.settings import Settings


async def test_the_collector_of_garbage_leaves_alone_what_stays(tmp_path: Path) -> None:
    """Its longest search would hold up every request; a process that stops gives all back."""
    settings = Settings(data_dir=tmp_path, github_url="http://127.0.0.1:9")
    before = len(gc.get_objects())

    async with running(settings, frozenset({"worker"})):
        assert gc.get_freeze_count() > before // 2
        assert len(gc.get_objects()) < before // 2

    assert gc.get_freeze_count() == 0


def test_a_worker_loads_no_tool_of_a_terminal_or_surface() -> None:
    """Each of them costs every worker memory, and every start its time."""
    told = subprocess.run(
        [sys.executable, "-c", "import bot.processes, sys; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = {name.partition(".")[0] for name in told.stdout.split()}
    unwanted = {"rich", "pygments", "slack_bolt", "slack_sdk", "discord", "fastapi", "aiohttp"}
    assert loaded.isdisjoint(unwanted)
