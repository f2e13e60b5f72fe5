"""The state of an emulated GitHub, and the levers by which tests and the demo move it."""

import asyncio
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

import msgspec

from integrations.emulators.faults import next_of
from integrations.emulators.github.belongings import Team
from integrations.emulators.github.courier import Courier
from integrations.emulators.github.findings import Package
from integrations.emulators.github.git import SETTINGS, Git, Signature
from integrations.emulators.github.levers import MINUTE, Fault, Quota, Write
from integrations.emulators.github.records import (
    Account,
    CheckRun,
    Grant,
    Hook,
    Release,
    Repository,
    Saved,
)

if TYPE_CHECKING:  # people act through the doors, which know the world
    from integrations.emulators.github.people import Person

INSTANT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)  # a Monday
TOKEN = "github_pat_emulated"  # noqa: S105 - opens nothing but an emulated world
PEOPLE = ("ada", "bo", "cy", "dee", "eli")
FREE: Mapping[str, str] = MappingProxyType({})
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


class GitHubWorld:
    """Accounts, repositories and faults; `root` holds the bare repositories and the saved state.

    `now` is what the world believes the time to be; None follows the real clock.
    """

    def __init__(self, root: Path, *, now: datetime | None = INSTANT) -> None:
        self.root = root
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[str, Repository] = {}
        self._emails: dict[str, str] = {}
        self.tokens: dict[str, Grant] = {}
        self.writes: list[Write] = []
        self.writes_a_minute = 0
        self._written: list[datetime] = []
        self.requests, self.spent = Counter[str](), Counter[str]()
        self.quotas = {
            "core": Quota(),
            "graphql": Quota(),
            "search": Quota(limit=30, window=MINUTE),
            "code_search": Quota(limit=10, window=MINUTE),
        }
        self.faults: list[Fault] = []
        self.app_key = ""
        self.app_hook: Hook | None = None
        self.teams: dict[tuple[str, str], Team] = {}
        self.packages: list[Package] = []
        self.address = "https://github.example"
        self.courier = Courier(self)
        self.alarm: asyncio.TimerHandle | None = None
        self._now = now
        self._last_id = 1000
        self._is_busy = False
        self._gits: dict[str, Git] = {}
        root.mkdir(parents=True, exist_ok=True)
        (root / "gitconfig").write_text(SETTINGS)
        self.account("flowbot", name="Flowbot")
        for login in PEOPLE:
            self.account(login)
        self.token(TOKEN, "flowbot")

    @classmethod
    def load(cls, root: Path, *, now: datetime | None = INSTANT) -> Self:
        """Return the world that was saved under `root`; raise FileNotFoundError if none was."""
        saved = msgspec.json.decode((root / "world.json").read_bytes(), type=Saved)
        world = cls(root, now=now)
        world.accounts = {account.login: account for account in saved.accounts}
        world._emails = {
            email: account.login
            for account in saved.accounts
            for email in (account.email, *account.aliases)
        }
        world.repositories = {repo.full_name.lower(): repo for repo in saved.repositories}
        world.tokens, world.app_key = saved.tokens, saved.app_key
        world.app_hook = saved.app_hook
        world.teams = {(team.org, team.slug): team for team in saved.teams}
        world.packages = saved.packages
        world._last_id = saved.last_id
        for repo in saved.repositories:
            if repo.hooks or world.app_hook:
                world.courier.watch(repo)
        return world

    def save(self) -> None:
        """Write the state beside the repositories; a reader sees the old file or the new one."""
        if self._is_busy:
            return
        saved = Saved(
            accounts=list(self.accounts.values()),
            repositories=list(self.repositories.values()),
            tokens=self.tokens,
            last_id=self._last_id,
            app_key=self.app_key,
            app_hook=self.app_hook,
            teams=list(self.teams.values()),
            packages=self.packages,
        )
        fresh = self.root / "world.json.new"
        fresh.write_bytes(msgspec.json.encode(saved))
        fresh.replace(self.root / "world.json")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Save once, at the end of a block that changes much."""
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False
        self.save()

    def close(self) -> None:
        """Stop the git processes that wait for questions, and the clock."""
        if self.alarm:
            self.alarm.cancel()
        for git in self._gits.values():
            git.close()

    @property
    def follows_real_time(self) -> bool:
        return self._now is None

    @property
    def clock(self) -> datetime:
        """What this world believes is now, in UTC and whole seconds."""
        return (self._now or datetime.now(UTC)).replace(microsecond=0)

    @clock.setter
    def clock(self, now: datetime | None) -> None:
        self._now = now

    def next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def account(self, login: str, *, name: str = "", email: str = "") -> Account:
        """Return this account; make it on first mention (`…[bot]` makes a bot)."""
        known = self.accounts.get(login)
        if known is None:
            known = Account(
                login=login,
                id=self.next_id(),
                name=name or (login.capitalize() if login in PEOPLE else login),
                email=email or f"{login.removesuffix('[bot]')}@acme.example",
                kind="Bot" if login.endswith("[bot]") else "User",
            )
            self.accounts[login] = known
            self._emails.setdefault(known.email, login)
        return known

    def alias(self, login: str, email: str) -> None:
        """Let commits under one more address count as those of `login`."""
        if email not in self._emails:
            self._emails[email] = login
            self.accounts[login].aliases.append(email)

    def team(self, org: str, slug: str, *members: str, repos: Mapping[str, str] = FREE) -> Team:
        """Return this team with these members and what it may do in repositories."""
        known = self.teams.get((org, slug))
        if known is None:
            known = Team(
                id=self.next_id(),
                org=org,
                slug=slug,
                name=slug.replace("-", " ").capitalize(),
                created_at=self.clock,
            )
            self.teams[org, slug] = known
        known.members |= {self.account(login).login: "member" for login in members}
        known.repos |= repos
        return known

    def login_of(self, email: str) -> str | None:
        """Return who commits under this address, if GitHub would know."""
        return self._emails.get(email)

    def signature(self, login: str, at: datetime) -> Signature:
        account = self.account(login)
        return Signature(account.name, account.email, at)

    def token(self, token: str, login: str, *, writes: bool = True) -> None:
        """Let `token` act as `login`; without `writes` every change is refused with 403."""
        self.tokens[token] = Grant(login=self.account(login).login, writes=writes)

    def fail(
        self,
        *,
        status: int = 502,
        times: int = 1,
        match: str = "",
        method: str = "",
        retry_after: int | None = None,
        message: str = "",
        late: bool = False,
    ) -> None:
        """Answer the next `times` matching requests with `status`.

        `late` does the work first, so that only the answer is lost; `retry_after` is in seconds.
        """
        self.faults.append(Fault(status, times, match, method, retry_after, message, late))

    def fault(self, method: str, path: str) -> Fault | None:
        """Take one use of the first fault that matches a request."""
        return next_of(
            self.faults, lambda fault: fault.match in path and fault.method in ("", method)
        )

    def quota(self, resource: str) -> Quota:
        """Return a rate limit, full again when its time is over."""
        quota = self.quotas[resource]
        if self.clock >= quota.reset:
            quota.used, quota.reset = 0, self.clock + quota.window
        return quota

    def too_fast(self) -> bool:
        """Count one write; say whether there were more in a minute than `writes_a_minute`."""
        since = self.clock - MINUTE
        self._written = [at for at in self._written if at > since]
        if not self.writes_a_minute or len(self._written) < self.writes_a_minute:
            self._written.append(self.clock)
            return False
        return True

    def found(self, full_name: str) -> Repository | None:
        """Return a repository by `owner/name`, in any case."""
        return self.repositories.get(full_name.lower())

    def __getitem__(self, full_name: str) -> Repository:
        return self.repositories[full_name.lower()]

    def git(self, repo: Repository) -> Git:
        """Return the bare repository behind a record."""
        known = self._gits.get(repo.full_name)
        if known is None:
            path = self.root / "repositories" / repo.owner / f"{repo.name}.git"
            known = self._gits[repo.full_name] = Git(path, self.root / "gitconfig")
        return known

    def add(
        self, full_name: str, *, created_at: datetime, default_branch: str = "main"
    ) -> Repository:
        """Make an empty repository; raise ValueError for a name GitHub has no room for."""
        owner, _, name = full_name.partition("/")
        if not _NAME.fullmatch(owner) or not _NAME.fullmatch(name) or name in {".", ".."}:
            raise ValueError(f"{full_name!r} is no name for a repository")
        if owner not in self.accounts:
            self.account(owner).kind = "Organization"
        repo = Repository(
            id=self.next_id(),
            owner=owner,
            name=name,
            default_branch=default_branch,
            created_at=created_at,
            pushed_at=created_at,
        )
        self.git(repo).create(default_branch)
        self.repositories[full_name.lower()] = repo
        return repo

    def remove(self, repo: Repository) -> None:
        """Delete a repository with its git."""
        git = self.git(repo)
        git.close()
        del self._gits[repo.full_name], self.repositories[repo.full_name.lower()]
        shutil.rmtree(git.path)
        shutil.rmtree(self.file(repo, 0).parent, ignore_errors=True)

    def file(self, repo: Repository, number: int) -> Path:
        """Return where the bytes of a release's file lie."""
        return self.root / "files" / repo.owner / repo.name / str(number)

    def repo(
        self, full_name: str, *, release: str = "", merged: Sequence[str] = (), ci: bool = False
    ) -> Repository:
        """Build a small repository: one commit, a release of it, then these merged pulls, green.

        With `ci` whatever is pushed from then on starts its workflows by itself.
        """
        from integrations.emulators.github.story import Story

        start = self.clock - timedelta(days=10)
        story = Story(self, full_name, created_at=start)
        first = story.commit(PEOPLE[0], start, "Begin", {"README.md": f"# {full_name}\n"})
        story.checks(first, start)
        if release:
            story.release(release, start + timedelta(hours=1), by=PEOPLE[0])
        repo = story.tell()
        self.merge(full_name, *merged)
        if ci:
            from integrations.emulators.github.triggers import automated

            automated(self, repo)
        return repo

    def merge(self, full_name: str, *titles: str, labels: Iterable[str] = ()) -> None:
        """Merge one more green pull request for each title, by different people."""
        from integrations.emulators.github.story import Story

        story = Story.continued(self, full_name)
        step = timedelta(hours=1)
        for index, title in enumerate(titles):
            merged = min(self.clock, self.clock - step * (len(titles) - index))
            number = story.repo.last_number + 1
            story.pull(
                title,
                PEOPLE[number % len(PEOPLE)],
                {f"changes/{number}.md": f"{title}\n"},
                opened=merged - timedelta(hours=20),
                merged=merged,
                labels=tuple(labels),
                reviews=((PEOPLE[(number + 1) % len(PEOPLE)], "APPROVED", ""),),
            )
        story.tell()

    def person(self, login: str) -> "Person":
        """Return somebody who acts: opens pull requests, reviews, deploys; webhooks hear of it."""
        from integrations.emulators.github.people import Person

        return Person(self, self.account(login).login)

    def hook(self, full_name: str, url: str, secret: str, *events: str) -> Hook:
        """Add a webhook to a repository; without events it hears of everything."""
        made = self._hook(url, secret, events)
        self[full_name].hooks[made.id] = made
        self.courier.watch(self[full_name])
        self.save()
        return made

    def hook_of_app(self, url: str, secret: str, *events: str) -> Hook:
        """Set the webhook of the app, which hears of all repositories."""
        self.app_hook = made = self._hook(url, secret, events)
        for repo in self.repositories.values():
            self.courier.watch(repo)
        self.save()
        return made

    def _hook(self, url: str, secret: str, events: Sequence[str]) -> Hook:
        return Hook(
            id=self.next_id(),
            url=url,
            secret=secret,
            events=list(events or ("*",)),
            created_at=self.clock,
            updated_at=self.clock,
        )

    def release(self, full_name: str, tag: str) -> Release | None:
        """Return the release of a tag, or None."""
        return self[full_name].release(tag)

    def tags(self, full_name: str) -> dict[str, str]:
        """Return the commit behind each tag."""
        refs = self.git(self[full_name]).refs("refs/tags/")
        return {ref.name.removeprefix("refs/tags/"): ref.commit for ref in refs}

    def head(self, full_name: str, branch: str = "") -> str:
        """Return the commit at the tip of a branch; raise KeyError if there is none."""
        repo = self[full_name]
        found = self.git(repo).object(f"refs/heads/{branch or repo.default_branch}")
        if found is None:
            raise KeyError(f"{full_name} has no branch {branch or repo.default_branch}")
        return found[0]

    def check(self, full_name: str, conclusion: str | None, *, sha: str = "") -> None:
        """Let CI report on a commit (default: the head); None means it is still running."""
        repo = self[full_name]
        repo.checks.append(
            CheckRun(
                id=self.next_id(),
                suite=self.next_id(),
                sha=sha or self.head(full_name),
                name="test",
                status="completed" if conclusion else "in_progress",
                conclusion=conclusion,
                started_at=self.clock,
                completed_at=self.clock if conclusion else None,
            )
        )
        self.save()
