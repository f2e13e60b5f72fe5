"""DORA metrics: how often a repository ships, how fast, how often it breaks, how soon it heals."""

from pydantic import Field

from flows import Figure, Link, Params, ReadRun, Report, facts, flow
from flows.analysis.delivery import (
    figures_of,
    has_trend,
    left_out,
    metrics,
    metrics_table,
    nothing,
    rows_behind,
    said_trend,
    series,
    stages,
    verdict,
)
from flows.analysis.dora import dora_of
from flows.analysis.pictures import trend_picture
from flows.analysis.shipments import BEFORE, looked_from, shipped_from
from flows.analysis.windows import Window, since_of, span_of


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
    mark = since_of(params.window)
    start = (
        await run.step("Find the start of the window", github.head, repo, mark) if mark else None
    )
    span = span_of(params.window, run.started, start.committed_at if start else None)
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

    about_it = facts(
        window=dora.window,
        source=f"{dora.said} ({len(shipped.shipments)} known)",
        definitions=Link("dora.dev", "https://dora.dev/guides/dora-metrics/"),
    )
    title = f"DORA metrics of {repo}"
    if not dora.shipped and not dora.cycle.n:
        return Report(title, "There was nothing to measure.", "warn", (about_it, nothing(dora)))
    trend: tuple[Figure, ...] = ()
    if has_trend(dora):
        lines = series(dora)
        png = await run.step(
            "Draw the trend", trend_picture, f"{repo}: weekly medians", lines, "hours"
        )
        trend = (Figure("Trend by week", said_trend(dora), png),)
    weak = any(each.level == "low" for each in metrics(dora))
    return Report(
        title,
        verdict(dora),
        "warn" if weak else "good",
        (
            about_it,
            metrics_table(dora, before.data if before else None),
            stages(dora),
            left_out(dora, looked, span),
            *trend,
            rows_behind(repo, shipped, pulls, span),
        ),
        data=figures_of(dora),
        next=(f"components {repo}",),
    )
