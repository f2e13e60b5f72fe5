"""Our side of the contests about runs: the real processes, with one more flow in the catalogue."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import msgspec
from sqlalchemy import select

import flows
from bot.chat import Actor, Origin
from bot.dispatch import Accepted, Dispatch
from bot.logs import set_up_logs
from bot.processes import running
from bot.services import open_services
from bot.settings import Settings, load
from bot.terminal import run
from storage import runs
from storage.database import Database
from storage.tables import steps
from tests.bench import notes

PAGES = str(Path(__file__).parent / "pages")
WORKER = frozenset({"worker"})
BY = Actor("terminal", "bench", "Bench")
NOWHERE = Origin("terminal", "terminal", "")
LOOK_AGAIN_SECONDS = 0.02


class Asking:
    """Sends commands through the one door that every surface uses."""

    def __init__(self, dispatch: Dispatch, file: str, pause: float) -> None:
        self._dispatch = dispatch
        self._file = file
        self._pause = pause

    async def five(self, name: str) -> None:
        """Ask for a run of five steps."""
        await self.command(f'five "{self._file}" {name} {self._pause}', name)

    async def command(self, typed: str, key: str) -> str:
        """Ask for anything; return the run's id."""
        answer = await self._dispatch.command(typed, BY, NOWHERE, key)
        if not isinstance(answer, Accepted):
            raise TypeError(f"{typed!r} was not accepted: {answer}")
        return answer.run_id


async def work(settings: Settings, options: argparse.Namespace) -> None:
    """Run a worker until SIGTERM; ask it for some runs itself where told to."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with running(settings, WORKER) as (services, _):
        asking = Asking(services.dispatch, options.file, options.pause)
        if options.runs:
            await notes.send(options.file, asking.five, options.runs, options.prefix)
        sys.stderr.write("ready\n")
        await stopped.wait()


async def send(settings: Settings, options: argparse.Namespace) -> None:
    """Ask for many runs, or for one at a time with a gap between them."""
    async with open_services(settings) as services:
        asking = Asking(services.dispatch, options.file, options.pause)
        took = 0.0
        if options.gap:
            await notes.trickle(
                options.file, asking.five, options.runs, options.prefix, options.gap
            )
        else:
            took = await notes.send(options.file, asking.five, options.runs, options.prefix)
        _say({"seconds": took})


async def converse(settings: Settings, options: argparse.Namespace) -> None:
    """Run each line of standard input as a command, in one process; say how it ended."""
    async with running(settings, WORKER) as (services, _):
        asking = Asking(services.dispatch, options.file, 0)
        number = 0
        while line := await asyncio.to_thread(sys.stdin.readline):
            number += 1
            run_id = await asking.command(line.strip(), f"line {number}")
            _say({"state": await _end(services.database, run_id)})


async def committed(settings: Settings, _: argparse.Namespace) -> None:
    """Say which steps the journal holds as done, by run."""
    database = Database(settings.resolved_database_url)
    done: dict[str, list[str]] = {}
    try:
        async with database.read() as connection:
            query = select(steps.c.run_id, steps.c.title).where(steps.c.state == "done")
            for run_id, title in await connection.execute(query):
                found = await runs.get(connection, run_id)
                if found:
                    done.setdefault(found.params["name"], []).append(title)
    finally:
        await database.aclose()
    _say(done)


async def _end(database: Database, run_id: str) -> str:
    while True:
        async with database.read() as connection:
            found = await runs.get(connection, run_id)
        if found and found.ended:
            return f"{found.state}: {found.line}"
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def _say(answer: object) -> None:
    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Do one of the four, with the settings of the environment."""
    flows.__path__.append(PAGES)  # the registry looks through every folder of the package
    parser = argparse.ArgumentParser("python -m tests.bench.ours")
    parser.add_argument("what", choices=("work", "send", "converse", "committed"))
    parser.add_argument("--file", default="")
    parser.add_argument("--runs", type=int, default=0)
    parser.add_argument("--prefix", default="r")
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--gap", type=float, default=0.0)
    options = parser.parse_args()
    settings = load()
    set_up_logs(settings)
    task = {"work": work, "send": send, "converse": converse, "committed": committed}
    run(task[options.what](settings, options))


if __name__ == "__main__":
    main()
