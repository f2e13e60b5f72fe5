"""Find out why workflow runs fail: causes in clusters, flaky ones, first bad commits, owners."""

from collections.abc import Sequence
from functools import partial

from pydantic import Field

from flows import Params, Report, Role, Run, effect, flow
from flows.analysis import failing
from flows.analysis.evidence import commits_since_green, evidence_of
from flows.analysis.failing import Failing
from flows.analysis.failures import BAD, done_with, streaks_of
from flows.analysis.windows import Window, since_of, span_of
from flows.analysis.words import counted
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
    mark = since_of(params.window)
    start = (
        await run.step("Find the start of the window", github.head, repo, mark) if mark else None
    )
    span = span_of(params.window, run.started, start.committed_at if start else None)
    runs = await run.step("List the workflow runs", github.workflow_runs, repo, span.start)
    title, chosen = f"Failures of {repo}", runs
    if params.run:
        one = await run.step("Look at the run", github.workflow_run, repo, params.run)
        title, chosen = f"{one.name} {one.id} of {repo}", [one]
        if one.conclusion not in BAD:
            said = f"It ended with {one.conclusion}." if one.conclusion else "It still goes on."
            return Report(title, f"{said} There is no failure to look into.", quiet=True)
        runs = [one, *(each for each in runs if each.id != one.id)]
    if not done_with(runs):
        said = f"No workflow run ended in {span}: there is nothing to look into."
        return Report(title, said, "warn", next=(f"failures {repo} window=1y",))
    evidence = await run.step("Read the logs of failed jobs", evidence_of, github, repo, chosen)
    branch = about.default_branch
    brought: dict[str, Sequence[Commit]] = {}
    for each in streaks_of(runs, branch)[:MOST_RED]:
        if each.green:
            step = f"List what came before {each.workflow} was red"[:60]
            shas = each.green.sha, each.first.sha
            brought[each.workflow] = await run.step(step, commits_since_green, github, repo, *shas)
    found = Failing(repo, branch, span, runs, evidence, brought)
    last = await run.baseline()
    before = last.data if last else {}
    known: list[Ticket] = []
    if params.issues:
        known = await run.step("List the open issues", run.tracker.open_issues)
    tickets = {each.title: each for each in known}

    def report() -> Report:
        return Report(
            title,
            failing.verdict(found),
            "bad" if found.streaks else "warn" if found.clusters else "good",
            (
                failing.numbers(found, before),
                *failing.findings(found, tickets),
                *([] if params.run else [failing.changed(found, before)]),
                *failing.not_measured(found),
            ),
            # Looking at one run is no new baseline of all of them.
            before if params.run else failing.figures_of(found),
            next=(f"heal {repo}",) if found.streaks else (),
            quiet=bool(params.run) and chosen[0].branch != branch,
        )

    wanted = failing.tickets_of(found, run.identity.id, run.started, known) if params.issues else []
    if wanted:
        filing = [
            effect(
                f"File issue {number}: {failing.signature_in(new.title)}"[:60],
                do=partial(run.tracker.ensure_issue, new),
                undo=partial(run.tracker.delete_issue, new),
            )
            for number, new in enumerate(wanted, 1)
        ]
        said = f"{counted(len(wanted), 'cause')} without an issue."
        plan = Report(title, said, "warn", tuple(failing.findings(found, tickets)))
        done = await run.apply(*filing, show=plan)
        tickets |= {done[each].title: done[each] for each in filing}
    return report()
