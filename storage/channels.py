"""Channels: what each of them is called, and how it wants to be told things."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple, TypeAlias

import msgspec
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.insert import insert
from storage.tables import channels

Place: TypeAlias = tuple[str, str]  # its platform, and its id there


class Named(NamedTuple):
    """What a channel was called when it was asked for; "" where the platform did not say."""

    name: str
    at: datetime


class ChannelSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is set for one channel: in a `thread_only` one, a day has one message in all.

    Its days are those of its `zone`.
    """

    thread_only: bool = False
    zone: str = "UTC"


async def find(connection: AsyncConnection, platform: str, channel: str) -> ChannelSettings:
    """Return what is set for a channel; an unknown one has the defaults."""
    query = select(channels.c.settings).where(
        channels.c.platform == platform, channels.c.channel == channel
    )
    settings = (await connection.execute(query)).scalar_one_or_none()
    return msgspec.convert(settings or {}, ChannelSettings)


async def save(
    connection: AsyncConnection, platform: str, channel: str, settings: ChannelSettings
) -> None:
    """Store what is set for a channel."""
    values = {"platform": platform, "channel": channel, "settings": msgspec.to_builtins(settings)}
    statement = insert(connection.dialect.name, channels).values({**values, "name": ""})
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["platform", "channel"], set_={"settings": values["settings"]}
        )
    )


async def names(connection: AsyncConnection, places: Collection[Place]) -> Mapping[Place, Named]:
    """Return what channels are called, and since when that is known; unknown ones are left out."""
    columns = (channels.c.platform, channels.c.channel, channels.c.name, channels.c.named_at)
    query = select(*columns).where(
        tuple_(channels.c.platform, channels.c.channel).in_(list(places)),
        channels.c.named_at.is_not(None),
    )
    rows = await connection.execute(query) if places else ()
    return {(platform, channel): Named(name, at) for platform, channel, name, at in rows}


async def call(connection: AsyncConnection, place: Place, named: Named) -> None:
    """Store what a channel is called; how it wants to be told things stays."""
    platform, channel = place
    values = {"platform": platform, "channel": channel, "settings": {}}
    given = {"name": named.name, "named_at": named.at}
    statement = insert(connection.dialect.name, channels).values({**values, **given})
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["platform", "channel"], set_=given)
    )
