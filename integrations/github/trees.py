"""Git's own data: branches, histories, comparisons, trees, and several files in one commit."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

from integrations.errors import NotFound, Refused, Transient
from integrations.github import models, wire
from integrations.github.places import place, quoted
from integrations.github.repositories import RepositoryReads

EXECUTABLE = "100755"
PLAIN = "100644"


class TreeEntry(models.Model, frozen=True):
    """A file, folder (tree) or submodule (commit); `size` is in bytes and of files alone."""

    path: str
    kind: str
    sha: str
    size: int = 0
    executable: bool = False


class Tree(models.Model, frozen=True):
    """`complete` is False where GitHub left entries out: it lists 100,000 of them at most."""

    sha: str
    entries: tuple[TreeEntry, ...]
    complete: bool = True


class ChangedFile(models.Model, frozen=True):
    path: str
    status: str
    additions: int = 0
    deletions: int = 0
    previous: str = ""
    patch: str = ""


class Comparison(models.Model, frozen=True):
    """How `head` differs from `base`; `files` holds three hundred of them at most.

    `status` is ahead, behind, diverged or identical.
    """

    status: str
    ahead: int
    behind: int
    merge_base: str
    commits: tuple[models.Commit, ...] = ()
    files: tuple[ChangedFile, ...] = ()


class EntryWire(wire.Wire, frozen=True):
    path: str | None = None
    mode: str | None = None
    type: str | None = None
    sha: str | None = None
    size: int | None = None

    def model(self) -> TreeEntry:
        return TreeEntry(
            path=self.path or "",
            kind=self.type or "blob",
            sha=self.sha or "",
            size=self.size or 0,
            executable=self.mode == EXECUTABLE,
        )


class TreeWire(wire.Wire, frozen=True):
    sha: str
    tree: list[EntryWire] | None = None
    truncated: bool | None = None

    def model(self) -> Tree:
        entries = tuple(entry.model() for entry in self.tree or [])
        return Tree(self.sha, entries, complete=not self.truncated)


class FileWire(wire.Wire, frozen=True):
    filename: str
    status: str | None = None
    additions: int | None = None
    deletions: int | None = None
    previous_filename: str | None = None
    patch: str | None = None

    def model(self) -> ChangedFile:
        return ChangedFile(
            path=self.filename,
            status=self.status or "modified",
            additions=self.additions or 0,
            deletions=self.deletions or 0,
            previous=self.previous_filename or "",
            patch=self.patch or "",
        )


class ComparisonWire(wire.Comparison, frozen=True):
    status: str | None = None
    ahead_by: int | None = None
    behind_by: int | None = None
    merge_base_commit: wire.Sha | None = None
    files: list[FileWire] | None = None


class GitCommitWire(wire.Wire, frozen=True):
    sha: str
    tree: wire.Sha


class TreeReads(RepositoryReads):
    async def branches(self, repo: str) -> list[models.Branch]:
        pages = self._api.pages(place(repo), "/branches", list[wire.Branch])
        return [found.model() async for page in pages for found in page]

    async def commits(
        self, repo: str, since: datetime, ref: str = "", path: str = ""
    ) -> list[models.Commit]:
        """Return the commits since then, newest first: of a branch, or that touched a path."""
        params = {"since": wire.day(since), "sha": ref, "path": path}
        missing = {
            404: f"{repo} has no {ref or 'commits'}, or this bot may not see it.",
            409: f"{repo} is empty: it has no commit yet.",
        }
        pages = self._api.pages(
            place(repo), "/commits", list[wire.Commit], params=params, missing=missing
        )
        commits = [found.model() async for page in pages for found in page]
        return [each for each in commits if wire.is_since(each.committed_at, since)]

    async def tree(self, repo: str, ref: str = "") -> Tree:
        """Return everything below a commit, folder by folder, in one call."""
        params = {"recursive": "1"}
        missing = {
            404: f"{repo} has no {ref or 'commits'}, or this bot may not see it.",
            409: f"{repo} is empty: it has no commit yet.",
        }
        path = f"/git/trees/{quoted(ref or 'HEAD')}"
        found = await self._api.get(place(repo), path, TreeWire, params=params, missing=missing)
        return found.model()

    async def comparison(self, repo: str, base: str, head: str) -> Comparison:
        """Return what `head` has that `base` lacks: a call for each hundred commits."""
        path = f"/compare/{quoted(base)}...{quoted(head)}"
        missing = {404: f"{repo} has no {base} or no {head}, or this bot may not see it."}
        commits: list[models.Commit] = []
        first: ComparisonWire | None = None
        async for page in self._api.pages(place(repo), path, ComparisonWire, missing=missing):
            first = first or page  # only this one lists the files
            commits += [commit.model() for commit in page.commits or []]
            if len(commits) >= (page.total_commits or 0):
                break
        told = first or ComparisonWire()
        return Comparison(
            status=told.status or "identical",
            ahead=told.ahead_by or 0,
            behind=told.behind_by or 0,
            merge_base=told.merge_base_commit.sha if told.merge_base_commit else "",
            commits=tuple(commits),
            files=tuple(file.model() for file in told.files or []),
        )

    async def is_within(self, repo: str, commit: str, ref: str) -> bool:
        """Say whether a commit, or what a tag is at, is in the past of a ref: one call."""
        path = f"/compare/{quoted(ref)}...{quoted(commit)}"
        missing = {404: f"{repo} has no {ref} or no {commit}, or this bot may not see it."}
        told = await self._api.get(
            place(repo), path, ComparisonWire, params={"per_page": "1"}, missing=missing
        )
        return not told.ahead_by

    async def pull_changes(self, repo: str, number: int) -> list[ChangedFile]:
        """Return what a pull request changes, file by file; GitHub lists 3,000 of them at most."""
        missing = {404: f"{repo} has no pull request #{number}, or this bot may not see it."}
        path = f"/pulls/{number}/files"
        pages = self._api.pages(place(repo), path, list[FileWire], missing=missing)
        return [file.model() async for page in pages for file in page]


class TreeWrites(TreeReads):
    async def ensure_commit(
        self,
        repo: str,
        branch: str,
        message: str,
        files: Mapping[str, str | bytes | None],
        *,
        base: str = "",
    ) -> models.Commit:
        """Write several files in one commit; None deletes one. Return the tip of the branch.

        A branch that is not there begins at `base` (the default branch). Where all files are so
        already, as after an earlier try, nothing is written.
        """
        where = place(repo)
        found = await self.branch(repo, branch)
        tip = found.sha if found else (await self.head(repo, base)).sha
        parent = await self._api.get(where, f"/git/commits/{tip}", GitCommitWire)
        entries = await self._entries(repo, tip, files)
        tree = parent.tree.sha
        if entries:
            wanted = {"base_tree": tree, "tree": entries}
            answer = await self._api.change(where, "POST", "/git/trees", wanted)
            tree = answer.decode(wire.Sha).sha
        if tree != parent.tree.sha:
            commit = {"message": message, "tree": tree, "parents": [tip]}
            answer = await self._api.change(where, "POST", "/git/commits", commit)
            tip = answer.decode(wire.Sha).sha
        if found is None:
            await self._begun(repo, branch, tip)
        elif tip != found.sha:
            await self._moved(repo, branch, found.sha, tip)
        return await self.head(repo, tip)

    async def ensure_begun(self, repo: str, branch: str, sha: str, message: str) -> models.Branch:
        """Begin a branch with a commit that changes nothing: so a pull request can be opened.

        A branch that is there stays as it is.
        """
        where = place(repo)
        if found := await self.branch(repo, branch):
            return found
        parent = await self._api.get(where, f"/git/commits/{sha}", GitCommitWire)
        wanted = {"message": message, "tree": parent.tree.sha, "parents": [sha]}
        answer = await self._api.change(where, "POST", "/git/commits", wanted)
        tip = answer.decode(wire.Sha).sha
        await self._begun(repo, branch, tip)
        return models.Branch(branch, tip)

    async def _entries(
        self, repo: str, tip: str, files: Mapping[str, str | bytes | None]
    ) -> list[dict[str, object]]:
        """Return what to tell GitHub of each file; to delete what is not there is an error."""
        held = {}
        if any(content is None for content in files.values()):
            held = {entry.path: entry for entry in (await self.tree(repo, tip)).entries}
        rows: list[dict[str, object]] = []
        for path, content in files.items():
            row: dict[str, object] = {"path": path, "mode": PLAIN, "type": "blob"}
            if content is None:
                if path in held:
                    rows.append({**row, "sha": None})
            elif isinstance(content, str):
                rows.append({**row, "content": content})
            else:
                rows.append({**row, "sha": await self._blob(repo, content)})
        return rows

    async def _blob(self, repo: str, content: bytes) -> str:
        body = {"content": b64encode(content).decode(), "encoding": "base64"}
        answer = await self._api.change(place(repo), "POST", "/git/blobs", body)
        return answer.decode(wire.Sha).sha

    async def _begun(self, repo: str, branch: str, tip: str) -> None:
        ref = {"ref": f"refs/heads/{branch}", "sha": tip}
        try:
            await self._api.change(place(repo), "POST", "/git/refs", ref)
        except Refused:
            if await self.branch(repo, branch) is None:
                raise
            raise Transient(f"Somebody has just made {branch} in {repo}.") from None

    async def _moved(self, repo: str, branch: str, old: str, tip: str) -> None:
        path, body = f"/git/refs/heads/{quoted(branch)}", {"sha": tip}
        try:
            await self._api.change(place(repo), "PATCH", path, body)
        except (NotFound, Refused):
            now = await self.branch(repo, branch)
            if now and now.sha == old:
                raise  # it is a rule of the branch that says no
            raise Transient(f"Somebody has just moved {branch} of {repo}.") from None
