"""Plays a body as a flow: once, or until it ends."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from flows.engine.access import Role
from flows.engine.errors import FlowError
from flows.engine.outcome import Outcome
from flows.engine.policy import Policy
from flows.engine.run import ReadRun, Run, open_run, play
from flows.engine.spec import Flow, Params
from flows.engine.tools import Identity, ProjectSettings, Tools
from flows.report import Report
from tests.flows.engine.memory import NOW, Lost, Memory, World

Body = Callable[[Run], Awaitable[Report]]
ReadBody = Callable[[ReadRun], Awaitable[Report]]

ATTEMPTS_AT_MOST = 50


class Nothing(Params):
    pass


def flow_of(body: Body | ReadBody, *, writes: bool = True) -> Flow:
    """Return a body as an entry of a catalogue."""

    async def played(run: Any, _: Nothing) -> Report:  # noqa: ANN401 - a Run or a ReadRun
        return await body(run)

    return Flow(
        slug="thing-care",
        alias="care",
        family="development",
        summary="Look after things.",
        params=Nothing,
        writes=writes,
        role=Role.VIEWER,
        approvals=1,
        examples=("care",),
        body=played,
    )


class Others:
    """The other flows that a run starts: each has the report that a test gives it, or none yet."""

    def __init__(self) -> None:
        self.started: list[tuple[str, Mapping[str, Any]]] = []
        self.ended: dict[str, Report | FlowError] = {}

    async def start(self, parent: str, title: str, flow: str, inputs: Mapping[str, Any]) -> str:
        self.started.append((title, inputs))
        return f"{parent}:{flow}"

    async def report(self, run: str) -> Report | None:
        found = self.ended.get(run)
        if isinstance(found, FlowError):
            raise found
        return found


class Stage:
    """One run in its world: what it remembers outlives every attempt."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.memory = Memory()
        self.world = World()
        self.others = Others()
        self.policy = Policy(Role.VIEWER)
        self.approvals = 1
        self.dry_run = False
        self.project = "acme/api"

    async def play(self, body: Body) -> Outcome:
        """Make one attempt with a run that may change things."""
        return await self._attempt(flow_of(body))

    async def look(self, body: ReadBody) -> Outcome:
        """Make one attempt with a run that only looks."""
        return await self._attempt(flow_of(body, writes=False))

    async def finish(self, body: Body, answer: str = "approve") -> Outcome:
        """Play until the run has ended, whatever is lost, and answer what is asked."""
        for _ in range(ATTEMPTS_AT_MOST):
            try:
                outcome = await self.play(body)
            except Lost:
                continue
            if outcome.ending == "waiting":
                self.memory.say(answer)
                self.memory.clock = max(self.memory.clock, self.memory.due)
            elif outcome.ending != "later":
                return outcome
        raise AssertionError(f"The run has not ended after {ATTEMPTS_AT_MOST} attempts.")

    async def _attempt(self, flow: Flow) -> Outcome:
        identity = Identity(
            id="r1",
            flow=flow.slug,
            project=self.project,
            actor="ada",
            url="https://flowbot.example/runs/r1",
            started=NOW,
            policy=replace(self.policy, approvals=self.approvals),
            settings=ProjectSettings(self.project),
            dry_run=self.dry_run,
        )
        return await play(flow, Nothing(), self._handle(flow, identity))

    def _handle(self, flow: Flow, identity: Identity) -> ReadRun:
        return open_run(flow, identity, self.memory, self.tools, self.others)
