"""Several calls at once keep their order, their limit and their first failure."""

import asyncio

import pytest

from integrations.errors import Refused
from integrations.several import several


async def test_results_stand_in_the_order_of_their_items() -> None:
    """Whichever ends first."""
    gates = {number: asyncio.Event() for number in range(3)}

    async def call(number: int) -> int:
        if number:
            await gates[number].wait()
        gates[(number - 1) % 3].set()
        return number * 10

    assert await several(call, range(3), at_once=3) == [0, 10, 20]


async def test_never_too_many_are_under_way() -> None:
    """The others wait for their turn."""
    under_way, most = 0, 0

    async def call(_: int) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1

    await several(call, range(20), at_once=4)
    assert most == 4


async def test_the_first_failure_ends_the_others() -> None:
    """And is raised as it is, so that the engine knows its kind."""
    ended = asyncio.Event()

    async def call(number: int) -> None:
        if number:
            raise Refused("no")
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(Refused, match="no"):
        await several(call, range(2), at_once=2)
    assert ended.is_set()
