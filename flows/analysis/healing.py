"""What healing a failed run says: what was seen, tried, and whether it helped."""

from collections.abc import Sequence

import msgspec

from flows.analysis.failures import Failure
from flows.analysis.notes import plain
from flows.analysis.remedies import Advice
from flows.analysis.words import counted
from flows.report import Block, Bullets, Code, Inline, Line, Link, Person, Report, bullets, facts
from integrations.github import Checks, GitHubReader, Pull, RunState, WorkflowRun

MOST = 10
SHOWN = 100


async def ended(github: GitHubReader, repo: str, run: int, attempt: int) -> RunState | None:
    """Return a run once this attempt of it, or a later one, has ended."""
    found = await github.workflow_run(repo, run)
    return found if found.attempt >= attempt and found.status == "completed" else None


def title_of(repo: str, run: WorkflowRun) -> str:
    """Return what a report about a failed run is called."""
    return f"{run.name} {run.id} of {repo}"


def about(run: WorkflowRun) -> Block:
    """Return which run it is."""
    return facts(
        run=Link(f"{run.name} {run.id}", run.url),
        branch=run.branch,
        commit=Code(run.sha[:7]),
        attempt=f"{run.attempt}",
        started_by=Person(run.actor) if run.actor else "nobody known",
    )


def seen(failures: Sequence[Failure]) -> Bullets:
    """Return the failed jobs, each with its class, the line that says why, and its log."""
    lines: list[Line] = [
        (
            f"{each.cause.kind}: ",
            Code(each.cause.signature[:SHOWN]),
            " in ",
            Link(each.job, each.url),
        )
        for each in failures[:MOST]
    ]
    more = [(f"… {len(failures) - MOST} more",)] if len(failures) > MOST else []
    return bullets([*lines, *more] or ["Its logs cannot be read."], "What failed")


def plan(repo: str, run: WorkflowRun, failures: Sequence[Failure], found: Advice) -> Report:
    """Return what people see before they say yes."""
    return Report(title_of(repo, run), _said(found.why), "warn", (about(run), seen(failures)))


def tried_to(tried: Sequence[str]) -> list[Block]:
    """Return what was tried so far; nothing is no block."""
    return [bullets(tried, "What was tried")] if tried else []


def healed(
    repo: str, run: WorkflowRun, failures: Sequence[Failure], tried: Sequence[str]
) -> Report:
    """Return that a repetition helped; what heals by itself comes back, so it stays to be fixed."""
    said = f"It is green after {counted(len(tried), 're-run')}; the cause is still there."
    blocks = (about(run), seen(failures), *tried_to(tried))
    return Report(
        title_of(repo, run), said, "good", blocks, {"healed": True}, (f"failures {repo} --issues",)
    )


def left(
    repo: str,
    run: WorkflowRun,
    failures: Sequence[Failure],
    tried: Sequence[str],
    why: str,
) -> Report:
    """Return that a person has to look, who that is, and why."""
    owner: Inline = Person(run.actor) if run.actor else "whoever knows this workflow"
    todo = bullets([(owner, ": read the log and repair it.")], "Left to a person")
    said = f"Not healed: {why}."
    blocks = (todo, about(run), seen(failures), *tried_to(tried))
    again = (f"failures {repo} run={run.id}",)
    return Report(title_of(repo, run), said, "bad", blocks, {"healed": False}, again)


def proposed(
    repo: str,
    run: WorkflowRun,
    failures: Sequence[Failure],
    tried: Sequence[str],
    pull: Pull,
    checks: Checks | None,
) -> Report:
    """Return the pull request that repairs it, and what CI says of that."""
    state = checks.state if checks else "none"
    words = {
        "success": "its checks are green: merge it",
        "failure": "its checks fail too: it does not help, close it or go on from there",
    }
    said = words.get(state, "its checks had not ended within the hour: look at them before merging")
    link = bullets([("Review ", Link(f"#{pull.number} {pull.title}", pull.url), f"; {said}.")])
    return Report(
        title_of(repo, run),
        f"#{pull.number} would repair it; {said}.",
        "good" if state == "success" else "warn",
        (link, about(run), seen(failures), *tried_to(tried)),
        {"healed": state == "success", "pull": pull.number},
    )


def of_branch(made: Report) -> Report:
    """Return a report about a branch of somebody's own: no news for others unless they can act."""
    return msgspec.structs.replace(made, quiet="pull" not in made.data)


def body_of(run: WorkflowRun, found: Advice) -> str:
    """Return what the pull request says about why it is there."""
    what = (
        f"This takes back {found.commit.sha}.\n\n" if found.commit else
        "Nothing but the layout of these files changes.\n\n"
    )  # fmt: skip
    return f"{what}[{plain(run.name)} {run.id}]({run.url}) failed: {plain(found.why)}."


def _said(why: str) -> str:
    return f"{why[:1].upper()}{why[1:]}."
