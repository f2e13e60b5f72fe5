"""Deployments as this bot makes them: asked for once, and reported on."""

from typing import Any, Literal

from integrations.errors import NotFound
from integrations.github import models, standing
from integrations.github.places import place
from integrations.github.topic import Topic

State = Literal["queued", "in_progress", "pending", "success", "failure", "error", "inactive"]
KEY = "flowbot"
MAX_TEXT = 140  # GitHub takes no longer descriptions


class Asked(standing.Deployment, frozen=True):
    payload: Any = None

    @property
    def key(self) -> str:
        """What we know it by; other tools put anything there, also texts."""
        held = self.payload.get(KEY) if isinstance(self.payload, dict) else None
        return held if isinstance(held, str) else ""


class DeploymentWrites(Topic):
    async def ensure_deployment(
        self,
        repo: str,
        sha: str,
        environment: str,
        key: str,
        *,
        description: str = "",
        check_first: bool = True,
    ) -> models.Deployment:
        """Ask for a deployment of a commit; the one of this key is found again.

        With `check_first` GitHub refuses a commit whose checks are not green.
        """
        where, params = place(repo), {"environment": environment, "sha": sha}
        async for page in self._api.pages(where, "/deployments", list[Asked], params=params):
            for found in page:
                if found.key == key:
                    return found.model()
        wanted: dict[str, object] = {
            "ref": sha,
            "environment": environment,
            "description": description[:MAX_TEXT],
            "payload": {KEY: key},
            "auto_merge": False,
            **({} if check_first else {"required_contexts": []}),
        }
        answer = await self._api.change(where, "POST", "/deployments", wanted)
        return answer.decode(Asked).model()

    async def ensure_deployment_state(
        self,
        repo: str,
        deployment: int,
        state: State,
        *,
        description: str = "",
        url: str = "",
        log_url: str = "",
    ) -> models.DeploymentStatus:
        """Report how a deployment goes; what was reported last is not reported again."""
        gone = f"{repo} has no deployment {deployment}, or this bot may not see it."
        path, missing = f"/deployments/{deployment}/statuses", {404: gone}
        said, text = list[standing.DeploymentStatus], description[:MAX_TEXT]
        last = await self._api.get(place(repo), path, said, params={"per_page": 1}, missing=missing)
        if last and (last[0].state, last[0].description or "") == (state, text):
            return last[0].model()
        wanted = {"state": state, "description": text}
        wanted |= {"environment_url": url} if url else {}
        wanted |= {"log_url": log_url} if log_url else {}
        answer = await self._api.change(place(repo), "POST", path, wanted, missing=missing)
        return answer.decode(standing.DeploymentStatus).model()

    async def delete_deployment(self, repo: str, deployment: int) -> None:
        """Delete a deployment; one that is active is first reported as inactive."""
        path = f"/deployments/{deployment}"
        try:
            await self._api.change(place(repo), "POST", f"{path}/statuses", {"state": "inactive"})
            await self._api.change(place(repo), "DELETE", path)
        except NotFound:
            await self._api.exists(place(repo))
