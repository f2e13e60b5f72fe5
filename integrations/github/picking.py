"""Commits put on top of others, as `git cherry-pick -x` does, by GitHub's own merges.

GitHub has no such call. So the branch stands for a moment at a stand-in: our tip's files with the
picked commit's parent behind them. Merging the picked commit into that brings just its change, and
what comes of it is committed on our tip. Each state is told by the commit at the tip, so that a
process that was lost is taken over by the next one where it was.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from integrations.errors import NotFound, Refused
from integrations.github import models, wire
from integrations.github.places import place, quoted
from integrations.github.trees import TreeReads

CONFLICT = "Merge conflict"
SHOWN = 10
_STAND_IN = re.compile(r"Stand-in for ([0-9a-f]{40}) on ([0-9a-f]{40})")
_PICKED = re.compile(r"\(cherry picked from commit ([0-9a-f]{40})\)\s*$")


class PersonWire(wire.Wire, frozen=True):
    name: str | None = None
    email: str | None = None
    date: datetime | None = None

    @property
    def body(self) -> dict[str, str]:
        date = {"date": wire.stamp(self.date)} if self.date else {}
        return {"name": self.name or "", "email": self.email or "", **date}


class BareCommit(wire.Wire, frozen=True):
    sha: str
    tree: wire.Sha
    parents: list[wire.Sha]
    message: str | None = None
    author: PersonWire | None = None


class PickReads(TreeReads):
    async def touched_by_both(self, repo: str, base: str, sha: str) -> list[str]:
        """Return the files of a commit that are not on `base` as they were before it."""
        parent = (await self._bare(repo, sha)).parents
        if not parent:
            return []
        mine = await self.comparison(repo, parent[0].sha, sha)
        theirs = await self.comparison(repo, parent[0].sha, base)
        back = await self.comparison(repo, base, parent[0].sha)
        moved = {file.path for each in (theirs, back) for file in each.files}
        return [file.path for file in mine.files if file.path in moved]

    async def _bare(self, repo: str, sha: str) -> BareCommit:
        missing = {404: f"{repo} has no commit {sha[:7]}, or this bot may not see it."}
        path = f"/git/commits/{quoted(sha)}"
        return await self._api.get(place(repo), path, BareCommit, missing=missing)


class PickWrites(PickReads):
    async def ensure_picked(
        self, repo: str, branch: str, base: str, shas: Sequence[str]
    ) -> models.Commit:
        """Make a branch of `base` with these commits on top of it, in order; return its tip.

        What does not fit is `Refused` with its files, and then the branch is not there. A branch
        of this name with other work on it is `Refused` too, and stays.
        """
        tip = await self._picking(repo, branch, base)
        while True:
            found = await self._bare(repo, tip)
            words = found.message or ""
            stand_in, picked = _STAND_IN.match(words), _PICKED.search(words)
            known = stand_in or picked
            if tip != base and not (known and known[1] in shas):
                raise Refused(
                    f"Branch {branch} of {repo} has other work on it already: "
                    "choose another name or delete the branch first."
                )
            try:
                if stand_in:
                    tip = await self._merged_into(repo, branch, found, stand_in[1], stand_in[2])
                    continue
                done = 0 if tip == base or not picked else shas.index(picked[1]) + 1
                if done == len(shas):
                    return await self.head(repo, tip)
                tip = await self._stood_in(repo, branch, found, shas[done])
            except (NotFound, Refused):
                await self._api.change(place(repo), "DELETE", f"/git/refs/heads/{quoted(branch)}")
                raise

    async def _picking(self, repo: str, branch: str, base: str) -> str:
        """Return where the branch is, which begins at `base`."""
        if found := await self.branch(repo, branch):
            return found.sha
        ref = {"ref": f"refs/heads/{branch}", "sha": base}
        await self._api.change(place(repo), "POST", "/git/refs", ref)
        return base

    async def _stood_in(self, repo: str, branch: str, ours: BareCommit, sha: str) -> str:
        """Let the branch stand at our files with the picked commit's parent behind them."""
        parents = (await self._bare(repo, sha)).parents
        if not parents:
            raise Refused(f"{sha[:7]} is the first commit of {repo}, which cannot be picked.")
        words = f"Stand-in for {sha} on {ours.sha}"
        made = await self._committed(repo, words, ours.tree.sha, parents[0].sha)
        return await self._put(repo, branch, made)

    async def _merged_into(
        self, repo: str, branch: str, found: BareCommit, sha: str, ours: str
    ) -> str:
        """Merge the picked commit into the stand-in, or commit what came of that on our tip."""
        if len(found.parents) == 1:
            words = found.message or ""
            wanted = {"base": branch, "head": sha, "commit_message": words}
            try:
                answer = await self._api.change(place(repo), "POST", "/merges", wanted)
            except Refused as error:
                if CONFLICT in str(error):
                    raise await self._conflict(repo, ours, sha) from error
                raise
            return answer.decode(wire.Sha).sha
        picked, before = await self._bare(repo, sha), await self._bare(repo, ours)
        if found.tree.sha == before.tree.sha:
            raise Refused(f"{sha[:7]} brings nothing new: what it changes is so already.")
        words = f"{(picked.message or '').rstrip()}\n\n(cherry picked from commit {sha})"
        author = picked.author.body if picked.author else None
        return await self._put(
            repo, branch, await self._committed(repo, words, found.tree.sha, ours, author)
        )

    async def _conflict(self, repo: str, ours: str, sha: str) -> Refused:
        """Return what does not fit, by its files and who wrote it."""
        commit = await self.head(repo, sha)
        paths = await self.touched_by_both(repo, ours, sha)
        files = ", ".join(paths[:SHOWN]) or "some of its files"
        more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
        return Refused(
            f"{sha[:7]} \u201c{commit.title}\u201d by {commit.author} conflicts in {files}{more}: "
            "pick what it builds on as well, or make the branch by hand."
        )

    async def _committed(
        self, repo: str, words: str, tree: str, parent: str, author: dict[str, str] | None = None
    ) -> str:
        wanted: dict[str, object] = {"message": words, "tree": tree, "parents": [parent]}
        wanted |= {"author": author} if author else {}
        answer = await self._api.change(place(repo), "POST", "/git/commits", wanted)
        return answer.decode(wire.Sha).sha

    async def _put(self, repo: str, branch: str, sha: str) -> str:
        path, body = f"/git/refs/heads/{quoted(branch)}", {"sha": sha, "force": True}
        await self._api.change(place(repo), "PATCH", path, body)
        return sha
