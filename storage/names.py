"""What people are called on the platforms, as far as it is known."""

from collections.abc import Collection, Mapping

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import identities


async def of(connection: AsyncConnection, people: Collection[str]) -> Mapping[str, str]:
    """Return the names of people who are given as `platform:id`; unknown ones are left out."""
    pairs = [each.partition(":") for each in people]
    if not pairs:
        return {}
    wanted = [and_(identities.c.platform == here, identities.c.id == who) for here, _, who in pairs]
    query = select(identities.c.platform, identities.c.id, identities.c.name).where(or_(*wanted))
    return {f"{here}:{who}": name for here, who, name in await connection.execute(query)}


async def called(connection: AsyncConnection, name: str, platform: str) -> list[str]:
    """Return who has this name on a platform, as `platform:id`."""
    query = (
        select(identities.c.id)
        .where(identities.c.platform == platform, func.lower(identities.c.name) == name.lower())
        .order_by(identities.c.id)
    )
    return [f"{platform}:{each}" for each in (await connection.execute(query)).scalars()]
