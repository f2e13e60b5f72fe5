"""People who act on an emulated GitHub, as they would in a browser; hooks hear of all of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.emulators.github import (
    deployments,
    issues,
    merging,
    pulls,
    releases,
    remarks,
    reviews,
)
from integrations.emulators.github.calls import Answerer, Call, Json
from integrations.emulators.github.ci import put_by
from integrations.emulators.github.news import tell
from integrations.emulators.github.progress import wound
from integrations.emulators.github.records import CheckRun, Grant, Pull, WorkflowRun
from integrations.emulators.github.triggers import triggered
from integrations.emulators.github.workflows import Workflow
from integrations.emulators.github.world import GitHubWorld


class Person:
    """Somebody with write access; raises `Problem` where GitHub would refuse."""

    def __init__(self, world: GitHubWorld, login: str) -> None:
        self.world, self.login = world, login

    async def pushes(
        self, repo: str, files: Mapping[str, str], *, branch: str = "", message: str = ""
    ) -> str:
        """Commit files to a branch, which is made where there is none; return the commit."""
        call = self._call(repo)
        git, world = call.git, self.world
        branch = branch or call.repo.default_branch
        tip = git.object(f"refs/heads/{branch}") or git.object(
            f"refs/heads/{call.repo.default_branch}"
        )
        parent = tip[0] if tip else None
        lines = [
            f"100644 {git.write('blob', text.encode())}\t{path}" for path, text in files.items()
        ]
        tree = git.write_tree(lines, parent)
        by = world.signature(self.login, world.clock)
        said = message or f"Change {', '.join(files)}"
        sha = git.commit_tree(tree, [parent] if parent else [], said, by, by)
        git.set_ref(f"refs/heads/{branch}", sha)
        call.pushed()
        await self._told(call)
        return sha

    async def opens_pull(
        self,
        repo: str,
        title: str,
        files: Mapping[str, str],
        *,
        branch: str = "",
        body: str = "",
        draft: bool = False,
        labels: Sequence[str] = (),
    ) -> int:
        """Push files to a branch of their own and open a pull request; return its number."""
        head = branch or f"{self.login}/{self.world[repo].last_number + 1}"
        await self.pushes(repo, files, branch=head, message=title)
        base = self.world[repo].default_branch
        said = await self._does(
            pulls.create, repo, title=title, head=head, base=base, body=body, draft=draft
        )
        number = int(said["number"])
        if labels:
            await self.labels(repo, number, *labels)
        return number

    async def opens_issue(
        self, repo: str, title: str, *, body: str = "", labels: Sequence[str] = ()
    ) -> int:
        """Open an issue; return its number."""
        said = await self._does(issues.create, repo, title=title, body=body, labels=[*labels])
        return int(said["number"])

    async def edits(self, repo: str, number: int, **words: object) -> None:
        """Change title, body, state, assignees or milestone of an issue or pull request."""
        door = pulls.update if number in self.world[repo].pulls else issues.update
        await self._does(door, repo, number, **words)

    async def labels(self, repo: str, number: int, *names: str) -> None:
        """Put labels on an issue or pull request."""
        await self._does(issues.add_labels, repo, number, labels=[*names])

    async def unlabels(self, repo: str, number: int, name: str) -> None:
        """Take a label off an issue or pull request."""
        call = self._call(repo, number=number, name=name)
        await issues.remove_label(call)
        await self._told(call)

    async def comments(self, repo: str, number: int, text: str) -> int:
        """Comment on an issue or pull request; return the comment's id."""
        return int((await self._does(issues.create_comment, repo, number, body=text))["id"])

    async def remarks(self, repo: str, number: int, path: str, line: int, text: str) -> int:
        """Comment on a line of a pull request; return the comment's id."""
        said = await self._does(remarks.create, repo, number, path=path, line=line, body=text)
        return int(said["id"])

    async def edits_comment(self, repo: str, comment: int, text: str) -> None:
        """Replace what a comment says."""
        await self._does(issues.update_comment, repo, id=comment, body=text)

    async def deletes_comment(self, repo: str, comment: int) -> None:
        """Delete a comment, whoever wrote it."""
        await self._does(issues.delete_comment, repo, id=comment)

    async def asks(self, repo: str, number: int, *who: str, teams: Sequence[str] = ()) -> None:
        """Ask people and teams to review a pull request."""
        await self._does(reviews.request, repo, number, reviewers=[*who], team_reviewers=[*teams])

    async def approves(self, repo: str, number: int, text: str = "") -> None:
        """Approve a pull request."""
        await self._does(reviews.create, repo, number, event="APPROVE", body=text)

    async def requests_changes(self, repo: str, number: int, text: str) -> None:
        """Ask for changes to a pull request."""
        await self._does(reviews.create, repo, number, event="REQUEST_CHANGES", body=text)

    async def drafts(self, repo: str, number: int, *, draft: bool = True) -> None:
        """Make a pull request a draft, or ready for review."""
        found = self._pull(repo, number)
        found.draft, found.updated_at = draft, self.world.clock
        found.ready_at = None if draft else self.world.clock
        await self._told(self._call(repo))

    async def merges(self, repo: str, number: int, method: str = "squash") -> str:
        """Merge a pull request; return the commit that it became."""
        return str((await self._does(merging.merge, repo, number, merge_method=method))["sha"])

    async def closes(self, repo: str, number: int, reason: str = "completed") -> None:
        """Close an issue or pull request; only an issue has a reason."""
        await self.edits(repo, number, state="closed", state_reason=reason)

    async def reopens(self, repo: str, number: int) -> None:
        """Open an issue or pull request again."""
        await self.edits(repo, number, state="open")

    async def releases(self, repo: str, tag: str, notes: str = "", *, pre: bool = False) -> int:
        """Publish a release of the default branch; return its id."""
        said = await self._does(
            releases.create, repo, tag_name=tag, name=tag, body=notes, prerelease=pre
        )
        return int(said["id"])

    async def deploys(self, repo: str, environment: str, ref: str = "") -> int:
        """Ask for a deployment, whatever the checks say; return its id."""
        what = ref or self.world[repo].default_branch
        said = await self._does(
            deployments.create, repo, ref=what, environment=environment, required_contexts=[]
        )
        return int(said["id"])

    async def reports(
        self, repo: str, deployment: int, state: str, *, text: str = "", url: str = ""
    ) -> None:
        """Say how a deployment goes: in_progress, success, failure, error …."""
        call = self._call(repo, id=deployment, state=state, description=text, environment_url=url)
        await deployments.create_status(call)
        await self._told(call)

    async def starts_ci(self, repo: str, branch: str = "", *jobs: str) -> int:
        """Let CI begin on the tip of a branch; return the id of the workflow run."""
        world, call = self.world, self._call(repo)
        found = call.repo
        name = branch or found.default_branch
        sha, now, suite = world.head(repo, name), world.clock, world.next_id()
        pull = next((p for p in found.pulls.values() if p.head_sha == sha), None)
        found.checks += [
            CheckRun(
                id=world.next_id(),
                suite=suite,
                sha=sha,
                name=job,
                status="in_progress",
                started_at=now,
            )
            for job in jobs or ("lint", "test")
        ]
        made = WorkflowRun(
            id=world.next_id(),
            workflow=self._workflow(call).id,
            number=len(found.runs) + 1,
            branch=name,
            sha=sha,
            event="pull_request" if pull else "push",
            title=pull.title if pull else call.git.commit(sha).headline,
            actor=self.login,
            status="in_progress",
            created_at=now,
            started_at=now,
            updated_at=now,
            pull=pull.number if pull else None,
            suite=suite,
        )
        found.runs.append(made)
        await self._told(call)
        return made.id

    async def ends_ci(self, repo: str, run: int, *failed: str) -> None:
        """Let a workflow run end: these of its jobs fail, the others succeed."""
        call, now = self._call(repo), self.world.clock
        (found,) = (one for one in call.repo.runs if one.id == run)
        for job in call.repo.checks:
            if job.suite == found.suite:
                job.status, job.completed_at = "completed", now
                job.conclusion = "failure" if job.name in failed else "success"
        found.status, found.updated_at = "completed", now
        found.conclusion = "failure" if failed else "success"
        await self._told(call)

    async def reruns_ci(self, repo: str, run: int) -> None:
        """Begin another attempt of a workflow run that has ended."""
        call, world = self._call(repo), self.world
        (found,) = (one for one in call.repo.runs if one.id == run)
        old = [one for one in call.repo.checks if one.suite == found.suite]
        put_by(found)
        found.suite, found.attempt = world.next_id(), found.attempt + 1
        found.status, found.conclusion = "in_progress", None
        found.started_at = found.updated_at = world.clock
        call.repo.checks += [
            CheckRun(
                id=world.next_id(),
                suite=found.suite,
                sha=found.sha,
                name=one.name,
                status="in_progress",
                started_at=world.clock,
            )
            for one in old
        ]
        await self._told(call)

    def _pull(self, repo: str, number: int) -> Pull:
        return self.world[repo].pulls[number]

    def _workflow(self, call: Call) -> Workflow:
        if not call.repo.workflows:
            flow = Workflow(
                id=self.world.next_id(),
                name="CI",
                path=".github/workflows/ci.yml",
                created_at=self.world.clock,
            )
            call.repo.workflows.append(flow)
        return call.repo.workflows[0]

    def _call(self, repo: str, number: int = 0, **words: Any) -> Call:  # noqa: ANN401 - a body of JSON
        owner, _, name = repo.partition("/")
        params = {"owner": owner, "repo": name, "number": number, **words}
        grant = Grant(login=self.login)
        return Call(self.world, self.world.address, "", params, {}, words, grant)

    async def _does(self, door: Answerer, repo: str, number: int = 0, **words: object) -> Json:
        call = self._call(repo, number, **words)
        reply = await door(call)
        await self._told(call)
        return reply.body if isinstance(reply.body, dict) else {}

    async def _told(self, call: Call) -> None:
        await triggered(call)
        await tell(call)
        self.world.save()
        wound(self.world)
        await self.world.courier.deliver()
