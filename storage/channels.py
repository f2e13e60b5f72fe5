"""Channels: how each of them wants to be told things."""

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.insert import insert
from storage.tables import channels


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
    statement = insert(connection.dialect.name, channels).values(values)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["platform", "channel"], set_={"settings": values["settings"]}
        )
    )
