"""Reads about a repository: commits, branches, tags, files, people."""

import base64
import re
from datetime import UTC, datetime

import msgspec

from integrations.errors import NotFound, Refused
from integrations.github import models, wire
from integrations.github.places import ANYWHERE, organization, place, quoted, quoted_path
from integrations.github.topic import Topic

PEELS = 5
COMMIT = re.compile(r"[0-9a-f]{40}")


class RepositoryReads(Topic):
    async def repository(self, repo: str) -> models.Repository:
        return (await self._api.get(place(repo), "", wire.Repository)).model()

    async def repositories(self, org: str) -> list[models.Repository]:
        """Return the repositories of an organisation that this bot may see, by their names."""
        pages = self._api.pages(organization(org), "/repos", list[wire.Repository])
        found = [each.model() async for page in pages for each in page]
        return sorted(found, key=lambda each: each.full_name.lower())

    async def head(self, repo: str, ref: str = "") -> models.Commit:
        """Return the newest commit of a branch, tag or commit name; of the default branch."""
        where = place(repo)
        empty = f"{repo} is empty: it has no commit yet."
        missing = {409: empty, 422: f"{repo} has no branch, tag or commit {ref}." if ref else empty}
        path = f"/commits/{quoted(ref or 'HEAD')}"
        return (await self._api.get(where, path, wire.Commit, missing=missing)).model()

    async def commits_between(self, repo: str, base: str, head: str) -> list[models.Commit]:
        """Return the commits that `head` has and `base` lacks, oldest first."""
        where = place(repo)
        path = f"/compare/{quoted(base)}...{quoted(head)}"
        missing = {404: f"{repo} has no {base} or no {head}, or this bot may not see it."}
        found: list[models.Commit] = []
        async for page in self._api.pages(where, path, wire.Comparison, missing=missing):
            found += [commit.model() for commit in page.commits or []]
            # Each page is as dear as the first: do not ask for an empty one.
            if len(found) >= (page.total_commits or 0):
                break
        return found

    async def branch(self, repo: str, name: str) -> models.Branch | None:
        found = await self._api.optional(place(repo), f"/branches/{quoted(name)}", wire.Branch)
        return found.model() if found else None

    async def has_branch(self, repo: str, name: str) -> bool:
        """Say whether there is such a branch: unlike `branch`, for nothing where none has come."""
        path = f"/git/matching-refs/heads/{quoted_path(name)}"
        found = await self._api.get(place(repo), path, list[wire.Ref])
        return any(each.ref == f"refs/heads/{name}" for each in found)

    async def tags(self, repo: str) -> list[models.Tag]:
        """Return every tag with the commit it points to, in GitHub's order (by name)."""
        pages = self._api.pages(place(repo), "/tags", list[wire.Tag])
        return [tag.model() async for page in pages for tag in page]

    async def tag(self, repo: str, tag: str) -> models.Tag | None:
        where = place(repo)
        ref = await self._api.optional(where, f"/git/ref/tags/{quoted(tag)}", wire.Ref)
        if ref is None:
            return None
        target = ref.object
        for _ in range(PEELS):
            if target.type != "tag":
                return models.Tag(tag, target.sha)
            path = f"/git/tags/{quoted(target.sha)}"
            target = (await self._api.get(where, path, wire.Ref)).object
        raise Refused(f"Tag {tag} of {repo} points to a tag of a tag, too many times over.")

    async def file(self, repo: str, path: str, ref: str = "") -> models.File | None:
        """Return a file at a ref (the default branch), None where there is none."""
        where = place(repo)
        params = {"ref": ref}
        address = f"/contents/{quoted_path(path)}"
        fixed = bool(COMMIT.fullmatch(ref))
        raw = await self._api.optional(where, address, msgspec.Raw, params=params, fixed=fixed)
        if raw is None:
            return None
        if bytes(raw).lstrip().startswith(b"["):
            raise Refused(f"{path} is a folder of {repo}, not a file.")
        found = msgspec.json.decode(raw, type=wire.Content)
        if found.encoding == "base64" and found.content is not None:
            return models.File(path, found.sha, base64.b64decode(found.content))
        if found.type not in {"file", None}:
            raise Refused(f"{path} of {repo} is a {found.type}, not a file.")
        blob = await self._api.get(where, f"/git/blobs/{quoted(found.sha)}", wire.Blob)
        return models.File(path, found.sha, _content(blob))

    async def user(self, login: str) -> models.User:
        missing = {404: f"GitHub knows nobody called {login}."}
        path = f"/users/{quoted(login)}"
        return (await self._api.get(ANYWHERE, path, wire.User, missing=missing)).model()

    async def identity(self) -> models.Identity:
        """Return whom GitHub takes this bot for, and what its token says about itself."""
        if self._api.sign_in.is_app:
            app = await self._api.get(ANYWHERE, "/app", wire.AppIdentity)
            return models.Identity(f"{app.slug or app.name or 'app'}[bot]", "app")
        answer = await self._api.answer(ANYWHERE, "/user")
        scopes = answer.headers.get("x-oauth-scopes")
        return models.Identity(
            login=answer.decode(wire.User).login,
            kind="user",
            scopes=None if scopes is None else tuple(filter(None, scopes.split(", "))),
            expires_at=_expiry(answer.headers.get("github-authentication-token-expiration", "")),
        )

    async def quota(self, resource: str = "core") -> models.RateLimit | None:
        """Return what is left of an allowance; None on a server that sets no limits."""
        try:
            found = await self._api.get(ANYWHERE, "/rate_limit", wire.Quotas)
        except NotFound:
            return None
        quota = found.resources.get(resource)
        if quota is None:
            return None
        reset = datetime.fromtimestamp(quota.reset, UTC)
        return models.RateLimit(resource, quota.limit, quota.remaining, reset)


def _content(blob: wire.Blob) -> bytes:
    if blob.encoding == "base64":
        return base64.b64decode(blob.content)
    return blob.content.encode()


def _expiry(value: str) -> datetime | None:
    """Return when a token ends; GitHub writes `2026-12-01 12:00:00 UTC` or an offset."""
    try:
        return datetime.strptime(value.replace("UTC", "+0000"), "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None
