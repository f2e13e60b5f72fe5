"""Carry out a plan and take all of it back, to see that every undo undoes."""

from collections.abc import Sequence
from typing import Any

from bot import grammar
from bot.dispatch import Accepted
from flows.engine.effects import Done, Effect
from flows.engine.errors import FlowError
from flows.engine.run import Run, play
from flows.engine.talk import Place
from flows.engine.tools import Identity
from flows.engine.undo import Past
from flows.report import Report
from storage import projects
from tests.flows.play import ORIGIN, PAGE, RULES, Play
from tests.journals import open_journal


class Regretted(FlowError):
    """Everything was done, and taken back as far as possible; the text names what stays."""


class RegrettingRun(Run):
    """A run whose plans are carried out at once, and then regretted."""

    async def apply(
        self,
        *effects: Effect[Any],
        show: Report | None = None,
        covers: Sequence[Effect[Any]] = (),
    ) -> Done:
        """Do everything in order, then undo it in reverse."""
        results: dict[str, Any] = {}
        for each in effects:
            results[each.title] = await self._effect(each, results)
        left = await self._take_back(effects, results)
        raise Regretted(f"Left: {', '.join(left) or 'nothing'}")


async def regretted(on: Play, command: str) -> str:
    """Play a command that changes things and regret it; return what the run said in the end."""
    accepted = await on.ask(command)
    order = grammar.parse(command)
    assert isinstance(accepted, Accepted)
    assert isinstance(order, grammar.Order)
    project = str(getattr(order.params, "repo", ""))
    async with on.database.read() as connection:
        settings = await projects.find(connection, project)
    identity = Identity(
        id=accepted.run_id,
        flow=order.flow.slug,
        project=project,
        actor="ada",
        url=PAGE,
        started=on.clock(),
        policy=RULES.policy(order.flow, settings),
        settings=settings,
        place=Place(ORIGIN.platform, ORIGIN.channel),
    )
    journal = await open_journal(
        on.database, accepted.run_id, on.clock, has_thread=False, told=lambda _: None
    )
    outcome = await play(
        order.flow, order.params, RegrettingRun(identity, journal, on.tools, Past({}, {}))
    )
    return outcome.line
