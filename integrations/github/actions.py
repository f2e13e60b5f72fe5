"""GitHub Actions: workflows, the jobs of their runs, and starting, repeating or stopping one."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from integrations.errors import Refused, Transient
from integrations.github import graph, models, wire
from integrations.github.places import place, quoted
from integrations.github.topic import Topic

JOBS = """
query($ids: [ID!]!) {
  rateLimit { cost }
  nodes(ids: $ids) {
    __typename
    ... on WorkflowRun {
      databaseId
      checkSuite {
        checkRuns(first: 100) {
          nodes { databaseId name status conclusion startedAt completedAt url }
        }
      }
    }
  }
}
"""
QUERIES = (JOBS,)
RUNS_AT_ONCE = 50
CLOCKS_DIFFER = timedelta(minutes=1)
LISTED_LATER = timedelta(seconds=5)
BY_HAND = "workflow_dispatch"


class Workflow(models.Model, frozen=True):
    """`file` is its name below .github/workflows; `enabled` where it may run."""

    id: int
    name: str
    path: str
    url: str
    enabled: bool = True

    @property
    def file(self) -> str:
        return self.path.rpartition("/")[2]


class JobStep(models.Model, frozen=True):
    name: str
    status: str
    conclusion: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None


class Job(models.Model, frozen=True):
    """A job of one attempt of a workflow run; `conclusion` is empty while it runs."""

    id: int
    run: int
    attempt: int
    name: str
    status: str
    sha: str
    url: str
    conclusion: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    runner: str = ""
    labels: tuple[str, ...] = ()
    steps: tuple[JobStep, ...] = ()

    @property
    def seconds(self) -> float | None:
        """How long it took; None where it has not ended."""
        if self.started_at is None or self.completed_at is None:
            return None
        return (self.completed_at - self.started_at).total_seconds()


class RunMinutes(models.Model, frozen=True):
    """What a run took: on the wall, and billed on each kind of machine (ubuntu, macos …)."""

    seconds: float
    billed: dict[str, float] = msgspec.field(default_factory=dict)


class WorkflowWire(wire.Wire, frozen=True):
    id: int
    name: str | None = None
    path: str | None = None
    state: str | None = None
    html_url: str | None = None

    def model(self) -> Workflow:
        return Workflow(
            id=self.id,
            name=self.name or self.path or "",
            path=self.path or "",
            url=self.html_url or "",
            enabled=self.state in {None, "active"},
        )


class WorkflowsWire(wire.Wire, frozen=True):
    workflows: list[WorkflowWire] | None = None


class StepWire(wire.Wire, frozen=True):
    name: str | None = None
    status: str | None = None
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None

    def model(self) -> JobStep:
        return JobStep(
            name=self.name or "",
            status=self.status or "queued",
            conclusion=self.conclusion or "",
            started_at=self.started_at,
            completed_at=self.completed_at,
        )


class JobWire(wire.Wire, frozen=True):
    id: int
    run_id: int | None = None
    run_attempt: int | None = None
    name: str | None = None
    status: str | None = None
    head_sha: str | None = None
    html_url: str | None = None
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    runner_name: str | None = None
    labels: list[str] | None = None
    steps: list[StepWire] | None = None

    def model(self) -> Job:
        return Job(
            id=self.id,
            run=self.run_id or 0,
            attempt=self.run_attempt or 1,
            name=self.name or "",
            status=self.status or "queued",
            sha=self.head_sha or "",
            url=self.html_url or "",
            conclusion=self.conclusion or "",
            started_at=self.started_at,
            completed_at=self.completed_at,
            runner=self.runner_name or "",
            labels=tuple(self.labels or ()),
            steps=tuple(step.model() for step in self.steps or ()),
        )


class JobsWire(wire.Wire, frozen=True):
    jobs: list[JobWire] | None = None


class StartedWire(wire.Wire, frozen=True):
    workflow_run_id: int | None = None


class BilledWire(wire.Wire, frozen=True):
    total_ms: int | None = None


class MinutesWire(wire.Wire, frozen=True):
    billable: dict[str, BilledWire | None] | None = None
    run_duration_ms: int | None = None

    def model(self) -> RunMinutes:
        billed = {
            machine.lower(): (used.total_ms or 0) / 1000
            for machine, used in (self.billable or {}).items()
            if used
        }
        return RunMinutes((self.run_duration_ms or 0) / 1000, billed)


class JobNode(graph.Node, frozen=True):
    name: str | None = None
    database_id: int | None = None
    status: str | None = None
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    url: str | None = None

    def job(self, of: models.WorkflowRun) -> Job:
        return Job(
            id=self.database_id or 0,
            run=of.id,
            attempt=of.attempt,
            name=self.name or "",
            status=(self.status or "queued").lower(),
            sha=of.sha,
            url=self.url or "",
            conclusion=(self.conclusion or "").lower(),
            started_at=self.started_at,
            completed_at=self.completed_at,
        )


class SuiteNode(graph.Node, frozen=True):
    check_runs: graph.Connection[JobNode] | None = None


class RunNode(graph.Node, frozen=True):
    database_id: int | None = None
    check_suite: SuiteNode | None = None


class RunNodes(graph.Answered, frozen=True):
    nodes: list[RunNode | None] | None = None


class ActionReads(Topic):
    async def workflows(self, repo: str) -> list[Workflow]:
        pages = self._api.pages(place(repo), "/actions/workflows", WorkflowsWire)
        return [flow.model() async for page in pages for flow in page.workflows or []]

    async def workflow(self, repo: str, workflow: str) -> Workflow:
        """Return a workflow by its number or its file, like ci.yml."""
        path, missing = _flow(repo, workflow)
        return (await self._api.get(place(repo), path, WorkflowWire, missing=missing)).model()

    async def runs_of_workflow(
        self, repo: str, workflow: str, since: datetime, branch: str = "", event: str = ""
    ) -> list[models.WorkflowRun]:
        """Return the runs of one workflow since then, newest first; a thousand at most."""
        path, missing = _flow(repo, workflow)
        params = {"created": f">={wire.day(since)}", "branch": branch, "event": event}
        pages = self._api.pages(
            place(repo), f"{path}/runs", wire.WorkflowRuns, params=params, missing=missing
        )
        runs = [run.model() async for page in pages for run in page.workflow_runs or []]
        return [run for run in runs if wire.is_since(run.created_at, since)]

    async def run_attempt(self, repo: str, run: int, attempt: int) -> models.WorkflowRun:
        """Return a workflow run as an attempt of it ended."""
        gone = f"{repo} has no attempt {attempt} of workflow run {run}."
        path, missing = f"/actions/runs/{run}/attempts/{attempt}", {404: gone}
        return (await self._api.get(place(repo), path, wire.WorkflowRun, missing=missing)).model()

    async def jobs(self, repo: str, run: int, *, every_attempt: bool = False) -> list[Job]:
        """Return the jobs of a workflow run: of its last attempt, or of each one."""
        params = {"filter": "all" if every_attempt else "latest"}
        return await self._jobs(repo, f"/actions/runs/{run}/jobs", run, params)

    async def jobs_of_runs(self, repo: str, runs: Sequence[models.WorkflowRun]) -> list[Job]:
        """Return the jobs of the last attempts of many runs, without their steps: fifty a call.

        A run of more than a hundred jobs gives a hundred. What has ended is asked for once.
        """
        known = {run.id: run for run in runs}
        seen = ((run.id, self._api.ended.get((repo, run.id, run.attempt))) for run in runs)
        found = {run: [*kept] for run, kept in seen if kept}
        ids = [run.node for run in runs if run.node and run.id not in found]
        for start in range(0, len(ids), RUNS_AT_ONCE):
            asked = {"ids": ids[start : start + RUNS_AT_ONCE]}
            answer = await self._api.graphql(place(repo), JOBS, RunNodes, asked)
            for node in answer.nodes or []:
                of = known.get(node.database_id or 0) if node else None
                held = node.check_suite.check_runs if node and node.check_suite else None
                if of and held:
                    found[of.id] = jobs = [job.job(of) for job in held.items]
                    if {of.status, *(job.status for job in jobs)} == {"completed"}:
                        self._api.ended.put((repo, of.id, of.attempt), tuple(jobs))
        return [job for run in known for job in found.get(run, ())]

    async def jobs_of_attempt(self, repo: str, run: int, attempt: int) -> list[Job]:
        return await self._jobs(repo, f"/actions/runs/{run}/attempts/{attempt}/jobs", run, {})

    async def job_log(self, repo: str, job: int) -> str:
        """Return what a job that has ended wrote; GitHub keeps it for about three months."""
        gone = f"{repo} has no log of job {job}: it still runs, or its log was kept long enough."
        path, missing = f"/actions/jobs/{job}/logs", {404: gone, 410: gone}
        answer = await self._api.answer(place(repo), path, missing=missing, fixed=True)
        return answer.body.decode(errors="replace")

    async def run_minutes(self, repo: str, run: int) -> RunMinutes:
        """Return how long a workflow run took, and what of it is billed."""
        path, missing = f"/actions/runs/{run}/timing", _gone(repo, run)
        return (await self._api.get(place(repo), path, MinutesWire, missing=missing)).model()

    async def workflow_minutes(self, repo: str, workflow: str) -> RunMinutes:
        """Return what of a workflow is billed this month; GitHub does not say how long it took."""
        path, missing = _flow(repo, workflow)
        found = await self._api.get(place(repo), f"{path}/timing", MinutesWire, missing=missing)
        return found.model()

    async def _jobs(self, repo: str, path: str, run: int, params: Mapping[str, str]) -> list[Job]:
        where, missing = place(repo), _gone(repo, run)
        pages = self._api.pages(where, path, JobsWire, params=params, missing=missing)
        return [job.model() async for page in pages for job in page.jobs or []]


class ActionWrites(ActionReads):
    async def ensure_dispatch(
        self,
        repo: str,
        workflow: str,
        ref: str,
        *,
        since: datetime,
        inputs: Mapping[str, str] | None = None,
    ) -> int:
        """Start a workflow by hand and return the number of its run.

        One that was started so on this branch or tag since `since` is the result of an earlier try.
        """
        if found := await self._started(repo, workflow, ref, since):
            return found
        path, missing = _flow(repo, workflow)
        wanted = {"ref": ref, "inputs": dict(inputs or {}), "return_run_details": True}
        answer = await self._api.change(
            place(repo), "POST", f"{path}/dispatches", wanted, missing=missing
        )
        told = answer.decode(StartedWire).workflow_run_id if answer.body else None
        started = told or await self._started(repo, workflow, ref, since)
        if started is None:  # older servers say nothing, and list the run a moment later
            raise Transient(f"GitHub has not listed the run of {workflow} yet.", LISTED_LATER)
        return started

    async def _started(self, repo: str, workflow: str, ref: str, since: datetime) -> int | None:
        after = since - CLOCKS_DIFFER
        runs = await self.runs_of_workflow(repo, workflow, after, branch=ref, event=BY_HAND)
        return runs[-1].id if runs else None

    async def ensure_rerun(
        self, repo: str, run: int, attempt: int, *, only_failed: bool = False
    ) -> models.WorkflowRun:
        """Begin the attempt after `attempt`; nothing happens where it has begun already."""
        found = await self._run(repo, run)
        if found.attempt > attempt:
            return found
        what = "rerun-failed-jobs" if only_failed else "rerun"
        path = f"/actions/runs/{run}/{what}"
        try:
            await self._api.change(place(repo), "POST", path, missing=_gone(repo, run))
        except Refused:
            found = await self._run(repo, run)  # somebody may have been faster
            if found.attempt <= attempt:
                raise
            return found
        return await self._run(repo, run)

    async def ensure_cancelled(self, repo: str, run: int) -> models.WorkflowRun:
        """Stop a workflow run; one that has ended stays as it ended."""
        found = await self._run(repo, run)
        if found.status == "completed":
            return found
        path = f"/actions/runs/{run}/cancel"
        try:
            await self._api.change(place(repo), "POST", path, missing=_gone(repo, run))
        except Refused:
            found = await self._run(repo, run)
            if found.status != "completed":
                raise
            return found
        return await self._run(repo, run)

    async def delete_run(self, repo: str, run: int) -> None:
        """Delete a workflow run that has ended, with its logs."""
        await self._api.delete(place(repo), f"/actions/runs/{run}")

    async def ensure_workflow_enabled(self, repo: str, workflow: str) -> Workflow:
        return await self._workflow_in(repo, workflow, enabled=True)

    async def ensure_workflow_disabled(self, repo: str, workflow: str) -> Workflow:
        return await self._workflow_in(repo, workflow, enabled=False)

    async def _workflow_in(self, repo: str, workflow: str, *, enabled: bool) -> Workflow:
        found = await self.workflow(repo, workflow)
        if found.enabled == enabled:
            return found
        path, missing = _flow(repo, workflow)
        verb = "enable" if enabled else "disable"
        await self._api.change(place(repo), "PUT", f"{path}/{verb}", missing=missing)
        return await self.workflow(repo, workflow)

    async def _run(self, repo: str, run: int) -> models.WorkflowRun:
        path, missing = f"/actions/runs/{run}", _gone(repo, run)
        return (await self._api.get(place(repo), path, wire.WorkflowRun, missing=missing)).model()


def _flow(repo: str, workflow: str) -> tuple[str, dict[int, str]]:
    gone = f"{repo} has no workflow {workflow}, or this bot may not see it."
    return f"/actions/workflows/{quoted(workflow)}", {404: gone}


def _gone(repo: str, run: int) -> dict[int, str]:
    return {404: f"{repo} has no workflow run {run}, or this bot may not see it."}
