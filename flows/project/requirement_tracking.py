"""Trace requirements to pull requests, tests and releases, and name what is missing."""

from msgspec import structs
from pydantic import Field

from flows import FlowError, Params, ReadRun, Report, flow
from flows.analysis.matrix import matrix
from flows.analysis.requirements import (
    changes_in,
    code_of,
    digests_of,
    edits_after,
    requirements_in,
    traces_of,
)
from flows.analysis.windows import Window, since_of, span_of
from integrations.github import Release


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
        [each.tag for each in releases if _is_out(each)],
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
    report = matrix(repo, traces, changes, code.tests, old, _notes(run, params, str(span)))
    kept = {**report.data, "label": params.label, "approved": digests_of(wanted, seen)}
    return structs.replace(report, data=kept, next=(f"milestones {repo}", f"changes {repo}"))


def _is_out(release: Release) -> bool:
    return release.published_at is not None and not release.prerelease


def _notes(run: ReadRun, params: Requirements, span: str) -> list[str]:
    where = run.tracker.name
    edits = (
        "What was edited after approval is what Linear's history tells."
        if run.settings.linear_team
        else "GitHub does not tell bots when words were edited: they are compared with those of "
        "the first report that saw them approved."
    )
    return [
        f"Requirements are issues of {where} with the label {params.label}. Window: {span}.",
        "A pull request counts where its branch, title, text or attachment names the key.",
        "A test counts where its name, marker or text names the key; no test was run.",
        edits,
    ]
