"""What the client remembers is bounded, and forgotten in time."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

from integrations.github.cache import GONE_SECONDS, AnswerCache, FixedAnswers
from integrations.github.shelf import KEEP_SECONDS, MAX_LISTS, Shelf
from integrations.http import Answer

START = datetime(2026, 1, 1, tzinfo=UTC)


def answer(size: int, etag: str = "x") -> Answer:
    """Return an answer with a body of `size` bytes."""
    return Answer("GitHub", 200, {"etag": etag} if etag else {}, bytes(size))


def test_the_least_used_answer_goes_first() -> None:
    """The cache is bounded by bytes; reading keeps an answer."""
    cache = AnswerCache(max_bytes=100)
    for key in "abcdefghij":
        cache.put(key, answer(10))
    assert cache.get("a")
    cache.put("new", answer(10))
    assert cache.get("a")
    assert cache.get("b") is None
    cache.put("a", answer(5))
    found = cache.get("a")
    assert found is not None
    assert len(found.body) == 5


def test_what_cannot_be_asked_again_is_not_kept() -> None:
    """An answer needs a tag, and one large answer must not push out all the others."""
    cache = AnswerCache(max_bytes=100)
    cache.put("bare", answer(1, etag=""))
    cache.put("large", answer(50))
    assert cache.get("bare") is None
    assert cache.get("large") is None


def test_what_never_changes_is_kept_whole_and_small() -> None:
    """A log is kept without a tag, compressed; that something was gone is forgotten in an hour."""
    now = 0.0
    fixed = FixedAnswers(max_bytes=1000, clock=lambda: now)
    fixed.put("log", answer(10_000, etag=""))
    fixed.put_gone("file")
    found = fixed.get("log")
    assert found is not None
    assert found.body == bytes(10_000)
    assert fixed.get("file") is None
    assert (fixed.is_gone("file"), fixed.is_gone("log")) == (True, False)
    now = GONE_SECONDS + 1
    assert not fixed.is_gone("file")


async def pages(asked: list[int], *found: list[int]) -> AsyncGenerator[list[int], None]:
    """Yield pages and note which were read."""
    for number, page in enumerate(found):
        asked.append(number)
        yield page


async def test_a_list_is_forgotten_after_an_hour_or_when_there_are_too_many() -> None:
    """Some changes leave an item's time as it was, so nothing is kept for long."""
    now = 0.0
    shelf: Shelf[int] = Shelf(
        key=lambda item: item, at=lambda item: START + timedelta(days=item), clock=lambda: now
    )
    asked: list[int] = []
    assert await shelf.newest("a", START, pages(asked, [3, 2], [1])) == [3, 2, 1]
    assert await shelf.newest("a", START, pages(asked, [4, 2], [1])) == [4, 3, 2, 1]
    assert asked == [0, 1, 0]
    now = KEEP_SECONDS + 1
    assert await shelf.newest("a", START, pages(asked, [4], [1])) == [4, 1]
    assert asked == [0, 1, 0, 0, 1]
    for number in range(MAX_LISTS):
        await shelf.newest(number, START, pages([], [1]))
    asked.clear()
    await shelf.newest("a", START, pages(asked, [4], [1]))
    assert asked == [0, 1]


async def test_an_unchanged_list_is_not_read() -> None:
    """Its mark says so; what is open in it may have changed all the same."""
    shelf: Shelf[int] = Shelf(
        key=lambda item: item,
        at=lambda item: START + timedelta(days=item),
        is_open=lambda item: item == 2,
    )
    asked: list[int] = []
    for mark, found in (("a", [1]), ("a", [9]), ("b", [3, 2, 1]), ("b", [3, 2]), ("", [3])):
        await shelf.newest("x", START, pages(asked, found), mark)
    assert len(asked) == 4
    assert await shelf.newest("none", START, pages(asked, []), "c") == []
    assert await shelf.newest("none", START, pages(asked, [1]), "c") == []


async def test_an_empty_list_is_an_answer() -> None:
    """Nothing in the window is nothing, also the second time."""
    shelf: Shelf[int] = Shelf(key=lambda item: item, at=lambda _: START)
    for _ in range(2):
        assert await shelf.newest("a", START, pages([], [])) == []
