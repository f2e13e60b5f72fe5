"""A smaller chaos: each disaster once during some runs; nothing is lost, nothing repeated."""

import asyncio
import sys
from typing import get_args

import pytest

from tests.bench.machine import ROOT, environment
from tests.chaos.town import Mode

RUNS, SEED = 50, 1
GAP = 0.6  # most seconds between two disasters


@pytest.mark.parametrize("mode", get_args(Mode))
async def test_nothing_is_lost_and_nothing_repeated(
    mode: Mode, request: pytest.FixtureRequest
) -> None:
    """Real workers, killed and stopped; what was printed names the seed and every fault."""
    if mode == "postgresql":
        request.getfixturevalue("postgres")  # skips where there is none
    words = [str(SEED), "--only", mode, "--runs", str(RUNS), "--more", "0", "--gap", str(GAP)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.chaos", *words),
        cwd=ROOT,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()

    assert process.returncode == 0, said.decode()
    assert "nothing was lost, nothing was repeated" in said.decode()
