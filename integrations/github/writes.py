"""Writes that are safe to repeat: each looks for its result by natural key first."""

from base64 import b64encode

from integrations.errors import NotFound, OutsideError, Refused
from integrations.github import models, wire
from integrations.github.places import place, quoted, quoted_path
from integrations.github.pulls import PullReads
from integrations.github.releases import ReleaseReads
from integrations.github.repositories import RepositoryReads


class RefWrites(RepositoryReads):
    """Tags, branches and files."""

    async def ensure_tag(self, repo: str, tag: str, sha: str, message: str = "") -> models.Tag:
        """Tag a commit (annotated where there is a message); an existing tag is never moved."""
        found = await self.tag(repo, tag)
        if found is None:
            where, target = place(repo), sha
            if message:
                body = {"tag": tag, "message": message, "object": sha, "type": "commit"}
                made = await self._api.change(where, "POST", "/git/tags", body)
                target = made.decode(wire.Sha).sha
            ref = {"ref": f"refs/tags/{tag}", "sha": target}
            try:
                await self._api.change(where, "POST", "/git/refs", ref)
            except Refused:
                found = await self.tag(repo, tag)  # somebody may have been faster
                if found is None:
                    raise
            else:
                return models.Tag(tag, sha)
        if found.sha != sha:
            raise Refused(
                f"Tag {tag} of {repo} already points to {found.sha[:7]}, not to {sha[:7]}: "
                "choose another version or delete the tag first."
            )
        return found

    async def delete_tag(self, repo: str, tag: str) -> None:
        try:
            await self._api.change(place(repo), "DELETE", f"/git/refs/tags/{quoted(tag)}")
        except (NotFound, Refused):
            if await self.tag(repo, tag) is not None:
                raise

    async def ensure_branch(self, repo: str, branch: str, sha: str) -> models.Branch:
        """Create a branch at a commit; an existing branch is never moved."""
        found = await self.branch(repo, branch)
        if found is None:
            ref = {"ref": f"refs/heads/{branch}", "sha": sha}
            try:
                await self._api.change(place(repo), "POST", "/git/refs", ref)
            except Refused:
                found = await self.branch(repo, branch)
                if found is None:
                    raise
            else:
                return models.Branch(branch, sha)
        if found.sha != sha:
            raise Refused(
                f"Branch {branch} of {repo} is already at {found.sha[:7]}, not at {sha[:7]}: "
                "choose another name or delete the branch first."
            )
        return found

    async def delete_branch(self, repo: str, branch: str) -> None:
        try:
            await self._api.change(place(repo), "DELETE", f"/git/refs/heads/{quoted(branch)}")
        except (NotFound, Refused):
            if await self.branch(repo, branch) is not None:
                raise

    async def ensure_file(
        self,
        repo: str,
        branch: str,
        path: str,
        content: str,
        message: str,
        expected_sha: str | None = None,
    ) -> models.Commit:
        """Commit a text file on a branch and return the commit that holds it.

        `expected_sha` is the content that was read before (empty: no file); another is refused.
        """
        found = await self.file(repo, path, branch)
        if found and found.content == content.encode():
            return await self.head(repo, branch)
        there = found.sha if found else ""
        if expected_sha is not None and there != expected_sha:
            raise Refused(f"{path} changed on {branch} meanwhile: start again from the new text.")
        body = {
            "message": message,
            "content": b64encode(content.encode()).decode(),
            "branch": branch,
            **({"sha": there} if there else {}),
        }
        address = f"/contents/{quoted_path(path)}"
        try:
            answer = await self._api.change(place(repo), "PUT", address, body)
        except Refused:
            # Somebody wrote between our look and now; it may have been an earlier try of ours.
            found = await self.file(repo, path, branch)
            if found is None or found.content != content.encode():
                raise
            return await self.head(repo, branch)
        return await self.head(repo, answer.decode(wire.FileCommit).commit.sha or branch)


