"""The embedded Valkey keeps its data through every kind of end and never outlives its bot."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as Unreachable

from bot.embedded import (
    EmbeddedFailed,
    EmbeddedInUse,
    _binary,
    _locked,
    _opened,
    _options,
    _Server,
    _short_directory,
    embedded_valkey,
)

ROOT = Path(__file__).parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
AWAY = [Unreachable, OSError]

# Whoever starts the tests in the background may have them ignore Ctrl-C.
BOT = """
import asyncio, signal, sys
from pathlib import Path
from bot.embedded import embedded_valkey

async def main():
    async with embedded_valkey(Path(sys.argv[1])) as url:
        print(url, flush=True)
        await asyncio.Event().wait()

signal.signal(signal.SIGINT, signal.default_int_handler)
asyncio.run(main())
"""


@asynccontextmanager
async def bot_with(
    directory: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Process, str]]:
    """Yield another Python process that holds the server of `directory`, and the server's URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOT, str(directory), stdout=PIPE, stderr=PIPE, cwd=ROOT,
        env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process, (await process.stdout.readline()).decode().strip()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)  # leaves as after Ctrl-C, with nothing left behind
        await process.communicate()


def server_number(directory: Path) -> int:
    """Return the process number of the server that holds `directory`."""
    return int((directory / "valkey.lock").read_text().split()[0])


async def gone(url: str, end: Process) -> None:
    """Kill `end`; return when the server has closed the connection, that is, ended."""
    async with asyncio.timeout(30):
        reader, writer = await asyncio.open_unix_connection(urlsplit(url).path)
        end.kill()
        with pytest.raises((EOFError, ConnectionError)):
            await reader.readexactly(1)
        writer.close()


async def test_data_is_there_after_a_clean_end(tmp_path: Path) -> None:
    """What was stored in one life of the bot is read in the next."""
    async with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        await redis.set("run", "queued")

    async with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert await redis.get("run") == b"queued"


@LINUX
async def test_a_killed_bot_leaves_its_data_and_no_server(tmp_path: Path) -> None:
    """After kill -9 of the bot its server ends too, and every answered write is kept."""
    async with bot_with(tmp_path) as (bot, url), Redis.from_url(url) as redis:
        for number in range(100):
            await redis.rpush("runs", number)
        await gone(url, bot)

    async with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert await redis.llen("runs") == 100


@LINUX
async def test_the_socket_of_a_killed_bot_is_removed_by_the_next(tmp_path: Path) -> None:
    """No directory stays behind in the system's temporary directory."""
    async with bot_with(tmp_path) as (bot, url):
        await gone(url, bot)
    left = Path(urlsplit(url).path).parent
    assert left.exists()

    async with embedded_valkey(tmp_path):
        assert not left.exists()


async def test_a_second_process_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    """Two bots on one data directory would take each other's work: the second one stops."""
    async with bot_with(tmp_path) as (_, url):
        with pytest.raises(EmbeddedInUse, match=r"already runs .*: stop it, or set FLOWBOT_DATA_"):
            async with embedded_valkey(tmp_path):
                pass

        async with Redis.from_url(url) as redis:
            assert await redis.ping()


async def test_one_process_cannot_open_a_directory_twice(tmp_path: Path) -> None:
    """The hold belongs to the opening, not to the process; leaving gives it back."""
    async with embedded_valkey(tmp_path):
        with pytest.raises(EmbeddedInUse):
            async with embedded_valkey(tmp_path):
                pass
    async with embedded_valkey(tmp_path):
        pass


async def test_a_data_directory_may_have_a_long_and_odd_name(tmp_path: Path) -> None:
    """The socket's path stays short and plain whatever the data directory is called."""
    directory = tmp_path / "Ada's bot, 100 % #1 é" / ("x" * 150)
    async with embedded_valkey(directory) as url, Redis.from_url(url) as redis:
        assert await redis.set("run", "queued")
    assert (directory / "appendonlydir").is_dir()


async def test_a_long_temporary_directory_is_passed_over(tmp_path: Path) -> None:
    """A socket that would not fit there is made in a shorter place."""
    long = tmp_path / ("t" * 120)
    long.mkdir()
    async with bot_with(tmp_path / "data", {"TMPDIR": str(long)}) as (_, url):
        assert str(long) not in url
        async with Redis.from_url(url) as redis:
            assert await redis.ping()


