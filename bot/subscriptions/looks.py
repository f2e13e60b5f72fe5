"""One look at a thing outside: read how it stands, note that, and bring the channels up to date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.followed import alert, deployment, issue, linear, pull, push, release, workflow
from bot.followed.things import Said, Seen, merged
from bot.subscriptions import alerts, boards, builds
from bot.subscriptions.hints import Thing
from bot.subscriptions.wishes import fits
from integrations.errors import NotFound
from integrations.github import Deployment, GitHubReader, PullState, RunState
from integrations.linear import LinearReader
from storage import sightings, subscriptions
from storage.followed_records import SightingRecord, SubscriptionRecord

SAID_ALL = frozenset({"push", "alert", "commit"})  # what was said of them is all there is
MOST_QUESTIONS = 8  # four minutes: who gets no answer by then asks after the next event


class Unreadable(Exception):
    """Nobody here can read such things."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The transaction of a look, at what, when, and everything that channels follow."""

    connection: AsyncConnection
    record: SightingRecord
    thing: Thing
    at: datetime
    soon: datetime
    live: Sequence[SubscriptionRecord]

    async def board(self, topic: str = "") -> boards.Board:
        """Return where this thing is shown, or another one of the same home."""
        name = topic or self.record.topic
        return await boards.board_of(self.connection, name, self.thing.home, self.at, self.live)

    async def hint(self, topic: str, said: Sequence[Said]) -> None:
        """Say that another thing has to be looked at, because of what this one says of it."""
        await sightings.hint(self.connection, topic, self.at, self.soon, said)


class Eyes:
    """Reads how things stand: each kind in one or two calls."""

    def __init__(self, github: GitHubReader, linear: LinearReader | None) -> None:
        self._github = github
        self._linear = linear

    async def state(self, thing: Thing) -> object:
        """Return how a thing stands; None where there is nothing to read, or it is gone.

        Raises an OutsideError, or Unreadable.
        """
        if thing.kind in SAID_ALL:
            return None
        if thing.kind == "branch":
            return await self._github.open_pulls(thing.home, base=thing.name)
        if thing.kind == "release":
            return await self._release(thing.home, thing.name)
        if thing.kind == "linear" and self._linear:
            return await self._linear.issue(thing.name)
        read = {
            "pull": self._github.pull_state,
            "issue": self._github.issue_state,
            "run": self._github.workflow_run,
            "deployment": self._github.deployment_state,
        }.get(thing.kind)
        if read is None or not thing.name.isdecimal():
            raise Unreadable(thing.kind)
        return await read(thing.home, int(thing.name))

    async def _release(self, home: str, tag: str) -> object:
        try:
            return await self._github.release_state(home, tag)
        except NotFound:
            return None  # it was deleted, or is a draft again


async def shown(scene: Scene, state: object) -> Mapping[str, Any]:
    """Bring the channels up to date; return what the next look compares with."""
    match state:
        case PullState():
            return await _pull(scene, state)
        case RunState():
            return await _run(scene, state)
        case Deployment():
            return await _deployment(scene, state)
    if told := {"commit": _commit, "alert": _alerts}.get(scene.thing.kind):
        return await told(scene)
    seen = _seen(scene, state)
    if seen is not None:
        await boards.show(await scene.board(), seen, scene.record.said)
        return seen.memory
    return await _gone(scene) if scene.thing.kind == "release" else scene.record.state


async def forget_trouble(scene: Scene) -> None:
    """Note that things of this home can be read."""
    ids = [each.id for each in scene.live if each.trouble and fits(each.pattern, scene.thing.home)]
    if ids:
        await subscriptions.trouble(scene.connection, ids, "")


def _seen(scene: Scene, state: Any) -> Seen | None:  # noqa: ANN401 - how the thing of the scene stands
    home, before, said = scene.thing.home, scene.record.state, scene.record.said
    match scene.thing.kind:
        case "issue":
            return issue.seen(home, state, before, said)
        case "release" if state:
            return release.seen(home, state)
        case "linear":
            return linear.seen(state, before)
        case "push" if said:
            return push.seen(home, said[-1])
    return None


