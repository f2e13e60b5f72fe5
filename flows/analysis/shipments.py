"""Shipments: deployments, else releases, else merges, brought to one shape and put in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, TypeAlias

Source: TypeAlias = Literal["deployments", "releases", "merges"]

BEFORE = timedelta(days=60)  # what was out already when the window began
LONGEST_BEFORE = timedelta(days=730)
_PRODUCTION = ("production", "prod", "live")
_GOOD = {"success"}
_BAD = {"failure", "error"}


class Status(Protocol):
    """One status of a deployment."""

    @property
    def state(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


class Deployed(Protocol):
    """A deployment with everything that was ever said about it."""

    @property
    def sha(self) -> str: ...
    @property
    def ref(self) -> str: ...
    @property
    def environment(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def url(self) -> str: ...
    @property
    def statuses(self) -> Sequence[Status]: ...


class Released(Protocol):
    """A release; drafts were never shipped."""

    @property
    def tag(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def draft(self) -> bool: ...
    @property
    def prerelease(self) -> bool: ...
    @property
    def published_at(self) -> datetime | None: ...


class Pull(Protocol):
    """A pull request with the moments of its life; moments that never came are None."""

    @property
    def number(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def author(self) -> str: ...
    @property
    def is_bot(self) -> bool: ...
    @property
    def labels(self) -> Sequence[str]: ...
    @property
    def head_ref(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def merge_sha(self) -> str | None: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def first_commit_at(self) -> datetime | None: ...
    @property
    def ready_at(self) -> datetime | None: ...
    @property
    def first_review_at(self) -> datetime | None: ...
    @property
    def approved_at(self) -> datetime | None: ...
    @property
    def merged_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Shipment:
    """One attempt to bring a commit to the users, and how it ended."""

    sha: str
    started_at: datetime
    finished_at: datetime
    ok: bool
    label: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Shipped:
    """All attempts in the order they ended, where they come from, and how many have no end yet."""

    source: Source
    said: str
    shipments: tuple[Shipment, ...]
    unfinished: int = 0


def shipped_from(
    deployments: Sequence[Deployed],
    releases: Sequence[Released],
    pulls: Sequence[Pull],
    environment: str = "",
) -> Shipped:
    """Return the shipments of the best source there is, and a sentence that names the source.

    Deployments to `environment` count (default: production, prod or live), else full releases,
    else merged pull requests. Hand in everything from before the window too: the shipment before
    the first one tells what was already out.
    """
    names = (environment.lower(),) if environment else _PRODUCTION
    wanted = [d for d in deployments if d.environment.lower() in names]
    if wanted:
        ended = [s for s in map(_deployed, wanted) if s]
        place = ", ".join(sorted({d.environment for d in wanted}))
        said = f"deployments to {place}"
        return Shipped("deployments", said, _ordered(ended), len(wanted) - len(ended))
    missing = f"there are no deployments to {environment or 'production'}"
    full = [r for r in releases if not r.draft and not r.prerelease and r.published_at]
    if full:
        said = f"releases, because {missing}"
        return Shipped("releases", said, _ordered([s for s in map(_released, full) if s]))
    said = f"merges, because {missing} and no releases"
    return Shipped("merges", said, _ordered([s for s in map(_merged, pulls) if s]))


def looked_from(shipped: Shipped, start: datetime) -> datetime:
    """Return from when on merges have to be known for a window that begins at `start`.

    The first shipment of the window brings all that was merged after the one before.
    """
    earlier = [each.started_at for each in shipped.shipments if each.finished_at < start]
    last = max(earlier, default=start)
    return max(min(last, start - BEFORE), start - LONGEST_BEFORE)


def _deployed(deployment: Deployed) -> Shipment | None:
    # `inactive` only says that a later deployment took over, so it is no end of its own.
    decisive = [s for s in deployment.statuses if s.state.lower() in _GOOD | _BAD]
    if not decisive:
        return None
    last = max(decisive, key=lambda s: s.created_at)
    ok = last.state.lower() in _GOOD
    # Several statuses of one deployment count once: it ended with the first of its final kind.
    same = [s.created_at for s in decisive if (s.state.lower() in _GOOD) == ok]
    return Shipment(
        deployment.sha, deployment.created_at, min(same), ok, deployment.ref, deployment.url
    )


def _released(release: Released) -> Shipment | None:
    at = release.published_at
    return Shipment("", at, at, ok=True, label=release.tag, url=release.url) if at else None


def _merged(pull: Pull) -> Shipment | None:
    at = pull.merged_at
    if not at:
        return None
    return Shipment(pull.merge_sha or "", at, at, ok=True, label=f"#{pull.number}", url=pull.url)


def _ordered(shipments: Sequence[Shipment]) -> tuple[Shipment, ...]:
    return tuple(sorted(shipments, key=lambda s: (s.finished_at, s.started_at, s.sha, s.label)))
