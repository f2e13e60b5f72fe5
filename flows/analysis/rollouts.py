"""A deployment on its way: what a run asks GitHub for, and what it looks for while it waits."""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal, TypeAlias

import msgspec

from flows.analysis.environments import BAD, Place
from flows.engine.effects import Effect, effect
from flows.engine.tools import EnvironmentSettings
from flows.report import Report
from integrations.errors import NotFound, Refused
from integrations.github import Deployment, GitHub, GitHubReader
from integrations.probes import Probe

WELL = range(200, 400)
NAME = 26  # characters of an environment in a title
IN_A_ROW = 2  # bad looks; a single one may be the network's

State: TypeAlias = Literal["good", "refused", "failed", "ill", "silent"]


class Asked(msgspec.Struct, frozen=True):
    """A deployment that was asked for, or why GitHub would not have it."""

    deployment: Deployment | None = None
    refused: str = ""


class Standing(msgspec.Struct, frozen=True):
    """What a plan relies on: where the branch is, and what was deployed last."""

    sha: str
    deployed: str
    state: str


class Outcome(msgspec.Struct, frozen=True):
    """What came of one deployment: `ill` where it was done, and did not answer well."""

    place: str
    sha: str
    state: State
    why: str = ""
    deployment: Deployment | None = None
    looks: tuple[Probe, ...] = ()

    @property
    def minutes(self) -> float | None:
        """How long it took from asking to its end, in minutes; None where it has none."""
        found = self.deployment
        if found is None or found.finished_at is None:
            return None
        return (found.finished_at - found.created_at).total_seconds() / 60


