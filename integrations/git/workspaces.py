"""Checkouts for as long as a step needs them: fetched narrowly, read, removed."""

import re
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Literal

from integrations.errors import NotFound, OutsideError, Refused, Transient
from integrations.git.checkout import Checkout
from integrations.git.command import Git, GitFailed
from integrations.git.contents import MAX_FILE, entries_of, write_contents
from integrations.git.folders import Folders
from integrations.git.models import TagRef
from integrations.github.places import place
from integrations.meter import permit

INTEGRATION = "git"
History = datetime | Literal["all", "none"]
Token = Callable[[str], Awaitable[str]]

GIGABYTE = 1024**3
DEPTH = 256  # commits that the first look at a history reaches back; each further one four times
CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"
_SHA = re.compile(r"[0-9a-f]{40}")
# What git itself forbids in a ref, and what a pattern or an option would begin with.
_BAD_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[-/.]|[/.]$|\.lock$")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that git may take: to fetch, and to read what is there."""

    fetch: float = 600.0
    read: float = 120.0


class Workspaces:
    """Opens checkouts of the repositories of one server.

    `token` gives the secret for `owner/name`; it travels in git's environment, never on a
    command line, in an address or on disk. `protocols` is wider only where a test says so.
    """

    def __init__(
        self,
        root: Path,
        *,
        server: str = "https://github.com",
        token: Token | None = None,
        quota_bytes: int = 4 * GIGABYTE,
        protocols: Sequence[str] = ("https", "http"),
        patience: Patience | None = None,
    ) -> None:
        self._server = server.rstrip("/")
        self._token = token
        self._protocols = tuple(protocols)
        self._folders = Folders(root, quota_bytes)
        self._patience = patience or Patience()

    @asynccontextmanager
    async def checkout(
        self,
        repo: str,
        ref: str = "",
        *,
        history: History = "none",
        also: Sequence[str] = (),
        contents: bool = False,
    ) -> AsyncIterator[Checkout]:
        """Open `owner/name` at a branch, tag or full commit name (else its default branch).

        `history` reaches back to a time, to the beginning or not at all; older commits come
        without file contents unless `contents` asks for them. `also` are further refs to
        compare with. The folder is gone when the block ends.
        """
        permit(write=False)
        async with self._folders.folder() as folder:
            fetch = _Fetch(
                repo=repo,
                folder=folder,
                git=Git(folder / "git", self._protocols, await self._secrets(repo)),
                folders=self._folders,
                patience=self._patience,
                address=f"{self._server}/{_checked(repo)}.git",
            )
            yield await fetch.open(ref, history, also, contents=contents)

    async def _secrets(self, repo: str) -> tuple[tuple[str, str], ...]:
        """Return the credentials as a header that git sends to this server alone."""
        secret = await self._token(repo) if self._token else ""
        if not secret:
            return ()
        basic = b64encode(f"x-access-token:{secret}".encode()).decode()
        return ((f"http.{self._server}/.extraHeader", f"Authorization: Basic {basic}"),)


