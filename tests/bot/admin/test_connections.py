"""Operators see how every service is that the bot is connected to."""

from dataclasses import replace

from bot.admin.connections import Connections
from bot.console.render import render
from bot.grammar import Verb
from bot.replies import Say
from flows.engine.tools import Vital, Vitals
from storage.tables import deliveries
from tests.bot.front import Front
from tests.bot.lab import ADA, CAT, HERE, RULES
from tests.flows.engine.memory import Knowledge

GITHUB = Vital("GitHub", ok=True, value="answers in 3 ms")
LINEAR = Vital("Linear", ok=False, value="not usable", remedy="The token was revoked.")


class Known(Knowledge):
    """Two services, and one breaker that is open."""

    async def vitals(self) -> Vitals:
        left = Vital("Breakers", ok=False, value="linear: left alone", remedy="It comes back.")
        return Vitals([left, Vital("Clock", ok=True, value="right")], {})

    async def services(self) -> list[Vital]:
        return [GITHUB, LINEAR]


async def asked(front: Front, who: object = ADA) -> tuple[Say, str]:
    """Ask; return the answer, also as plain text."""
    desk = Connections(front.database, RULES, front.clock, Known())
    said = await desk.answer(Verb("integrations", ()), who, HERE, "key")  # type: ignore[arg-type] # somebody
    return said, " ".join(render(said.report).split())


async def test_what_is_broken_comes_first(front: Front) -> None:
    """With what to do; a service that tells nothing by webhooks is named."""
    said, told = await asked(front)
    assert said.report.summary == "2 of 3 need a look, and no webhook came in the last day."
    assert told.index("Linear not usable") < told.index("GitHub answers")
    assert "Linear: The token was revoked." in told
    assert "linear: left alone" in told
    assert "Clock" not in told
    assert "look at the deliveries of the webhook there" in told


async def heard(front: Front, *, state: str, error: str) -> None:
    """Let GitHub have told something just now."""
    row = {"id": "1", "source": "github", "event": "push", "action": "", "project": ""}
    more = {"state": state, "error": error, "body": b"", "received_at": front.clock()}
    async with front.database.begin() as connection:
        await connection.execute(deliveries.insert().values(**row, **more))


async def test_webhooks_are_told_with_their_last_error(front: Front) -> None:
    """Of one day."""
    await heard(front, state="failed", error="no such thing")

    _, told = await asked(front)

    assert "Webhooks of GitHub 1 in a day, last 15:30 UTC, 1 could not be" in told
    assert "The last error: no such thing" in told


async def test_it_is_for_operators(front: Front) -> None:
    """Some of it says which accounts the bot has."""
    said, _ = await asked(front, CAT)
    assert said.kind == "forbidden"
    assert "your role is viewer" in said.report.summary
    assert (await asked(front, replace(ADA, id="U9")))[0].kind == "answer"


async def test_all_is_well(front: Front) -> None:
    """The desk of the whole bot says so, and nothing else right below it."""
    silent = await front.say("integrations")
    assert "All answer, but no webhook came in the last day." in silent
    assert "All are well" not in silent
    await heard(front, state="done", error="")
    assert "All are well." in await front.say("integrations")
