"""Bare repositories through the git command line: every answer about history is git's own."""

import asyncio
import shutil
import subprocess
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from integrations.emulators.github.diffs import Change, changes_from, sizes_from

ROBOT = ("GitHub", "noreply@github.example")
_NO_PARTS = {"", ".", "..", ".git"}
SETTINGS = """\
[core]
\thooksPath = /dev/null
\tquotePath = false
\tlogAllRefUpdates = false
[gc]
\tauto = 0
[init]
\tdefaultBranch = main
[safe]
\tdirectory = *
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
[receive]
\tautogc = false
[advice]
\tdetachedHead = false
"""


class GitFailed(Exception):
    """git said no; the text is the end of what it wrote to its standard error."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Who and when, as git writes it into commits and tags."""

    name: str
    email: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.name} <{self.email}> {int(self.at.timestamp())} +0000"


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit object: `tree` and `parents` are object names."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Signature
    committer: Signature
    message: str

    @property
    def headline(self) -> str:
        return self.message.split("\n", 1)[0]


@dataclass(frozen=True, slots=True)
class Tag:
    """One annotated tag object and what it points to (`kind` is commit, tag, tree or blob)."""

    sha: str
    name: str
    target: str
    kind: str
    tagger: Signature
    message: str


@dataclass(frozen=True, slots=True)
class Ref:
    """One reference: `commit` is what is left when annotated tags are followed."""

    name: str
    sha: str
    kind: str
    commit: str


@cache
def git_program() -> str:
    """Find git once; raise GitFailed with a remedy if there is none."""
    found = shutil.which("git")
    if found is None:
        raise GitFailed("git is not installed: the emulated GitHub keeps real repositories.")
    return found


def environment(settings: Path) -> dict[str, str]:
    """Make git deaf to this machine: only the settings of the world count."""
    return {
        "PATH": str(Path(git_program()).parent) + ":/usr/local/bin:/usr/bin:/bin",
        "HOME": str(settings.parent),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_AUTHOR_NAME": ROBOT[0],
        "GIT_AUTHOR_EMAIL": ROBOT[1],
        "GIT_COMMITTER_NAME": ROBOT[0],
        "GIT_COMMITTER_EMAIL": ROBOT[1],
    }


