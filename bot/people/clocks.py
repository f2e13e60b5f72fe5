"""Whose clock an answer is read by."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat import Actor
from storage import people


async def zone_of(connection: AsyncConnection, by: Actor) -> str:
    """Return the time zone of somebody; "" where none is known, and times are said in UTC."""
    person = await people.of(connection, by.platform, by.id)
    return person.settings.zone if person else ""
