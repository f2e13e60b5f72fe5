"""Keep the issues of GitHub and Linear in step: each has a twin, and both say the same."""

from datetime import timedelta
from typing import Any

from msgspec.structs import replace
from pydantic import Field

from flows import FlowError, Params, Report, Role, Run, flow
from flows.analysis import synced, syncing
from flows.analysis.beside import Ask
from flows.analysis.carrying import FREE, beginning, effects_of
from flows.analysis.merging import Choice
from flows.analysis.syncing import Look, Work
from flows.engine.effects import Effect

A_DAY = timedelta(days=1)


class Sync(Params):
    repo: str = Field(description="Repository whose issues are synced", examples=["acme/shop"])
    issue: str = Field("", description="One issue, such as #12 or ENG-12; empty: all")
    full: bool = Field(default=False, description="Look at all, not only at what has changed")
    most: int = Field(200, ge=1, le=500, description="How many issues are changed at most")
    again: bool = Field(default=False, description="Ask again about conflicts that were left open")


@flow(
    alias="linear",
    budget=150,
    role=Role.OPERATOR,
    examples=["linear acme/shop", "linear acme/shop 12", "linear acme/shop full=yes"],
    phrases=["sync {repo} with linear", "bring {repo} and linear in step"],
    every="every hour",
    on=("github:issues", "github:issue_comment", "linear:Issue", "linear:Comment"),
    max_running=1,
    free=FREE,
)
async def linear_sync(run: Run, params: Sync) -> Report:
    """Show all that would be made first; after that yes, changes go over by themselves."""
    repo, team, pairs = params.repo, run.settings.linear_team, run.pairs
    if not team:
        raise FlowError(synced.NO_TEAM.format(repo, repo))
    begun = await run.step("See whether the sync has begun", pairs.begun, repo)
    if params.issue and not begun:
        return synced.not_begun(repo)
    last = None if params.issue else await run.baseline()
    ask = synced.ask_of(
        repo, team, run.settings.sync, run.started, params.issue, last,
        full=params.full or not begun, most=params.most,
    )  # fmt: skip
    look = await run.step("Compare both sides", syncing.look, run.github, run.linear, pairs, ask)
    effects: list[Effect[Any]] = [] if begun else [beginning(run, repo, team)]
    for work in look.works:
        since = work.at if ask.issue or ask.since else run.started
        effects += effects_of(run, repo, work, look.team_id, since)
    left: dict[str, str] = {}
    if effects:
        done = await run.apply(*effects, show=synced.plan(ask, look, begins=not begun))
        left |= done.left
    settled = [] if run.identity.dry_run else await _settled(run, params, ask, look)
    return synced.outcome(ask, look, settled, left, last, run.started)


async def _settled(run: Run, params: Sync, ask: Ask, look: Look) -> list[Work]:
    """Ask whose word counts where both sides changed, and let it count."""
    choices: dict[str, dict[str, Choice]] = {}
    for work, conflict in synced.asked(look, again=params.again):
        said = await run.ask(
            synced.question(work, conflict),
            tuple(synced.CHOICES),
            within=A_DAY,
            show=synced.both(work, conflict),
        )
        number = f"{work.pair.number}"
        choices.setdefault(number, {})[conflict.field] = synced.CHOICES[said]
    works: list[Work] = []
    for number in choices:
        only = replace(ask, issue=number, since=None, choices=choices)
        found = await run.step(
            f"Compare #{number} again", syncing.look, run.github, run.linear, run.pairs, only
        )
        works += found.works
    effects = [
        each
        for work in works
        for each in effects_of(run, ask.repo, work, look.team_id, run.started, "Settle")
    ]
    if effects:
        await run.apply(*effects)
    return works
