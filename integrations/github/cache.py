"""Answers that need not be paid for twice: GitHub confirms them for free, or they never change."""

import time
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from integrations.http import Answer
from integrations.memory import Memory

MAX_BYTES = 32 * 1024 * 1024
# An answer above this share of the cache would push out everything else.
MAX_SHARE = 8
FIXED_BYTES = 16 * 1024 * 1024
MOST_GONE = 2_000
GONE_SECONDS = 3600.0
FASTEST = 1  # of zlib's levels; a log becomes a tenth by it, too


class AnswerCache:
    """The most recently used answers that carry an ETag, bounded by the bytes of their bodies."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max = max_bytes
        self._size = 0
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def get(self, key: str) -> Answer | None:
        answer = self._answers.get(key)
        if answer:
            self._answers.move_to_end(key)
        return answer

    def put(self, key: str, answer: Answer, *, fixed: bool = False) -> None:
        """Keep an answer that can be asked again, or is `fixed` and need not be."""
        self._drop(key)
        if not (fixed or answer.headers.get("etag")) or len(answer.body) > self._max // MAX_SHARE:
            return
        self._answers[key] = answer
        self._size += len(answer.body)
        while self._size > self._max:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: str) -> None:
        if gone := self._answers.pop(key, None):
            self._size -= len(gone.body)


class FixedAnswers:
    """What can never be another, such as the log of a job that has ended or a file of a commit.

    It is kept compressed. That something is not there is kept for an hour: the commit itself may
    still be on its way.
    """

    def __init__(
        self, max_bytes: int = FIXED_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._answers = AnswerCache(max_bytes)
        self._gone: Memory[float] = Memory(MOST_GONE)
        self._clock = clock

    def get(self, key: str) -> Answer | None:
        found = self._answers.get(key)
        return replace(found, body=zlib.decompress(found.body)) if found else None

    def put(self, key: str, answer: Answer) -> None:
        small = replace(answer, body=zlib.compress(answer.body, FASTEST))
        self._answers.put(key, small, fixed=True)

    def is_gone(self, key: str) -> bool:
        """Say whether it was not there within the last hour."""
        return (self._gone.get(key) or 0.0) > self._clock()

    def put_gone(self, key: str) -> None:
        self._gone.put(key, self._clock() + GONE_SECONDS)
