"""What people ask about the services that the bot is connected to: how each is, now."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot import grammar, times
from bot.chat import Actor, Origin
from bot.people.clocks import zone_of
from bot.replies import Say, no
from bot.rules import Rules
from bot.words import PLATFORMS
from flows.engine.access import Role
from flows.engine.tools import System, Vital
from flows.report import Code, Inline, Report, bullets, table, text
from storage import deliveries, projects
from storage.database import Database

OF_SERVICES = ("Breakers", "Outbox")  # what the bot's own vitals tell of them
LATELY = timedelta(days=1)
HOW_TO_HEAR = (
    "Webhooks: without them the bot sees no events. If something has happened on GitHub or Linear "
    "since yesterday, look at the deliveries of the webhook there: its address, and its secret."
)


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
        now = self._clock()
        async with self._database.read() as connection:
            role = self._rules.highest(by, await projects.every(connection))
            heard = await deliveries.heard(connection, now - LATELY)
            zone = await zone_of(connection, by)
        if not role.covers(Role.OPERATOR):
            return no(
                f"The services are shown to operators and up; your role is {role}.", "forbidden"
            )
        own = [each for each in (await self._system.vitals()).items if each.name in OF_SERVICES]
        found = [*await self._system.services(), *own]
        hooks = [_webhooks(each, times.said(each.last, now, zone)) for each in heard]
        return Say(_report([*found, *hooks], is_told=bool(heard)))


def _webhooks(heard: deliveries.Heard, last: str) -> Vital:
    count = f"{heard.many:,} in a day, last {last}"
    failed = f", {heard.failed:,} could not be used" if heard.failed else ""
    return Vital(
        f"Webhooks of {PLATFORMS.get(heard.source, heard.source)}",
        ok=not heard.failed,
        value=f"{count}{failed}",
        remedy=f"The last error: {heard.error}",
    )


def _report(found: list[Vital], *, is_told: bool) -> Report:
    """Return how everything is, in one verdict; `is_told` says that webhooks came of late."""
    broken = [each for each in found if not each.ok]
    rows: list[tuple[Inline, ...]] = [
        ("✅" if each.ok else "🔴", each.name, each.value)
        for each in sorted(found, key=lambda each: each.ok)
    ]
    todo = [f"{each.name}: {each.remedy}" for each in broken]
    said = f"{len(broken)} of {len(found)} need a look." if broken else "All are well."
    if not is_told:
        joined = f"{said[:-1]}, and" if broken else "All answer, but"
        said = f"{joined} no webhook came in the last day."
        todo.append(HOW_TO_HEAR)
    more = text("Everything that is measured: ", Code("/flow health"))
    head = ("", "What", "How it is")
    return Report(
        "Integrations",
        said,
        "warn" if todo else "good",
        (table(head, rows), *([bullets(todo, "What to do")] if todo else ()), more),
    )
