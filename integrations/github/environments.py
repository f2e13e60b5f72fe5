"""Environments and what protects them; variables; the names of secrets, never their values."""

from datetime import datetime

from integrations.errors import Refused
from integrations.github import models, wire
from integrations.github.places import Place, place, quoted
from integrations.github.topic import Topic
from integrations.github.wire import LONG_AGO


class Environment(models.Model, frozen=True):
    """`wait` is in minutes; `reviewers` are logins, `teams` slugs.

    `branches` says what may be deployed: all, protected or custom.
    """

    name: str
    url: str = ""
    wait: int = 0
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    no_self_review: bool = False
    branches: str = "all"
    updated_at: datetime = LONG_AGO


class Variable(models.Model, frozen=True):
    name: str
    value: str
    updated_at: datetime = LONG_AGO


class SecretName(models.Model, frozen=True):
    """That there is such a secret, and since when it is the same."""

    name: str
    updated_at: datetime = LONG_AGO


class Who(wire.Wire, frozen=True):
    login: str | None = None
    slug: str | None = None


class ReviewerWire(wire.Wire, frozen=True):
    reviewer: Who | None = None


class GateWire(wire.Wire, frozen=True):
    type: str | None = None
    wait_timer: int | None = None
    prevent_self_review: bool | None = None
    reviewers: list[ReviewerWire] | None = None


class PolicyWire(wire.Wire, frozen=True):
    protected_branches: bool | None = None


class EnvironmentWire(wire.Wire, frozen=True):
    name: str
    html_url: str | None = None
    updated_at: datetime | None = None
    protection_rules: list[GateWire] | None = None
    deployment_branch_policy: PolicyWire | None = None

    def model(self) -> Environment:
        gates, policy = self.protection_rules or [], self.deployment_branch_policy
        asked = [one.reviewer for gate in gates for one in gate.reviewers or [] if one.reviewer]
        return Environment(
            name=self.name,
            url=self.html_url or "",
            wait=max((gate.wait_timer or 0 for gate in gates), default=0),
            reviewers=tuple(one.login for one in asked if one.login),
            teams=tuple(one.slug for one in asked if one.slug),
            no_self_review=any(gate.prevent_self_review for gate in gates),
            branches=_branches(policy),
            updated_at=self.updated_at or LONG_AGO,
        )


class EnvironmentsWire(wire.Wire, frozen=True):
    environments: list[EnvironmentWire] | None = None


class VariableWire(wire.Wire, frozen=True):
    name: str
    value: str | None = None
    updated_at: datetime | None = None

    def model(self) -> Variable:
        return Variable(self.name, self.value or "", self.updated_at or LONG_AGO)


class VariablesWire(wire.Wire, frozen=True):
    variables: list[VariableWire] | None = None


class SecretWire(wire.Wire, frozen=True):
    name: str
    updated_at: datetime | None = None

    def model(self) -> SecretName:
        return SecretName(self.name, self.updated_at or LONG_AGO)


class SecretsWire(wire.Wire, frozen=True):
    secrets: list[SecretWire] | None = None


class IdWire(wire.Wire, frozen=True):
    id: int


