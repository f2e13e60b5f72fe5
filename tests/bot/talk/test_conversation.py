"""One conversation, held on Slack by socket, on Slack by HTTP, and on Discord."""

import re
from dataclasses import dataclass, field

from bot.dispatch import Dispatch
from bot.rules import Rules
from bot.threads import Threads
from flows.engine.access import Role
from flows.engine.policy import PolicySettings
from flows.engine.tools import ProjectSettings
from storage import audit, projects, runs
from storage.records import RunRecord
from tests.bot.lab import Lab
from tests.bot.talk.conftest import NewLab
from tests.bot.talk.places import PLACES, Counted, Place, opened

RULES = Rules(
    admins=frozenset(),
    maintainers=frozenset(),
    default=Role.MAINTAINER,
    self_approval=False,
    page_url="https://flowbot.example",
)
BOTH = ProjectSettings("", policies={"make": PolicySettings(approvals=2)})
RUN_ID = re.compile(r"\b[0-9a-f]{16}\b")
SCHEDULE_ID = re.compile(r"\b[0-9a-f]{8}\b")
WORD = re.compile(r"\w+|[✅⚠✓👀]")
TIMES = re.compile(r"(?:\bat )?\d\d:\d\d|\d+ Mar(?:ch)? \d+|< 1 s|\d+ min")
ACKNOWLEDGED = {"On", "it", "details"}  # only Discord wants an answer to every command


@dataclass
class Talk:
    """A conversation at one place: what is said there, and what comes of it."""

    lab: Lab
    place: Place
    dispatch: Counted
    threads: Threads
    started: list[str] = field(default_factory=list)

    async def type(self, who: str, line: str) -> None:
        """Type something, and let the bot do all that follows."""
        before = self.dispatch.answered
        await self.place.type(who, line)
        await self._follow(before)

    async def press(self, who: str, label: str) -> None:
        """Press a button."""
        before = self.dispatch.answered
        await self.place.press(who, label)
        await self._follow(before)

    async def fill(self, who: str, **values: str) -> str:
        """Fill in a form; return what does not fit."""
        before = self.dispatch.answered
        wrong = await self.place.fill(who, **values)
        await self._follow(before)
        return wrong

    async def _follow(self, before: int) -> None:
        await self.dispatch.until(before + 1)
        while queued := [each for each in await self.runs() if each.state == "queued"]:
            for each in queued:
                await self.lab.player().play(each.id)
        self.lab.clock.forward(60)
        while await self.lab.outbox():
            await self.threads.deliver()
            self.lab.clock.forward(60)
        self.started = [each.id for each in await self.runs()]

    async def runs(self) -> list[RunRecord]:
        """Return all runs, the oldest first."""
        async with self.lab.database.read() as connection:
            return (await runs.page(connection, limit=100))[::-1]

    def named(self, text: str) -> str:
        """Return text in which runs are numbered in the order in which they were started."""
        numbered = RUN_ID.sub(lambda found: self._number(found[0]), text)
        return SCHEDULE_ID.sub("the schedule", numbered)

    def words(self, text: str) -> list[str]:
        """Return what a message says, without what each platform has of its own, and the time."""
        plain = TIMES.sub("", self.named(text)).replace(":eyes:", "👀")
        return WORD.findall(plain)

    def _number(self, run_id: str) -> str:
        return f"run {self.started.index(run_id) + 1}" if run_id in self.started else run_id


@dataclass
class Came:
    """What a conversation came to."""

    runs: list[tuple[str, ...]]
    audit: list[tuple[str, ...]]
    threads: list[list[list[str]]]
    whispers: set[str]


async def converse(talk: Talk) -> None:
    """Hold the conversation: twenty-odd commands, buttons, forms, a quorum of two, an undo."""
    await talk.type("ada", "/flow help")
    await talk.type("ada", "/flow look desk")
    await talk.type("bo", "@flowbot look chair")
    await talk.type("cy", "!flow look lamp")
    await talk.type("ada", "/flow relook desk")
    await talk.type("ada", "/flow make")
    assert not await talk.fill("ada", name="table", color="blue")
    await talk.press("ada", "Approve")
    await talk.press("bo", "Approve")
    await talk.press("bo", "Approve")
    await talk.press("cy", "Approve")
    await talk.type("ada", f"/flow undo {talk.started[-1]}")
    await talk.press("bo", "Approve")
    await talk.press("cy", "Approve")
    await talk.type("ada", "/flow make chair --dry-run")
    await talk.press("bo", "Run for real")
    await talk.press("cy", "Decline")
    await talk.type("ada", "/flow rerun " + talk.started[-1])
    await talk.type("bo", f"/flow cancel {talk.started[-1]}")
    await talk.type("cy", "/flow choose")
    await talk.press("ada", "red")
    await talk.type("cy", "/flow fill")
    await talk.press("ada", "Answer")
    assert not await talk.fill("ada", color="red", count="3")
    await talk.type("ada", "/flow vote")
    await talk.press("bo", "no")
    await talk.type("ada", f"/flow status {talk.started[-1]}")
    await talk.type("ada", "/flow runs")
    await talk.type("ada", "/flow schedule weekdays 9:00 look desk")
    await talk.type("ada", "/flow schedules")
    await talk.type("ada", "/flow lock desk --for 2h We paint it")
    await talk.type("bo", "/flow unlock desk")
    await talk.type("ada", "/flow locks")
    await talk.type("ada", "/flow make chair red 99")


async def held(place: str, lab: Lab) -> Came:
    """Hold the conversation at a place; return all that it came to."""
    way_in = Counted(Dispatch(lab.database, lab.queue, RULES, lab.clock, lab.find, lab.passes))
    async with lab.database.begin() as connection:
        await projects.save(connection, BOTH, lab.clock())
    async with opened(place, way_in) as there:
        chats = {"slack": there.chat, "discord": there.chat}
        threads = Threads(lab.database, lab.queue, RULES, lab.clock, chats, lab.find)
        talk = Talk(lab, there, way_in, threads)
        await converse(talk)
        async with lab.database.read() as connection:
            assert (await audit.verify(connection)).fault == ""
            noted = [each async for each in audit.every(connection)]
        return Came(
            [
                (each.flow, talk.named(each.command), each.state, each.actor["name"], each.line)
                for each in await talk.runs()
            ],
            [
                (each.action, each.actor["name"], each.door, talk.named(each.detail))
                for each in noted
            ],
            [[talk.words(each) for each in thread] for thread in there.threads()],
            {word for each in there.whispers() for word in talk.words(each)} - ACKNOWLEDGED,
        )


async def test_a_conversation_is_the_same_everywhere(new_lab: NewLab) -> None:
    """The same runs, the same audit, threads that say the same in the same order."""
    first, second, third = [await held(place, await new_lab()) for place in PLACES]

    assert first.runs == second.runs == third.runs
    assert first.audit == second.audit == third.audit
    assert first.threads == second.threads == third.threads
    assert first.whispers == second.whispers == third.whispers
    assert [each[2] for each in first.runs] == [
        *("done",) * 6,
        "stopped",
        "cancelled",
        *("done",) * 3,
    ]
