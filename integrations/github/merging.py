"""Reviewing and merging pull requests: each verdict and each merge is for one exact commit."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from integrations.errors import NotFound, Refused, Transient
from integrations.github import graph, models, wire
from integrations.github.places import place
from integrations.github.repositories import RepositoryReads
from integrations.github.wire import LONG_AGO

Method = Literal["merge", "squash", "rebase"]
Verdict = Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]
SAID = {"APPROVE": "approved", "REQUEST_CHANGES": "changes_requested", "COMMENT": "commented"}
PULL_ID = f"""
query($owner: String!, $name: String!, $number: Int!) {{
  {graph.REPO} {{
    pullRequest(number: $number) {{ id isDraft autoMergeRequest {{ mergeMethod }} }}
  }}
}}
"""
AUTO_MERGE = """
mutation($pull: ID!, $method: PullRequestMergeMethod!, $sha: GitObjectID!) {
  enablePullRequestAutoMerge(
    input: {pullRequestId: $pull, mergeMethod: $method, expectedHeadOid: $sha}
  ) { pullRequest { id } }
}
"""
NO_AUTO_MERGE = """
mutation($pull: ID!) {
  disablePullRequestAutoMerge(input: {pullRequestId: $pull}) { pullRequest { id } }
}
"""
READY = """
mutation($pull: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $pull}) { pullRequest { id } }
}
"""
QUERIES = (PULL_ID, AUTO_MERGE, NO_AUTO_MERGE, READY)
MOVED = "Base branch was modified"
WORKING_OUT = timedelta(seconds=2)  # what it takes GitHub to try a merge, as a rule


class PullReview(models.Model, frozen=True):
    """A review: approved, changes_requested, commented, dismissed or pending."""

    id: int
    author: str
    state: str
    sha: str
    at: datetime
    body: str = ""


class ReviewWire(wire.Wire, frozen=True):
    id: int
    state: str | None = None
    user: wire.User | None = None
    commit_id: str | None = None
    submitted_at: datetime | None = None
    body: str | None = None

    def model(self) -> PullReview:
        return PullReview(
            id=self.id,
            author=wire.login(self.user),
            state=(self.state or "commented").lower(),
            sha=self.commit_id or "",
            at=self.submitted_at or LONG_AGO,
            body=self.body or "",
        )


class TeamWire(wire.Wire, frozen=True):
    slug: str | None = None


class RequestedWire(wire.Wire, frozen=True):
    users: list[wire.User] | None = None
    teams: list[TeamWire] | None = None


class MergedWire(wire.Wire, frozen=True):
    sha: str | None = None


class AutoMerge(graph.Node, frozen=True):
    merge_method: str | None = None


class PullId(graph.Node, frozen=True):
    id: str
    is_draft: bool | None = None
    auto_merge_request: AutoMerge | None = None


class PullIdOf(graph.Node, frozen=True):
    pull_request: PullId | None = None


class MergeReads(RepositoryReads):
    async def reviews(self, repo: str, number: int) -> list[PullReview]:
        """Return every review of a pull request, oldest first."""
        path, missing = f"/pulls/{number}/reviews", _gone(repo, number)
        pages = self._api.pages(place(repo), path, list[ReviewWire], missing=missing)
        return [found.model() async for page in pages for found in page]


class MergeWrites(MergeReads):
    async def ensure_review(
        self, repo: str, number: int, sha: str, verdict: Verdict, body: str = ""
    ) -> PullReview:
        """Review one commit of a pull request; the same verdict on it is given once."""
        me = (await self.identity()).login
        for found in await self.reviews(repo, number):
            said = (found.author, found.sha, found.state, found.body)
            if said == (me, sha, SAID[verdict], body):
                return found
        wanted = {"commit_id": sha, "event": verdict, **({"body": body} if body else {})}
        path, missing = f"/pulls/{number}/reviews", _gone(repo, number)
        answer = await self._api.change(place(repo), "POST", path, wanted, missing=missing)
        return answer.decode(ReviewWire).model()

    async def ensure_review_dismissed(
        self, repo: str, number: int, review: int, reason: str
    ) -> PullReview:
        """Take back that a review approves or asks for changes; people read the reason."""
        path, missing = f"/pulls/{number}/reviews/{review}", _gone(repo, number)
        found = await self._api.get(place(repo), path, ReviewWire, missing=missing)
        if found.model().state == "dismissed":
            return found.model()
        path, wanted = f"{path}/dismissals", {"message": reason}
        answer = await self._api.change(place(repo), "PUT", path, wanted, missing=missing)
        return answer.decode(ReviewWire).model()

    async def ensure_reviewers(
        self, repo: str, number: int, people: Sequence[str] = (), teams: Sequence[str] = ()
    ) -> None:
        """Ask people and teams (by slug) for a review; who is asked already is not asked again."""
        path, missing = f"/pulls/{number}/requested_reviewers", _gone(repo, number)
        asked = await self._api.get(place(repo), path, RequestedWire, missing=missing)
        known = {each.login.lower() for each in asked.users or []}
        slugs = {each.slug for each in asked.teams or []}
        wanted = {
            "reviewers": [name for name in people if name.lower() not in known],
            "team_reviewers": [slug for slug in teams if slug not in slugs],
        }
        if any(wanted.values()):
            await self._api.change(place(repo), "POST", path, wanted, missing=missing)

    async def delete_reviewers(
        self, repo: str, number: int, people: Sequence[str] = (), teams: Sequence[str] = ()
    ) -> None:
        """Take back that people and teams were asked; who has answered stays."""
        path, missing = f"/pulls/{number}/requested_reviewers", _gone(repo, number)
        gone = {"reviewers": [*people], "team_reviewers": [*teams]}
        await self._api.change(place(repo), "DELETE", path, gone, missing=missing)

    async def ensure_merged(
        self,
        repo: str,
        number: int,
        sha: str,
        method: Method = "squash",
        *,
        title: str = "",
        message: str = "",
    ) -> str:
        """Merge exactly this commit of a pull request; return what it became on the branch."""
        found = await self._pull(repo, number)
        if found.merged_at:
            return found.merge_commit_sha or ""
        wanted = {"sha": sha, "merge_method": method}
        wanted |= {"commit_title": title} if title else {}
        wanted |= {"commit_message": message} if message else {}
        path, missing = f"/pulls/{number}/merge", _gone(repo, number)
        try:
            answer = await self._api.change(place(repo), "PUT", path, wanted, missing=missing)
        except Refused as error:
            found = await self._pull(repo, number)  # somebody may have been faster
            if found.merged_at:
                return found.merge_commit_sha or ""
            # It says the same of a conflict and of what it has not worked out yet.
            is_unknown = found.mergeable is None or MOVED in str(error)
            if is_unknown and found.state == "open" and found.head.sha == sha:
                words = f"GitHub is still working out whether {repo}#{number} can be merged."
                raise Transient(words, WORKING_OUT) from error
            raise
        return answer.decode(MergedWire).sha or ""

    async def ensure_branch_updated(self, repo: str, number: int, sha: str) -> None:
        """Bring the branch of a pull request up to date, where it is still at `sha`.

        GitHub works on it after it has answered.
        """
        found = await self._pull(repo, number)
        if found.merged_at or found.head.sha != sha:
            return
        path = f"/pulls/{number}/update-branch"
        missing = _gone(repo, number)
        body = {"expected_head_sha": sha}
        try:
            await self._api.change(place(repo), "PUT", path, body, missing=missing)
        except Refused as error:
            # GitHub refuses where there is nothing to bring in, which is what was wanted.
            if "no new commits" not in str(error):
                raise

    async def ensure_merged_into(self, repo: str, base: str, head: str, message: str = "") -> str:
        """Merge a branch or commit into a branch without a pull request; return the tip."""
        wanted = {"base": base, "head": head, **({"commit_message": message} if message else {})}
        missing = {404: f"{repo} has no {base} or no {head}, or this bot may not see it."}
        answer = await self._api.change(place(repo), "POST", "/merges", wanted, missing=missing)
        if not answer.body:  # there was nothing to merge
            return (await self.head(repo, base)).sha
        return answer.decode(wire.Sha).sha

    async def ensure_auto_merge(
        self, repo: str, number: int, sha: str, method: Method = "squash"
    ) -> None:
        """Let GitHub merge this commit by itself once everything that is required is there."""
        found = await self._node(repo, number)
        held = found.auto_merge_request
        if held and (held.merge_method or "").lower() == method:
            return
        variables = {"pull": found.id, "method": method.upper(), "sha": sha}
        await self._mutated(repo, number, AUTO_MERGE, variables)

    async def delete_auto_merge(self, repo: str, number: int) -> None:
        """Let GitHub not merge a pull request by itself."""
        found = await self._node(repo, number)
        if found.auto_merge_request:
            await self._mutated(repo, number, NO_AUTO_MERGE, {"pull": found.id})

    async def ensure_ready(self, repo: str, number: int) -> None:
        """End the draft of a pull request."""
        found = await self._node(repo, number)
        if found.is_draft:
            await self._mutated(repo, number, READY, {"pull": found.id})

    async def _mutated(
        self, repo: str, number: int, query: str, variables: Mapping[str, object]
    ) -> None:
        gone = _gone(repo, number)[404]
        await self._api.mutate(place(repo), query, variables, missing=gone)

    async def _node(self, repo: str, number: int) -> PullId:
        gone = _gone(repo, number)[404]
        shape = graph.InRepository[PullIdOf]
        asked: Mapping[str, object] = {"number": number}
        answer = await self._api.graphql(place(repo), PULL_ID, shape, asked, missing=gone)
        found = answer.repository.pull_request if answer.repository else None
        if found is None:
            raise NotFound(gone)
        return found

    async def _pull(self, repo: str, number: int) -> wire.Pull:
        path, missing = f"/pulls/{number}", _gone(repo, number)
        return await self._api.get(place(repo), path, wire.Pull, missing=missing)


def _gone(repo: str, number: int) -> dict[int, str]:
    return {404: f"{repo} has no pull request #{number}, or this bot may not see it."}
