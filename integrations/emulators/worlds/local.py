"""Any local clone as a repository of the world: its merges become pull requests, tags releases."""

import re
import subprocess
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from integrations.emulators.github.git import Git, GitFailed, environment, git_program
from integrations.emulators.github.records import EPOCH, Pull, Release, Repository
from integrations.emulators.github.world import GitHubWorld

OWNER = "local"
_LOG = "%H%x00%P%x00%an%x00%ae%x00%at%x00%ct%x00%s%x00%b%x1e"
_TAGS = "%00".join(
    f"%({field})"
    for field in (
        "refname:lstrip=2",
        "objecttype",
        "objectname",
        "*objecttype",
        "*objectname",
        "creatordate:unix",
        "contents",
    )
)
_MERGED = re.compile(r"Merge pull request #(\d+) from (?:[^\s/]+/)?(\S+)")
_SQUASHED = re.compile(r"(.+?)\s*\(#(\d+)\)$")
_NOREPLY = re.compile(r"(?:\d+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.github\.com")
_PREVIEW = re.compile(
    r"(?:[-._]?(?:alpha|beta|rc|pre|preview|dev|nightly|snapshot)|\d[abc]|\.\d+-(?=\d))[-.]?\d*$",
    re.IGNORECASE,
)


class CannotImport(Exception):
    """The folder cannot become a repository; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One commit of the log."""

    sha: str
    parents: tuple[str, ...]
    name: str
    email: str
    authored: datetime
    committed: datetime
    subject: str
    body: str


def import_repository(world: GitHubWorld, path: Path, name: str | None = None) -> str:
    """Copy a clone or bare repository into the world; return its name, `local/…`.

    Nothing in the source is changed or run. Raises CannotImport for what is no repository, has
    no commit yet, or lacks objects. Blocks: seconds for tens of thousands of commits.
    """
    source = path.expanduser().absolute()
    settings = world.root / "gitconfig"
    head = _checked(source, settings)
    branch = _ask(source, settings, "symbolic-ref", "-q", "--short", "HEAD")
    repo = world.add(_free_name(world, name or source.resolve().name), created_at=EPOCH)
    git = world.git(repo)
    try:
        _copy(git, source)
    except GitFailed as error:
        del world.repositories[repo.full_name.lower()]
        raise CannotImport(
            f"{path} cannot be copied: git says {str(error).splitlines()[-1]!r}. "
            "A partial clone lacks objects: fetch them all first."
        ) from None
    repo.default_branch = _settled(git, branch, head)
    rows = _log(git, repo.default_branch)
    _fill(world, repo, rows)
    git.call("commit-graph", "write", "--reachable")
    world.save()
    return repo.full_name


def _checked(source: Path, settings: Path) -> str:
    """Return the commit at HEAD of what must be a repository with at least one commit."""
    if not source.is_dir():
        raise CannotImport(f"There is no folder {source}: give the path of a local git clone.")
    if not _ask(source, settings, "rev-parse", "--git-dir"):
        raise CannotImport(f"{source} is no git repository: give the path of a local git clone.")
    head = _ask(source, settings, "rev-parse", "-q", "--verify", "HEAD^{commit}")
    if head:
        return head
    found = _ask(
        source, settings, "for-each-ref", "--count=1", "--format=%(objectname)", "refs/heads"
    )
    if not found:
        raise CannotImport(f"{source} has no commit yet: make one, then import it.")
    return found


def _ask(source: Path, settings: Path, *args: str) -> str:
    """Return what git prints in the source, or nothing if it says no."""
    command = [git_program(), "-C", str(source), *args]
    done = subprocess.run(command, env=environment(settings), capture_output=True, check=False)  # noqa: S603 - fixed words, an absolute path
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""


def _free_name(world: GitHubWorld, wanted: str) -> str:
    """Return `local/name` in GitHub's characters, numbered if it is taken."""
    plain = unicodedata.normalize("NFKD", wanted.removesuffix(".git"))
    ascii_only = plain.encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", ascii_only).strip("-.")[:90] or "repository"
    number, free = 1, name
    while world.found(f"{OWNER}/{free}"):
        number += 1
        free = f"{name}-{number}"
    return f"{OWNER}/{free}"


def _copy(git: Git, source: Path) -> None:
    """Fetch branches and tags; branches that only the clone's origin has count as branches."""
    spaces = ("heads", "tags", "remotes/origin")
    specs = [f"+refs/{space}/*:refs/{space}/*" for space in spaces]
    flags = ("--quiet", "--update-shallow", "--no-write-fetch-head", "--no-recurse-submodules")
    git.call("fetch", *flags, str(source), "+HEAD:refs/import/head", *specs)
    lines = ["delete refs/import/head"] if git.object("refs/import/head") else []
    have = {ref.name for ref in git.refs("refs/heads/")}
    for ref in git.refs("refs/remotes/origin/"):
        local = f"refs/heads/{ref.name.removeprefix('refs/remotes/origin/')}"
        if local != "refs/heads/HEAD" and local not in have:
            lines.append(f"create {local} {ref.sha}")
        lines.append(f"delete {ref.name}")
    git.call(
        "update-ref", "--no-deref", "--stdin", stdin="".join(f"{line}\n" for line in lines).encode()
    )


def _settled(git: Git, branch: str, head: str) -> str:
    """Return the default branch: HEAD's, or a usual one, or one made for a detached HEAD."""
    names = [ref.name.removeprefix("refs/heads/") for ref in git.refs("refs/heads/")]
    usual = [name for name in (branch, "main", "master", "trunk") if name in names]
    chosen = next(iter([*usual, *names]), "main")
    if not names:
        git.set_ref("refs/heads/main", head)
    git.call("symbolic-ref", "HEAD", f"refs/heads/{chosen}")
    return chosen


