"""Processes on a core of their own, and what /proc tells about them."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import msgspec

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".peers"
PYTHON = sys.executable
# Scripts of peers that need more than a page of our own; absent in a plain checkout.
PEER_SCRIPTS = ROOT / os.environ.get("FLOWBOT_PEERS", "../shared/bench/peers")  # noqa: TID251 - no setting of the bot
OURS, REST = 0, 1  # cores: the contestant's own, and the one of load, queue and database
STOP_SECONDS = 8
LOOK_AGAIN_SECONDS = 0.005
PATIENCE = 180.0
MB = 1024.0  # kB, as /proc counts them
TICKS = os.sysconf("SC_CLK_TCK")


class Broke(RuntimeError):
    """A process did not do what it was started for; the text holds the end of its log."""


class Child:
    """A process that was started here, with everything that it started itself."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.log = log

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def gone(self) -> bool:
        return self._process.returncode is not None

    def cpu(self) -> float:
        """Return the seconds of CPU, user and system, of the process and its children."""
        return sum(_cpu(pid) for pid in _tree(self.pid))

    def rss(self) -> float:
        """Return the resident memory of the process and its children, in MB."""
        return sum(_rss(pid) for pid in _tree(self.pid))

    def kill(self) -> None:
        """End the process at once, as the kernel does it."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    async def ended(self) -> None:
        await self._process.wait()

    async def stop(self) -> None:
        """End the process politely, then not."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        self.kill()
        await self._process.wait()

    def tail(self) -> str:
        """Return the end of what the process said."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-12:]) or "it said nothing"

    async def says(self, word: str) -> None:
        """Wait until its log holds a word; raises Broke where it ends or stays silent."""
        try:
            async with asyncio.timeout(PATIENCE):
                while word not in self.log.read_text(errors="replace"):
                    if self.gone:
                        raise Broke(self.tail())
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)
        except TimeoutError:
            raise Broke(f"It never said {word!r}. {self.tail()}") from None


@asynccontextmanager
async def started(
    command: Sequence[str | Path],
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    core: int | None = OURS,
) -> AsyncIterator[Child]:
    """Run a command in `folder` for the length of a block, on one core where taskset is there."""
    log = _log(folder)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *pinned(command, core),
            cwd=folder,
            env=environment(settings),
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    child = Child(process, log)
    try:
        yield child
    finally:
        await child.stop()


async def told(
    command: Sequence[str | Path],
    folder: Path,
    settings: Mapping[str, str] | None = None,
    *,
    core: int | None = OURS,
) -> dict[str, Any]:
    """Run a command to its end; return the JSON object in the last line of what it printed."""
    process = await asyncio.create_subprocess_exec(
        *pinned(command, core),
        cwd=folder,
        env=environment(settings),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            output, errors = await process.communicate()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    lines = output.decode().strip().splitlines()
    if process.returncode or not lines:
        raise Broke("\n".join(errors.decode(errors="replace").splitlines()[-12:]))
    answer: dict[str, Any] = msgspec.json.decode(lines[-1])
    return answer


def pinned(command: Sequence[str | Path], core: int | None) -> list[str]:
    """Return the command as it runs on one core, where that can be asked for."""
    words = [str(each) for each in command]
    if core is None or not can_pin():
        return words
    return ["taskset", "-c", str(core), *words]


def can_pin() -> bool:
    """Say whether there is a core for the contestant and another for the rest."""
    return bool(shutil.which("taskset")) and (os.cpu_count() or 1) > REST


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child: ours without settings of the bot, and these."""
    ours = os.environ  # noqa: TID251 - handed on to children, not read
    kept = {name: value for name, value in ours.items() if not name.startswith("FLOWBOT_")}
    return kept | {"PYTHONPATH": str(ROOT)} | dict(settings or {})


def peer(name: str) -> Path:
    """Return the Python of a peer's virtual environment, which may not be there."""
    return PEERS / name / "bin" / "python"


def _log(folder: Path) -> Path:
    """Return a file that no earlier process of this folder wrote to."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"log-{len(list(folder.glob('log-*')))}"


def _tree(pid: int) -> list[int]:
    """Return a process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found, left = [], [pid]
    while left:
        each = left.pop()
        found.append(each)
        left += children.get(each, [])
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields that follow the name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu(pid: int) -> float:
    with suppress(OSError):
        fields = _stat(pid)
        return (int(fields[11]) + int(fields[12])) / TICKS
    return 0.0


def _rss(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / MB
    return 0.0
