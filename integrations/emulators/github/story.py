"""Tell a repository's past in order: each event becomes real commits and the records about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from integrations.emulators.github.history import Files, History, Mark
from integrations.emulators.github.records import (
    CheckRun,
    Deployment,
    DeploymentStatus,
    Issue,
    Label,
    Pull,
    Release,
    Repository,
    ReviewState,
    WorkflowRun,
)
from integrations.emulators.github.records import (
    Review as ReviewRecord,
)
from integrations.emulators.github.workflows import Workflow

if TYPE_CHECKING:  # the world offers stories, so it cannot be imported at run time
    from integrations.emulators.github.world import GitHubWorld

COLOURS = ("d73a4a", "a2eeef", "0075ca", "cfd3d7", "7057ff", "008672", "e4e669", "d876e3")

Review = tuple[str, ReviewState, str]  # who, what, words


@dataclass
class Story:
    """Events are told in the order of time; `tell` makes them true and returns the repository."""

    world: "GitHubWorld"
    full_name: str
    created_at: datetime
    tree: dict[str, str] = field(default_factory=dict)
    _tip: Mark | str | None = None

    def __post_init__(self) -> None:
        found = self.world.found(self.full_name)
        self.repo: Repository = found or self.world.add(self.full_name, created_at=self.created_at)
        self.history = History(self.world.git(self.repo))
        self._main: list[tuple[datetime, Mark | str]] = []
        self._touched: dict[str, int] = {}
        self._pending: list[tuple[Any, str, Mark]] = []
        self._commits: list[tuple[Pull, list[Mark]]] = []

    @classmethod
    def continued(cls, world: "GitHubWorld", full_name: str) -> Self:
        """Go on where the repository stands now."""
        return cls(world, full_name, world.clock, _tip=world.head(full_name))

    @property
    def tip(self) -> Mark | str:
        """Return the newest commit of the default branch."""
        if self._tip is None:
            raise ValueError(f"{self.full_name} has no commit yet")
        return self._tip

    def commit(self, login: str, at: datetime, message: str, files: Files) -> Mark:
        """Commit straight to the default branch."""
        return self._advance(self._commit(login, at, message, files, self._tip), at, files)

    def pull(  # noqa: PLR0913 - these are the parts of a pull request
        self,
        title: str,
        login: str,
        files: Mapping[str, str],
        *,
        opened: datetime,
        merged: datetime | None = None,
        how: str = "squash",
        branch: str = "",
        body: str = "",
        labels: Sequence[str] = (),
        draft: bool = False,
        steps: int = 1,
        reviews: Sequence[Review] = (),
        by: str = "",
        stumbles: bool = False,
        minutes: float = 6,
        stays: bool = False,
    ) -> Pull:
        """Open a pull request, and merge it at `merged` by `how` (squash or merge).

        `stumbles` lets CI fail first and pass half an hour later; `minutes` is how long it takes.
        The branch of one that `stays` is still there after the merge.
        """
        world, repo = self.world, self.repo
        repo.last_number += 1
        number = repo.last_number
        branch = branch or f"change-{number}"
        base = self._base(opened, files)
        paths = list(files)
        steps = min(steps, len(paths))
        marks: list[Mark] = []
        for step in range(steps):
            part = {path: files[path] for path in paths[step::steps]}
            at = opened - (opened - self._since(base, opened)) / 2 * (steps - step) / (steps + 1)
            note = title if step == 0 else f"Continue: {branch}"
            parent = marks[-1] if marks else base
            ref = f"refs/pull/{number}/head"
            marks.append(self._commit(login, at, note, part, parent, onto=ref))
        pull = Pull(
            id=world.next_id(),
            number=number,
            title=title,
            author=world.account(login).login,
            created_at=opened,
            updated_at=merged or opened,
            body=body,
            labels=[self.label(name) for name in labels],
            draft=draft,
            head_ref=branch,
            head_sha="",
            base_ref=repo.default_branch,
            base_sha="",
        )
        repo.pulls[number] = pull
        self._later(pull, "head_sha", marks[-1])
        self._later(pull, "base_sha", base)
        self._reviews(pull, marks[-1], reviews, opened, merged)
        if stumbles:
            self.checks(marks[-1], opened, green=False, pull=pull, minutes=minutes)
        again = opened + timedelta(minutes=30) if stumbles else opened
        self.checks(marks[-1], again, pull=pull, minutes=minutes)
        if merged is None or stays:
            self.history.ref(f"refs/heads/{branch}", marks[-1])
        if merged is not None:
            self._merge(pull, marks, files, merged, how, by or pull.author)
            self.checks(self._main[-1][1], merged, minutes=minutes)
        return pull

    def side(self, branch: str, login: str, at: datetime, message: str, files: Files) -> None:
        """Commit to a branch that left main then, and that nobody merges."""
        base = self._base(at, files)
        ref = f"refs/heads/{branch}"
        self._commit(login, at, message, files, base, onto=ref)

    def _merge(
        self, pull: Pull, marks: list[Mark], files: Files, at: datetime, how: str, by: str
    ) -> None:
        if how == "merge":
            message = f"Merge pull request #{pull.number} from {self.repo.owner}/{pull.head_ref}"
            text, author = f"{message}\n\n{pull.title}", by
        else:
            text, author = f"{pull.title} (#{pull.number})", pull.author
        mark = self.history.commit(
            text,
            files,
            author=self.world.signature(author, at),
            parents=(self.tip, marks[-1]) if how == "merge" else (self.tip,),
            onto=f"refs/heads/{self.repo.default_branch}",
        )
        self._advance(mark, at, files)
        pull.state, pull.merged_at, pull.closed_at, pull.merged_by = "closed", at, at, by
        self._later(pull, "merge_sha", mark)
        self._commits.append((pull, marks))

    def _reviews(
        self,
        pull: Pull,
        head: Mark,
        reviews: Sequence[Review],
        opened: datetime,
        merged: datetime | None,
    ) -> None:
        until = merged or min(self.world.clock, opened + timedelta(days=2))
        for index, (login, state, text) in enumerate(reviews, start=1):
            review = ReviewRecord(
                id=self.world.next_id(),
                author=self.world.account(login).login,
                state=state,
                submitted_at=_whole(opened + (until - opened) * index / (len(reviews) + 1)),
                commit="",
                body=text,
            )
            pull.reviews.append(review)
            self._later(review, "commit", head)

    def checks(
        self,
        mark: Mark | str,
        at: datetime,
        *,
        green: bool = True,
        pull: Pull | None = None,
        minutes: float = 6,
    ) -> None:
        """Let CI look at a commit: two check runs, a suite and a workflow run."""
        world, suite = self.world, self.world.next_id()
        for name, share, good in (("lint", 0.2, True), ("test", 1.0, green)):
            run = CheckRun(
                id=world.next_id(),
                suite=suite,
                sha="",
                name=name,
                status="completed",
                conclusion="success" if good else "failure",
                started_at=at,
                completed_at=_whole(at + timedelta(minutes=minutes * share)),
            )
            self.repo.checks.append(run)
            self._later(run, "sha", mark)
        flow = self._workflow()
        self.repo.runs.append(
            WorkflowRun(
                id=world.next_id(),
                workflow=flow.id,
                number=len(self.repo.runs) + 1,
                branch=pull.head_ref if pull else self.repo.default_branch,
                sha="",
                event="pull_request" if pull else "push",
                title=pull.title if pull else "CI",
                actor=pull.author if pull else "ada",
                status="completed",
                conclusion="success" if green else "failure",
                created_at=at,
                started_at=_whole(at + timedelta(seconds=20)),
                updated_at=_whole(at + timedelta(minutes=minutes)),
                pull=pull.number if pull else None,
                suite=suite,
            )
        )
        self._later(self.repo.runs[-1], "sha", mark)

    def release(
        self, tag: str, at: datetime, *, by: str, notes: str = "", pre: bool = False
    ) -> None:
        """Tag the tip and publish a release of it."""
        self.history.tag(tag, self.tip, f"{tag}\n", self.world.signature(by, at))
        release = Release(
            id=self.world.next_id(),
            tag=tag,
            name=tag,
            body=notes,
            author=by,
            target=self.repo.default_branch,
            created_at=self._main[-1][0] if self._main else at,
            published_at=at,
            prerelease=pre,
        )
        self.repo.releases[release.id] = release
        if not pre:
            self.repo.latest = release.id

    def deploy(
        self,
        environment: str,
        at: datetime,
        *,
        by: str,
        state: str = "success",
        mark: Mark | str | None = None,
        description: str = "",
        minutes: float = 4,
    ) -> Mark | str:
        """Deploy the tip (or `mark`), let it end in `state`; return what was deployed."""
        world, what = self.world, mark or self.tip
        steps = (("in_progress", at), (state, _whole(at + timedelta(minutes=minutes))))
        deployment = Deployment(
            id=world.next_id(),
            sha="",
            ref=self.repo.default_branch,
            environment=environment,
            creator=by,
            created_at=at,
            updated_at=steps[-1][1],
            description=description,
            production=environment == "production",
            statuses=[
                DeploymentStatus(id=world.next_id(), state=name, creator=by, created_at=when)
                for name, when in steps
            ],
        )
        self._later(deployment, "sha", what)
        self.repo.deployments[deployment.id] = deployment
        self.repo.environments.setdefault(environment, at)
        return what

    def issue(
        self,
        title: str,
        login: str,
        at: datetime,
        *,
        labels: Sequence[str] = (),
        closed: datetime | None = None,
        milestone: int | None = None,
        body: str = "",
    ) -> Issue:
        """Open an issue, and close it at `closed`."""
        self.repo.last_number += 1
        issue = Issue(
            id=self.world.next_id(),
            number=self.repo.last_number,
            title=title,
            author=self.world.account(login).login,
            created_at=at,
            updated_at=closed or at,
            body=body,
            state="closed" if closed else "open",
            reason="completed" if closed else None,
            closed_at=closed,
            closed_by=login if closed else None,
            labels=[self.label(name) for name in labels],
            milestone=milestone,
        )
        self.repo.issues[issue.number] = issue
        return issue

    def label(self, name: str) -> str:
        """Make sure that the repository knows this label."""
        if name not in self.repo.labels:
            colour = COLOURS[len(self.repo.labels) % len(COLOURS)]
            self.repo.labels[name] = Label(id=self.world.next_id(), name=name, color=colour)
        return name

    def tell(self) -> Repository:
        """Make the commits, fill their names into the records, save the world."""
        names = self.history.write()
        for record, attribute, mark in self._pending:
            setattr(record, attribute, names[mark])
        for pull, marks in self._commits:
            pull.commits = [names[mark] for mark in marks]
        if self._main:
            self.repo.pushed_at = self._main[-1][0]
        self.world.save()
        return self.repo

    def _commit(
        self,
        login: str,
        at: datetime,
        message: str,
        files: Files,
        parent: Mark | str | None,
        *,
        onto: str = "",
    ) -> Mark:
        return self.history.commit(
            message,
            files,
            author=self.world.signature(login, _whole(at)),
            parents=() if parent is None else (parent,),
            onto=onto or f"refs/heads/{self.repo.default_branch}",
        )

    def _advance(self, mark: Mark, at: datetime, files: Files) -> Mark:
        for path, content in files.items():
            self._touched[path] = len(self._main)
            if isinstance(content, str):
                self.tree[path] = content
            else:
                self.tree.pop(path, None)
        self._main.append((at, mark))
        self._tip = mark
        return mark

    def _base(self, opened: datetime, files: Files) -> Mark | str:
        """Return where a branch left main: by its date, but after the last change to its files."""
        by_date = sum(1 for at, _ in self._main if at <= opened) - 1
        index = max([by_date, *(self._touched.get(path, -1) for path in files)])
        return self._main[index][1] if 0 <= index < len(self._main) else self.tip

    def _since(self, base: Mark | str, opened: datetime) -> datetime:
        """Return the earliest moment at which work on a branch may have begun."""
        left = max((at for at, mark in self._main if mark == base), default=opened)
        return max(opened - timedelta(days=2), min(left, opened - timedelta(hours=1)))

    def _later(self, record: object, attribute: str, mark: Mark | str) -> None:
        if isinstance(mark, Mark):
            self._pending.append((record, attribute, mark))
        else:
            setattr(record, attribute, mark)

    def _workflow(self) -> Workflow:
        if not self.repo.workflows:
            flow = Workflow(
                id=self.world.next_id(),
                name="CI",
                path=".github/workflows/ci.yml",
                created_at=self.created_at,
            )
            self.repo.workflows.append(flow)
        return self.repo.workflows[0]


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
