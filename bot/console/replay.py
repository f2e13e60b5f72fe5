"""Replays a stored delivery from the terminal: whom it would reach now, and its dry runs."""

import argparse
import getpass
import sys
from uuid import uuid4

from bot.chat import Actor
from bot.console.render import render
from bot.console.run import follow
from bot.dispatch import Accepted, Dispatch, Say
from storage.database import Database


async def replay(database: Database, dispatch: Dispatch, options: argparse.Namespace) -> int:
    """Print whom a delivery would reach, and follow its dry runs; 2 where it cannot be done."""
    user = getpass.getuser()
    platform, _, name = (options.person or f"terminal:{user}").partition(":")
    me = Actor(platform, name, name)
    found = await dispatch.replays.replay(options.delivery, me, f"terminal:{uuid4()}")
    if isinstance(found, Say):
        sys.stderr.write(f"{render(found.report)}\n")
        return 2
    sys.stdout.write(f"{render(dispatch.replays.shown(found))}\n")
    sys.stdout.flush()
    ends = [
        await follow(database, dispatch, reply.run_id, me, options)
        for _, reply in found.started
        if isinstance(reply, Accepted)
    ]
    return max(ends, default=0)
