"""What a piece of work may do outside, and what it used: every client reports here."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


class IoOutsideStep(RuntimeError):
    """A flow reached for the world between two steps, where a replay would reach again."""


class WriteOutsideEffect(RuntimeError):
    """A flow tried to change something that no plan had shown."""


@dataclass(slots=True)
class Meter:
    """Counts calls and bytes per integration (`{"github": 3}`, bytes both ways)."""

    reads: bool = True
    writes: bool = True
    calls: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)

    def count(self, integration: str, size: int) -> None:
        self.calls[integration] = self.calls.get(integration, 0) + 1
        self.bytes[integration] = self.bytes.get(integration, 0) + size


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


def permit(*, write: bool) -> Meter:
    """Return the meter to report to; raise where the work at hand may not do this."""
    meter = _METER.get() or Meter()
    if not meter.reads:
        raise IoOutsideStep("Wrap this call in run.step(...): a replay would repeat it.")
    if write and not meter.writes:
        raise WriteOutsideEffect("Wrap this call in an effect and pass it to run.apply(...).")
    return meter
