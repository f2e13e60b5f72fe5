"""Environments: which there are, what is deployed where, and what stands against a deployment."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches

import msgspec

from flows.analysis.readiness import GREEN, joined, named, said
from flows.analysis.words import counted
from flows.engine.errors import FlowError
from flows.engine.tools import EnvironmentSettings
from flows.report import Line, Link
from integrations.github import CheckRun, Checks, Deployment

STALE = timedelta(hours=1)  # one that has not ended by then may never do
BAD = frozenset({"failure", "error"})


class Place(msgspec.Struct, frozen=True):
    """An environment and everything ever deployed to it that counts, newest first."""

    name: str
    deployments: tuple[Deployment, ...] = ()

    @property
    def live(self) -> Deployment | None:
        """What is deployed now, as far as GitHub knows: the newest good one, if not called off."""
        good = next((each for each in self.deployments if each.state == "success"), None)
        last = good.newest if good else None
        # Only a newer good one makes another inactive by itself.
        return None if last and last.state == "inactive" else good

    def moving(self, at: datetime) -> Deployment | None:
        """Return the newest deployment while it is under way; an old one counts as forgotten."""
        newest = next(iter(self.deployments), None)
        if newest is None or newest.finished_at or at - newest.created_at > STALE:
            return None
        last = newest.newest
        return None if last and last.state == "inactive" else newest

    @property
    def is_broken(self) -> bool:
        """Whether the newest deployment failed, so that nobody knows what is really there."""
        return bool(self.deployments) and self.deployments[0].state in BAD

    def before(self, sha: str) -> Deployment | None:
        """Return the newest good deployment of another commit: what one goes back to."""
        good = (each for each in self.deployments if each.state == "success")
        return next((each for each in good if each.sha != sha), None)


def stage_of(
    name: str, settings: Sequence[EnvironmentSettings], known: Sequence[str]
) -> EnvironmentSettings:
    """Return the environment that is meant; raises FlowError with those that there are."""
    names = list(dict.fromkeys([*(each.name for each in settings), *known]))
    spelled = {each.casefold(): each for each in names}
    if found := spelled.get(name.casefold()):
        return next((each for each in settings if each.name == found), EnvironmentSettings(found))
    if not names:
        raise FlowError(
            f"GitHub lists no environment called {name}, nor any other: make one in the settings "
            "of the repository first, with what deploys to it."
        )
    near = get_close_matches(name.casefold(), list(spelled), n=1)
    hint = f" Did you mean {spelled[near[0]]}?" if near else ""
    raise FlowError(f"There is no environment {name}: it is one of {', '.join(names)}.{hint}")


def earlier(
    settings: Sequence[EnvironmentSettings], stage: EnvironmentSettings
) -> list[EnvironmentSettings]:
    """Return the environments that a commit goes through before this one."""
    names = [each.name for each in settings]
    return list(settings[: names.index(stage.name)]) if stage.name in names else []


def names_of(settings: Sequence[EnvironmentSettings], stage: EnvironmentSettings) -> list[str]:
    """Return every environment that has a say in a deployment to this one; itself last."""
    before = [each.name for each in earlier(settings, stage)]
    return list(dict.fromkeys([*before, *stage.canary, stage.name]))


def good_before(place: Place) -> Deployment:
    """Return what one goes back to; raises FlowError where there is nothing.

    Where the last one failed, that is the good one before it. Else it is what was there before the
    present commit came for the first time: after a way back, another one goes further back, and
    never forward to what one came from.
    """
    good = [each for each in place.deployments if each.state == "success"]
    live = place.live
    if live and not place.is_broken:
        first = max(number for number, each in enumerate(good) if each.sha == live.sha)
        good = good[first + 1 :]
    if good:
        return good[0]
    raise FlowError(
        f"{place.name} has no good deployment before the present one to go back to: "
        "name a commit, as in ref=v1.2.0."
    )


def endless(busy: Deployment) -> str:
    """Say that somebody's deployment does not end, and what to do."""
    return (
        f"{busy.creator or 'Somebody'} has been deploying {busy.sha[:7]} to {busy.environment} for "
        "more than an hour, and two at once would get in each other's way: "
        "end that one on GitHub, or add force=yes."
    )


def refuse_same(repo: str, place: Place, sha: str) -> None:
    """Raise FlowError where a commit is deployed already."""
    if place.live and place.live.sha == sha and not place.is_broken:
        raise FlowError(f"{place.name} of {repo} has {sha[:7]} already. force=yes repeats it.")


def obstacles(
    checks: Checks,
    stage: EnvironmentSettings,
    settings: Sequence[EnvironmentSettings],
    places: Sequence[Place],
    sha: str,
) -> list[Line]:
    """Return one line per reason against a deployment; what nobody knows is no yes."""
    first = {each.name for each in earlier(settings, stage)}
    before = [each for each in places if each.name in first]
    return [*_checks_against(checks, stage.checks), *_order_against(before, sha)]


def refuse(against: Sequence[Line], stage: EnvironmentSettings, sha: str) -> None:
    """Raise FlowError where something stands against a deployment."""
    if against:
        what = f"{sha[:7]} is not ready for {stage.name}."
        raise FlowError(f"{what} {said(against)} Add force=yes to deploy anyway.")


def green(checks: Checks, wanted: Sequence[str]) -> str:
    """Say how many of the checks that count are green."""
    runs = [each for each in checks.runs if not wanted or each.name in wanted]
    count = sum(each.conclusion in GREEN for each in runs)
    return f"{count} of {counted(len(runs), 'check')} green"


def _checks_against(checks: Checks, wanted: Sequence[str]) -> list[Line]:
    runs = [each for each in checks.runs if not wanted or each.name in wanted]
    if not runs and not wanted:
        return [("No check has reported on this commit, so nobody knows whether it is good",)]
    missing = [name for name in wanted if name not in {each.name for each in runs}]
    kinds: dict[str, list[CheckRun]] = {}
    for each in runs:
        if each.conclusion not in GREEN:
            kinds.setdefault(_state(each), []).append(each)
    found: list[Line] = [
        (f"{counted(len(those), 'check')} {state}: ", *joined(list(map(named, those))))
        for state, those in sorted(kinds.items())
    ]
    if missing:
        found.append((f"{counted(len(missing), 'check')} never reported: ", ", ".join(missing)))
    return found


def _state(run: CheckRun) -> str:
    return run.conclusion.replace("_", " ") or "not finished"


def _order_against(before: Sequence[Place], sha: str) -> list[Line]:
    """Return the environments that do not run this commit yet."""
    lines: list[Line] = []
    for place in before:
        live, newest = place.live, next(iter(place.deployments), None)
        if newest and newest.state in BAD and newest.sha == sha:
            what: Line = (f"{place.name} failed with this commit",)
        elif live and live.sha == sha and newest and newest.finished_at:
            continue
        else:
            has = _linked(live) if live else "nothing that GitHub knows of"
            what = (f"{place.name} comes first, and it has ", has)
        lines.append(what)
    return lines


def _linked(found: Deployment) -> Link | str:
    return Link(found.sha[:7], found.url) if found.url else found.sha[:7]
