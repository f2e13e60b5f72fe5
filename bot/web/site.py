"""What the pages are made of: where they read, and what they are told by other parts."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

from bot.channel_names import ChannelNames
from bot.dispatch import Dispatch
from bot.lines import Presence, QueueLook, WaitsLook
from bot.subscriptions.preview import Previews
from bot.web.entrance import Entrance
from bot.web.layout import Layout
from flows.engine.policy import Policy
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from storage.database import Database

PATIENCE = 2.0  # seconds that another part of the system has to answer a page


class Events(Protocol):
    """The news of all processes."""

    def listen(self) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Open a subscription that yields the id of a run whenever that run has changed.

        An empty id stands for news that may have been missed: every page looks again.
        """
        ...


class QueueView(Protocol):
    """What can be seen of the queue; each call may raise what its client raises."""

    async def queues(self) -> dict[str, QueueLook]:
        """Return how each queue of runs stands, by its name."""
        ...

    async def waited(self) -> dict[str, WaitsLook]:
        """Return how long those that were taken from each queue had waited."""
        ...

    async def ping(self) -> None:
        """Return if the queue answers, else raise."""
        ...

    async def workers(self) -> dict[str, Presence]:
        """Return what the workers that have shown themselves lately tell, by name."""
        ...


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of an integration's allowance is left in its window."""

    integration: str
    left: int
    limit: int
    resets_at: datetime


Policies: TypeAlias = Callable[[Flow, ProjectSettings], Policy]
Quotas: TypeAlias = Callable[[], Awaitable[Sequence[Quota]]]


@dataclass(frozen=True, slots=True)
class Site:
    """Everything a route needs; nothing of it changes while the process lives."""

    database: Database
    events: Events
    queue: QueueView
    quotas: Quotas
    policies: Policies
    clock: Callable[[], datetime]
    catalogue: Callable[[], Mapping[str, Flow]]
    layout: Layout
    dispatch: Dispatch
    entrance: Entrance
    previews: Previews | None
    names: ChannelNames


async def no_quotas() -> Sequence[Quota]:
    """Know of no allowance."""
    return ()


def flow_policy(flow: Flow, _: ProjectSettings) -> Policy:
    """Return what the flow itself asks for, where no setting says otherwise."""
    return Policy(run=flow.role, approvals=flow.approvals, max_running=flow.max_running)