@dataclass(frozen=True, slots=True)
class Course:
    """What came of it: each place in turn, what was put back where, and what could not be."""

    going: Sequence[Outcome]
    returns: Sequence[Outcome] = ()
    stays: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One place on the way: how the commit gets there, and what is done where that fails.

    `back` is the commit of before, "" where there was none.
    """

    place: str
    go: Effect[Asked]
    home: Effect[Asked]
    back: str


def steps(  # noqa: PLR0913 - what goes where, known by what, and on which conditions
    github: GitHub,
    repo: str,
    sha: str,
    stage: EnvironmentSettings,
    places: Sequence[Place],
    key: str,
    *,
    is_back: bool,
    check_first: bool,
    still: "partial[Coroutine[Any, Any, Standing]]",
) -> list[Step]:
    """Return the way of a commit through its canaries to the environment itself."""
    way: list[Step] = []
    deployer = Deployer(github, repo)
    for place in [each for each in places if each.name in (*stage.canary, stage.name)]:
        name, before = brief(place.name), place.before(sha)
        was = before.sha if before else ""
        back = "" if is_back else was  # what one flees from is nothing to go back to
        asking = partial(deployer.ensure_asked, sha, place.name, key)
        undo = partial(github.ensure_deployment, repo, was, place.name, f"{key}-undo")
        go = effect(
            f"Deploy {sha[:7]} to {name}",
            do=partial(asking, description=f"Flowbot run {key}", check_first=check_first),
            undo=partial(undo, check_first=False) if was else None,
            still=None if way else still,
        )
        title = f"Roll back {name} to {back[:7]}" if back else f"Mark {name} as failed"
        home = effect(
            f"{title} if it fails",
            do=partial(deployer.ensure_returned, sha, place.name, key, back),
        )
        way.append(Step(place.name, go, home, back))
    return way


async def deployed(github: GitHubReader, repo: str, names: Sequence[str]) -> list[Place]:
    """Return what was deployed to each of these environments: a call for each."""
    return [Place(each, tuple(await github.newest_deployments(repo, each))) for each in names]


async def standing(github: GitHubReader, repo: str, ref: str, environment: str) -> Standing:
    """Return where a branch is, and what its environment has."""
    head = await github.head(repo, ref)
    newest = next(iter(await github.newest_deployments(repo, environment)), None)
    if newest is None:
        return Standing(head.sha, "", "")
    return Standing(head.sha, newest.sha, newest.state)


class Deployer:
    """Asks GitHub for deployments of a repository; a refusal is an answer, not an end."""

    def __init__(self, github: GitHub, repo: str) -> None:
        self._github = github
        self._repo = repo

    async def ensure_asked(
        self, sha: str, environment: str, key: str, *, description: str, check_first: bool
    ) -> Asked:
        """Ask for a deployment; where GitHub refuses, what others have may have to go back."""
        try:
            found = await self._github.ensure_deployment(
                self._repo,
                sha,
                environment,
                key,
                description=description,
                check_first=check_first,
            )
        except (NotFound, Refused) as error:
            return Asked(refused=str(error))
        return Asked(found)

    async def ensure_returned(self, sha: str, environment: str, key: str, back: str) -> Asked:
        """Tell GitHub that the deployment of a key was bad, and ask for the commit of before."""
        github, repo = self._github, self._repo
        try:
            bad = await github.ensure_deployment(repo, sha, environment, key, check_first=False)
            now = await github.deployment_state(repo, bad.id)
            if now.state not in BAD:
                words = "Flowbot: the health gate failed"
                await github.ensure_deployment_state(repo, bad.id, "failure", description=words)
        except (NotFound, Refused) as error:
            return Asked(refused=str(error))
        if not back:
            return Asked()
        words = f"Rollback from {sha[:7]}"
        return await self.ensure_asked(
            back, environment, f"{key}-back", description=words, check_first=False
        )


async def begun(github: GitHubReader, repo: str, deployment: int) -> Deployment | None:
    """Return a deployment once something has said a word about it."""
    found = await github.deployment_state(repo, deployment)
    return found if found.statuses else None


async def ended(github: GitHubReader, repo: str, deployment: int) -> Deployment | None:
    """Return a deployment once it has come to an end; one that is called off has."""
    found = await github.deployment_state(repo, deployment)
    last = found.newest
    over = found.finished_at is not None or (last is not None and last.state == "inactive")
    return found if over else None


def is_well(look: Probe) -> bool:
    """Say whether an address answered as it should."""
    return look.status is not None and look.status in WELL


def moments(stage: EnvironmentSettings, since: datetime) -> list[datetime]:
    """Return when to look at the health of an environment; the last of them only in doubt."""
    every = timedelta(minutes=stage.minutes) / stage.probes
    return [since + every * number for number in range(1, stage.probes + 2)]


def is_ill(looks: Sequence[Probe]) -> bool:
    """Say whether these looks come to a failure: two bad ones in a row."""
    last = looks[-IN_A_ROW:]
    return len(last) == IN_A_ROW and not any(map(is_well, last))


def is_settled(looks: Sequence[Probe], probes: int) -> bool:
    """Say whether enough was seen; a bad look at the end asks for one more."""
    return is_ill(looks) or (len(looks) >= probes and is_well(looks[-1]))


def outcome(place: str, sha: str, found: Deployment, looks: Sequence[Probe]) -> Outcome:
    """Return what came of a deployment that has ended."""
    made = partial(Outcome, place, sha, deployment=found, looks=tuple(looks))
    if found.state != "success":
        last = found.newest
        words = last.description if last else ""
        why = f"it ended as {found.state}" if found.finished_at else "it was called off"
        return made("failed", f"{sha[:7]}: {why}{f' ({words})' if words else ''}.")
    if is_ill(looks):
        bad = " and then ".join(map(said, looks[-IN_A_ROW:]))
        return made("ill", f"{sha[:7]} is deployed, and does not answer well: {bad}.")
    return made("good")


def news(steps: Sequence[Step], going: Sequence[Outcome]) -> Report | None:
    """Return what a thread is told on the way: what is done of it, or why it goes back."""
    last, place = going[-1], steps[len(going) - 1]
    if last.state == "good":
        if len(going) == len(steps):
            return None
        ahead = f"Next: {steps[len(going)].place}."
        return Report(f"{last.place} has {last.sha[:7]}", ahead, "good")
    if last.state == "silent" or not place.back or last.deployment is None:
        return None
    back = f"I put {place.back[:7]} back."
    return Report(f"{last.place} goes back", f"{last.why} {back}", "bad")


def silent(place: str, sha: str, found: Deployment, minutes: int) -> Outcome:
    """Return what is known of a deployment whose end nobody has reported."""
    if found.newest:
        state = found.newest.state.replace("_", " ")
        why = f"The deployment of {sha[:7]} has not ended within {minutes} min: it is {state}."
    else:
        why = (
            f"Nothing has taken up the deployment of {sha[:7]} within {minutes} min: "
            "is there a workflow that runs on deployments?"
        )
    return Outcome(place, sha, "silent", why, found)


def said(look: Probe) -> str:
    """Return what a look at an address saw."""
    return look.error or f"{look.status} in {look.latency_ms:.0f} ms"


def brief(name: str) -> str:
    """Return a name that fits into a title; its two ends tell it from others."""
    return name if len(name) <= NAME else f"{name[: NAME // 2 - 1]}…{name[-NAME // 2 :]}"
