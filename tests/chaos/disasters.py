"""What goes wrong, in an order that one seed decides."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import TypeAlias

from bot.worker import LEASE
from flows.engine.patience import ATTEMPTS
from tests.chaos.town import Mode, Town

# One run may meet all failures of two disasters, where no other asks: it must not be right to end.
FAILURES = max(1, (ATTEMPTS - 1) // 2)
PAST_THE_LEASE = 1.5  # seconds that a stopped worker is stopped for longer than it holds a lease


async def kill(town: Town, chance: random.Random) -> None:
    """End a worker as the kernel does it; another one takes its place."""
    town.kill_worker(chance)


async def pause(town: Town, chance: random.Random) -> None:
    """Stop a worker for longer than it holds a lease, then let it go on."""
    await town.pause_worker(chance, LEASE.total_seconds() + PAST_THE_LEASE)


async def flush(town: Town, _: random.Random) -> None:
    """Empty the queue."""
    await town.flush_queue()


async def restart(town: Town, _: random.Random) -> None:
    """End Valkey, which comes back with what it had."""
    town.kill_queue()


async def errors(town: Town, chance: random.Random) -> None:
    """Let GitHub have problems of its own."""
    town.github.fail(status=chance.choice((500, 502)), times=chance.randint(1, FAILURES))


async def late(town: Town, chance: random.Random) -> None:
    """Let GitHub do the work and answer that it failed."""
    times = chance.randint(2, 6)
    town.github.fail(status=502, method="POST", times=times, late=True)
    town.github.fail(status=502, method="PUT", times=times, late=True)


async def limit(town: Town, chance: random.Random) -> None:
    """Let GitHub ask to slow down."""
    town.github.fail(
        status=403, retry_after=chance.randint(1, 3), times=chance.randint(1, FAILURES)
    )


async def reset(town: Town, chance: random.Random) -> None:
    """Let GitHub do the work and hang up."""
    town.github_door.reset(chance.randint(2, 6))


async def silence(town: Town, _: random.Random) -> None:
    """Let GitHub do the work and never answer, once: whoever writes next waits for that long."""
    town.github_door.silence(1)


async def mumble(town: Town, chance: random.Random) -> None:
    """Let Slack fail, and ask to slow down."""
    town.slack.fail("chat.postMessage", times=chance.randint(2, 6))
    town.slack.fail("chat.update", status=429, retry_after=1, times=chance.randint(1, 4))


async def hang_up(town: Town, chance: random.Random) -> None:
    """Let Slack take messages and hang up."""
    town.slack_door.reset(chance.randint(2, 8))


async def sever(town: Town, _: random.Random) -> None:
    """Cut every connection to PostgreSQL, as a restart of it does."""
    await town.sever_database()


Disaster: TypeAlias = Callable[[Town, random.Random], Coroutine[None, None, None]]
DISASTERS: dict[str, Disaster] = {
    "kill": kill,
    "pause": pause,
    "flush": flush,
    "restart": restart,
    "errors": errors,
    "late": late,
    "limit": limit,
    "reset": reset,
    "silence": silence,
    "mumble": mumble,
    "hang up": hang_up,
    "sever": sever,
}


def order(mode: Mode, chance: random.Random, more: int) -> list[str]:
    """Return every disaster once and `more` of any, shuffled; workers die more often than that."""
    possible = [name for name in DISASTERS if name != "sever" or mode == "postgresql"]
    names = [*possible, *chance.choices(("kill", *possible), k=more)]
    chance.shuffle(names)
    return names


async def strike(town: Town, names: list[str], chance: random.Random, gap: float) -> None:
    """Let them happen one after the other, up to `gap` seconds apart; one may outlast the next."""
    async with asyncio.TaskGroup() as group:
        for name in names:
            await asyncio.sleep(chance.uniform(0, gap))
            group.create_task(DISASTERS[name](town, chance))
