"""Keep the rules of a repository: labels, stale, conflicts, reviewers, merges, branches."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from flows import Params, Report, Role, Run, flow
from flows.analysis import housekept, housework, patrol
from flows.analysis.deeds import FREE, effect_of
from flows.analysis.housekept import Round
from flows.analysis.housework import EVERY
from flows.analysis.patrol import Scope
from flows.analysis.rounds import wanted

PATIENCE, LOOK = timedelta(minutes=3), timedelta(seconds=20)
PULL = ("opened", "reopened", "edited", "synchronize", "labeled", "ready_for_review", "closed")


class Keep(Params):
    repo: str = Field(description="Repository whose rules are kept", examples=["acme/shop"])
    rule: Literal["all", "labels", "stale", "rebase", "reviewers", "merge", "branches", "greet"] = (
        Field("all", description="The rule to keep")
    )
    pull: int = Field(0, ge=0, description="Look at this pull request alone")
    issue: int = Field(0, ge=0, description="Look at this issue alone")
    branch: str = Field("", description="Look at what a push to this branch concerns alone")
    commit: str = Field("", description="Look at the pull requests of this commit alone")


@flow(
    alias="gh",
    role=Role.OPERATOR,
    budget=100,
    weight="batch",
    examples=["gh acme/shop --dry-run", "gh acme/shop rule=stale", "gh acme/shop pull=12"],
    phrases=["tidy {repo} up", "keep the rules of {repo}", "what holds up {pull} of {repo}?"],
    every="daily 2:00 UTC",
    on=(
        *(f"github:pull_request.{action}" for action in PULL),
        "github:pull_request_review.submitted",
        "github:issues.opened",
        "github:issues.edited",
        "github:issue_comment.created",
        "github:check_suite.completed",
        "github:check_run.completed",
        "github:push",
    ),
    lock="gh:{repo}#{pull}/{issue}/{branch}{commit}",
    lock_for=timedelta(hours=8),
    free=FREE,
)
async def github_automation(run: Run, params: Keep) -> Report:
    """Look once, decide by rules alone, change what they say; without rules only show it."""
    repo, github = params.repo, run.github
    scope = Scope(params.pull, 0 if params.pull else params.issue, params.branch, params.commit)
    house, is_set = housework.house_of(run.settings.rules, params.rule)
    kinds = scope.kinds(house)
    if not kinds:
        return housekept.nothing(repo, scope)
    look = await run.step(f"Look at {scope}", patrol.looked, github, repo, scope, kinds)
    if look.unsettled and {"rebase", "merge"} & {*kinds}:
        again = await run.until(
            "GitHub to find out what conflicts",
            patrol.settled, github, repo, scope, kinds, within=PATIENCE, every=LOOK,
        )  # fmt: skip
        look = again or look
    work = await wanted(run, repo, house, look, kinds, scope)
    acts, last = work.ordered(), None
    if scope.is_whole and params.rule == EVERY and is_set:
        last = await run.baseline()
    rule = "" if params.rule == EVERY else params.rule
    found = Round(repo, scope, look, work, acts, last.data if last else {}, house, is_set, rule)
    if not (acts and is_set):
        return housekept.report(found)
    by, policy = "", run.identity.policy
    for plan in [acts] if run.identity.dry_run else housework.plans(acts, policy):
        show = housekept.report(found._replace(acts=plan))
        done = await run.apply(*(effect_of(github, repo, act) for act in plan), show=show)
        by = by if done.by == run.actor else done.by
    return housekept.report(found, by)
