"""What is remembered holds for an hour and for its mark, and there is not too much of it."""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from integrations.github.register import KEEP_SECONDS, MAX_LISTS, Memo, Page, Register

AT = datetime(2026, 3, 2, tzinfo=UTC)


class Thing(NamedTuple):
    """Something that is open, or not."""

    number: int
    updated_at: datetime = AT
    is_open: bool = True
    is_settled: bool = True


def pages(
    *items: Thing, mark: str = "m", more: bool = False
) -> Callable[[], AsyncGenerator[Page[Thing, str], None]]:
    """Return what yields one page."""

    async def one() -> AsyncGenerator[Page[Thing, str], None]:
        yield Page([*items], mark, more)

    return one


async def test_a_list_is_asked_for_anew_where_it_may_be_another() -> None:
    """After an hour, with another mark, where too much has changed or something was unsettled."""
    now = [0.0]
    register: Register[Thing, str] = Register(lambda: now[0])
    first, second = Thing(1), Thing(2, AT + timedelta(hours=1))
    every, changed = pages(first, second), pages(second._replace(is_open=False))

    async def numbers(changed: Callable[[], AsyncGenerator[Page[Thing, str], None]]) -> list[int]:
        found, _ = await register.open("list", every, changed)
        return [each.number for each in found]

    assert await numbers(changed) == [1, 2]
    assert await numbers(changed) == [1]
    assert await numbers(pages(mark="n")) == [1, 2]
    assert await numbers(pages(second, more=True)) == [1, 2]
    now[0] = KEEP_SECONDS + 1
    assert await numbers(changed) == [1, 2]
    every = pages(first._replace(is_settled=False))
    assert await numbers(pages(mark="n")) == [1]
    assert await numbers(pages(Thing(7))) == [1]


async def test_old_lists_make_way_for_new_ones() -> None:
    """Whatever is remembered, it is not without end."""
    register: Register[Thing, str] = Register()
    memo: Memo[int] = Memo()
    for name in range(MAX_LISTS + 1):
        await register.open(name, pages(Thing(1)), pages())
        memo.put(name, "m", name)
    assert (memo.get(0, "m"), memo.get(1, "m"), memo.get(1, "n")) == (None, 1, None)
    found, _ = await register.open(0, pages(Thing(2)), pages())
    assert [each.number for each in found] == [2]
    kept, _ = await register.open(MAX_LISTS, pages(Thing(2)), pages())
    assert [each.number for each in kept] == [1]
