"""A child process is run beside us, ended with us, and measured by itself."""

import asyncio
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop

from integrations.git.child import UNIT, Child, running
from integrations.meter import Meter, metered

MEGABYTE = 1_000_000
HOLD = "import sys; held = b'x' * {size}; print('ready', flush=True); sys.stdin.read()"


@asynccontextmanager
async def python(folder: Path, code: str) -> AsyncIterator[Child]:
    """Run a line of Python."""
    async with running(sys.executable, "-S", "-c", code, cwd=folder, env={}) as child:
        yield child


async def speak(folder: Path) -> bytes:
    """Say something to a child and return what it answers."""
    async with python(folder, "print(input()[::-1])") as child:
        child.stdin.write(b"stressed\n")
        await child.stdin.drain()
        answer = await child.stdout.read()
        assert await child.wait() == 0
    return answer


async def test_a_child_hears_and_answers(tmp_path: Path) -> None:
    """Through pipes that the loop reads."""
    assert await speak(tmp_path) == b"desserts\n"


def test_the_loop_of_the_bot_runs_children_as_well(tmp_path: Path) -> None:
    """There it is uvloop, which waits for children in a way of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(speak(tmp_path)) == b"desserts\n"


async def test_its_cpu_time_is_on_the_meter(tmp_path: Path) -> None:
    """That of exactly this child, which has ended."""
    with metered(Meter()) as meter:
        async with python(tmp_path, "sum(range(3_000_000))") as child:
            assert await child.wait() == 0

    assert 0.01 < meter.cpu < 20


async def test_its_memory_is_seen_while_it_lives(tmp_path: Path) -> None:
    """Also where it needs less than we do ourselves: the kernel would report our size."""
    with metered(Meter()) as meter:
        async with python(tmp_path, HOLD.format(size=40 * MEGABYTE)) as child:
            assert await child.stdout.readline() == b"ready\n"

    assert 40 * MEGABYTE < meter.peak < 80 * MEGABYTE


async def test_the_memory_of_its_helpers_is_seen(tmp_path: Path) -> None:
    """Git leaves the heavy work to other programs."""
    code = HOLD.format(size=40 * MEGABYTE)
    script = f'"{sys.executable}" -S -c "{code}"; true'
    with metered(Meter()) as meter:
        async with running("/bin/sh", "-c", script, cwd=tmp_path, env={}) as child:
            assert await child.stdout.readline() == b"ready\n"

    assert 40 * MEGABYTE < meter.peak < 80 * MEGABYTE


async def test_a_child_larger_than_we_are_is_measured_exactly(tmp_path: Path) -> None:
    """The kernel keeps the most that it ever had, however shortly."""
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT
    with metered(Meter()) as meter:
        async with python(tmp_path, f"b'x' * {ours + 20 * MEGABYTE}") as child:
            assert await child.wait() == 0

    assert meter.peak > ours + 20 * MEGABYTE


async def test_how_it_ended_is_told(tmp_path: Path) -> None:
    """By its exit code, and by the signal that killed it; what it complained of can be read."""
    async with python(tmp_path, "import sys; sys.exit('no')") as child:
        assert await child.stderr.read() == b"no\n"
        assert await child.wait() == 1
    async with python(tmp_path, HOLD.format(size=1)) as killed:
        assert await killed.stdout.readline() == b"ready\n"

    assert killed.returncode == -9


async def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """And leaves nothing behind."""
    with pytest.raises(FileNotFoundError):
        async with running("/nowhere/at/all", cwd=tmp_path, env={}):
            raise AssertionError("nothing runs")
