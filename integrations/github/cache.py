"""Answers that GitHub may confirm for free: a 304 costs none of the hourly allowance."""

from collections import OrderedDict

from integrations.http import Answer

MAX_BYTES = 32 * 1024 * 1024
# An answer above this share of the cache would push out everything else.
MAX_SHARE = 8


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

    def put(self, key: str, answer: Answer) -> None:
        self._drop(key)
        if not answer.headers.get("etag") or len(answer.body) > self._max // MAX_SHARE:
            return
        self._answers[key] = answer
        self._size += len(answer.body)
        while self._size > self._max:
            self._drop(next(iter(self._answers)))

    def _drop(self, key: str) -> None:
        if gone := self._answers.pop(key, None):
            self._size -= len(gone.body)
