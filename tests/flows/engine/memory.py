"""A journal in memory that may lose its process, and a small world that runs change."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from flows.engine.journal import Answer, Entry, Question
from flows.engine.tools import Baseline, Vital, Vitals
from integrations.errors import NotFound
from integrations.meter import Meter, permit

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)


class Lost(BaseException):
    """The process is gone: nothing after this runs, nobody catches it."""


class Memory:
    """Keeps a run's entries and answers as the database does, from one attempt to the next."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.answers: dict[str, Answer] = {}
        self.asked: dict[str, Question] = {}
        self.log: list[tuple[str, str]] = []
        self.used: dict[str, Meter] = {}
        self.heard: Callable[[Entry], None] = lambda _: None
        self.lose: tuple[Literal["before", "after"], int] | None = None
        self.clock = NOW
        self.topics: tuple[str, ...] = ()
        self.due = NOW

    def now(self) -> datetime:
        return self.clock

    def entry(self, title: str) -> Entry | None:
        return self.entries.get(title)

    def answer(self, key: str) -> Answer | None:
        return self.answers.get(key)

    async def write(self, entry: Entry, used: Meter | None = None) -> None:
        self._lose("before")
        before = self.entries.get(entry.title)
        again = before and before.state == "retrying" and entry.attempt > before.attempt
        if entry.state != "running" or before is None or again:
            self.entries[entry.title] = entry
        if used:
            self.used[entry.title] = used
        self.log.append((entry.title, entry.state))
        self.heard(entry)
        self._lose("after")

    async def ask(self, question: Question) -> None:
        self._lose("before")
        self.asked.setdefault(question.key, question)
        self._lose("after")

    async def wait(self, entry: Entry, topics: tuple[str, ...], due: datetime | None) -> None:
        await self.write(entry)
        self.topics, self.due = topics, due or self.clock

    def say(self, choice: str, by: str = "ben") -> None:
        """Answer every question that is open."""
        for key in self.asked.keys() - self.answers.keys():
            self.answers[key] = Answer(choice, by, NOW)

    def titles(self, state: str) -> list[str]:
        """Return what reached this state, in order."""
        return [title for title, reached in self.log if reached == state]

    def _lose(self, moment: Literal["before", "after"]) -> None:
        """Count the writes down and lose the process, before or after this one is stored."""
        if self.lose is None or self.lose[0] != moment:
            return
        self.lose = (moment, self.lose[1] - 1)
        if self.lose[1] == 0:
            raise Lost


class Thing(msgspec.Struct, frozen=True):
    """Something in the world: its name and its number."""

    name: str
    number: int
    at: datetime = NOW


class World:
    """Things by name; counts who looked and who changed, and fails where it is told to."""

    def __init__(self) -> None:
        self.things: dict[str, str] = {}
        self.looks: list[str] = []
        self.writes: list[str] = []
        self.errors: dict[str, list[BaseException]] = {}
        self.lose_at = 0

    def fail(self, name: str, *errors: BaseException) -> None:
        """Let the next calls for this name raise these errors, one each."""
        self.errors[name] = list(errors)

    async def thing(self, name: str) -> Thing:
        permit(write=False).count("world", 100)
        self.looks.append(name)
        self._may_fail(name)
        return Thing(name, len(name))

    async def names(self) -> list[str]:
        permit(write=False).count("world", 10)
        self.looks.append("names")
        return sorted(self.things)

    async def present(self, name: str) -> Thing | None:
        found = await self.thing(name)
        return found if name in self.things else None

    async def missing(self) -> Thing | None:
        permit(write=False)
        return None

    async def ensure_thing(self, name: str, value: object = "") -> Thing:
        permit(write=True).count("world", 50)
        self._may_fail(name)
        self.writes.append(f"+{name}")
        self.things[name] = str(value)
        self._may_be_lost()
        return Thing(name, len(name))

    async def delete_thing(self, name: str) -> None:
        permit(write=True).count("world", 50)
        self._may_fail(f"-{name}")
        self.writes.append(f"-{name}")
        self.things.pop(name, None)
        self._may_be_lost()

    async def gone(self) -> Thing:
        permit(write=False)
        raise NotFound("There is no such thing.")

    def _may_fail(self, name: str) -> None:
        if self.errors.get(name):
            raise self.errors[name].pop(0)

    def _may_be_lost(self) -> None:
        """Lose the process after the world has changed, before anybody could write it down."""
        self.lose_at -= 1
        if self.lose_at == 0:
            raise Lost


class Knowledge:
    """What the bot knows of itself here: one earlier result."""

    async def vitals(self) -> Vitals:
        return Vitals([], {})

    async def services(self) -> list[Vital]:
        return []

    async def away(self, logins: list[str], at: datetime) -> dict[str, str]:
        return dict.fromkeys(logins[:0], f"{at}")

    async def baseline(self, flow: str, project: str, before: datetime) -> Baseline | None:
        permit(write=False)
        if project != "acme/api":
            return None
        return Baseline(before - timedelta(days=7), {"flow": flow, "hours": 1.5})