class Git:
    """One bare repository. `call` blocks, `run` does the same in a thread."""

    def __init__(self, path: Path, settings: Path) -> None:
        self.path = path
        self.env = environment(settings)
        self._reader: subprocess.Popen[bytes] | None = None
        self._commits: dict[str, Commit] = {}

    def create(self, branch: str) -> None:
        """Make the empty repository; safe to repeat."""
        command = [git_program(), "init", "--quiet", "--bare", "--template=", "--", str(self.path)]
        subprocess.run(command, env=self.env, check=True, capture_output=True)  # noqa: S603 - fixed words and our own path
        self.call("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def call(
        self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, ok: int = 0
    ) -> bytes:
        """Return what `git args` prints; raise GitFailed if it exits with more than `ok`."""
        done = subprocess.run(  # noqa: S603 - no shell; callers keep names behind --end-of-options
            [git_program(), "--git-dir", str(self.path), *args],
            input=stdin,
            env={**self.env, **(env or {})},
            capture_output=True,
            check=False,
        )
        if not 0 <= done.returncode <= ok:
            raise GitFailed(done.stderr.decode(errors="replace").strip()[-500:])
        return done.stdout

    async def run(
        self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None, ok: int = 0
    ) -> bytes:
        """Do `call` without holding up the event loop."""
        return await asyncio.to_thread(self.call, *args, stdin=stdin, env=env, ok=ok)

    def object(self, name: str) -> tuple[str, str, bytes] | None:
        """Return (sha, kind, content) of any revision expression, or None if git knows none.

        Asks a `cat-file --batch` that stays open: a pipe round trip instead of a process.
        """
        if "\n" in name or not name:
            return None
        reader = self._reader
        if reader is None or reader.poll() is not None:
            reader = self._open_reader()
        source, sink = reader.stdout, reader.stdin
        if source is None or sink is None:
            raise GitFailed("git cat-file has no pipes")
        sink.write(name.encode() + b"\n")
        sink.flush()
        head = source.readline().decode(errors="replace").rstrip("\n")
        fields = head.rsplit(" ", 2)
        if len(fields) != 3 or not fields[2].isdecimal():  # noqa: PLR2004 - sha, kind, size
            return None  # "… missing" or "… ambiguous"
        content = source.read(int(fields[2]))
        source.read(1)
        return fields[0], fields[1], content

    def _open_reader(self) -> subprocess.Popen[bytes]:
        command = [git_program(), "--git-dir", str(self.path), "cat-file", "--batch"]
        reader = subprocess.Popen(  # noqa: S603 - fixed words and our own path
            command, env=self.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._reader = reader
        self._closing = weakref.finalize(self, _stop, reader)
        return reader

    def close(self) -> None:
        """Stop the reader; the next question starts another."""
        if self._reader is not None:
            self._closing()
            self._reader = None

    def resolve(self, name: str) -> str | None:
        """Return the commit that a branch, tag, sha or expression stands for."""
        for candidate in (f"refs/heads/{name}", f"refs/tags/{name}", name):
            found = self.object(f"{candidate}^{{commit}}")
            if found is not None and not name.startswith("-"):
                return found[0]
        return None

    def commit(self, sha: str) -> Commit:
        """Read one commit by its full object name; raise GitFailed if there is none."""
        known = self._commits.get(sha)
        if known is None:
            found = self.object(sha)
            if found is None or found[1] != "commit":
                raise GitFailed(f"{sha} is no commit here")
            known = parse_commit(found[0], found[2])
            if len(self._commits) > 20_000:  # noqa: PLR2004 - about 20 MB
                self._commits.clear()
            self._commits[sha] = known
        return known

    def tag(self, sha: str) -> Tag | None:
        """Read one annotated tag object."""
        found = self.object(sha)
        return parse_tag(found[0], found[2]) if found and found[1] == "tag" else None

    def refs(self, prefix: str = "refs/") -> list[Ref]:
        """List references whose name starts with `prefix`, sorted by name."""
        form = "%(refname)%00%(objectname)%00%(objecttype)%00%(*objectname)"
        lines = self.call("for-each-ref", f"--format={form}").decode(errors="replace").splitlines()
        rows = (line.split("\0") for line in lines)
        return [
            Ref(n, sha, kind, peeled or sha)
            for n, sha, kind, peeled in rows
            if n.startswith(prefix)
        ]

    def valid_ref(self, name: str) -> bool:
        """Tell whether git would accept this full reference name."""
        try:
            self.call("check-ref-format", name)
        except (GitFailed, ValueError):
            return False
        return True

    def set_ref(self, name: str, sha: str, old: str | None = None) -> None:
        """Point `name` to `sha`; with `old` only if it is there now (40 zeros: must be new)."""
        self.call("update-ref", "--end-of-options", name, sha, *([old] if old else []))

    def delete_ref(self, name: str) -> None:
        self.call("update-ref", "-d", "--end-of-options", name)

    async def log(self, *args: str) -> list[str]:
        """Return the object names that `rev-list` prints for these arguments."""
        return (await self.run("rev-list", *args)).decode().split()

    async def count(self, *args: str) -> int:
        return int(await self.run("rev-list", "--count", *args))

    async def merge_base(self, one: str, other: str) -> str | None:
        found = await self.run("merge-base", one, other, ok=1)
        return found.decode().strip() or None

    async def diff(self, base: str, head: str, *, patches: bool = True) -> list[Change]:
        """List the files that differ between two commits or trees, renames detected."""
        kinds = ["--raw", "--numstat", *(["-p"] if patches else [])]
        out = await self.run("diff-tree", "-r", "-z", "-M", "--abbrev=40", *kinds, base, head)
        return changes_from(out)

    async def sizes(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[int, int, int]]:
        """Return (additions, deletions, files) for many (base, head) pairs from one process."""
        lines = "".join(f"{head} {base}\n" for base, head in pairs)
        flags = ["--stdin", "--shortstat", "-r", "-M", "--always"]
        out = await self.run("diff-tree", *flags, stdin=lines.encode())
        return sizes_from(out, [head for _, head in pairs])

    def commit_tree(
        self, tree: str, parents: Iterable[str], message: str, author: Signature, by: Signature
    ) -> str:
        """Write a commit object without moving any branch; return its name."""
        body = [f"tree {tree}", *(f"parent {p}" for p in parents), f"author {author}"]
        raw = "\n".join([*body, f"committer {by}", "", message.rstrip("\n") + "\n"]).encode()
        return self.write("commit", raw)

    def write_tree(self, lines: Sequence[str], base: str | None) -> str:
        """Write the tree of `base` with index lines (`mode sha<TAB>path`) applied; return it.

        git's index does the work; it would pass over bad paths in silence, so they raise here.
        """
        paths = (line.partition("\t")[2] for line in lines)
        if any(part.lower() in _NO_PARTS for path in paths for part in path.split("/")):
            raise GitFailed("a path has a part that git cannot keep")
        with TemporaryDirectory(dir=self.path, prefix="index.") as folder:
            env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if base:
                self.call("read-tree", "--end-of-options", base, env=env)
            stdin = "".join(f"{line}\0" for line in lines).encode()
            self.call("update-index", "-z", "--index-info", stdin=stdin, env=env)
            return self.call("write-tree", env=env).decode().strip()

    def write(self, kind: str, content: bytes) -> str:
        """Store an object of this kind; return its name."""
        return self.call("hash-object", "-t", kind, "-w", "--stdin", stdin=content).decode().strip()


def _stop(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.kill()
    process.wait()


def _signature(line: str) -> Signature:
    who, _, when = line.rpartition("> ")
    name, _, email = who.partition(" <") if " <" in who else ("", "", who.lstrip("<"))
    seconds = when.split(" ")[0]
    at = int(seconds) if seconds.lstrip("-").isdecimal() else 0
    try:
        return Signature(name.strip(), email, datetime.fromtimestamp(at, UTC))
    except (OverflowError, ValueError, OSError):  # dates that only a broken clock could write
        return Signature(name.strip(), email, datetime.fromtimestamp(0, UTC))


def _headers(content: bytes) -> tuple[dict[str, list[str]], str]:
    head, _, body = content.decode(errors="replace").partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.split("\n"):
        key, _, value = line.partition(" ")
        fields.setdefault(key, []).append(value)
    return fields, body


def parse_commit(sha: str, content: bytes) -> Commit:
    """Read the body of a commit object."""
    fields, message = _headers(content)
    return Commit(
        sha=sha,
        tree=fields["tree"][0],
        parents=tuple(fields.get("parent", ())),
        author=_signature(fields["author"][0]),
        committer=_signature(fields["committer"][0]),
        message=message.rstrip("\n"),
    )


def parse_tag(sha: str, content: bytes) -> Tag:
    """Read the body of an annotated tag object."""
    fields, message = _headers(content)
    tagger = fields.get("tagger", [" <> 0 +0000"])[0]  # ancient tags have none
    name, target, kind = fields["tag"][0], fields["object"][0], fields["type"][0]
    return Tag(sha, name, target, kind, _signature(tagger), message.rstrip("\n"))
