"""There are as many workers as what waits asks for; each is replaced, and none outlives its bot."""

import asyncio
import logging
import os
import signal
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from socket import gethostname

import pytest
from redis.exceptions import RedisError
from sqlalchemy import select

from bot.chat import Actor
from bot.dispatch import Accepted
from bot.embedded import _short_directory
from bot.fleet import Fleet, Pace, Program, Seen, Size, cores, decided, seen_of, size_from
from bot.lines import Presence, QueueLook, waiting
from bot.processes import running
from bot.services import Services, Unready
from bot.settings import Settings
from bot.vitals import Looks
from storage import runs
from storage.tables import runs as table
from tests.bot.lab import NOBODY_READS, PATIENCE, Lab

SECOND = timedelta(seconds=1)
SLOW_START = 60  # seconds in which a whole bot with its workers is there, on a busy machine
ADA = Actor("terminal", "ada", "ada")

# Tells when it is there and how it ends; what a real worker does, without its imports.
WORKER = """
import os, signal, socket, sys
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
def stop(*_):
    line.sendall(b"stopped")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
line.sendall(b"%d\\n" % os.getpid())
os.read(0, 1)
line.sendall(b"alone")
"""


STUBBORN = WORKER.replace("stop)", "signal.SIG_IGN)")


class Heard(logging.Handler):
    """Keeps the last thing that was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.anything = asyncio.Event()
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said = record.getMessage()
        self.anything.set()


class Looking:
    """Makes looks one after the other, as the controller sees them."""

    def __init__(self, most: int = 4, workers: int = 1) -> None:
        self.pace, self.at, self.most, self.workers = Pace(), 0.0, most, workers

    def look(self, wait: float = 0, *, after: float = 1, starting: bool = False) -> int:
        """Look once; return the change, which happens."""
        self.at += after
        seen = Seen(self.at, self.workers, wait * SECOND, idle=wait == 0, starting=starting)
        self.pace, change = decided(self.pace, seen, self.most)
        self.workers += change
        return change


def test_a_wait_that_stays_long_adds_a_worker() -> None:
    """One long wait may be over at the next look."""
    looking = Looking()
    assert [looking.look(wait) for wait in (3, 0, 3, 2, 3, 4)] == [0, 0, 0, 0, 0, 1]


def test_a_new_worker_gets_the_time_to_begin() -> None:
    """While it starts, what waits is its own; then the wait has to stay long anew."""
    looking = Looking()
    assert [looking.look(9), looking.look(9)] == [0, 1]
    assert [looking.look(9, starting=True) for _ in range(5)] == [0] * 5
    assert [looking.look(9), looking.look(9)] == [0, 1]


def test_there_are_never_more_than_allowed() -> None:
    """However long somebody waits."""
    looking = Looking(most=2)
    assert sum(looking.look(60) for _ in range(50)) == 1


def test_an_idle_minute_removes_a_worker_and_the_last_one_stays() -> None:
    """One a minute; a single run in between begins the minute anew."""
    looking = Looking(workers=3)
    assert sum(looking.look() for _ in range(60)) == 0
    assert looking.look() == -1
    assert sum(looking.look() for _ in range(59)) == 0
    assert looking.look(0.1) == 0
    assert sum(looking.look() for _ in range(60)) == 0
    assert looking.look() == -1
    assert sum(looking.look() for _ in range(500)) == 0


def test_a_look_is_summed_up() -> None:
    """The longest wait counts; a worker that did not show itself is starting."""
    looks = {
        "interactive": QueueLook(0, timedelta(), 1),
        "heavy": QueueLook(2, 3 * SECOND, 0),
    }
    shown = {"a-1": Presence(pid=1, host="a"), "b-2": Presence(pid=2, host="b")}

    def seen(*pids: int | None) -> Seen:
        return seen_of(5, pids, looks, shown, "a")

    assert seen(1) == Seen(5, 1, 3 * SECOND, idle=False, starting=False)
    assert seen(1, 2) == seen(1, None) == Seen(5, 2, 3 * SECOND, idle=False, starting=True)
    assert seen_of(5, [1], {}, shown, "a").idle


def test_the_number_of_workers_is_a_number_or_auto() -> None:
    """Anything else is refused with what can be said."""
    assert (size_from("0"), size_from("3"), size_from("auto")) == (0, 3, "auto")
    for words in ("many", "-1", "2.5", "100000", ""):
        with pytest.raises(ValueError, match=f"not a number of workers: write 0 to {cores() * 16}"):
            size_from(words)


class Fleets:
    """Fleets of small workers, and what those say."""

    def __init__(self, lab: Lab, address: str) -> None:
        self._looks = Looks(lab.queue)
        self.address = address
        self._lines: list[StreamWriter] = []
        self.told: asyncio.Queue[tuple[int, StreamReader]] = asyncio.Queue()

    def fleet(self, size: Size, script: str = WORKER, python: str = sys.executable) -> Fleet:
        """Return a fleet that is not at work yet; stubborn workers are ended at once."""
        program = Program([python, "-I", "-S", "-c", script, self.address], {})
        if script != WORKER:
            program = replace(program, stop_within=timedelta())
        return Fleet(program, self._looks, ["heavy"], size=size, most=3)

    async def hear(self, reader: StreamReader, writer: StreamWriter) -> None:
        self._lines.append(writer)
        self.told.put_nowait((int(await reader.readline()), reader))

    async def close(self) -> None:
        """Hang up."""
        for line in self._lines:
            line.close()
            await line.wait_closed()

    async def started(self) -> tuple[int, StreamReader]:
        """Wait for the next worker; return its pid, and where it says how it ended."""
        return await asyncio.wait_for(self.told.get(), PATIENCE)


@pytest.fixture
async def fleets(lab: Lab) -> AsyncIterator[Fleets]:
    """Yield fleets whose workers report here."""
    with _short_directory() as short:
        made = Fleets(lab, str(short / "s"))
        async with await asyncio.start_unix_server(made.hear, made.address):
            yield made
            await made.close()


async def last_word(reader: StreamReader) -> str:
    """Return how a worker ended."""
    return (await asyncio.wait_for(reader.read(), PATIENCE)).decode()


async def test_workers_are_told_to_stop_and_waited_for(fleets: Fleets) -> None:
    """At the end of the fleet; what they play then is finished or handed back."""
    fleet = fleets.fleet(2)
    async with fleet.at_work():
        workers = [await fleets.started(), await fleets.started()]
        assert sorted(pid for pid, _ in workers) == sorted(pid for pid in fleet.pids if pid)

    assert [await last_word(reader) for _, reader in workers] == ["stopped", "stopped"]


async def test_a_worker_that_does_not_stop_is_ended(fleets: Fleets) -> None:
    """Somebody waits for the end of the bot."""
    async with fleets.fleet(1, STUBBORN).at_work():
        _, reader = await fleets.started()

    assert await last_word(reader) == ""


async def test_a_worker_that_cannot_be_started_is_tried_again(fleets: Fleets) -> None:
    """The bot lives on; its log says what is wrong."""
    fleet, heard = fleets.fleet(1, python="/nowhere/python"), Heard()
    log = logging.getLogger("bot.fleet")
    log.addHandler(heard)
    async with fleet.at_work():
        await asyncio.wait_for(heard.anything.wait(), PATIENCE)
        assert heard.said == "a worker ended (2); starting another in 0.5 s"
        assert fleet.pids == [None]
    log.removeHandler(heard)


async def test_a_lost_worker_is_replaced(fleets: Fleets) -> None:
    """By one that is as good, a moment later."""
    fleet = fleets.fleet(1)
    async with fleet.at_work():
        lost, reader = await fleets.started()
        os.kill(lost, signal.SIGKILL)
        assert await last_word(reader) == ""
        new, _ = await fleets.started()
        assert new != lost
        assert fleet.pids == [new]


async def test_a_fleet_grows_with_the_wait_and_shrinks_when_idle(fleets: Fleets, lab: Lab) -> None:
    """By what is in the queues and who has shown itself."""
    fleet, redis = fleets.fleet("auto"), lab.queue.redis
    fleet._auto = False  # the test looks itself, at times of its own
    async with fleet.at_work():
        await fleets.started()
        await redis.zadd(waiting("heavy"), {"r1:1": 1})
        for at in range(3):
            await fleet.look(at)
        assert len(fleet.pids) == 1  # it has not shown itself yet

        await lab.queue.beat("w1", Presence(pid=fleet.pids[0] or 0, host=gethostname()))
        for at in range(3, 6):
            await fleet.look(at)
        _, reader = await fleets.started()
        assert len(fleet.pids) == 2

        await redis.delete(waiting("heavy"))
        for at in (10, 69, 70):
            await fleet.look(at)
        assert len(fleet.pids) == 1
        assert await last_word(reader) == "stopped"


class Deaf(Looks):
    """A queue that does not answer, and counts how often it was asked."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab.queue)
        self.asked = asyncio.Event()

    async def queues(self) -> dict[str, QueueLook]:
        self.asked.set()
        raise RedisError("away")


