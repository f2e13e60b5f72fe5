"""Machines that work on workflow runs: what they are told, and how far they are by the clock."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from integrations.emulators.github.records import CheckRun, Repository, WorkflowRun
from integrations.emulators.github.workflows import Attempt, Cache, JobSpec, Plan, Workflow
from integrations.emulators.github.world import GitHubWorld

WAIT = timedelta(seconds=5)
CACHE_SIZE = 48_000_000
GOOD = frozenset({"success", "neutral", "skipped"})


def begun(
    world: GitHubWorld, repo: Repository, flow: Workflow, found: WorkflowRun, *, only: bool = False
) -> None:
    """Put the jobs of a new attempt in the queue; with `only` just those that had failed."""
    before = jobs_of(repo, found.suite)
    found.suite = world.next_id()
    found.status, found.conclusion = "queued", None
    found.started_at = found.updated_at = world.clock
    for spec in flow.jobs:
        old = next((job for job in before if job.name == spec.name), None)
        keeps = only and old is not None and old.conclusion in GOOD
        repo.checks.append(
            _carried(world, old, found) if keeps and old else _queued(world, repo, spec, found, old)
        )
    if found.id not in repo.under_way:
        repo.under_way.append(found.id)


def made(  # noqa: PLR0913 - a run is of that much
    world: GitHubWorld,
    repo: Repository,
    flow: Workflow,
    event: str,
    *,
    branch: str,
    sha: str,
    actor: str,
    title: str,
    pull: int | None = None,
) -> WorkflowRun:
    """Return a new run of a workflow, with its jobs in the queue."""
    run = WorkflowRun(
        id=world.next_id(),
        workflow=flow.id,
        number=sum(each.workflow == flow.id for each in repo.runs) + 1,
        branch=branch,
        sha=sha,
        event=event,
        title=title,
        actor=actor,
        status="queued",
        created_at=world.clock,
        started_at=world.clock,
        updated_at=world.clock,
        pull=pull,
    )
    repo.runs.append(run)
    begun(world, repo, flow, run)
    return run


def put_by(found: WorkflowRun) -> None:
    """Keep how the attempt of a run went that another one follows."""
    found.earlier.append(
        Attempt(
            number=found.attempt,
            suite=found.suite,
            actor=found.starter or found.actor,
            started_at=found.started_at,
            updated_at=found.updated_at,
            conclusion=found.conclusion,
        )
    )


def again(
    world: GitHubWorld, repo: Repository, found: WorkflowRun, by: str, *, only: bool = False
) -> None:
    """Begin another attempt of a run."""
    put_by(found)
    found.attempt, found.starter = found.attempt + 1, by
    flow = next(flow for flow in repo.workflows if flow.id == found.workflow)
    begun(world, repo, flow, found, only=only)


def cancelled(world: GitHubWorld, repo: Repository, found: WorkflowRun) -> None:
    """Stop what has not ended."""
    for job in jobs_of(repo, found.suite):
        if job.status != "completed":
            job.status, job.conclusion, job.completed_at = "completed", "cancelled", world.clock
            job.plan = None
    _ended(world, repo, found)


def progressed(world: GitHubWorld) -> list[tuple[Repository, WorkflowRun]]:
    """Bring all runs to where they are by the clock; return those that have moved."""
    return [
        (repo, found)
        for repo in world.repositories.values()
        if repo.under_way
        for found in [run for run in repo.runs if run.id in repo.under_way]
        if _moved(world, repo, found)
    ]


def next_due(world: GitHubWorld) -> datetime | None:
    """Return when a job that is under way begins or ends next; None where all is done."""
    return min(
        (
            job.plan.starts if job.status == "queued" else job.plan.ends
            for repo in world.repositories.values()
            if repo.under_way
            for job in repo.checks
            if job.plan and job.status != "completed"
        ),
        default=None,
    )


def jobs_of(repo: Repository, suite: int) -> list[CheckRun]:
    """Return the jobs of one attempt."""
    return [job for job in repo.checks if job.suite == suite]


def _queued(
    world: GitHubWorld, repo: Repository, spec: JobSpec, found: WorkflowRun, old: CheckRun | None
) -> CheckRun:
    """Return a job that waits; one that fails again writes what it wrote before."""
    starts, auto = world.clock + WAIT, repo.automation
    left = repo.failing.get(spec.name, 0)
    if left:
        repo.failing[spec.name] = left - 1
    reds = (auto.red.get(ref, ()) for ref in (found.branch, found.sha)) if auto else ()
    is_red = left > 0 or any(spec.name in jobs for jobs in reds)
    seconds = spec.seconds * (auto.share if auto else 1)
    return CheckRun(
        id=world.next_id(),
        suite=found.suite,
        sha=found.sha,
        name=spec.name,
        status="queued",
        started_at=world.clock,
        plan=Plan(
            starts=starts,
            ends=starts + timedelta(seconds=seconds),
            outcome="failure" if is_red else "success",
        ),
        log=old.log if old and is_red else "",
    )


def _carried(world: GitHubWorld, old: CheckRun, found: WorkflowRun) -> CheckRun:
    return CheckRun(
        id=world.next_id(),
        suite=found.suite,
        sha=old.sha,
        name=old.name,
        status=old.status,
        conclusion=old.conclusion,
        started_at=old.started_at,
        completed_at=old.completed_at,
    )


def _moved(world: GitHubWorld, repo: Repository, found: WorkflowRun) -> bool:
    jobs = jobs_of(repo, found.suite)
    steps: Iterable[Callable[[CheckRun], bool]] = (_starts(world), _ends(world))
    moved = [step(job) for step in steps for job in jobs]
    if all(job.status == "completed" for job in jobs):
        _ended(world, repo, found)
    elif any(job.status != "queued" for job in jobs) and found.status == "queued":
        found.status, found.updated_at = "in_progress", world.clock
    return any(moved)


def _starts(world: GitHubWorld) -> Callable[[CheckRun], bool]:
    def step(job: CheckRun) -> bool:
        due = job.plan is not None and job.status == "queued" and job.plan.starts <= world.clock
        if due and job.plan:
            job.status, job.started_at = "in_progress", job.plan.starts
        return due

    return step


def _ends(world: GitHubWorld) -> Callable[[CheckRun], bool]:
    def step(job: CheckRun) -> bool:
        due = job.plan is not None and job.status != "completed" and job.plan.ends <= world.clock
        if due and job.plan:
            job.status, job.completed_at = "completed", job.plan.ends
            job.conclusion, job.plan = job.plan.outcome, None
        return due

    return step


def _ended(world: GitHubWorld, repo: Repository, found: WorkflowRun) -> None:
    jobs = jobs_of(repo, found.suite)
    outcomes = {job.conclusion for job in jobs}
    found.status = "completed"
    found.conclusion = next(
        (bad for bad in ("cancelled", "failure", "timed_out") if bad in outcomes), "success"
    )
    found.updated_at = max(
        (job.completed_at for job in jobs if job.completed_at), default=world.clock
    )
    repo.under_way = [run for run in repo.under_way if run != found.id]
    if found.conclusion == "success":
        _keep(world, repo, found)


def _keep(world: GitHubWorld, repo: Repository, found: WorkflowRun) -> None:
    """Let a run that went well use the cache of its branch, or leave one."""
    ref, key = f"refs/heads/{found.branch}", f"setup-{found.workflow}"
    held = next((one for one in repo.caches.values() if (one.ref, one.key) == (ref, key)), None)
    if held:
        held.used_at = found.updated_at
        return
    made = Cache(
        id=world.next_id(),
        ref=ref,
        key=key,
        size=CACHE_SIZE,
        created_at=found.updated_at,
        used_at=found.updated_at,
    )
    repo.caches[made.id] = made
