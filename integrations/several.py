"""Several calls at once, but never too many: the first that fails ends the others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

A = TypeVar("A")
T = TypeVar("T")


async def several(
    call: Callable[[A], Awaitable[T]], items: Iterable[A], *, at_once: int
) -> list[T]:
    """Return what `call` gives for each item, in their order, with at most `at_once` under way."""
    lanes = asyncio.Semaphore(at_once)

    async def one(item: A) -> T:
        async with lanes:
            return await call(item)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]
