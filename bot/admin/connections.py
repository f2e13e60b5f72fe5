"""What people ask about the services that the bot is connected to: how each is, now."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot import grammar
from bot.chat import Actor, Origin
from bot.replies import Say, no
from bot.rules import Rules
from flows.engine.access import Role
from flows.engine.tools import System, Vital
from flows.report import Code, Inline, Report, bullets, table, text
from storage import deliveries, projects
from storage.database import Database

OF_SERVICES = ("Breakers", "Outbox")  # what the bot's own vitals tell of them
LATELY = timedelta(days=1)


class Connections:
    """Answers `integrations`, to operators: some of it says which accounts the bot has."""

    verbs = frozenset({"integrations"})

    def __init__(
        self, database: Database, rules: Rules, clock: Callable[[], datetime], system: System
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._system = system

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - it only looks
        """Ask every service how it is, and say so."""
        since = self._clock() - LATELY
        async with self._database.read() as connection:
            role = self._rules.highest(by, await projects.every(connection))
            heard = await deliveries.heard(connection, since)
        if not role.covers(Role.OPERATOR):
            return no(
                f"The services are shown to operators and up; your role is {role}.", "forbidden"
            )
        own = [each for each in (await self._system.vitals()).items if each.name in OF_SERVICES]
        found = [*await self._system.services(), *own, *map(_webhooks, heard)]
        return Say(_report(found, [each.source for each in heard]))


def _webhooks(heard: deliveries.Heard) -> Vital:
    count = f"{heard.many:,} in a day, the last {heard.last:%Y-%m-%d %H:%M} UTC"
    failed = f", {heard.failed:,} could not be used" if heard.failed else ""
    return Vital(
        f"Webhooks of {heard.source}",
        ok=not heard.failed,
        value=f"{count}{failed}",
        remedy=f"The last error: {heard.error}",
    )


def _report(found: list[Vital], heard: list[str]) -> Report:
    broken = [each for each in found if not each.ok]
    rows: list[tuple[Inline, ...]] = [
        ("✅" if each.ok else "🔴", each.name, each.value)
        for each in sorted(found, key=lambda each: each.ok)
    ]
    todo = [bullets([f"{each.name}: {each.remedy}" for each in broken], "What to do")]
    said = f"{len(broken)} of {len(found)} need a look." if broken else "All are well."
    quiet = [] if heard else [text("No webhook came in the last day: events are not seen then.")]
    more = text("Everything that is measured: ", Code("/flow health"))
    head = ("", "What", "How it is")
    return Report(
        "Integrations",
        said,
        "warn" if broken else "good",
        (table(head, rows), *(todo if broken else ()), *quiet, more),
    )
