"""Trace requirements to pull requests, tests and releases, and name what is missing."""

from msgspec import structs
from pydantic import Field

from flows import FlowError, Params, ReadRun, Report, flow
from flows.analysis.matrix import matrix, notes_on
from flows.analysis.requirements import (
    changes_in,
    code_of,
    digests_of,
    edits_after,
    requirements_in,
    tags_out,
    traces_of,
)
from flows.analysis.windows import Window, since_of, span_of


class Requirements(Params):
    repo: str = Field(description="Repository that fulfils them", examples=["acme/shop"])
    label: str = Field("requirement", description="Label of the issues that are requirements")
    approved: str = Field("approved", description="Label of those that were agreed on")
    window: Window = Field("1y", description="How far to look back: 90d, 6m, 2y")


@flow(
    alias="reqs",
    weight="batch",
    budget=150,
    examples=["reqs acme/shop", "reqs acme/shop label=story window=6m"],
    phrases=[
        "which requirements of {repo} are tested?",
        "trace the requirements of {repo}",
        "what became of the requirements of {repo}?",
    ],
)
async def requirement_tracking(run: ReadRun, params: Requirements) -> Report:
    """Name keys in branches, pull requests and tests, and everything else follows."""
    repo, github, team = params.repo, run.github, run.settings.linear_team
    if since_of(params.window):
        raise FlowError("Say how far to look back: 90d, 6m or 2y.")
    span = span_of(params.window, run.started)
    about = await run.step("Look at the repository", github.repository, repo)
    head = await run.step("Pin the commit to read", github.head, repo, about.default_branch)
    wanted = await run.step(
        "Read the requirements",
        requirements_in,
        run.tracker,
        params.label,
        params.approved,
        span.start,
    )
    if not wanted:
        said = f"No issue of {run.tracker.name} has the label {params.label}; give it to some."
        return Report(f"Requirements of {repo}", said, "warn")
    changes = await run.step(
        "Collect the pull requests",
        changes_in, github, repo, span.start, team, run.linear if team else None,
    )  # fmt: skip
    releases = await run.step("List the releases", github.releases, repo)
    code = await run.step(
        "Read the tests in a checkout",
        code_of,
        run.git,
        repo,
        head.sha,
        span.start,
        team,
        [each.sha for each in changes if each.sha],
        tags_out(releases),
    )
    approved = [each.ticket.key for each in wanted if each.approved]
    edits = {}
    if team and approved:
        edits = await run.step(
            "Read the past of what was approved", edits_after, run.linear, approved, params.approved
        )
    before = await run.baseline()
    old = before.data if before and before.data.get("label") == params.label else None
    seen = old["approved"] if old else {}
    traces = traces_of(wanted, changes, code, edits, seen)
    notes = notes_on(run.tracker.name, params.label, span, has_history=bool(team))
    report = matrix(repo, traces, changes, code.tests, old, notes)
    kept = {**report.data, "label": params.label, "approved": digests_of(wanted, seen)}
    return structs.replace(report, data=kept, next=(f"milestones {repo}", f"changes {repo}"))
