"""How the objects that people follow stand now: one frugal look at each."""

from collections.abc import Mapping

from integrations.errors import NotFound
from integrations.github import graph, models, standing, wire
from integrations.github.places import place, quoted
from integrations.github.topic import Topic

ENDED = frozenset({"success", "failure", "timed_out", "startup_failure"})
PULL = graph.InRepository[standing.PullOf]
PATHS = graph.InRepository[standing.FilesOf]


class StateReads(Topic):
    async def pull_state(self, repo: str, number: int) -> models.PullState:
        """Return how a pull request stands: one call, and one more per further hundred files."""
        where, gone = place(repo), _gone(repo, f"pull request #{number}")
        asked: Mapping[str, object] = {"number": number, "after": None}
        answer = await self._api.graphql(where, standing.PULL_STATE, PULL, asked, missing=gone)
        pull = answer.repository.pull_request if answer.repository else None
        if pull is None:
            raise NotFound(gone)
        paths, after = pull.paths, pull.after
        while after:
            asked = {"number": number, "after": after}
            more = await self._api.graphql(where, standing.PULL_PATHS, PATHS, asked, missing=gone)
            files = more.repository.pull_request if more.repository else None
            paths += files.paths if files else []
            after = files.after if files else None
        return pull.model(tuple(paths))

    async def issue_state(self, repo: str, number: int) -> models.IssueState:
        """Return how an issue stands; the number of a pull request is none of an issue."""
        gone = _gone(repo, f"issue #{number}")
        missing = {404: gone, 410: gone}
        path = f"/issues/{number}"
        found = await self._api.get(place(repo), path, standing.Issue, missing=missing)
        if found.pull_request is not None:
            raise NotFound(f"{repo}#{number} is a pull request, not an issue.")
        return found.model()

    async def workflow_run(self, repo: str, run: int) -> models.RunState:
        """Return how a workflow run stands; for one that failed, a second call says where."""
        where, path = place(repo), f"/actions/runs/{run}"
        missing = {404: _gone(repo, f"workflow run {run}")}
        found = await self._api.get(where, path, standing.WorkflowRun, missing=missing)
        if not found.failed:
            return found.model()
        pages = self._api.pages(where, f"{path}/jobs", standing.Jobs, missing=missing)
        jobs = [job async for page in pages for job in page.jobs or []]
        return found.model(tuple(job.model() for job in jobs if job.failed))

    async def run_before(self, repo: str, run: models.WorkflowRun) -> models.WorkflowRun | None:
        """Return the last run of the same workflow on that branch that ended well or badly."""
        params = {"branch": run.branch, "status": "completed"}
        pages = self._api.pages(place(repo), "/actions/runs", wire.WorkflowRuns, params=params)
        async for page in pages:
            for each in page.workflow_runs or []:
                same = (each.name, each.event) == (run.name, run.event) and each.id < run.id
                if same and each.conclusion in ENDED:
                    return each.model()
        return None

    async def deployment_state(self, repo: str, deployment: int) -> models.Deployment:
        """Return how a deployment stands, with its last hundred statuses: two calls."""
        where, path = place(repo), f"/deployments/{deployment}"
        missing = {404: _gone(repo, f"deployment {deployment}")}
        found = await self._api.get(where, path, standing.Deployment, missing=missing)
        statuses = await self._api.get(
            where,
            f"{path}/statuses",
            list[standing.DeploymentStatus],
            params={"per_page": 100},
            missing=missing,
        )
        # The newest comes first: of two in the same second it is the later one.
        return graph.with_statuses(found.model(), [each.model() for each in reversed(statuses)])

    async def release_state(self, repo: str, tag: str) -> models.Release:
        """Return the published release of a tag."""
        missing = {404: _gone(repo, f"release {tag}")}
        path = f"/releases/tags/{quoted(tag)}"
        return (await self._api.get(place(repo), path, wire.Release, missing=missing)).model()


def _gone(repo: str, what: str) -> str:
    return f"{repo} has no {what}, or this bot may not see it."
