"""Start a feature and live with it: branch, draft, reviews, checks, merge, the release it is in."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import Field

from flows import Params, Report, Role, Run, effect, flow
from flows.analysis import beginnings, features, fixes, keeping
from flows.analysis.beginnings import Beginning
from flows.analysis.features import Told, Work
from flows.analysis.filing import filing
from flows.analysis.standing import AWAITED, Standing, Waits, moved, news, standing, topics_of
from flows.analysis.words import counted
from flows.analysis.workdays import ZoneName, days_after
from flows.engine.effects import Effect
from integrations.trackers import NewTicket

EVERY, PATIENCE, SHORT = timedelta(hours=12), timedelta(hours=4), timedelta(hours=1)
STOP, WAIT, MOST = "Stop following it", "Keep waiting", 300  # looks at one pull request


class Feature(Params):
    repo: str = Field(description="Repository to work in", examples=["acme/shop"])
    what: str = Field(
        description="The issue, such as ENG-12 or #12; or a title, which becomes one",
        examples=["ENG-12", "Let people save their cart"],
    )
    criteria: str = Field("", description="When it is done; several with semicolons between them")
    stalled: int = Field(3, ge=1, le=30, description="Work days without news until I ask")
    follow: int = Field(60, ge=1, le=365, description="Days to live with it, at most")
    zone: ZoneName = Field("UTC", description="Time zone of the work days")


@flow(
    alias="feature",
    role=Role.OPERATOR,
    budget=50,
    examples=["feature acme/shop ENG-12", 'feature acme/shop "Let people save their cart"'],
    phrases=["start work on {what} in {repo}", "start the feature {what} in {repo}"],
    free=features.KEPT,
)
async def feature_development(run: Run, params: Feature) -> Report:
    """One card from the first commit to the release; the issue is right at every point."""
    repo, github, tracker, begin = params.repo, run.github, run.tracker, Beginning(run.github)
    about = await run.step("Look at the repository", github.repository, repo)
    base = about.default_branch
    head = await run.step("Pin the commit to start from", github.head, repo, base)
    states = await run.step("Look up what states are called", beginnings.states_of, tracker)
    found = await run.step("Look it up", beginnings.known, github, tracker, repo, params.what)
    aim = features.aim_of(params.what, params.criteria, found)
    new = NewTicket(run.identity.id, run.started, aim.title, aim.words)
    making = filing(tracker, new, f"File the feature in {tracker.name}")
    issue: Any = found.ticket if found else making.result
    cutting = effect(
        f"Branch off {head.sha[:7]} with an empty commit",
        do=partial(github.ensure_begun, repo, issue.branch, head.sha, f"Start: {aim.title}"),
        undo=partial(github.delete_branch, repo, issue.branch),
    )
    drafting = effect(
        "Open a draft with the acceptance criteria",
        do=partial(begin.ensure_draft, repo, issue.branch, base, aim, issue.key, issue.url),
        undo=partial(begin.delete_draft, repo, issue.branch),
    )
    target = features.target_of("coding", states) or aim.place
    moving = effect(
        f"Move {aim.name} to {target.state}",
        do=partial(tracker.ensure_state, issue.key, *target),
        undo=partial(tracker.ensure_state, issue.key, *aim.place),
    )
    wanted = (not found, not (found and found.has_branch), not (found and found.number))
    every: tuple[Effect[Any], ...] = (making, cutting, drafting, moving)
    plan = zip(every, (*wanted, target != aim.place), strict=True)
    effects = [each for each, is_wanted in plan if is_wanted]
    show = features.plan(aim, states, params.stalled)
    if found and not effects:
        work = Work(found.ticket, found.number, states)
        return show if run.identity.dry_run else await _lived(run, params, work)
    made = await run.apply(*effects, show=show)
    ticket = found.ticket if found else made[making]
    number = (found and found.number) or made[drafting].number
    return await _lived(run, params, Work(ticket, number, states))


async def _lived(run: Run, params: Feature, work: Work) -> Report:
    """Wait for what comes next; keep the issue in step; ask where nothing happens for long."""
    repo, github, number, zone = params.repo, run.github, work.number, params.zone
    now = await run.step(f"Look at #{number}", standing, github, repo, number)
    told, ends = Told(work, (now,), run.started, zone), run.started + timedelta(params.follow)
    quiet, waits = max(now.state.updated_at, run.started), Waits()
    await _kept(run, repo, work, now, 0)
    for turn in range(1, MOST):
        if now.is_over:
            return await _ended(run, params, told, ends)
        until = min(days_after(quiet, params.stalled, zone), ends)
        found = await run.until(
            waits.named(now.stage, number),
            moved, github, repo, number, now.stage,
            on=topics_of(repo, now), within=max(until - quiet, SHORT), every=EVERY,
        )  # fmt: skip
        if found is None:
            again = f"Look at #{number} again ({turn})"
            found = await run.step(again, standing, github, repo, number)
        if found.stage != now.stage:
            if said := news(now, found):
                await run.tell(said)
            now, told, quiet = found, told.then(found), max(found.state.updated_at, quiet)
            await _kept(run, repo, work, now, turn)
        elif found.state.updated_at > quiet:
            quiet = found.state.updated_at
        elif until < ends:
            asked = f"#{number} waits for {AWAITED[now.stage]} since {quiet:%d %b %H:%M}. And now?"
            show = features.stuck(found, params.stalled)
            if await run.ask(asked, (STOP, WAIT), within=PATIENCE, show=show) == STOP:
                return features.left(told, "Somebody said that it need not be followed.")
            quiet = until
        else:
            break
    return features.left(told, f"I lived with it for {counted(params.follow, 'day')}, and stop.")


async def _kept(run: Run, repo: str, work: Work, now: Standing, turn: int) -> None:
    """Move the issue to where it belongs, and delete a branch that is merged."""
    key, github, tracker = work.ticket.key, run.github, run.tracker
    title = f"Look where {key} is ({turn})"
    found = await run.step(title, keeping.seen, github, tracker, repo, key, now)
    if effects := keeping.in_step(github, tracker, repo, work, now, found, turn):
        await run.apply(*effects)


async def _ended(run: Run, params: Feature, told: Told, ends: datetime) -> Report:
    """Wait for the release of what was merged, and tell the issue."""
    repo, github, tracker, state = params.repo, run.github, run.tracker, told.last.state
    key, merged = told.work.ticket.key, state.merged_at
    if merged is None:
        return features.left(told, "The pull request was closed without a merge.")
    pull = await run.step("Read what was merged", github.pull, repo, state.number)
    release = await run.until(
        "the release of the feature",
        fixes.released, github, repo, pull.merge_sha, merged,
        on=f"github:repo:{repo}", within=max(ends - merged, SHORT), every=EVERY,
    )  # fmt: skip
    issue = await run.step(f"Look at {key} in the end", tracker.issue, key)
    if release:
        await run.apply(*keeping.told(tracker, told.work, issue, release, repo))
    return features.finished(told, pull, issue, release, await run.baseline())