async def test_a_fleet_stays_as_it_is_while_the_queue_is_away(fleets: Fleets, lab: Lab) -> None:
    """It cannot know better."""
    fleet = fleets.fleet("auto")
    fleet._looks = deaf = Deaf(lab)
    async with fleet.at_work():
        await fleets.started()
        await asyncio.wait_for(deaf.asked.wait(), PATIENCE)
        assert len(fleet.pids) == 1


@asynccontextmanager
async def bot_with(folder: Path, workers: Size, **given: object) -> AsyncIterator[Services]:
    """Yield a bot whose runs are played by processes of their own."""
    settings = Settings(data_dir=folder, github_url="http://127.0.0.1:9", **given)  # type: ignore[arg-type] # any setting
    async with running(settings, frozenset({"worker"}), workers=workers) as (services, _):
        yield services


async def test_real_workers_play_on_one_sqlite(tmp_path: Path) -> None:
    """Two processes share the database and the queue of this one, which plays nothing itself."""
    async with bot_with(tmp_path, 2) as services, asyncio.timeout(SLOW_START):
        owners = set()
        async with services.queue.listen() as news:
            answers = [
                await services.dispatch.command("health", ADA, NOBODY_READS, f"key {number}")
                for number in range(6)
            ]
            left = {each.run_id for each in answers if isinstance(each, Accepted)}
            assert len(left) == 6
            async for _ in news:
                async with services.database.read() as connection:
                    for run_id in list(left):
                        run = await runs.get(connection, run_id)
                        assert run is not None
                        if run.ended:
                            assert run.state == "done", run.line
                            left.discard(run_id)
                    query = select(table.c.lease_owner)
                    owners = set((await connection.execute(query)).scalars())
                if not left:
                    break
        assert services.player.name not in owners
        told = await Looks(services.queue).workers()
        assert told[services.player.name].queues == {"delivery": 1}
        assert owners <= told.keys()
        worker = told[owners.pop()]
        assert set(worker.queues) == {"interactive", "batch", "heavy"}


async def test_workers_need_a_queue_to_play(tmp_path: Path) -> None:
    """One that is to deliver alone has nothing for them."""
    with pytest.raises(Unready, match="name one in FLOWBOT_QUEUES"):
        async with bot_with(tmp_path, 1, queues="delivery"):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties the queue to its parent")
async def test_workers_end_with_a_bot_that_was_killed(tmp_path: Path) -> None:
    """Nobody could tell them: they notice, and stop as if they had been told."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "up", "--workers", "1",
        stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE,
        env=Settings(data_dir=tmp_path, port=0).environment(),
    )  # fmt: skip
    assert process.stderr is not None
    async with asyncio.timeout(SLOW_START):
        ready = 0
        while ready < 2:
            ready += b": ready" in await process.stderr.readline()
        process.kill()
        rest = await process.stderr.read()  # to its end: nobody is left who could write
        await process.wait()
    assert b"stopping" in rest
