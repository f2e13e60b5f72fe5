"""Measures work turn by turn on the event loop: its own CPU time, and whether it blocks others."""

import logging
import time
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from integrations.meter import Meter

log = logging.getLogger(__name__)

T = TypeVar("T")

BLOCKED_AFTER = 1.0  # seconds: longer than this, and everybody else on the loop has noticed


@dataclass(frozen=True, slots=True)
class Watch:
    """The clocks that turns are measured by, and the seconds after which one is too long."""

    cpu: Callable[[], float] = time.thread_time
    wall: Callable[[], float] = time.perf_counter
    limit: float = BLOCKED_AFTER


class Name(NamedTuple):
    """What a log calls a piece of work."""

    run: str
    flow: str
    title: str


class Turns(Generic[T]):
    """Awaits `work`; what it takes between two waits is on `meter`, however many others wait.

    A piece of work `within` another is measured for itself: the outer one counts only the rest.
    A turn that holds up the loop for too long is logged by its name.
    """

    __slots__ = ("_name", "_watch", "_within", "_work", "inner", "mark", "meter")

    def __init__(
        self,
        work: Awaitable[T],
        meter: Meter,
        watch: Watch,
        name: Name,
        within: "Turns[Any] | None" = None,
    ) -> None:
        self._work = work
        self.meter = meter
        self._watch = watch
        self._name = name
        self._within = within
        self.mark: float | None = None  # up to which CPU time is counted, while it has its turn
        self.inner = 0.0  # seconds of this turn that belong to work within

    def __await__(self) -> Generator[Any, Any, T]:
        """Take one turn after the other, handing on what the work waits for."""
        # Every step passes here on each of its turns, so nothing is called that need not be.
        work: Any = self._work.__await__()
        clock, watch, within = self._watch.cpu, self._watch.wall, self._within
        sent: object = None
        thrown: BaseException | None = None
        while True:
            began, self.mark, self.inner = watch(), clock(), 0.0
            if within is not None and within.mark is not None:
                within.meter.cpu += self.mark - within.mark
            try:
                waits = work.send(sent) if thrown is None else work.throw(thrown)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                thrown = None  # it holds on to this frame, and everything in it
                now, took = clock(), watch() - began
                self.meter.cpu += now - self.mark
                self.mark = None
                if within is not None:
                    within.inner += took
                    if within.mark is not None:
                        within.mark = now
                if took - self.inner > self._watch.limit:
                    self._blocked(took - self.inner)
            try:
                sent = yield waits
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:  # noqa: BLE001 - a cancellation, for the work to hear
                thrown = error

    def _blocked(self, seconds: float) -> None:
        held = "run %s of %s: %r held up the event loop for %.1f s"
        log.warning(held, *self._name, seconds)
