"""Watch how long workflows run and queue, and how endpoints answer; name what became slower."""

from pydantic import Field

from flows import Figure, Params, ReadRun, Report, flow
from flows.analysis import slowing
from flows.analysis.endpoints import looked, remembered
from flows.analysis.pictures import trend_picture
from flows.analysis.slowing import Slowing
from flows.analysis.timings import counted_of, timed
from flows.analysis.windows import Window, span_in

MOST_RUNS = 1_000


class Perf(Params):
    repo: str = Field(description="Repository to measure", examples=["acme/shop"])
    window: Window = Field("12w", description="How far to look back: 30d, 12w, since=v1.2.0")
    threshold: int = Field(10, ge=1, le=500, description="Per cent that a median may move")
    branch: str = Field("", description="Only runs of this branch; empty: of all")


@flow(
    alias="perf",
    weight="batch",
    budget=50,
    examples=["perf acme/shop", "perf acme/shop window=26w threshold=25"],
    phrases=[
        "how fast is ci of {repo}?",
        "did {repo} become slower?",
        "what became slower in {repo}?",
        "how long does ci of {repo} take?",
        "what became slower in {repo} since {since}?",
    ],
)
async def performance_monitoring(run: ReadRun, params: Perf) -> Report:
    """Compare medians by tests of ranks: a few slow runs are no change for good."""
    repo, github = params.repo, run.github
    span = await span_in(run, repo, params.window)
    runs = await run.step(
        "List the workflow runs", github.workflow_runs, repo, span.start, params.branch
    )
    chosen = counted_of(runs)[:MOST_RUNS]
    jobs = await run.step("Time their jobs", github.jobs_of_runs, repo, chosen)
    probed = {
        url: await run.step(f"Look at endpoint {number}", looked, run.probes, url)
        for number, url in enumerate(run.settings.endpoints, 1)
    }
    last = await run.baseline()
    before = last.data if last else {}
    looks = remembered(before, probed, run.started)
    found = Slowing(repo, span, timed(runs, jobs), looks, params.threshold / 100, len(runs))
    title = f"Performance of {repo}"
    if found.is_empty:
        said = f"Nothing to measure in {span}: no run succeeded at once, and no endpoint is set."
        return Report(title, said, "warn", (slowing.not_measured(found),))
    picture: tuple[Figure, ...] = ()
    if lines := slowing.lines_of(found):
        png = await run.step(
            "Draw the trend", trend_picture, f"{repo}: weekly medians", lines, "minutes"
        )
        picture = (Figure("Duration by week", slowing.said_lines(lines), png),)
    bad = any(each.slower for each in found.shifts) or any(
        seen and not seen[-1].ok for seen in looks.values()
    )
    return Report(
        title,
        slowing.verdict(found),
        "warn" if bad else "good",
        (
            slowing.numbers(found, before),
            slowing.findings(found),
            *slowing.workflows(found, before),
            slowing.not_measured(found),
            *picture,
            slowing.weeks(found),
        ),
        slowing.figures_of(found),
        next=(f"failures {repo}",),
        quiet=last is not None and not bad,
    )
