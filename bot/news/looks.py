"""One look at a thing, as it concerns single people: whose it is, and what they are told of it.

What is told is stored in the transaction that notes how the thing was seen.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, Protocol, TypedDict

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.followed import workflow
from bot.followed.things import Said
from bot.news import builds, issues, pulls
from bot.news.messages import bring
from bot.news.turns import Turn, quiet
from bot.subscriptions.builds import topic_of
from bot.subscriptions.hints import Thing
from bot.subscriptions.looks import Scene
from integrations.errors import OutsideError, Transient
from integrations.github import Commit, IssueState, Pull, PullState, Repository, RunState
from integrations.github import WorkflowRun as Run
from integrations.linear import Issue
from storage import notices, people, sightings
from storage.database import Database
from storage.people import Person

log = logging.getLogger(__name__)

KINDS = frozenset({"pull", "issue", "run", "linear", "commit", "branch"})
PEOPLE = "news"  # where the state of a thing keeps what its people were told
UNDECIDED = timedelta(seconds=15)
MOST_UNDECIDED = 8
MOST_TOLD = 20
MERGE = "Merge pull request #"  # who pressed the button has not broken anything


class Background(NamedTuple):
    """What more is read for a look: who is in the teams that are asked, and what broke a branch."""

    members: Mapping[str, Sequence[str]] = {}
    breaking: Sequence[Commit] = ()


class Given(TypedDict):
    """Who gave something to somebody, and the event by which that was told."""

    by: str
    name: str
    turn: str


NOTHING = Background()
NOBODY = Given(by="", name="", turn="")


class Reads(Protocol):
    """The part of GitHub that is asked; may raise an `OutsideError`."""

    async def team_members(self, org: str, team: str) -> list[str]: ...
    async def repository(self, repo: str) -> Repository: ...
    async def run_before(self, repo: str, run: Run) -> Run | None: ...
    async def head(self, repo: str, ref: str = "") -> Commit: ...
    async def commits_between(self, repo: str, base: str, head: str) -> list[Commit]: ...


class News:
    """Tells people who want it when something of theirs moves."""

    def __init__(self, database: Database, github: Reads) -> None:
        self._database = database
        self._github = github

    async def kinds(self, connection: AsyncConnection) -> Collection[str]:
        """Return the kinds of things that somebody wants to hear of."""
        return KINDS if await people.want_news(connection) else frozenset()

    async def background(self, thing: Thing, state: object) -> Background:
        """Read what else has to be known; Transient where it has to be tried again."""
        async with self._database.read() as connection:
            if not await people.want_news(connection):
                return NOTHING
        match state:
            case PullState() if state.state == "open":
                teams = {each: await self._members(each) for each in state.teams}
                return Background(teams)
            case RunState() if state.conclusion in workflow.BAD and state.event == "push":
                return Background(breaking=await self._breaking(thing.home, state))
        return NOTHING

    async def _members(self, team: str) -> Sequence[str]:
        """Return who is in a team; nobody where the bot may not see that."""
        org, _, slug = team.partition("/")
        try:
            return await self._github.team_members(org, slug)
        except Transient:
            raise
        except OutsideError as error:
            log.info("nobody in %s is told of reviews: %s", team, error)
            return ()

    async def _breaking(self, repo: str, run: RunState) -> Sequence[Commit]:
        """Return the commits that newly broke the default branch; none where it was broken."""
        try:
            if run.branch != (await self._github.repository(repo)).default_branch:
                return ()
            before = await self._github.run_before(repo, run)
            if before and before.conclusion in workflow.BAD:
                return ()
            newest = await self._github.head(repo, run.sha)
            if before is None:
                return [newest]
            commits = await self._github.commits_between(repo, before.sha, run.sha)
            return [each for each in commits if not each.title.startswith(MERGE)] or [newest]
        except Transient:
            raise
        except OutsideError as error:
            log.info("nobody is told who broke %s: %s", repo, error)
            return ()

    async def tell(self, scene: Scene, state: object, more: Background) -> Mapping[str, Any]:
        """Tell people how a thing stands; return what the next look has to know."""
        match state:
            case PullState():
                return await _pull(scene, state, more)
            case RunState():
                await _run(scene, state, more)
            case IssueState():
                return await _issue(scene, state)
            case Issue():
                return await _linear(scene, state)
            case [*found]:
                await _base_moved(scene, [each for each in found if isinstance(each, Pull)])
        return {}


async def _pull(scene: Scene, state: PullState, more: Background) -> Mapping[str, Any]:
    """Tell the author and the reviewers; while GitHub makes its mind up, the author waits."""
    home, before = scene.thing.home, scene.record.state.get(PEOPLE, {})
    given = given_by("asked", before, scene.record.said, state.reviewers)
    memory: dict[str, Any] = {"given": given} if given else {}
    await _reviewers(scene, state, more, given)
    author = await _known(scene, "github", state.author)
    is_open = state.state == "open" and not state.draft
    wants = author is not None and author.settings.news
    if wants and is_open and state.mergeable == "unknown":
        undecided = before.get("undecided", 0) + 1
        if undecided <= MOST_UNDECIDED:
            later = scene.at + UNDECIDED * undecided
            await sightings.hint(scene.connection, scene.record.topic, scene.at, later)
            return {**before, **memory, "undecided": undecided}
    if is_open and state.mergeable == "conflicts":
        memory["conflict"] = before.get("conflict") or state.head_sha
    turn = pulls.of_author(home, state, memory.get("conflict", ""))
    told = list(before.get("told", ()))
    if turn and turn.name in told:
        turn = quiet(turn)  # it is so again: that is no news
    elif turn:
        told.append(turn.name)
    if told:
        memory["told"] = told[-MOST_TOLD:]
    await bring(
        scene.connection,
        f"{notices.NEWS}pull:{home}#{state.number}",
        [(author, turn)] if author and turn else [],
        lambda login: pulls.after_author(home, state, login),
        scene.at,
    )
    return memory


async def _reviewers(
    scene: Scene, state: PullState, more: Background, given: Mapping[str, Given]
) -> None:
    home, found = scene.thing.home, dict[str, tuple[Person, Turn]]()
    teams = {each: team for team, members in more.members.items() for each in members}
    for login in dict.fromkeys((*teams, *state.reviewers)):
        asked = given.get(login.lower(), NOBODY)
        person = await _known(scene, "github", login)
        if person is None or login.lower() == state.author.lower():
            continue
        team = "" if login in state.reviewers else teams[login]
        by_themselves = login.lower() == asked["by"].lower()
        by = "" if by_themselves else asked["name"]
        if turn := pulls.of_reviewer(home, state, login, by, team):
            found[person.id] = person, quiet(turn) if by_themselves else turn
    await bring(
        scene.connection,
        f"{notices.NEWS}review:{home}#{state.number}",
        found.values(),
        lambda login: pulls.after_reviewer(home, state, login),
        scene.at,
    )


async def _run(scene: Scene, run: RunState, more: Background) -> None:
    """Tell who broke the default branch, once, and that it works again."""
    home = scene.thing.home
    kept = await sightings.get(scene.connection, topic_of(home, run))
    health = workflow.health_from(kept.state.get("health", {})) if kept else None
    if health is None or (health.run, health.attempt) != (run.id, run.attempt):
        return  # a later run has said more
    about, works = builds.about(home, run), builds.works(home, run, health.since)
    turns: dict[str, tuple[Person, Turn]] = {}
    authors = {each.author for each in more.breaking} if health.bad else set()
    turn = builds.broken(home, run, len(more.breaking), alone=len(authors) == 1)
    for each in authors:
        if person := await _known(scene, "github", each):
            turns[person.id] = person, turn
    if health.bad and not turns:
        return
    await bring(scene.connection, about, turns.values(), lambda _: works, scene.at)


async def _issue(scene: Scene, state: IssueState) -> Mapping[str, Any]:
    home, before = scene.thing.home, scene.record.state.get(PEOPLE, {})
    given = given_by("assigned", before, scene.record.said, state.assignees)
    turns = []
    for login, each in given.items():
        person = await _known(scene, "github", login)
        if person and state.state == "open" and each["by"].lower() != login:
            turns.append((person, issues.assigned(home, state, each["name"], each["turn"])))
    await bring(
        scene.connection,
        f"{notices.NEWS}issue:{home}#{state.number}",
        turns,
        lambda login: issues.after(home, state, login),
        scene.at,
    )
    return {"given": given} if given else {}


async def _linear(scene: Scene, state: Issue) -> Mapping[str, Any]:
    before = scene.record.state.get(PEOPLE, {})
    given = given_by("assigned", before, scene.record.said, [state.assignee_id])
    turns = []
    for user, each in given.items():
        person = await _known(scene, "linear", user)
        if person and not issues.is_over(state) and each["by"].lower() != user:
            turns.append((person, issues.assigned_in_linear(state, each["name"], each["turn"])))
    await bring(
        scene.connection,
        f"{notices.NEWS}linear:{state.identifier}",
        turns,
        lambda _: issues.after_in_linear(state),
        scene.at,
    )
    return {"given": given} if given else {}


async def _base_moved(scene: Scene, found: Sequence[Pull]) -> None:
    """Look at the pull requests into a branch that has moved: no webhook tells of conflicts."""
    for each in found:
        author = await _known(scene, "github", each.author)
        if author and author.settings.news:
            await scene.hint(f"github:pull:{scene.thing.home}#{each.number}", ())


def given_by(
    kind: str, before: Mapping[str, Any], said: Sequence[Said], now: Sequence[str]
) -> dict[str, Given]:
    """Return who gave something to each who has it now, as far as that was told."""
    given: dict[str, Given] = dict(before.get("given", {}))
    for each in said:
        if each["kind"] == kind:
            who, name = each["who"].lower(), each.get("name") or each["by"]
            known = given.get(who, NOBODY)
            if known["turn"] <= each["id"]:  # it has the time in it: what is told late is over
                given[who] = {"by": each["by"], "name": name, "turn": each["id"]}
    having = {each.lower() for each in now}
    return {who: each for who, each in given.items() if who in having}


async def _known(scene: Scene, platform: str, name: str) -> Person | None:
    return await people.of(scene.connection, platform, name) if name else None
