"""Grade the code of a repository: lint, complexity, copies; of a pull request what is new in it."""

from typing import Literal

from pydantic import Field

from flows import FlowError, Params, Report, Role, Run, flow
from flows.analysis import grading
from flows.analysis.changed import changed_lines
from flows.analysis.grading import Graded
from flows.analysis.quality import quality_of


class Quality(Params):
    repo: str = Field(description="Repository to check", examples=["acme/shop"])
    pull: int = Field(0, ge=0, description="Pull request to check; empty: the default branch")
    ref: str = Field("", description="Branch, tag or commit to check instead")
    base: str = Field("", description="What to compare it with; empty: the last check")
    check: Literal["auto", "yes", "no"] = Field(
        "auto", description="Report it on the pull request; auto: where I am a GitHub App"
    )


@flow(
    alias="quality",
    role=Role.OPERATOR,
    weight="batch",
    budget=15,
    examples=["quality acme/shop", "quality acme/shop pull=12 check=yes"],
    phrases=["how good is the code of {repo}?", "grade {repo}", "how clean is {repo}?"],
    on=(
        "github:pull_request.opened",
        "github:pull_request.reopened",
        "github:pull_request.synchronize",
    ),
)
async def code_quality_check(run: Run, params: Quality) -> Report:
    """Read and parse a checkout, and take no settings from it; never execute it."""
    repo, github = params.repo, run.github
    if params.pull and (params.ref or params.base):
        raise FlowError("Give a pull request, or a ref and a base, not both.")
    if params.check == "yes" and not params.pull:
        raise FlowError("A check is for a pull request: say which, such as pull=12.")
    if params.pull:
        return await _of_pull(run, params)
    about = await run.step("Look at the repository", github.repository, repo)
    ref = params.ref or about.default_branch
    head = await run.step("Pin the commit to check", github.head, repo, ref)
    now = await run.step("Check out and measure the code", quality_of, run.git, repo, head.sha)
    if not now.files:
        return Report(f"Quality of {repo} at {ref}", "It has no source code to check.", "warn")
    if params.base:
        old = await run.step("Pin the commit to compare with", github.head, repo, params.base)
        base = await run.step("Measure what it was", quality_of, run.git, repo, old.sha)
        return grading.report(Graded(repo, ref, now, base, params.base), {})
    last = await run.baseline()
    return grading.report(Graded(repo, ref, now), last.data if last else {})


async def _of_pull(run: Run, params: Quality) -> Report:
    """Return what is new in a pull request, on its changed lines alone."""
    repo, github = params.repo, run.github
    pull = await run.step("Look at the pull request", github.pull, repo, params.pull)
    change = await run.step(
        "List its changes", github.comparison, repo, pull.base_ref, pull.head_sha
    )
    now = await run.step("Check out and measure the code", quality_of, run.git, repo, pull.head_sha)
    base = await run.step("Measure what it was", quality_of, run.git, repo, change.merge_base)
    found = Graded(
        repo=repo,
        ref=f"#{pull.number}",
        now=now,
        base=base,
        against=pull.base_ref,
        author=pull.author,
        lines=changed_lines(change.files),
    )
    # What a change is like is no baseline of the branch.
    last = await run.baseline()
    report = grading.of_change(grading.report(found, {}), last.data if last else {}, change.files)
    wanted = params.check == "yes"
    if params.check == "auto":
        me = await run.step("Look whether I am an App", github.identity)
        wanted = me.kind == "app"
    if wanted:
        checking = grading.checking(github, found, pull, report.summary)
        await run.apply(checking, show=report)
    return report
