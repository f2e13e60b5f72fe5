"""Where GraphQL queries begin: the viewer, the rate limit and one repository with its lists."""

from dataclasses import dataclass, replace

from integrations.emulators.github.branches import BranchNode, branch
from integrations.emulators.github.calls import Call, node_id, stamp
from integrations.emulators.github.ci_nodes import IDS_LIMIT, WorkflowRunNode, runs_by_id
from integrations.emulators.github.connections import Connection, Trouble, connection
from integrations.emulators.github.nodes import (
    Actor,
    DeploymentNode,
    GitNode,
    Names,
    Order,
    ReleaseNode,
    git_object,
)
from integrations.emulators.github.releases import newest_first
from integrations.emulators.github.threads import (
    IssueNode,
    MilestoneNode,
    PullNode,
    Sizes,
    issue_list,
    label_list,
    pull_list,
)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What a query cost and what is left for this hour."""

    cost: int
    node_count: int
    limit: int
    used: int
    remaining: int
    reset_at: str


class Query:
    """The root of every query."""

    def __init__(self, call: Call) -> None:
        self._call = call

    @property
    def viewer(self) -> Actor:
        return Actor(self._call, self._call.actor)

    def rate_limit(self, **_: object) -> RateLimit:
        quota, cache = self._call.world.quota("graphql"), self._call.cache
        return RateLimit(
            cost=cache["cost"],
            node_count=cache["nodes"],
            limit=quota.limit,
            used=quota.used,
            remaining=quota.limit - quota.used,
            reset_at=stamp(quota.reset),
        )

    def nodes(self, ids: list[str]) -> list[WorkflowRunNode | None]:
        if len(ids) > IDS_LIMIT:
            words = f"You may not provide more than {IDS_LIMIT} node ids; you provided {len(ids)}."
            raise Trouble("ARGUMENT_LIMIT", words)
        return runs_by_id(self._call, ids)

    def repository(self, *, owner: str, name: str, **_: object) -> "Repository":
        found = self._call.world.found(f"{owner}/{name}")
        if found is None:
            words = f"Could not resolve to a Repository with the name '{owner}/{name}'."
            raise Trouble("NOT_FOUND", words)
        return Repository(replace(self._call, params={"owner": found.owner, "repo": found.name}))


class Repository:
    """A repository and the lists that hang on it."""

    def __init__(self, call: Call) -> None:
        repo = call.repo
        self._call, self._repo = call, repo
        self.id, self.database_id = node_id("Repository", repo.id), repo.id
        self.name, self.name_with_owner = repo.name, repo.full_name
        self.description = repo.description or None
        self.is_private, self.is_archived = repo.private, repo.archived
        self.created_at, self.pushed_at = stamp(repo.created_at), stamp(repo.pushed_at)
        self.url, self.auto_merge_allowed = call.html(), repo.settings.auto_merge

    @property
    def owner(self) -> Actor:
        return Actor(self._call, self._call.world.account(self._repo.owner))

    @property
    def default_branch_ref(self) -> BranchNode | None:
        return self.ref(f"refs/heads/{self._repo.default_branch}")

    def ref(self, qualified_name: str) -> BranchNode | None:
        return branch(self._call, qualified_name)

    def refs(
        self, ref_prefix: str, order_by: Order = None, direction: str | None = None, **page: object
    ) -> Connection[object]:
        prefix = ref_prefix if ref_prefix.endswith("/") else f"{ref_prefix}/"
        found = self._call.git.refs(prefix)
        if order_by and order_by["field"] == "TAG_COMMIT_DATE":
            found.sort(key=lambda one: self._call.git.commit(one.commit).committer.at)
        if (order_by or {}).get("direction", direction) == "DESC":
            found.reverse()
        return connection("refs", found, lambda one: BranchNode(self._call, one, prefix), page)

    def any_object(self, expression: str | None = None, oid: str | None = None) -> GitNode | None:
        found = self._call.git.object(oid or expression or "")
        return git_object(self._call, found[0], found[1]) if found else None

    def release(self, tag_name: str) -> ReleaseNode | None:
        found = self._repo.release(tag_name)
        return ReleaseNode(self._call, found) if found and not found.draft else None

    @property
    def latest_release(self) -> ReleaseNode | None:
        found = self._repo.latest_release()
        return ReleaseNode(self._call, found) if found else None

    def releases(self, order_by: Order = None, **page: object) -> Connection[object]:
        found = newest_first(self._call)
        if order_by and order_by["field"] == "NAME":
            found.sort(key=lambda one: one.name or "", reverse=True)
        if order_by and order_by["direction"] == "ASC":
            found.reverse()
        return connection("releases", found, lambda one: ReleaseNode(self._call, one), page)

    def deployments(
        self, environments: Names = None, order_by: Order = None, **page: object
    ) -> Connection[object]:
        found = sorted(self._repo.deployments.values(), key=lambda one: (one.created_at, one.id))
        if environments:
            found = [one for one in found if one.environment in environments]
        if order_by and order_by["direction"] == "DESC":
            found.reverse()
        return connection("deployments", found, lambda one: DeploymentNode(self._call, one), page)

    def issue(self, number: int) -> IssueNode:
        found = self._repo.issues.get(number)
        if found is None:
            raise Trouble(
                "NOT_FOUND", f"Could not resolve to an Issue with the number of {number}."
            )
        return IssueNode(self._call, found)

    def issues(self, **wanted: object) -> Connection[object]:
        return issue_list(self._call, self._repo.issues.values(), wanted)

    def pull_request(self, number: int) -> PullNode:
        found = self._repo.pulls.get(number)
        if found is None:
            words = f"Could not resolve to a PullRequest with the number of {number}."
            raise Trouble("NOT_FOUND", words)
        return PullNode(self._call, found, Sizes(self._call, [found]))

    def pull_requests(self, **wanted: object) -> Connection[object]:
        return pull_list(self._call, self._repo.pulls.values(), wanted)

    def labels(self, order_by: Order = None, **page: object) -> Connection[object]:
        return label_list(self._call, list(self._repo.labels.values()), order_by, page)

    def milestones(
        self, states: Names = None, order_by: Order = None, **page: object
    ) -> Connection[object]:
        found = [
            m for m in self._repo.milestones.values() if not states or m.state.upper() in states
        ]
        if order_by and order_by["field"] == "DUE_DATE":
            found.sort(key=lambda m: (m.due_on is None, m.due_on or m.created_at))
        if order_by and order_by["direction"] == "DESC":
            found.reverse()
        return connection("milestones", found, lambda m: MilestoneNode(self._call, m), page)
