"""Heal a failed CI run: repeat what comes and goes, format, or revert what broke the branch."""

from datetime import timedelta
from functools import partial

from pydantic import Field

from flows import Params, Report, Role, Run, effect, flow
from flows.analysis import healing
from flows.analysis.evidence import commits_since_green, evidence_of
from flows.analysis.failures import BAD, Failure, Streak, streaks_of
from flows.analysis.fixes import checked
from flows.analysis.remedies import Advice, advice, culprit
from flows.analysis.repairs import Repair, formatting, reverting
from integrations.github import WorkflowRun

BEFORE = timedelta(days=30)  # where a green run is looked for
LOGS = 10
PATIENCE, LOOK = timedelta(hours=2), timedelta(minutes=20)


class Heal(Params):
    repo: str = Field(description="Repository whose CI failed", examples=["acme/shop"])
    run: int = Field(0, ge=0, description="Number of the failed run; empty: what is red now")
    tries: int = Field(2, ge=1, le=3, description="How often failed jobs may be run again at most")


@flow(
    alias="heal",
    role=Role.OPERATOR,
    budget=60,
    examples=["heal acme/shop", "heal acme/shop run=4711 tries=1"],
    phrases=["repair {repo}", "make {repo} green again"],
    lock="heal:{repo}",
    on=("github:workflow_run.completed",),
)
async def error_healing(run: Run, params: Heal) -> Report:
    """Stop where it does not help; each try is a plan, and says what it saw."""
    repo, github = params.repo, run.github
    about = await run.step("Look at the repository", github.repository, repo)
    runs = await run.step(
        "List the workflow runs", github.workflow_runs, repo, run.started - BEFORE
    )
    streaks = streaks_of(runs, about.default_branch)
    if params.run:
        now: WorkflowRun = await run.step("Look at the run", github.workflow_run, repo, params.run)
    elif streaks:
        now = streaks[0].red[-1]
    else:
        said = f"{about.default_branch} is not red: there is nothing to heal."
        return Report(f"CI of {repo}", said, "good", quiet=True)
    if now.conclusion not in BAD:
        state = now.conclusion or "under way"
        return Report(healing.title_of(repo, now), f"It is {state}, not failed.", quiet=True)
    known = await run.step(
        "Look up what is known to be flaky",
        run.system.baseline, "failure-analysis", run.identity.project, run.started,
    )  # fmt: skip
    flaky = known.data.get("flaky", []) if known else []
    tried: list[str] = []
    while True:
        step = f"Read the logs of attempt {now.attempt}"
        evidence = await run.step(step, evidence_of, github, repo, [now], LOGS)
        failures = [each for each in evidence.failures if each.attempt == now.attempt]
        found = advice(now, failures, flaky, params.tries)
        if found.remedy != "re-run":
            break
        again = effect(
            f"Re-run the failed jobs ({now.attempt} of {params.tries})",
            do=partial(github.ensure_rerun, repo, now.id, now.attempt, only_failed=True),
            undo=partial(github.ensure_cancelled, repo, now.id),
        )
        await run.apply(again, show=healing.plan(repo, now, failures, found))
        ended = await run.until(
            f"attempt {now.attempt + 1} of {now.id}",
            healing.ended, github, repo, now.id, now.attempt + 1,
            on=f"github:run:{repo}/{now.id}", within=PATIENCE, every=LOOK,
        )  # fmt: skip
        if ended is None:
            why = f"attempt {now.attempt + 1} did not end within two hours"
            return healing.left(repo, now, failures, tried, why)
        tried.append(f"Attempt {ended.attempt}, for {found.why}: {ended.conclusion}")
        now = ended
        if now.conclusion not in BAD:
            return healing.healed(repo, now, failures, tried)
    streak = next((each for each in streaks if now.id in {one.id for one in each.red}), None)
    made = await _changed(run, repo, now, streak, found, failures, tried)
    return made if now.branch == about.default_branch else healing.of_branch(made)


async def _changed(
    run: Run,
    repo: str,
    now: WorkflowRun,
    streak: Streak | None,
    found: Advice,
    failures: list[Failure],
    tried: list[str],
) -> Report:
    """Propose the change that repairs it, or leave it to a person and say why."""
    github = run.github
    left = partial(healing.left, repo, now, failures, tried)
    tip = await run.step("Look where the branch is now", github.branch, repo, now.branch)
    if tip is None:
        return left(f"{found.why}, and {repo} has no branch {now.branch}")
    if found.remedy == "format" and now.sha == tip.sha:
        title = f"style: format {len(found.files)} files as CI wants"
        branch = f"flowbot/format-{now.sha[:7]}"
        repair: Repair = await run.step(
            "Format what CI named", formatting, github, repo, now.sha, found.files
        )
    elif streak and found.remedy == "revert":
        if streak.green is None:
            return left(f"{found.why}; no green run is known that it could go back to")
        shas = streak.green.sha, streak.first.sha
        commits = await run.step(
            "List what came before it was red", commits_since_green, github, repo, *shas
        )
        found, why = culprit(streak, commits), found.why
        if found.commit is None:
            return left(f"{why}; {found.why}")
        title, branch = f'Revert "{found.commit.title}"', f"flowbot/revert-{found.commit.sha[:7]}"
        repair = await run.step(
            "Collect the files as they were", reverting, github, repo, *shas, tip.sha
        )
    else:
        return left(found.why)
    if repair.objection:
        return left(f"{found.why}, and {repair.objection}")
    undo = partial(github.delete_branch, repo, branch)
    body = healing.body_of(now, found)
    writing = effect(
        f"Commit the repair to {branch}",
        do=partial(github.ensure_commit, repo, branch, title, repair.files, base=tip.sha),
        undo=undo,
    )
    opening = effect(
        f"Open the pull request into {now.branch}"[:60],
        do=partial(github.ensure_pull, repo, branch, now.branch, title, body),
        undo=undo,
    )
    done = await run.apply(writing, opening, show=healing.plan(repo, now, failures, found))
    checks = await run.until(
        "the checks of the repair",
        checked, github, repo, done[writing].sha,
        on=f"github:commit:{repo}@{done[writing].sha}", within=PATIENCE / 2, every=LOOK,
    )  # fmt: skip
    return healing.proposed(repo, now, failures, tried, done[opening], checks)
