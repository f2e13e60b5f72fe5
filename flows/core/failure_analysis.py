"""Find out why workflow runs fail: causes in clusters, flaky ones, first bad commits, owners."""

from collections.abc import Sequence

from pydantic import Field

from flows import Params, Report, Role, Run, flow
from flows.analysis import failing
from flows.analysis.evidence import commits_since_green, evidence_of
from flows.analysis.failing import Failing
from flows.analysis.failures import BAD, done_with, streaks_of
from flows.analysis.windows import Window, span_in
from integrations.github import Commit
from integrations.trackers import Ticket

MOST_RED = 5


class Failures(Params):
    repo: str = Field(description="Repository whose runs to look at", examples=["acme/shop"])
    window: Window = Field("30d", description="How far to look back: 30d, 12w, since=v1.2.0")
    run: int = Field(0, ge=0, description="Number of one workflow run; empty: all that failed")
    issues: bool = Field(False, description="File an issue for each cause that has none")


@flow(
    alias="failures",
    role=Role.OPERATOR,
    weight="batch",
    budget=150,
    examples=["failures acme/shop", "failures acme/shop window=12w --issues"],
    phrases=[
        "what makes {repo} red?",
        "what breaks {repo}?",
        "what fails in {repo}?",
        "what is flaky in {repo}?",
        "what failed in {repo} since {since}?",
    ],
    on=("github:workflow_run.completed",),
)
async def failure_analysis(run: Run, params: Failures) -> Report:
    """Read job logs, not code; a job that passed on the same commit as well is flaky."""
    repo, github = params.repo, run.github
    about = await run.step("Look at the repository", github.repository, repo)
    span = await span_in(run, repo, params.window)
    runs = await run.step("List the workflow runs", github.workflow_runs, repo, span.start)
    one = None
    if params.run:
        one = await run.step("Look at the run", github.workflow_run, repo, params.run)
        if one.conclusion not in BAD:
            return failing.no_failure(repo, one)
        runs = [one, *(each for each in runs if each.id != one.id)]
    if not done_with(runs):
        return failing.nothing(repo, span)
    chosen = [one] if one else runs
    evidence = await run.step("Read the logs of failed jobs", evidence_of, github, repo, chosen)
    branch = about.default_branch
    brought: dict[str, Sequence[Commit]] = {}
    for each in streaks_of(runs, branch)[:MOST_RED]:
        if each.green:
            step = f"List what came before {each.workflow} was red"[:60]
            shas = each.green.sha, each.first.sha
            brought[each.workflow] = await run.step(step, commits_since_green, github, repo, *shas)
    found = Failing(repo, branch, span, runs, evidence, brought, one)
    last = await run.baseline()
    before = last.data if last else {}
    known: list[Ticket] = []
    if params.issues:
        known = await run.step("List the open issues", run.tracker.open_issues)
    tickets = {each.title: each for each in known}
    wanted = failing.tickets_of(found, run.identity.id, run.started, known) if params.issues else []
    if wanted:
        filings = failing.filings(run.tracker, wanted)
        done = await run.apply(*filings, show=failing.draft(found, wanted, tickets))
        tickets |= {done[each].title: done[each] for each in filings}
    return failing.report(found, before, tickets)
