"""Keeps whoever lost a run from writing to it: each lease has an epoch, and only the last counts.

A worker that was paused for longer than its lease comes back believing that it still plays. Every
write of an attempt therefore names its lease, and is left out where another has taken the run.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import runs

HELD_FOR = timedelta(seconds=10)


class Lease(NamedTuple):
    """The right to write to a run; `epoch` counts who had it before."""

    run_id: str
    epoch: int


async def standing(
    connection: AsyncConnection, leases: Collection[Lease], changed: Collection[str] = ()
) -> dict[Lease, str]:
    """Return the leases that still count, each with who asked for its run to stop ("": nobody).

    They count until the caller's transaction ends: nobody can take over one of the runs before.
    Nor can anybody change the runs that are to be changed besides.
    """
    if not leases and connection.dialect.name == "sqlite":
        return {}  # it has one writer at a time: nobody else can change anything
    ids = {each.run_id for each in leases}.union(changed)
    rows = await connection.execute(_STANDING, {"ids": [*ids]})
    found = {Lease(run_id, epoch): stop_by for run_id, epoch, stop_by in rows}
    return {each: found[each] for each in leases if each in found}


# In a fixed order, so that two transactions that hold several runs never wait for each other.
_STANDING = (
    select(runs.c.id, runs.c.lease_epoch, runs.c.stop_by)
    .where(runs.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(runs.c.id)
    .with_for_update(key_share=True)
)
