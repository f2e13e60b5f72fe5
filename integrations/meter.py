"""What a piece of work may do outside, and what it used: every client reports here."""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import ParamSpec, Protocol, TypeVar

import msgspec

from integrations.errors import OutsideError, Transient

P = ParamSpec("P")
T = TypeVar("T")
E = TypeVar("E", bound=OutsideError)

# How people spell what capital letters alone do not give.
SPELLED: Mapping[str, str] = {
    "crates": "crates.io",
    "github": "GitHub",
    "go": "Go proxy",
    "npm": "npm",
    "osv": "OSV",
    "pypi": "PyPI",
}


class IoOutsideStep(RuntimeError):
    """A flow reached for the world between two steps, where a replay would reach again."""


class WriteOutsideEffect(RuntimeError):
    """A flow tried to change something that no plan had shown."""


class Used(msgspec.Struct, frozen=True, omit_defaults=True):
    """What work has used: calls, rate-limit cost and bytes (both ways) per integration.

    `cpu` is in seconds, children and threads included; `peak` is the most memory in bytes that
    one child process was seen to take.
    """

    calls: dict[str, int] = {}
    cost: dict[str, int] = {}
    bytes: dict[str, int] = {}
    cpu: float = 0
    peak: int = 0


def total(parts: Iterable[Used]) -> Used:
    """Return what all of them used together."""
    whole = Meter()
    for each in parts:
        for mine, theirs in (
            (whole.calls, each.calls),
            (whole.cost, each.cost),
            (whole.bytes, each.bytes),
        ):
            for integration, count in theirs.items():
                mine[integration] = mine.get(integration, 0) + count
        whole.child(each.cpu, each.peak)
    return whole.used


class Gate(Protocol):
    """Knows which integrations are to be left alone for a while, and learns from every call."""

    def enter(self, integration: str, by: object) -> None:
        """Raise `Barred` where nobody may call the integration now."""
        ...

    def answered(self, integration: str, by: object) -> None:
        """Hear that the integration did its work, whatever it said."""
        ...

    def failed(self, integration: str, error: Transient, by: object) -> None:
        """Hear that the integration did not do its work, or asked us to call less."""
        ...


@dataclass(slots=True)
class Meter:
    """Counts what a piece of work uses, and says what it may do (`{"github": 3}`).

    The `fence` is asked right before each change; it raises where the right to it has run out.
    """

    reads: bool = True
    writes: bool = True
    gate: Gate | None = None
    fence: Callable[[], None] | None = None
    calls: dict[str, int] = field(default_factory=dict)
    cost: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    cpu: float = 0
    peak: int = 0

    def count(self, integration: str, size: int, cost: int = 0) -> None:
        """Count one call, its bytes, and what it took from the allowance."""
        self.calls[integration] = self.calls.get(integration, 0) + 1
        self.bytes[integration] = self.bytes.get(integration, 0) + size
        self.charge(integration, cost)

    def charge(self, integration: str, cost: int) -> None:
        """Count what a call took from the allowance, where only its answer tells."""
        if cost:
            self.cost[integration] = self.cost.get(integration, 0) + cost

    def child(self, cpu: float, peak: int) -> None:
        """Count a child process that has ended."""
        self.cpu += cpu
        self.peak = max(self.peak, peak)

    def answered(self, integration: str) -> None:
        """Tell the gate that the integration did its work."""
        if self.gate:
            self.gate.answered(integration, self)

    def failed(self, integration: str, error: E) -> E:
        """Tell the gate how a call ended, and return the error to raise."""
        if self.gate and isinstance(error, Transient):
            self.gate.failed(integration, error, self)
        else:
            self.answered(integration)
        return error

    @property
    def used(self) -> Used:
        """What it comes to so far."""
        cpu = round(self.cpu, 6)  # no clock here is finer
        return Used(self.calls, self.cost, self.bytes, cpu, self.peak)


# Outside of runs (doctor, web, delivery) nothing is forbidden.
_METER: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered(meter: Meter) -> Iterator[Meter]:
    """Make `meter` the one that this task and its children report to."""
    token = _METER.set(meter)
    try:
        yield meter
    finally:
        _METER.reset(token)


def meter() -> Meter:
    """Return the meter to report to."""
    return _METER.get() or Meter()


def permit(*, write: bool, to: str = "") -> Meter:
    """Return the meter to report to; raise where the work at hand may not do this now.

    `to` names the integration that is about to be called, where the engine may bar it.
    """
    found = meter()
    if not found.reads:
        raise IoOutsideStep("Wrap this call in run.step(...): a replay would repeat it.")
    if write and not found.writes:
        raise WriteOutsideEffect("Wrap this call in an effect and pass it to run.apply(...).")
    if to and found.gate:
        found.gate.enter(to, found)
    if write and found.fence:
        found.fence()
    return found


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function in a thread, and count its CPU time for the work that asked for it."""
    spent: list[float] = []

    def timed() -> T:
        began = time.thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            spent.append(time.thread_time() - began)

    try:
        return await asyncio.to_thread(timed)
    finally:
        meter().cpu += sum(spent)


def spelled(integration: str) -> str:
    """Return the name of an integration as people write it."""
    return SPELLED.get(integration) or integration.capitalize()
