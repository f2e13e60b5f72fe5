"""What the health check says of the services that a bot uses, once it has been run."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime

from bot.dispatch import Dispatch
from bot.player import Player
from bot.replies import Accepted
from bot.vitals import SelfKnowledge
from flows.engine.registry import find
from flows.engine.tools import Vital
from flows.report import Table
from tests.bot.lab import ADA, NOBODY_READS, RULES, Lab


async def checkup(
    lab: Lab, service: Callable[[datetime], Awaitable[list[Vital]]]
) -> tuple[list[str], str]:
    """Type `health` and play it; return its rows about a service, and the rest as text."""
    now = datetime.now(UTC)
    system = SelfKnowledge(lab.database, lab.queue, lambda: now, [service])
    tools = replace(lab.tools, system=system)
    dispatch = Dispatch(lab.database, lab.queue, RULES, lab.clock, find, lab.passes)
    asked = await dispatch.command("health", ADA, NOBODY_READS, f"health {now}")
    assert isinstance(asked, Accepted)
    await Player("w1", lab.database, lab.queue, tools, RULES, lab.clock, find).play(asked.run_id)
    report = await lab.report(asked.run_id)
    assert report
    mine = [each.name for each in await service(now)]
    [table] = [each for each in report.blocks if isinstance(each, Table)]
    rows = [f"{name}: {value}" for _, name, value in table.rows if name in mine]
    return rows, str(report.blocks)