def _log(git: Git, branch: str) -> dict[str, Row]:
    """Read the history of a branch in one go, newest first."""
    out = git.call("log", "--topo-order", f"--format={_LOG}", f"refs/heads/{branch}", "--")
    rows = {}
    for entry in out.decode(errors="replace").split("\x1e"):
        fields = entry.lstrip("\n").split("\0", 7)
        if len(fields) == 8:  # noqa: PLR2004 - the fields of _LOG
            sha, parents, name, email, authored, committed, subject, body = fields
            at, then = _moment(authored), _moment(committed)
            rows[sha] = Row(sha, tuple(parents.split()), name, email, at, then, subject, body)
    return rows


def _moment(seconds: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):  # a clock was broken
        return EPOCH


def _fill(world: GitHubWorld, repo: Repository, rows: dict[str, Row]) -> None:
    people = People(world)
    newest = next(iter(rows.values()))
    repo.pushed_at, repo.created_at = newest.committed, min(r.committed for r in rows.values())
    for trunk, branch in _landings(rows, newest):
        pull = _pull(world, repo, people, trunk, branch)
        if pull is not None and pull.number not in repo.pulls:
            repo.pulls[pull.number] = pull
    repo.last_number = max(repo.pulls, default=0)
    for row in rows.values():
        people.login(row.name, row.email)
    _releases(world, repo, people, rows)


def _landings(rows: dict[str, Row], tip: Row) -> Iterator[tuple[Row, list[Row]]]:
    """Walk the trunk from its beginning; yield each commit with what it merged, oldest first."""
    trunk: list[Row] = []
    at: Row | None = tip
    while at is not None:
        trunk.append(at)
        at = rows.get(at.parents[0]) if at.parents else None
    seen = {row.sha for row in trunk}
    for row in reversed(trunk):
        branch: list[Row] = []
        waiting = list(row.parents[1:])
        while waiting:
            sha = waiting.pop()
            found = rows.get(sha)
            if found is not None and sha not in seen:
                seen.add(sha)
                branch.append(found)
                waiting += found.parents
        branch.sort(key=lambda one: one.committed)
        yield row, branch


def _pull(
    world: GitHubWorld, repo: Repository, people: "People", trunk: Row, branch: list[Row]
) -> Pull | None:
    """Return the pull request that a commit of the trunk tells of, if it does."""
    if not trunk.parents:
        return None
    merged, squashed = _MERGED.match(trunk.subject), _SQUASHED.match(trunk.subject)
    if merged and len(trunk.parents) > 1:
        number, ref = int(merged[1]), merged[2]
        lines = (line.strip() for line in trunk.body.splitlines())
        title, body = next(filter(None, lines), trunk.subject), ""
        first, head = branch[0] if branch else trunk, trunk.parents[1]
    elif squashed:
        number, title, ref = int(squashed[2]), squashed[1], f"pull-{squashed[2]}"
        body, first, head, branch = trunk.body.strip(), trunk, trunk.sha, [trunk]
    else:
        return None
    created = min(first.authored, trunk.committed)
    return Pull(
        id=world.next_id(),
        number=number,
        title=title,
        author=people.login(first.name, first.email),
        created_at=created,
        updated_at=trunk.committed,
        body=body,
        state="closed",
        closed_at=trunk.committed,
        merged_at=trunk.committed,
        merged_by=people.login(trunk.name, trunk.email),
        merge_sha=trunk.sha,
        head_ref=ref,
        head_sha=head,
        base_ref=repo.default_branch,
        base_sha=trunk.parents[0],
        commits=[row.sha for row in branch] or [head],
    )


class People:
    """Turns the names and addresses of commits into accounts, one for each name."""

    def __init__(self, world: GitHubWorld) -> None:
        self._world = world
        self._logins: dict[str, str] = {}

    def login(self, name: str, email: str) -> str:
        """Return the login of somebody who committed; make the account on first sight."""
        known = self._logins.get(name)
        if known is None:
            told = _NOREPLY.fullmatch(email)
            plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
            bot = "[bot]" if plain.endswith("[bot]") else ""
            slug = re.sub(r"[^a-z0-9]+", "-", plain.removesuffix("[bot]").lower()).strip("-")[:39]
            login = told[1] if told else f"{slug or 'somebody'}{bot}"
            known = self._logins[name] = self._world.account(login, name=name, email=email).login
        self._world.alias(known, email)
        return known


def _releases(world: GitHubWorld, repo: Repository, people: People, rows: dict[str, Row]) -> None:
    git = world.git(repo)
    out = git.call("for-each-ref", "--sort=creatordate", f"--format={_TAGS}%1e", "refs/tags")
    for entry in out.decode(errors="replace").split("\x1e"):
        fields = entry.lstrip("\n").split("\0", 6)
        if len(fields) != 7:  # noqa: PLR2004 - the fields of _TAGS
            continue
        tag, kind, sha, peeled_kind, peeled, seconds, text = fields
        if (peeled_kind or kind) != "commit":
            continue  # a tag of a tree or blob stays a tag
        row = rows.get(peeled or sha)
        commit = git.commit(peeled or sha)
        release = Release(
            id=world.next_id(),
            tag=tag,
            name=tag,
            body=text.strip() if kind == "tag" else "",
            author=people.login(commit.author.name, commit.author.email),
            target=repo.default_branch,
            created_at=row.committed if row else commit.committer.at,
            published_at=_moment(seconds),
            prerelease=bool(_PREVIEW.search(tag)),
        )
        repo.releases[release.id] = release
