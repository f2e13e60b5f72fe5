"""Deliveries: deployments, the checks of a commit, workflow runs."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime

from integrations.github import graph, models, wire
from integrations.github.places import Place, place, quoted
from integrations.github.topic import Topic

GREEN = frozenset({"success", "neutral", "skipped"})
PER_PAGE = 100
DEPLOYED = graph.InRepository[graph.DeploymentsOf]


class DeliveryReads(Topic):
    async def deployments(
        self, repo: str, since: datetime, environment: str = ""
    ) -> list[models.Deployment]:
        """Return deployments with their statuses, newest first: a hundred per call.

        Within the hour only those that were open or are new, and for nothing where there are none.
        """
        where = place(repo)
        mark = await self._deployed_mark(where, environment)
        pages = self._deployed(where, environment)
        return await self._api.deployed.newest((where, environment), since, pages, mark)

    async def newest_deployments(self, repo: str, environment: str) -> list[models.Deployment]:
        """Return the newest hundred to an environment as they stand right now, newest first.

        It costs nothing where none of them has changed since the last look, and none is under way.
        """
        where = place(repo)
        mark = await self._deployed_mark(where, environment)
        known = self._api.newest.get((where, environment))
        if known and mark and known[0] == mark and all(each.finished_at for each in known[1]):
            return known[1]
        async with aclosing(self._deployed(where, environment)) as pages:
            found = await anext(pages)
        self._api.newest.put((where, environment), (mark, found))
        return found

    async def checks(self, repo: str, sha: str) -> models.Checks:
        """Return the newest result of every check; what GitHub words anew is not green."""
        where, commit = place(repo), f"/commits/{quoted(sha)}"
        newest: dict[tuple[str, str], wire.CheckRun] = {}
        async for page in self._api.pages(where, f"{commit}/check-runs", wire.CheckRuns):
            for run in page.check_runs or []:
                known = newest.get(run.source)
                if known is None or run.id > known.id:
                    newest[run.source] = run
        runs = [run.model() for run in newest.values()]
        async for statuses in self._api.pages(where, f"{commit}/status", wire.Statuses):
            runs += [status.model() for status in statuses.statuses or []]
        return models.Checks(_state(runs), tuple(runs))

    async def workflow_runs(
        self, repo: str, since: datetime, branch: str = "", event: str = "", status: str = ""
    ) -> list[models.WorkflowRun]:
        """Return runs created since, newest first; GitHub lists a thousand of them at most."""
        params = {
            "created": f">={wire.day(since)}",
            "branch": branch,
            "event": event,
            "status": status,
        }
        pages = self._api.pages(place(repo), "/actions/runs", wire.WorkflowRuns, params=params)
        runs = [run.model() async for page in pages for run in page.workflow_runs or []]
        return [run for run in runs if wire.is_since(run.created_at, since)]

    async def _deployed_mark(self, where: Place, environment: str) -> str:
        """Return what is another once a deployment is new, or one of the newest has changed."""
        params: Mapping[str, str | int] = {"environment": environment, "per_page": PER_PAGE}
        return await self._api.mark(where, "/deployments", params)

    async def _deployed(
        self, where: Place, environment: str
    ) -> AsyncGenerator[list[models.Deployment], None]:
        asked = {"environments": [environment] if environment else None}
        pages = self._api.listed(
            where, graph.DEPLOYMENTS, DEPLOYED, asked, lambda found: found.deployments
        )
        async with aclosing(pages):
            async for page in pages:
                yield [deployment.model() for deployment in page]


def _state(runs: list[models.CheckRun]) -> models.ChecksState:
    """Return one state for all: a failure is known before the rest has finished."""
    if not runs:
        return "none"
    done = [run for run in runs if run.status == "completed"]
    if any(run.conclusion not in GREEN for run in done):
        return "failure"
    return "success" if len(done) == len(runs) else "pending"
