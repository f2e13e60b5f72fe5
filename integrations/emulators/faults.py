"""What goes wrong on demand, and how often: one line of faults for each emulated service."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar


class Timed(Protocol):
    """A fault that happens `times` times, once `after` calls that it fits went well."""

    times: int
    after: int


F = TypeVar("F", bound=Timed)


def next_of(faults: Iterable[F], fits: Callable[[F], bool]) -> F | None:
    """Return the fault of this call, which counts as having happened; None where it goes well."""
    for fault in faults:
        if fault.times and fits(fault):
            if fault.after:
                fault.after -= 1
                return None
            fault.times -= 1
            return fault
    return None
