"""Judge a project's delivery, quality, security, planning and people by what can be counted."""

from datetime import datetime

import msgspec
from pydantic import Field

from flows import Figure, FlowError, Params, ReadRun, Report, flow
from flows.analysis.pictures import trend_picture
from flows.analysis.scorecard import healths_of, said_series, scorecard, series, spans_of
from flows.analysis.signals import Evidence, posture_of
from flows.analysis.windows import Window, span_of
from integrations.trackers import Ticket, TrackerReader


class Health(Params):
    repo: str = Field(description="Repository to look at", examples=["acme/shop"])
    window: Window = Field("30d", description="Length of each of the four windows: 30d, 2w, 1m")


@flow(
    alias="project-health",
    budget=250,
    examples=["project-health acme/shop", "project-health acme/shop window=2w"],
    phrases=[
        "how is {repo} doing?",
        "assess the health of {repo}",
        "what is the weakest part of {repo}?",
    ],
)
async def project_health_assessment(run: ReadRun, params: Health) -> Report:
    """Score five areas, each by its weakest signal, with the formula and four windows of trend."""
    repo, github = params.repo, run.github
    if params.window.startswith("since="):
        raise FlowError("Windows of the same length are compared: write 30d, 2w or 1m.")
    span = span_of(params.window, run.started)
    start = spans_of(span)[0].start
    about = await run.step("Look at the repository", github.repository, repo)
    branch = about.default_branch
    pulls = await run.step(
        "Time the merged pull requests", github.pull_timings, repo, start, branch
    )
    runs = await run.step("List the builds", github.workflow_runs, repo, start, branch, "push")
    releases = await run.step("List the releases", github.releases, repo)
    tickets = await run.step("Read the issues", _tickets, run.tracker, start)
    milestones = await run.step("Look at the milestones", github.milestones, repo, "open")
    posture = await run.step("Look at what protects it", posture_of, github, repo, branch)
    found = Evidence(pulls, runs, releases, tickets, milestones, posture)
    healths = healths_of(found, span)
    before = await run.baseline()
    picture: tuple[Figure, ...] = ()
    if lines := series(healths, span):
        title = f"{repo}: health by window"
        png = await run.step("Draw the trend", trend_picture, title, lines, "of 10")
        picture = (Figure("Trend", said_series(healths), png),)
    return scorecard(repo, found, healths, span, before.data if before else None, *picture)


async def _tickets(tracker: TrackerReader, since: datetime) -> list[Ticket]:
    every = [*await tracker.open_issues(), *await tracker.closed_issues(since)]
    return [msgspec.structs.replace(each, body="") for each in every]