class EnvironmentReads(Topic):
    async def environments(self, repo: str) -> list[str]:
        """Return the names of the environments."""
        return [found.name for found in await self.environment_details(repo)]

    async def environment_details(self, repo: str) -> list[Environment]:
        """Return the environments with what protects each: a hundred per call."""
        pages = self._api.pages(place(repo), "/environments", EnvironmentsWire)
        return [found.model() async for page in pages for found in page.environments or []]

    async def environment(self, repo: str, name: str) -> Environment | None:
        path = f"/environments/{quoted(name)}"
        found = await self._api.optional(place(repo), path, EnvironmentWire)
        return found.model() if found else None

    async def variables(self, repo: str, environment: str = "") -> list[Variable]:
        """Return the variables of an environment, or those of the repository itself."""
        path, missing = f"{_holder(environment)}/variables", _gone(repo, environment)
        pages = self._api.pages(place(repo), path, VariablesWire, missing=missing)
        return [found.model() async for page in pages for found in page.variables or []]

    async def secret_names(self, repo: str, environment: str = "") -> list[SecretName]:
        """Return the names of the secrets of an environment, or of the repository itself."""
        path, missing = f"{_holder(environment)}/secrets", _gone(repo, environment)
        pages = self._api.pages(place(repo), path, SecretsWire, missing=missing)
        return [found.model() async for page in pages for found in page.secrets or []]

    async def org_variables(self, repo: str) -> list[Variable]:
        """Return the variables of the organisation that this repository may read."""
        pages = self._api.pages(place(repo), "/actions/organization-variables", VariablesWire)
        return [found.model() async for page in pages for found in page.variables or []]

    async def org_secret_names(self, repo: str) -> list[SecretName]:
        """Return the names of the organisation's secrets that this repository may use."""
        pages = self._api.pages(place(repo), "/actions/organization-secrets", SecretsWire)
        return [found.model() async for page in pages for found in page.secrets or []]


class EnvironmentWrites(EnvironmentReads):
    async def ensure_environment(
        self,
        repo: str,
        name: str,
        *,
        wait: int = 0,
        reviewers: tuple[str, ...] = (),
        no_self_review: bool = False,
        only_protected: bool = False,
    ) -> Environment:
        """Make an environment, or bring the one that is there into this form."""
        found = await self.environment(repo, name)
        branches = "protected" if only_protected else "all"
        has = found and (found.wait, found.reviewers, found.no_self_review, found.branches)
        if found and has == (wait, reviewers, no_self_review, branches) and not found.teams:
            return found
        policy = {"protected_branches": True, "custom_branch_policies": False}
        wanted = {
            "wait_timer": wait,
            "prevent_self_review": no_self_review,
            "reviewers": [{"type": "User", "id": await self._id(each)} for each in reviewers],
            "deployment_branch_policy": policy if only_protected else None,
        }
        path = f"/environments/{quoted(name)}"
        answer = await self._api.change(place(repo), "PUT", path, wanted)
        return answer.decode(EnvironmentWire).model()

    async def delete_environment(self, repo: str, name: str) -> None:
        await self._api.delete(place(repo), f"/environments/{quoted(name)}")

    async def ensure_variable(
        self, repo: str, name: str, value: str, environment: str = ""
    ) -> Variable:
        """Set a variable of an environment, or of the repository itself."""
        held = {each.name: each for each in await self.variables(repo, environment)}
        known, where = held.get(name.upper()), place(repo)
        if known and known.value == value:
            return known
        path, missing = f"{_holder(environment)}/variables", _gone(repo, environment)
        wanted = {"name": name.upper(), "value": value}
        if known is None:
            try:
                await self._api.change(where, "POST", path, wanted, missing=missing)
            except Refused:
                held = {each.name: each for each in await self.variables(repo, environment)}
                if name.upper() not in held:  # else somebody was faster
                    raise
                known = held[name.upper()]
        if known and known.value != value:
            await self._api.change(where, "PATCH", f"{path}/{quoted(name.upper())}", wanted)
        return Variable(name.upper(), value)

    async def delete_variable(self, repo: str, name: str, environment: str = "") -> None:
        await self._api.delete(
            place(repo), f"{_holder(environment)}/variables/{quoted(name.upper())}"
        )

    async def _id(self, login: str) -> int:
        missing = {404: f"GitHub knows nobody called {login}."}
        path = f"/users/{quoted(login)}"
        return (await self._api.get(Place(), path, IdWire, missing=missing)).id


def _branches(policy: PolicyWire | None) -> str:
    if policy is None:
        return "all"
    return "protected" if policy.protected_branches else "custom"


def _holder(environment: str) -> str:
    return f"/environments/{quoted(environment)}" if environment else "/actions"


def _gone(repo: str, environment: str) -> dict[int, str]:
    if not environment:
        return {}
    return {404: f"{repo} has no environment {environment}, or this bot may not see it."}