async def test_a_lost_server_comes_back_with_its_data(tmp_path: Path) -> None:
    """The server is killed under a running bot: same URL, same data, no human needed."""
    patient = Retry(ConstantBackoff(0.01), 3_000)
    async with embedded_valkey(tmp_path) as url:
        first = server_number(tmp_path)
        async with Redis.from_url(url, retry=patient, retry_on_error=AWAY) as redis:
            await redis.set("run", "queued")
            os.kill(first, signal.SIGKILL)
            await redis.set("other", "queued")

            assert await redis.get("run") == b"queued"
        assert server_number(tmp_path) != first


async def test_a_server_that_cannot_come_back_is_tried_until_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A restart that fails is told in the log and tried again; the bot goes on meanwhile."""
    patient = Retry(ConstantBackoff(0.01), 3_000)
    manifest = tmp_path / "appendonlydir" / "appendonly.aof.manifest"
    async with embedded_valkey(tmp_path) as url:
        sound = manifest.read_text()
        manifest.write_text("this is no manifest\n")
        os.kill(server_number(tmp_path), signal.SIGKILL)
        async with asyncio.timeout(30):
            while "AOF manifest" not in caplog.text:  # noqa: ASYNC110 - a log has no event
                await asyncio.sleep(0)
        manifest.write_text(sound)

        async with Redis.from_url(url, retry=patient, retry_on_error=AWAY) as redis:
            assert await redis.ping()


async def test_the_server_of_an_earlier_bot_is_ended_first(tmp_path: Path) -> None:
    """A server that outlived its bot hands its data over: never two servers on one file."""
    with _short_directory() as home:
        lock, socket = _opened(tmp_path / "valkey.lock"), home / "s"
        assert _locked(lock)
        left_over = await asyncio.create_subprocess_exec(
            _binary(), *_options(tmp_path, socket), pass_fds=(lock,), stdout=PIPE
        )
        os.write(lock, f"{left_over.pid}\n{socket}\n".encode())
        os.close(lock)
        assert left_over.stdout is not None
        async for line in left_over.stdout:
            if b"Ready to accept" in line:
                break

        async with Redis(unix_socket_path=str(socket)) as redis:
            await redis.set("run", "queued")
        async with embedded_valkey(tmp_path) as url, Redis.from_url(url) as redis:
            assert await redis.get("run") == b"queued"

        await left_over.communicate()
        assert left_over.returncode == 0
        assert not home.exists()


async def test_a_server_that_cannot_be_ended_is_named(tmp_path: Path) -> None:
    """Who holds the data without answering is left alone, and the person learns its number."""
    lock = _opened(tmp_path / "valkey.lock")
    assert _locked(lock)
    os.write(lock, b"4711\n/nowhere/s\n")
    try:
        with pytest.raises(EmbeddedFailed, match="process 4711"):
            await _Server(tmp_path, tmp_path / "s", stop_within=0.02).start()
    finally:
        os.close(lock)


async def test_a_frozen_server_does_not_hold_up_the_end(tmp_path: Path) -> None:
    """A server that does not react to the request to stop is ended after a while."""
    with _short_directory() as home:
        server = _Server(tmp_path, home / "s", stop_within=0.02)
        await server.start()
        assert server.process is not None
        server.process.send_signal(signal.SIGSTOP)
        await server.stop()

    assert server.process.returncode == -signal.SIGKILL


async def test_a_failed_start_shows_the_end_of_the_log(tmp_path: Path) -> None:
    """The reason that the server gave reaches the person who started the bot."""
    manifest = tmp_path / "appendonlydir" / "appendonly.aof.manifest"
    manifest.parent.mkdir()
    manifest.write_text("this is no manifest\n")

    with pytest.raises(EmbeddedFailed, match=r"(?s)did not start.*AOF manifest"):
        async with embedded_valkey(tmp_path):
            pass

    manifest.unlink()
    async with embedded_valkey(tmp_path):
        pass  # a failed start holds nothing


async def test_an_interrupt_in_the_terminal_does_not_reach_the_server(tmp_path: Path) -> None:
    """The server is in a session of its own, so it is still there while the bot shuts down."""
    async with embedded_valkey(tmp_path):
        server = server_number(tmp_path)
        assert os.getsid(server) == server


async def test_nothing_of_ours_is_open_to_other_users(tmp_path: Path) -> None:
    """The queue holds messages of people: directory, socket and logs are private."""
    directory = tmp_path / "data"
    async with embedded_valkey(directory) as url:
        socket = Path(urlsplit(url).path)
        private = [directory, directory / "valkey.log", socket.parent, socket]
        assert [path.stat().st_mode & 0o077 for path in private] == [0, 0, 0, 0]
