"""DORA metrics: how often a repository ships, how fast, how often it breaks, how soon it heals."""

from pydantic import Field

from flows import Figure, Params, ReadRun, Report, flow
from flows.analysis import delivery
from flows.analysis.delivery import Delivered
from flows.analysis.dora import dora_of
from flows.analysis.pictures import trend_picture
from flows.analysis.shipments import BEFORE, looked_from, shipped_from
from flows.analysis.windows import Window, span_in


class Dora(Params):
    repo: str = Field(description="Repository to measure", examples=["acme/shop"])
    window: Window = Field("30d", description="How far to look back: 30d, 12w, since=v1.2.0")
    environment: str = Field("", description="Where users are; empty: production")


@flow(
    alias="dora",
    budget=150,
    examples=["dora acme/shop", "dora acme/shop window=12w"],
    phrases=[
        "how healthy is {repo}?",
        "how fast is {repo}?",
        "how often does {repo} ship?",
        "how well does {repo} ship?",
        "how well did {repo} ship since {since}?",
        "how often did {repo} ship since {since}?",
    ],
)
async def performance_analytics(run: ReadRun, params: Dora) -> Report:
    """Follow dora.dev: medians, one service at a time, and teams rather than people."""
    repo, github = params.repo, run.github
    about = await run.step("Look at the repository", github.repository, repo)
    span = await span_in(run, repo, params.window)
    deployments = await run.step(
        "List the deployments", github.deployments, repo, span.start - BEFORE
    )
    releases = await run.step("List the releases", github.releases, repo)
    environment = params.environment or run.settings.environment
    looked = looked_from(shipped_from(deployments, releases, (), environment), span.start)
    pulls = await run.step(
        "Time the merged pull requests",
        github.pull_timings,
        repo,
        looked,
        about.default_branch,
    )
    shipped = shipped_from(deployments, releases, pulls, environment)
    dora = dora_of(shipped, pulls, span)
    before = await run.baseline()
    found = Delivered(repo, span, shipped, pulls, dora, looked)
    if found.is_empty:
        return delivery.nothing(found)
    trend: tuple[Figure, ...] = ()
    if delivery.has_trend(dora):
        lines = delivery.series(dora)
        png = await run.step(
            "Draw the trend", trend_picture, f"{repo}: weekly medians", lines, "hours"
        )
        trend = (Figure("Trend by week", delivery.said_trend(dora), png),)
    return delivery.report(found, before.data if before else None, *trend)
