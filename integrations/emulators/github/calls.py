"""One request to the emulated API: who asks, about which repository, and how it is answered."""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from integrations.emulators.github.git import Git
from integrations.emulators.github.records import Account, Grant, Repository
from integrations.emulators.github.world import GitHubWorld

DOCS = "https://docs.github.com/rest"
UPLOADS = "/uploads"  # GitHub has a host of its own for these
Json = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: `body` is JSON, or None for an empty answer; `raw` is anything else."""

    body: Json | list[Json] | None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    kind: str = "application/json; charset=utf-8"


class Problem(Exception):
    """A request that GitHub would turn down, in GitHub's words."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: Sequence[Json | str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message = status, message
        self.errors, self.headers = errors, headers or {}

    def reply(self) -> Reply:
        body: Json = {"message": self.message}
        if self.errors:
            body["errors"] = list(self.errors)
        body |= {"documentation_url": DOCS, "status": str(self.status)}
        return Reply(body, self.status, self.headers)


def missing() -> Problem:
    """Return the answer for what does not exist or may not be seen."""
    return Problem(404, "Not Found")


def invalid(resource: str, code: str, name: str, message: str = "") -> Problem:
    """Return 422 with GitHub's list of errors (codes: missing_field, invalid, already_exists…)."""
    error = {"resource": resource, "code": code, "field": name}
    return Problem(422, "Validation Failed", [error | ({"message": message} if message else {})])


def stamp(at: datetime) -> str:
    """Write an instant as GitHub does: `2026-03-02T12:00:00Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe(at: datetime | None) -> str | None:
    """Write an instant that may not be there."""
    return stamp(at) if at else None


def moment(text: str) -> datetime:
    """Read a time that a caller sent; 422 if it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Problem(422, f"Invalid time: {text}") from None
    return at if at.tzinfo else at.astimezone()


def node_id(kind: str, key: int | str) -> str:
    """Return the id under which GraphQL knows a thing."""
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


@dataclass
class Call:
    """A request that has been let in; `content` is its body as it came."""

    world: GitHubWorld
    base: str
    path: str
    params: Mapping[str, Any]
    query: Mapping[str, str]
    body: Json
    grant: Grant
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    cache: Json = field(default_factory=dict)
    _repo: Repository | None = None

    @property
    def repo(self) -> Repository:
        """Return the repository of the path; 404 if there is none."""
        if self._repo is None:
            self._repo = self.world.found(f"{self.params['owner']}/{self.params['repo']}")
        if self._repo is None:
            raise missing()
        return self._repo

    @property
    def has_repo(self) -> bool:
        """Say whether it is about a repository, and that is still there."""
        place = f"{self.params.get('owner')}/{self.params.get('repo')}"
        return "repo" in self.params and self.world.found(place) is not None

    @property
    def git(self) -> Git:
        return self.world.git(self.repo)

    def git_of(self, repo: Repository) -> Git:
        """Return the git of another repository than that of the path."""
        return self.world.git(repo)

    @property
    def actor(self) -> Account:
        return self.world.account(self.grant.login)

    def pushed(self) -> None:
        """Note that references moved: open pull requests follow their branches or end."""
        now = self.repo.pushed_at = self.world.clock
        for pull in self.repo.pulls.values():
            if pull.state != "open":
                continue
            head = self.git.object(f"refs/heads/{pull.head_ref}")
            if head is None:
                pull.state, pull.closed_at, pull.updated_at = "closed", now, now
            elif head[0] != pull.head_sha:
                pull.head_sha, pull.updated_at = head[0], now
                self.git.set_ref(f"refs/pull/{pull.number}/head", pull.head_sha)

    def url(self, *parts: object) -> str:
        """Return the API address of something in the repository."""
        return f"{self.base}/repos/{self.repo.full_name}" + "".join(
            f"/{quote(str(p))}" for p in parts
        )

    def intent(self, method: str) -> str:
        """Return whether this reads or writes; a query reads, although it is posted."""
        query = str(self.body.get("query", ""))
        asks = self.path.endswith("/graphql") and not query.lstrip().startswith("mutation")
        return "reads" if method in ("GET", "HEAD") or asks else "writes"

    def html(self, *parts: object) -> str:
        """Return the address a person would open."""
        return f"{self.base}/{self.repo.full_name}" + "".join(f"/{quote(str(p))}" for p in parts)

    def one(self, held: Mapping[Any, T], name: str = "id") -> T:
        """Return what the path names by its number or name; 404 if there is none."""
        found = held.get(self.params[name])
        if found is None:
            raise missing()
        return found

    def required(self, name: str, resource: str) -> str:
        """Return a string that the body must have."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            raise invalid(resource, "missing_field", name)
        return value

    @property
    def per_page(self) -> int:
        return max(1, min(100, _whole(self.query.get("per_page"), 30)))

    @property
    def page(self) -> int:
        return max(1, _whole(self.query.get("page"), 1))

    def cut(self, items: Sequence[T]) -> list[T]:
        """Return the page that was asked for."""
        start = (self.page - 1) * self.per_page
        return list(items[start : start + self.per_page])

    def links(self, total: int) -> dict[str, str]:
        """Return the Link header for a list of `total` items."""
        last = max(1, -(-total // self.per_page))
        targets: dict[str, int] = {}
        if self.page > 1:
            targets |= {"prev": min(self.page - 1, last), "first": 1}
        if self.page < last:
            targets |= {"next": self.page + 1, "last": last}
        if not targets:
            return {}
        address = f"{self.base}{quote(self.path)}"
        return {
            "link": ", ".join(
                f'<{address}?{urlencode({**self.query, "page": page})}>; rel="{rel}"'
                for rel, page in targets.items()
            )
        }

    def listed(
        self, items: Sequence[T], shape: "Callable[[Call, T], Json]", key: str = ""
    ) -> Reply:
        """Answer with one page of `items`; with `key` inside `{total_count, key: […]}`."""
        rows = [shape(self, item) for item in self.cut(items)]
        body: Json | list[Json] = {"total_count": len(items), key: rows} if key else rows
        return Reply(body, headers=self.links(len(items)))

    def listed_by_cursor(self, items: Sequence[T], shape: "Callable[[Call, T], Json]") -> Reply:
        """Answer with one page of `items` where GitHub leads on by cursors and not by numbers."""
        start = _whole(self.query.get("after", "").removeprefix("c"), 0)
        end = start + self.per_page
        rows = [shape(self, item) for item in items[start:end]]
        if end >= len(items):
            return Reply(rows)
        address = f"{self.base}{quote(self.path)}"
        onward = urlencode({**self.query, "after": f"c{end}"})
        return Reply(rows, headers={"link": f'<{address}?{onward}>; rel="next"'})


Answerer = Callable[[Call], Awaitable[Reply]]
Route = tuple[str, str, Answerer]


def _whole(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default
