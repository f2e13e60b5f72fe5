"""Deploy a commit in order and under watch, and go back by itself where that fails."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Literal

from pydantic import Field

from flows import FlowError, Params, Report, Role, Run, flow
from flows.analysis import cargo, deploying, environments, rollouts
from flows.analysis.environments import Place
from flows.analysis.rollouts import Asked, Course, Outcome, Step
from flows.engine.tools import EnvironmentSettings
from integrations.probes import Probe

LOOK_EVERY, TAKEN_UP = timedelta(minutes=2), 15  # minutes


class Deploy(Params):
    repo: str = Field(description="Repository to deploy", examples=["acme/shop"])
    environment: str = Field(description="Where to", examples=["production"])
    action: Literal["deploy", "rollback"] = Field(
        "deploy", description="rollback goes back to the last good deployment before"
    )
    ref: str = Field("", description="Branch, tag or commit; empty: the default branch")
    urgent: bool = Field(default=False, description="Leave out the environments before it")
    force: bool = Field(default=False, description="Deploy although something stands against it")


@flow(
    alias="deploy",
    role=Role.OPERATOR,
    lock="deploy:{repo}:{environment}",
    lock_for=timedelta(hours=4),
    budget=60,
    examples=["deploy acme/shop staging", "deploy acme/shop production rollback"],
    phrases=["put {repo} on {environment}", "do a {action} of {repo} on {environment}"],
)
async def intelligent_deployment(run: Run, params: Deploy) -> Report:
    """One yes covers the deployment, its canaries and the way back; nobody is asked on the way."""
    repo, github, settings = params.repo, run.github, run.settings.environments
    about = await run.step("Look at the repository", github.repository, repo)
    known = await run.step("List the environments", github.environments, repo)
    stage = environments.stage_of(params.environment, settings, known)
    places = await _places(run, params, stage)
    ref, is_back, live = params.ref, params.action == "rollback", places[-1].live
    if not ref:
        ref = environments.good_before(places[-1]).sha if is_back else about.default_branch
    head = await run.step("Pin the commit to deploy", github.head, repo, ref)
    if not params.force:
        environments.refuse_same(repo, places[-1], head.sha)
    against, green, base = [], "", live.sha if live else ""
    if is_back:
        title = "Compare it with what is deployed"
        ships = await run.step(title, cargo.difference, github, repo, base, head.sha)
    else:
        ships = await run.step(
            "Collect what is new in it", cargo.shipping, github, run.tracker, repo, base, head.sha,
            branch=about.default_branch, team=run.settings.linear_team,
        )  # fmt: skip
        checks = await run.step("Read the checks of the commit", github.checks, repo, head.sha)
        order = [] if params.urgent else settings
        against = environments.obstacles(checks, stage, order, places, head.sha)
        green = environments.green(checks, stage.checks)
    if not params.force:
        environments.refuse(against, stage, head.sha)
    what = deploying.Order(repo, stage.name, head, live, ships, against, green, is_back)
    probe, url = run.probes.probe, stage.health
    health = await run.step("Look at its health before", probe, url) if url else None
    steps = rollouts.steps(
        github, repo, head.sha, stage, places, run.identity.id,
        is_back=is_back, check_first=not (params.force or stage.checks or is_back),
        still=partial(rollouts.standing, github, repo, ref, stage.name),
    )  # fmt: skip
    show = deploying.plan(what, health, steps[-1].back)
    covers = [*(each.go for each in steps[1:]), *(each.home for each in steps)]
    going, by = list[Outcome](), ""
    for each in steps:
        done = await run.apply(each.go, show=show, covers=covers)
        by, asked = done.by, done[each.go]
        if not (asked.deployment or going):
            raise FlowError(f"GitHub did not take the deployment: {asked.refused}")
        going.append(await _followed(run, repo, stage, each.place, head.sha, asked))
        if news := rollouts.news(steps, going):
            await run.tell(news)
        if going[-1].state != "good":
            break
    course = await _returned(run, repo, stage, steps, going)
    return deploying.verdict(what, course, by, await run.baseline())


async def _places(run: Run, params: Deploy, stage: EnvironmentSettings) -> list[Place]:
    """Return what is deployed where, once nobody outside of the bot deploys here any more."""
    repo, github = params.repo, run.github
    names = environments.names_of(run.settings.environments, stage)
    places = await run.step("Read what is deployed", rollouts.deployed, github, repo, names)
    busy = places[-1].moving(run.started)
    if busy is None or params.force:
        return places
    over = await run.until(
        f"the deployment of {busy.sha[:7]} to end", rollouts.ended, github, repo, busy.id,
        on=f"github:deployment:{repo}/{busy.id}", within=environments.STALE, every=LOOK_EVERY,
    )  # fmt: skip
    if over is None:
        raise FlowError(environments.endless(busy))
    return await run.step("Read it again", rollouts.deployed, github, repo, names)


async def _followed(
    run: Run, repo: str, stage: EnvironmentSettings, place: str, sha: str, asked: Asked
) -> Outcome:
    """Wait for the end of a deployment, then look at its health for a while."""
    found, short = asked.deployment, sha[:7]
    if found is None:
        return Outcome(place, sha, "refused", f"GitHub refused {short}: {asked.refused}")
    topic, what = f"github:deployment:{repo}/{found.id}", rollouts.brief(place)
    for title, look, minutes in (
        (f"{what} to begin with {short}", rollouts.begun, min(stage.patience, TAKEN_UP)),
        (f"{what} to be done with {short}", rollouts.ended, stage.patience),
    ):
        within = timedelta(minutes=minutes)
        now = await run.until(
            title, look, run.github, repo, found.id, on=topic, within=within, every=LOOK_EVERY
        )
        if now is None:
            return rollouts.silent(place, sha, found, minutes)
        found = now
    looks: list[Probe] = []
    if stage.health and found.state == "success" and found.finished_at:
        for moment in rollouts.moments(stage, found.finished_at):
            await run.sleep_until(moment)
            title = f"Look {len(looks) + 1} at {what} with {short}"
            looks.append(await run.step(title, run.probes.probe, stage.health))
            if rollouts.is_settled(looks, stage.probes):
                break
    return rollouts.outcome(place, sha, found, looks)


async def _returned(
    run: Run, repo: str, stage: EnvironmentSettings, steps: Sequence[Step], going: Sequence[Outcome]
) -> Course:
    """Put back what was there before, the last place first, where the last one failed."""
    failed, returns = going[-1].state not in ("good", "silent"), []
    there = [each for each, one in zip(steps, going, strict=False) if failed and one.deployment]
    for each in reversed(there):
        asked = (await run.apply(each.home))[each.home]
        if each.back:
            returns.append(await _followed(run, repo, stage, each.place, each.back, asked))
    return Course(going, returns, [each.place for each in there if not each.back])
