"""What the bot knows of who is told what, and how a flow may change that."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from flows.engine.talk import Place


class Followed(msgspec.Struct, frozen=True):
    """A subscription: which channel follows a pattern, by which features and their filters.

    With `is_whole` it is about one project alone. `is_blind` says that its filter asks for what
    only a look at each pull request tells, so that nobody can say from memory what it lets through.
    """

    id: str
    place: Place
    pattern: str
    features: dict[str, str]
    since: datetime
    owner: str = ""
    lasts: int = 0
    changes_only: bool = False
    paused: bool = False
    trouble: str = ""
    last: datetime | None = None
    is_whole: bool = True
    is_blind: bool = False


class Happened(msgspec.Struct, frozen=True):
    """Something that could be told: by which feature, how often, and what is known of it.

    `by` are the subscriptions that let it through, `muted` those that would, but rest.
    """

    feature: str
    title: str
    facts: dict[str, tuple[str, ...]]
    count: int = 1
    by: tuple[str, ...] = ()
    muted: tuple[str, ...] = ()


class Told(msgspec.Struct, frozen=True):
    """How many messages of one kind a subscription has brought, and what became of them.

    `gathered` are in the thread of their day, `waiting` are not sent yet, `refused` never will be.
    """

    subscription: str
    kind: str
    messages: int = 0
    gathered: int = 0
    waiting: int = 0
    refused: int = 0


class Direct(msgspec.Struct, frozen=True):
    """How many messages one person was sent alone, and why; how many wait, or came together."""

    name: str
    why: tuple[str, ...] = ()
    sent: int = 0
    held: int = 0
    batched: int = 0


class Following(msgspec.Struct, frozen=True):
    """Who follows a project, what happened in a time, and what came of it in the channels.

    `is_cut` says that more happened than was looked at; `names` has those of channels that are
    known, by `slack:C123`.
    """

    followed: list[Followed]
    happened: list[Happened]
    told: list[Told]
    direct: list[Direct]
    is_cut: bool = False
    names: dict[str, str] = {}


class Arrival(msgspec.Struct, frozen=True):
    """What became of a message: it is in its channel, or why not."""

    ok: bool
    why: str = ""


class ReadsSubscriptions(Protocol):
    """Tells who follows what; a wish that cannot be read raises Refused with what to write."""

    async def following(
        self, project: str, team: str, since: datetime, until: datetime, beside: Sequence[Place]
    ) -> Following:
        """Return who follows a project, or its team in Linear, and what came of it in this time.

        It names the channels of these, and those `beside` them.
        """
        ...

    async def wished(
        self, place: Place, project: str, what: str, where: str, mark: str
    ) -> Followed:
        """Return what a channel would follow by these features and this filter; `mark` names it."""
        ...

    async def narrowed(self, one: Followed, where: str) -> Followed:
        """Return a subscription that lets less through: what fits this filter as well."""
        ...

    async def stands(self, subscription: str) -> Followed | None:
        """Return a subscription as it is now; None where there is none, or it has ended."""
        ...

    async def arrival(self, key: str) -> Arrival | None:
        """Return what became of what was posted under this key; None as long as it is coming."""
        ...


class KeepsSubscriptions(ReadsSubscriptions, Protocol):
    """Also changes them."""

    async def ensure_followed(self, one: Followed) -> Followed:
        """Let a channel follow what this says, and nothing else by the same pattern."""
        ...

    async def delete_followed(self, subscription: str) -> None:
        """End a subscription; one that has ended stays so."""
        ...
