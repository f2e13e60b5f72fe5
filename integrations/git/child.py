"""A child process with pipes, and what exactly this one has used.

asyncio reaps its children itself and drops what the kernel tells of them, so this one is waited for
here; `RUSAGE_CHILDREN` knows only all children together.
"""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
from asyncio import StreamReader, StreamReaderProtocol, StreamWriter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from integrations.meter import meter

UNIT = 1 if sys.platform == "darwin" else 1024  # bytes; what getrusage counts memory in
LOOK_EVERY = 0.05  # seconds
HIGHEST = "VmHWM:"  # the line of /proc/<pid>/status with the most memory so far, in KiB


class _Pipe(StreamReaderProtocol):
    """One end of a pipe; says when it is closed."""

    def __init__(self, stream: StreamReader) -> None:
        super().__init__(stream)
        self.transport: asyncio.BaseTransport | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.closed.set()

    async def close(self) -> None:
        if self.transport is None or self.closed.is_set():
            return
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()  # nobody reads what was not sent yet
        else:
            self.transport.close()
        await self.closed.wait()


class Child:
    """A process that runs; `returncode` is how it ended, None until then."""

    def __init__(self, process: "subprocess.Popen[bytes]", size_of_ours: int) -> None:
        self.pid = process.pid
        self.stdout = StreamReader()
        self.stderr = StreamReader()
        self.stdin: StreamWriter
        self.returncode: int | None = None
        self._process = process
        self._size_of_ours = size_of_ours
        self._pipes = [_Pipe(each) for each in (self.stdout, self.stderr, StreamReader())]
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._cpu = 0.0
        self._peak = 0
        threading.Thread(target=self._reap, name=f"wait-{self.pid}", daemon=True).start()

    async def open(self) -> None:
        """Connect its pipes to the loop."""
        ends, (output, complaint, given) = self._process, self._pipes
        await self._loop.connect_read_pipe(lambda: output, ends.stdout)
        await self._loop.connect_read_pipe(lambda: complaint, ends.stderr)
        writer, _ = await self._loop.connect_write_pipe(lambda: given, ends.stdin)
        self.stdin = StreamWriter(writer, given, None, self._loop)

    async def wait(self) -> int:
        """Return how it ended."""
        await self._ended.wait()
        return self.returncode or 0

    async def close(self) -> None:
        """Kill what is left of it and of its helpers, and count what it used."""
        if self.returncode is None:
            self._look()
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        for pipe in self._pipes:
            await pipe.close()
        await self._ended.wait()
        meter().child(self._cpu, self._peak)

    async def watch(self) -> None:
        """Look at its memory, and at that of its helpers, for as long as it lives."""
        while self.returncode is None:
            self._look()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._ended.wait()

    def _look(self) -> None:
        self._peak = max(self._peak, *map(_highest, _family(self.pid)))

    def _reap(self) -> None:
        _, status, used = os.wait4(self.pid, 0)
        self._process.returncode = code = os.waitstatus_to_exitcode(status)
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._end, code, used)

    def _end(self, code: int, used: resource.struct_rusage) -> None:
        self.returncode = code
        self._cpu = used.ru_utime + used.ru_stime
        # Until it became another program it was a copy of ours, and the kernel counts that as well:
        # below that size only what was looked at is known.
        most = used.ru_maxrss * UNIT
        if most > self._size_of_ours:
            self._peak = max(self._peak, most)
        self._ended.set()


@asynccontextmanager
async def running(
    program: str, *arguments: str, cwd: Path, env: Mapping[str, str]
) -> AsyncIterator[Child]:
    """Run a program beside the block, in a session of its own; afterwards nothing of it is left."""
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT
    child = Child(
        subprocess.Popen(  # noqa: ASYNC220, S603 - as asyncio starts its own; the caller names the program
            [program, *arguments],
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        ),
        ours,
    )
    watching, opening = asyncio.create_task(child.watch()), asyncio.create_task(child.open())
    try:
        await asyncio.shield(opening)
        yield child
    finally:
        await asyncio.wait({opening})  # half open, a pipe could not be closed
        await child.close()
        await watching


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all below it, as far as they can be seen."""
    yield pid
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for each in (thread / "children").read_text().split():
                yield from _family(int(each))


def _highest(pid: int) -> int:
    """Return the most memory in bytes that a process has had; 0 where it cannot be seen."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(HIGHEST):
                return int(line.split()[1]) * 1024
    return 0