class ReleaseWrites(ReleaseReads):
    """Releases and milestones."""

    async def ensure_release(  # noqa: PLR0913 - a release has that many parts
        self,
        repo: str,
        tag: str,
        name: str,
        notes: str,
        *,
        prerelease: bool = False,
        draft: bool = False,
        latest: bool = True,
        target: str = "",
    ) -> models.Release:
        """Publish a release of a tag, or bring the one that is there into this form.

        `target` is the commit to tag where the tag does not exist yet.
        """
        wanted: dict[str, object] = {
            "tag_name": tag,
            "name": name,
            "body": notes,
            "prerelease": prerelease,
            "draft": draft,
            "make_latest": "true" if latest and not (prerelease or draft) else "false",
        }
        if target:
            wanted["target_commitish"] = target
        found = await self._release(repo, tag)
        if found is None:
            try:
                answer = await self._api.change(place(repo), "POST", "/releases", wanted)
                return answer.decode(wire.Release).model()
            except Refused:
                found = await self._release(repo, tag)  # somebody may have been faster
                if found is None:
                    raise
        same = (found.name, found.body, found.prerelease, found.draft)
        if same == (name, notes, prerelease, draft):
            return found
        return await self._edited(repo, found, wanted)

    async def ensure_release_marked(
        self,
        repo: str,
        tag: str,
        *,
        name: str | None = None,
        notes: str | None = None,
        prerelease: bool | None = None,
    ) -> models.Release:
        """Change the name of a release, its notes or its pre-release mark; what is None stays."""
        found = await self._release(repo, tag)
        if found is None:
            raise NotFound(f"{repo} has no release {tag}.")
        wanted: dict[str, object] = {}
        if name is not None and name != found.name:
            wanted["name"] = name
        if notes is not None and notes != found.body:
            wanted["body"] = notes
        if prerelease is not None and prerelease != found.prerelease:
            wanted["prerelease"] = prerelease
        return await self._edited(repo, found, wanted) if wanted else found

    async def ensure_latest(self, repo: str, tag: str) -> models.Release:
        """Let GitHub call a release the latest; a draft or a pre-release cannot be that."""
        found = await self.latest_release(repo)
        if found and found.tag == tag:
            return found
        wanted = await self._release(repo, tag)
        if wanted is None:
            raise NotFound(f"{repo} has no release {tag}.")
        return await self._edited(repo, wanted, {"make_latest": "true"})

    async def delete_release(self, repo: str, tag: str) -> None:
        """Delete the release of a tag; the tag stays."""
        found = await self._release(repo, tag)
        if found is None:
            return
        try:
            await self._api.change(place(repo), "DELETE", f"/releases/{found.id}")
        except OutsideError:
            if await self._release(repo, tag) is not None:
                raise

    async def ensure_milestone_closed(self, repo: str, number: int) -> models.Milestone:
        return await self._milestone_in(repo, number, "closed")

    async def ensure_milestone_opened(self, repo: str, number: int) -> models.Milestone:
        return await self._milestone_in(repo, number, "open")

    async def _milestone_in(self, repo: str, number: int, state: str) -> models.Milestone:
        missing = {404: f"{repo} has no milestone {number}, or this bot may not see it."}
        path = f"/milestones/{number}"
        found = (await self._api.get(place(repo), path, wire.Milestone, missing=missing)).model()
        if found.state == state:
            return found
        body = {"state": state}
        answer = await self._api.change(place(repo), "PATCH", path, body, missing=missing)
        return answer.decode(wire.Milestone).model()

    async def _release(self, repo: str, tag: str) -> models.Release | None:
        found = await self._any_release(repo, tag)
        return found.model() if found else None

    async def _edited(
        self, repo: str, release: models.Release, wanted: dict[str, object]
    ) -> models.Release:
        path = f"/releases/{release.id}"
        answer = await self._api.change(place(repo), "PATCH", path, wanted)
        return answer.decode(wire.Release).model()


class PullWrites(PullReads):
    """Pull requests."""

    async def ensure_pull(
        self, repo: str, head: str, base: str, title: str, body: str, *, draft: bool = False
    ) -> models.Pull:
        """Open a pull request, or return the open one of these two branches as people left it."""
        if found := await self.open_pulls(repo, head, base):
            return found[0]
        wanted = {"title": title, "head": head, "base": base, "body": body, "draft": draft}
        try:
            answer = await self._api.change(place(repo), "POST", "/pulls", wanted)
        except Refused:
            if found := await self.open_pulls(repo, head, base):
                return found[0]
            raise
        return answer.decode(wire.Pull).model()

    async def ensure_pull_closed(self, repo: str, number: int) -> models.Pull:
        """Close a pull request without merging; one that is merged stays merged."""
        found = await self.pull(repo, number)
        if found.state != "open":
            return found
        path = f"/pulls/{number}"
        answer = await self._api.change(place(repo), "PATCH", path, {"state": "closed"})
        return answer.decode(wire.Pull).model()
