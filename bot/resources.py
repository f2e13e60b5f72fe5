"""What a run used, as people read it; pure."""

from collections.abc import Iterable
from math import log

from integrations.meter import Used, spelled, total
from storage.records import StepRecord

KILO = 1000
UNITS = ("KB", "MB", "GB")


def size(count: int) -> str:
    """Return a number of bytes with the unit that fits: `12.4 KB`."""
    if count < KILO:
        return f"{count} B"
    power = min(len(UNITS), int(log(count, KILO)))
    return f"{count / KILO**power:.1f} {UNITS[power - 1]}"


def used_by(steps: Iterable[StepRecord]) -> Used:
    """Return what all steps of a run used together."""
    return total(each.used for each in steps)


def lines(used: Used) -> list[tuple[str, str]]:
    """Return each resource with how much of it was used; what was not used is left out."""
    found = [("CPU", f"{used.cpu:.3f} s")]
    if used.peak:
        found.append(("Child processes", f"up to {size(used.peak)} of memory each"))
    for integration, calls in sorted(used.calls.items()):
        parts = [f"{calls:,} call{'' if calls == 1 else 's'}"]
        if cost := used.cost.get(integration):
            parts.append(f"{cost:,} of the rate limit")
        parts.append(size(used.bytes.get(integration, 0)))
        found.append((spelled(integration), ", ".join(parts)))
    return found
