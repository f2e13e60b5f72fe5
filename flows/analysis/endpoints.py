"""Endpoints from outside: how they answered now, and every time before that is remembered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from flows.analysis.timings import Sample, Series
from integrations.probes import Probe, Probes

KEPT = 400  # looks at each endpoint
AT_ONCE = 5
FAULTY = 500


class Look(msgspec.Struct, frozen=True, array_like=True):
    """One look at an endpoint; `ms` is None where it did not answer."""

    at: datetime
    ok: bool
    ms: float | None = None


async def looked(probes: Probes, url: str) -> list[Probe]:
    """Return what a few looks at an endpoint, one after the other, see."""
    return [await probes.probe(url) for _ in range(AT_ONCE)]


def is_up(probe: Probe) -> bool:
    """Say whether an endpoint answered, and did not say that it is broken."""
    return probe.status is not None and probe.status < FAULTY


def remembered(
    before: Mapping[str, Any], probed: Mapping[str, Sequence[Probe]], now: datetime
) -> dict[str, list[Look]]:
    """Return the looks of earlier runs with those of now, the newest four hundred of each."""
    known: Any = before.get("endpoints", {})
    return {
        url: [
            *msgspec.convert(known.get(url, []), list[Look]),
            *(Look(now, is_up(each), each.latency_ms) for each in probes),
        ][-KEPT:]
        for url, probes in probed.items()
    }


def latencies(looks: Mapping[str, Sequence[Look]]) -> list[Series]:
    """Return how fast each endpoint answered, in seconds."""
    return [
        Series(url, tuple(Sample(each.at, each.ms / 1000) for each in seen if each.ms is not None))
        for url, seen in looks.items()
    ]
