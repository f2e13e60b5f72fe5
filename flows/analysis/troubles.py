"""Troubles: shipments that failed or had to be repaired, and when that was over."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.analysis.shipments import Pull, Shipment
from flows.analysis.versions import label_words, title_of

_HOTFIX = re.compile(r"(?<![A-Za-z0-9])(?:hotfix|rollback)(?![A-Za-z0-9])", re.IGNORECASE)
_REVERT = re.compile(r"Revert\s+\"|Rollback\b|Roll back\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that broke for users; `resolved_at` is None while it lasts."""

    opened_at: datetime
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """A shipment that needed an intervention; `first` of an unbroken row of failures."""

    shipment: Shipment
    broke_at: datetime
    healed_at: datetime | None
    first: bool = True


@dataclass(frozen=True, slots=True)
class Repairs:
    """All troubles, oldest first, and the shipments that were made only to end one."""

    troubles: tuple[Trouble, ...]
    made: frozenset[Shipment]


def is_repair(pull: Pull) -> bool:
    """Return whether a pull request reverts something or calls itself a hotfix."""
    return (
        bool(_REVERT.match(pull.title))
        or title_of(pull.title).kind in {"revert", "hotfix"}
        or bool(_HOTFIX.search(pull.head_ref))
        or any(label_words(label) in {"hotfix", "revert", "rollback"} for label in pull.labels)
    )


def repairs_of(
    shipments: Sequence[Shipment],
    contents: Mapping[Shipment, Sequence[Pull]],
    incidents: Sequence[Incident],
    places: Mapping[str, int],
) -> Repairs:
    """Return what went wrong among `shipments` (oldest first).

    A shipment is in trouble if its status says so, if a rollback, hotfix or revert follows before
    anything else succeeds, or if an incident opens while it is the newest. `contents` are the pull
    requests that each shipment brought; `places` the positions of commits on the default branch.
    """
    made = _made(shipments, contents, places)
    troubles: list[Trouble] = []
    healers = _next_good(shipments)
    for index, shipment in enumerate(shipments):
        healed = healers[index]
        if not shipment.ok:
            first = index == 0 or shipments[index - 1].ok
            troubles.append(Trouble(shipment, shipment.finished_at, healed, first))
            continue
        incident = _incident(incidents, shipment.finished_at, healed)
        if incident:
            over = incident.resolved_at or healed
            troubles.append(Trouble(shipment, incident.opened_at, over))
        elif index + 1 < len(shipments) and shipments[index + 1] in made:
            troubles.append(Trouble(shipment, shipment.finished_at, healed))
    return Repairs(tuple(troubles), made)


def _next_good(shipments: Sequence[Shipment]) -> list[datetime | None]:
    """Return for each shipment when the next good one ended."""
    ends: list[datetime | None] = []
    end: datetime | None = None
    for shipment in reversed(shipments):
        ends.append(end)
        if shipment.ok:
            end = shipment.finished_at
    return ends[::-1]


def _made(
    shipments: Sequence[Shipment],
    contents: Mapping[Shipment, Sequence[Pull]],
    places: Mapping[str, int],
) -> frozenset[Shipment]:
    made: set[Shipment] = set()
    good: Shipment | None = None
    seen: set[str] = set()
    failed = False
    for shipment in shipments:
        if good and (
            _goes_back(shipment, good, seen, places, failed=failed)
            or _HOTFIX.search(shipment.label)
            or any(map(is_repair, contents.get(shipment, ())))
        ):
            made.add(shipment)
        failed = not shipment.ok
        if shipment.ok:
            good = shipment
            seen.add(shipment.sha)
    return frozenset(made)


def _goes_back(
    shipment: Shipment, good: Shipment, seen: set[str], places: Mapping[str, int], *, failed: bool
) -> bool:
    if not shipment.sha:
        return False
    if shipment.sha == good.sha:
        # The commit that runs already is shipped again: a way back only if an attempt failed.
        return failed
    here, there = places.get(shipment.sha), places.get(good.sha)
    if here is not None and there is not None:
        return here < there
    return shipment.sha in seen


def _incident(
    incidents: Sequence[Incident], start: datetime, end: datetime | None
) -> Incident | None:
    during = [i for i in incidents if i.opened_at >= start and (end is None or i.opened_at < end)]
    return min(during, key=lambda i: i.opened_at, default=None)