async def _pull(scene: Scene, state: PullState) -> Mapping[str, Any]:
    home, said = scene.thing.home, scene.record.said
    seen = pull.seen(home, state, scene.record.state, said)
    await boards.show(await scene.board(), seen, said)
    for sha in (state.head_sha, *(each["sha"] for each in said if each["kind"] == "merge")):
        topic = f"github:commit:{home}@{sha}"
        await sightings.held(scene.connection, topic, scene.at)
        await sightings.keep(scene.connection, topic, {"pull": state.number}, scene.at)
    return {**seen.memory, "asked": await _asked_again(scene, state)}


async def _asked_again(scene: Scene, state: PullState) -> int:
    """Look once more where GitHub still works out what stands in the way; return how often."""
    asked: int = scene.record.state.get("asked", 0)
    is_unknown = state.state == "open" and state.mergeable == "unknown"
    if not is_unknown or asked >= MOST_QUESTIONS:
        return 0
    due = scene.at + (scene.soon - scene.at) * 2**asked
    await sightings.hint(scene.connection, scene.record.topic, scene.at, due)
    return asked + 1


async def _run(scene: Scene, run: RunState) -> Mapping[str, Any]:
    home, topic = scene.thing.home, builds.topic_of(scene.thing.home, run)
    kept = await sightings.held(scene.connection, topic, scene.at)
    before = workflow.health_from(kept.state.get("health", {}))
    health = workflow.health_after(run, before)
    if health is None:
        return scene.record.state
    facts = workflow.facts_of(home, run)
    stored = {"health": msgspec.to_builtins(health), "facts": facts}
    await sightings.keep(scene.connection, topic, stored, scene.at)
    if not builds.is_of_pull(run):
        await builds.show(await scene.board(topic), home, run, health)
    elif said := workflow.said_of(run, health):
        for number in run.pulls:
            await scene.hint(f"github:pull:{home}#{number}", [said])
    return {"facts": facts, "build": topic}


async def _deployment(scene: Scene, state: Deployment) -> Mapping[str, Any]:
    home = scene.thing.home
    turned = await _turned(scene, state)
    seen = deployment.seen(home, state, turned=turned)
    board = await scene.board()
    if deployment.is_over(state):
        board = boards.with_cards(board)
    await boards.show(board if turned else boards.without_quiet(board), seen)
    commit = await sightings.get(scene.connection, f"github:commit:{home}@{state.sha}")
    said = deployment.said_of(state)
    if said and commit and "pull" in commit.state:
        await scene.hint(f"github:pull:{home}#{commit.state['pull']}", [said])
    return seen.memory


async def _turned(scene: Scene, state: Deployment) -> bool:
    """Say whether the environment fails newly by this deployment, or works again by it."""
    topic = f"github:environment:{scene.thing.home}/{state.environment}"[:240]
    last = (await sightings.held(scene.connection, topic, scene.at)).state
    if last.get("id", 0) > state.id:  # a newer one is there: it stays as it was
        return bool(scene.record.state.get("turned"))
    if deployment.standing(state) in deployment.MOVING:
        return False
    same = last.get("id") == state.id
    before = last["before"] if same else last.get("state", "")
    kept = {"id": state.id, "state": state.state, "before": before}
    await sightings.keep(scene.connection, topic, kept, scene.at)
    return deployment.turns(state, before)


async def _commit(scene: Scene) -> Mapping[str, Any]:
    """Look at the pull request whose last commit this is: a status of it may have changed."""
    if number := scene.record.state.get("pull"):
        await scene.hint(f"github:pull:{scene.thing.home}#{number}", ())
    return scene.record.state


async def _alerts(scene: Scene) -> Mapping[str, Any]:
    home = scene.thing.home
    known = alert.known_after(scene.record.state.get("alerts", {}), scene.record.said)
    every = list(known.values())
    await alerts.show(await scene.board(), home, every)
    return {"alerts": known, "facts": merged(*(alert.facts_of(home, each) for each in every))}


async def _gone(scene: Scene) -> Mapping[str, Any]:
    board = await scene.board()
    for key, post in board.posts.items():
        if not post.head:
            await board.take_back(key)
    return {}