@dataclass(frozen=True, slots=True)
class _Fetch:
    """One checkout in the making."""

    repo: str
    folder: Path
    git: Git
    folders: Folders
    patience: Patience
    address: str

    async def open(
        self, ref: str, history: History, also: Sequence[str], *, contents: bool
    ) -> Checkout:
        self._prepare()
        refs = await self._refs(with_default=not all((ref, *also)))
        wanted = {name: self._commit(refs, name) for name in (ref, *also)}
        small = [] if contents else [f"--filter=blob:limit={MAX_FILE}"]
        await self._fetch("--depth=1", *small, commits=wanted.values())
        peeled = {name: await self._peel(sha) for name, sha in wanted.items()}
        commit = peeled[ref]
        await self._deepen(history, commit, peeled.values(), contents=contents)
        self._forget_server(commit)
        within, root = self.patience.read, self.folder / "tree"
        root.mkdir()
        entries = await entries_of(self.git, commit, within=within)
        files = await write_contents(
            self.git, entries, root, fill=partial(self.folders.fill, self.folder), within=within
        )
        local = Git(self.git.directory, protocols=())
        return Checkout(self.repo, ref, commit, root, files, _tags(refs), peeled, local, within)

    def _prepare(self) -> None:
        """Lay out an empty repository: what `git init` does, without its templates and time."""
        directory = self.git.directory
        (directory / "objects").mkdir(parents=True)
        (directory / "refs").mkdir()
        (directory / "HEAD").write_text("ref: refs/heads/none\n")
        (directory / "config").write_text(f'{CONFIG}[remote "origin"]\n\turl = "{self.address}"\n')

    async def _refs(self, *, with_default: bool) -> dict[str, str]:
        """Return what the server has: the default branch, branches and tags, by full name.

        Two narrow questions, since GitHub keeps a ref for every pull request there ever was.
        """
        listed = b""
        if with_default:
            listed = await self._remote("ls-remote", "--quiet", "origin", "HEAD")
        listed += await self._remote("ls-remote", "--quiet", "--heads", "--tags", "origin")
        pairs = (line.split("\t", 1) for line in listed.decode(errors="replace").splitlines())
        return {name: sha for sha, name in pairs}

    def _commit(self, refs: dict[str, str], ref: str) -> str:
        """Return what to fetch for a ref; a branch goes before a tag of the same name."""
        if not ref:
            if "HEAD" in refs:
                return refs["HEAD"]
            raise NotFound(f"{self.repo} is empty: it has no commit yet.")
        if _SHA.fullmatch(ref):
            return ref
        for name in (f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}"):
            if name in refs and not _BAD_REF.search(ref):
                return refs[name]
        raise NotFound(f"{self.repo} has no branch or tag {ref}; a commit needs its full name.")

    async def _deepen(
        self, history: History, commit: str, commits: Collection[str], *, contents: bool
    ) -> None:
        """Fetch older commits with their file lists, without contents where they can wait."""
        if history == "none" or not (self.git.directory / "shallow").exists():
            return
        lean = [] if contents else ["--filter=blob:none"]
        if history == "all":
            await self._fetch("--unshallow", *lean, commits=commits)
        elif await self._is_newer(commit, history):
            depth = DEPTH
            await self._fetch(f"--depth={depth}", *lean, commits=commits)
            while await self._is_cut(commits, history):
                depth *= 4
                await self._fetch(f"--depth={depth}", *lean, commits=commits)

    async def _is_cut(self, commits: Collection[str], since: datetime) -> bool:
        """Return whether a commit of the window lacks its parents.

        Asking git for what is younger than a time would do it in one go, but it cuts all that is
        behind a merge where one of the merged commits is older.
        """
        shallow = self.git.directory / "shallow"
        if not shallow.exists():
            return False
        after = f"--since={since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        ends = await self._local("rev-list", "--max-parents=0", after, *commits, "--")
        return not set(ends.split()).isdisjoint(shallow.read_bytes().split())

    async def _is_newer(self, commit: str, since: datetime) -> bool:
        """Return whether there is anything in the window; git calls an empty one an error."""
        at = await self._local("show", "--no-patch", "--format=%ct", commit, "--")
        return int(at.split()[-1]) >= since.timestamp()

    async def _peel(self, name: str) -> str:
        try:
            return (
                (await self._local("rev-parse", "--verify", f"{name}^{{commit}}")).decode().strip()
            )
        except GitFailed:
            raise NotFound(f"{self.repo} has no commit {name}.") from None

    def _forget_server(self, commit: str) -> None:
        """Leave git no address: what is missing stays missing and is never fetched one by one."""
        (self.git.directory / "config").write_text(CONFIG)
        (self.git.directory / "HEAD").write_text(f"{commit}\n")

    async def _fetch(self, *options: str, commits: Collection[str]) -> None:
        fixed = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
        await self._remote(*fixed, *options, "origin", *dict.fromkeys(commits))

    async def _local(self, *arguments: str) -> bytes:
        return await self.git.run(*arguments, within=self.patience.read)

    async def _remote(self, *arguments: str) -> bytes:
        """Run what goes over the network: metered, under the quota, with failures worded."""
        used, before = permit(write=False, to=INTEGRATION), self.folders.used(self.folder)
        try:
            work = self.git.run(*arguments, within=self.patience.fetch)
            output = await self.folders.watch(self.folder, work)
        except GitFailed as failure:
            raise used.failed(INTEGRATION, _worded(self.repo, failure.said)) from None
        except Transient as late:
            raise used.failed(INTEGRATION, late) from None
        finally:
            grown = self.folders.used(self.folder) - before
            used.count(INTEGRATION, max(grown, 0))
        used.answered(INTEGRATION)
        return output


def _checked(repo: str) -> str:
    where = place(repo)
    return f"{where.owner}/{where.name}"


def _tags(refs: dict[str, str]) -> tuple[TagRef, ...]:
    start = "refs/tags/"
    return tuple(
        TagRef(name.removeprefix(start), refs.get(f"{name}^{{}}", sha))
        for name, sha in refs.items()
        if name.startswith(start) and not name.endswith("^{}")
    )


def _worded(repo: str, said: str) -> OutsideError:
    """Return what a failure of the network side of git means for the person."""
    words = said.lower()
    if "not our ref" in words or "unadvertised object" in words:
        return NotFound(f"{repo} has no such commit.")
    if any(sign in words for sign in ("not found", "does not exist", "not appear to be a git")):
        return NotFound(f"There is no repository {repo} to clone, or this bot may not see it.")
    if any(sign in words for sign in ("could not read username", "authentication failed", " 403")):
        return Refused(f"The server does not let this bot clone {repo}: check the token's rights.")
    if "transport" in words and "not allowed" in words:
        return Refused("The address of the git server must begin with https://.")
    return Transient(f"Cloning {repo} failed; it may work later.")
