"""How this bot speaks to GitHub: typed reads, pages, GraphQL, writes one after another."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import msgspec

from integrations.errors import Limited, NotFound, OutsideError, Refused, Transient
from integrations.github import graph, models
from integrations.github.cache import AnswerCache, FixedAnswers
from integrations.github.lane import Lane, OwnLane
from integrations.github.places import Place
from integrations.github.register import Memo, Register
from integrations.github.shelf import Shelf
from integrations.github.sign_in import GitHubSignIn
from integrations.github.watched import About, Branches, OpenThreads, Watched
from integrations.http import Answer, Call, Http, Limits, Transport, Words
from integrations.memory import Memory
from integrations.meter import meter, permit

if TYPE_CHECKING:
    from integrations.github.actions import Job
    from integrations.github.backlog import Issue

T = TypeVar("T")
R = TypeVar("R")
A = TypeVar("A", bound=graph.Answered)

PUBLIC_API = "https://api.github.com"
HEADERS = {
    "accept": "application/vnd.github+json",
    "x-github-api-version": "2022-11-28",
}
PER_PAGE = 100
MOST_PLACES = 64  # environments whose newest deployments are remembered
MOST_ENDED = 2_000  # workflow runs whose jobs are
# Ten times what the longest list that we ask for can have; a loop of links ends here.
MAX_PAGES = 1_000
NOT_MODIFIED = 304
INTEGRATION = "github"
GRAPHQL = "/graphql"
LIMITED = "x-ratelimit-limit"  # Enterprise Server may be without limits
# Where GitHub keeps logs, artifacts, assets and archives.
DOWNLOADS = frozenset({"*.githubusercontent.com", "*.blob.core.windows.net", "codeload.github.com"})
FREE = ("/rate_limit", GRAPHQL)  # the first costs nothing, the second says itself what it cost
GRAPHQL_WAIT = timedelta(seconds=60)
_CLOUD = re.compile(r"github\.com|[A-Za-z0-9-]+\.ghe\.com")


class _GraphError(msgspec.Struct):
    message: str = ""
    type: str | None = None


class _Envelope(msgspec.Struct, Generic[T]):
    data: T | None = None
    errors: list[_GraphError] = []


class _Http(Http):
    def cost(self, path: str, status: int, headers: Mapping[str, str]) -> int:
        """Return what a REST answer took: nothing where our copy still holds."""
        is_free = status == NOT_MODIFIED or path.endswith(FREE)
        return 0 if is_free or LIMITED not in headers else 1


class GitHubApi:
    """One connection pool, one ETag cache and one write lane, shared by every run."""

    def __init__(
        self,
        sign_in: GitHubSignIn,
        *,
        base_url: str = PUBLIC_API,
        transport: Transport | None = None,
        limits: Limits | None = None,
        cache: AnswerCache | None = None,
        lane: Lane | None = None,
    ) -> None:
        self.sign_in = sign_in
        self.quotas: dict[str, models.RateLimit] = {}
        self._http = _Http(
            base_url,
            integration=INTEGRATION,
            words=Words("GitHub", sign_in.refused),
            headers=HEADERS,
            sign_in=sign_in,
            transport=transport,
            limits=limits or Limits(downloads=DOWNLOADS, uploads=uploads_of(base_url)),
        )
        # On Enterprise Server REST lives at /api/v3 and GraphQL at /api/graphql.
        self._graphql = self._http.base_url.removesuffix("/v3") + GRAPHQL
        self._cache = cache or AnswerCache()
        self._fixed = FixedAnswers()
        self.merged: Shelf[graph.Pull] = Shelf(key=_number, at=_updated_at)
        self.timed: Shelf[graph.TimedPull] = Shelf(key=_number, at=_updated_at)
        self.issues: Shelf[Issue] = Shelf(key=lambda issue: issue.number, at=_updated_at)
        self.deployed: Shelf[models.Deployment] = Shelf(
            key=lambda deployment: deployment.id,
            at=lambda deployment: deployment.created_at,
            is_open=lambda deployment: deployment.finished_at is None,
        )
        self.watched: Register[Watched, About] = Register()
        self.branches: Memo[Branches] = Memo()
        self.open: Memo[OpenThreads] = Memo()
        self.newest: Memory[tuple[str, list[models.Deployment]]] = Memory(MOST_PLACES)
        self.ended: Memory[tuple[Job, ...]] = Memory(MOST_ENDED)
        self._lane = lane or OwnLane()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def token(self, repo: str) -> str:
        """Return the token that git may use for `owner/name`; a secret, never a step's result."""
        return await self.sign_in.token(self._http, repo)

    async def get(
        self,
        where: Place,
        path: str,
        shape: type[T],
        *,
        params: Mapping[str, str | int] | None = None,
        missing: Mapping[int, str] | None = None,
    ) -> T:
        """Return one answer; `missing` words the statuses that mean "not there"."""
        return (await self.answer(where, path, params=params, missing=missing)).decode(shape)

    async def answer(
        self,
        where: Place,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        missing: Mapping[int, str] | None = None,
        scope: str = "",
        accept: str = "",
        fixed: bool = False,
    ) -> Answer:
        """Return one answer with its headers, from the cache where GitHub says it still holds.

        `scope` says whose sign-in opens what belongs to no repository; `accept` is the form in
        which something is wanted where GitHub has more than one. What is `fixed` can never be
        another, and is asked for once.
        """
        wanted = {name: value for name, value in (params or {}).items() if value != ""}
        full = path if "://" in path else where.path + path
        scope = scope or where.scope
        key = f"{scope} {full} {sorted(wanted.items())} {accept}"
        if fixed and (kept := self._fixed.get(key)):
            permit(write=False)
            return kept
        known = None if fixed else self._cache.get(key)
        headers = {"if-none-match": known.headers["etag"]} if known else {}
        headers |= {"accept": accept} if accept else {}
        texts = {**where.missing, **(missing or {})}
        await self._lane.read(scope.partition("/")[0])
        answer = await self._sent(Call("GET", full, wanted, None, headers, scope, texts))
        self._note_quota(answer)
        if known and answer.status == NOT_MODIFIED:
            return known
        if fixed:
            self._fixed.put(key, answer)
        else:
            self._cache.put(key, answer)
        return answer

    async def mark(
        self, where: Place, path: str, params: Mapping[str, str | int] | None = None
    ) -> str:
        """Return what becomes another as soon as a list does, "" where GitHub gives nothing.

        Asking costs nothing for as long as it is the same.
        """
        return (await self.answer(where, path, params=params)).headers.get("etag", "")

    async def listed(
        self,
        where: Place,
        query: str,
        shape: type[graph.InRepository[R]],
        asked: Mapping[str, object],
        of: Callable[[R], graph.Connection[T]],
    ) -> AsyncGenerator[list[T], None]:
        """Yield every page of a list `of` a repository, read by GraphQL; raises NotFound."""
        after: str | None = ""
        while after is not None:
            answer = await self.graphql(where, query, shape, {**asked, "after": after or None})
            if answer.repository is None:
                raise NotFound(where.missing[404])
            page = of(answer.repository)
            yield page.items
            after = page.after

    async def pages(
        self,
        where: Place,
        path: str,
        shape: type[T],
        *,
        params: Mapping[str, str | int] | None = None,
        missing: Mapping[int, str] | None = None,
        scope: str = "",
    ) -> AsyncIterator[T]:
        """Yield every page of a list, following GitHub's links."""
        asked: Mapping[str, str | int] = {"per_page": PER_PAGE, **(params or {})}
        for _ in range(MAX_PAGES):
            answer = await self.answer(where, path, params=asked, missing=missing, scope=scope)
            yield answer.decode(shape)
            if not answer.next:
                return
            self._afford(answer)
            path, asked = answer.next, {}
        raise Refused(f"GitHub listed more than {MAX_PAGES} pages; ask for a shorter window.")

    async def graphql(
        self,
        where: Place,
        query: str,
        shape: type[A],
        variables: Mapping[str, object],
        *,
        missing: str = "",
    ) -> A:
        """Return the data of one GraphQL query; it only reads. `missing` words "not there"."""
        body = {
            "query": query,
            "variables": {"owner": where.owner, "name": where.name, **variables},
        }
        call = Call("POST", self._graphql, body=body, scope=where.scope, write=False)
        answer = await self._http.send(call)
        self._note_quota(answer)
        # msgspec takes the shape at run time, where mypy wants to know it before.
        envelope: _Envelope[A]
        envelope = answer.decode(_Envelope[shape])  # type: ignore[valid-type]
        told = envelope.data.rate_limit if envelope.data else None
        # Where it gives no data it says no cost, and takes the least that there is.
        least = 1 if LIMITED in answer.headers else 0
        meter().charge(INTEGRATION, told.cost if told else least)
        self._checked(envelope.errors, missing or where.missing.get(404, ""))
        if envelope.data is None:
            raise Transient("GitHub answered a query with no data.")
        return envelope.data

    async def mutate(
        self, where: Place, query: str, variables: Mapping[str, object], *, missing: str = ""
    ) -> None:
        """Write by GraphQL what REST cannot; one at a time, as every write."""
        body = {"query": query, "variables": variables}
        call = Call("POST", self._graphql, body=body, scope=where.scope)
        async with self._lane.write(where.owner, f"{where.scope} graphql"):
            answer = await self._sent(call)
        self._note_quota(answer)
        # No mutation can ask what it costs; it takes the least that there is.
        meter().charge(INTEGRATION, 1 if LIMITED in answer.headers else 0)
        self._checked(answer.decode(_Envelope[dict[str, object]]).errors, missing)

    def _checked(self, errors: list[_GraphError], missing: str) -> None:
        """Raise for what went wrong in a query, if anything did."""
        if errors:
            raise meter().failed(INTEGRATION, self._graphql_failure(errors[0], missing))

    async def change(
        self,
        where: Place,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        missing: Mapping[int, str] | None = None,
    ) -> Answer:
        """Write; one at a time, as GitHub asks of those who do not want to be limited."""
        texts = {**where.missing, **(missing or {})}
        call = Call(method, where.path + path, body=body, scope=where.scope, missing=texts)
        async with self._lane.write(where.owner, f"{method} {where.path}{path}"):
            answer = await self._sent(call)
        self._note_quota(answer)
        return answer

    async def upload(
        self, where: Place, address: str, content: bytes, kind: str, params: Mapping[str, str]
    ) -> Answer:
        """Send a file to the address that GitHub named for it; `kind` is its media type."""
        headers = {"content-type": kind}
        call = Call("POST", address, params, content, headers, where.scope, where.missing)
        async with self._lane.write(where.owner, f"POST {address} {sorted(params.items())}"):
            answer = await self._sent(call)
        self._note_quota(answer)
        return answer

    async def _sent(self, call: Call) -> Answer:
        """Send, and tell all who write and read where GitHub wants to be left alone for a while.

        Search has a limit of its own, which says nothing of the rest.
        """
        try:
            return await self._http.send(call)
        except Limited as error:
            if "/search/" not in call.path:
                owner = call.scope.partition("/")[0]
                await self._lane.bar(owner, error.retry_after or GRAPHQL_WAIT)
            raise

    async def delete(self, where: Place, path: str) -> None:
        """Delete what is there; raise `NotFound` only where the place itself is missing."""
        try:
            await self.change(where, "DELETE", path)
        except NotFound:
            await self.exists(where)

    async def exists(self, where: Place) -> None:
        """Raise `NotFound` when it is the place itself that is missing."""
        await self.get(where, "", msgspec.Raw)

    async def optional(
        self,
        where: Place,
        path: str,
        shape: type[T],
        *,
        params: Mapping[str, str | int] | None = None,
        fixed: bool = False,
    ) -> T | None:
        """Return one answer, or None where the repository exists and this thing does not.

        `fixed` says that neither can change.
        """
        key = f"{where.scope} {path} {params}"
        if fixed and self._fixed.is_gone(key):
            permit(write=False)
            return None
        try:
            return (await self.answer(where, path, params=params, fixed=fixed)).decode(shape)
        except NotFound:
            await self.exists(where)
            if fixed:
                self._fixed.put_gone(key)
            return None

    def _afford(self, answer: Answer) -> None:
        """Raise where fewer calls are left than pages: half a list helps nobody."""
        number = re.search(r"[?&]page=(\d+)", answer.last)
        now = re.search(r"[?&]page=(\d+)", answer.next)
        quota = self.quotas.get(answer.headers.get("x-ratelimit-resource", ""))
        if not number or not now or quota is None:
            return
        needed = int(number[1]) - int(now[1]) + 1
        if needed > quota.remaining:
            wait = max(quota.reset_at - datetime.now(UTC), timedelta(seconds=1))
            raise Limited(
                f"This takes {needed} more calls to GitHub, and {quota.remaining} are left.", wait
            )

    def _graphql_failure(self, error: _GraphError, missing: str) -> OutsideError:
        if error.type == "RATE_LIMITED" or "rate limit" in error.message.lower():
            quota = self.quotas.get("graphql")
            wait = quota.reset_at - datetime.now(UTC) if quota else GRAPHQL_WAIT
            return Limited("GitHub asks to slow down: rate limit", max(wait, timedelta(seconds=1)))
        if error.type == "NOT_FOUND":
            return NotFound(missing)
        if error.type is None:
            # Time-outs of their side come without a type.
            return Transient("GitHub could not finish a query; it may work later.")
        return Refused(f"GitHub refused: {error.message}")

    def _note_quota(self, answer: Answer) -> None:
        headers = answer.headers
        try:
            resource = headers["x-ratelimit-resource"]
            self.quotas[resource] = models.RateLimit(
                resource,
                int(headers["x-ratelimit-limit"]),
                int(headers["x-ratelimit-remaining"]),
                datetime.fromtimestamp(int(headers["x-ratelimit-reset"]), UTC),
            )
        except (KeyError, ValueError):
            return  # Enterprise Server without limits, and 304 from a proxy, say nothing


def uploads_of(base_url: str) -> str:
    """Return where this GitHub takes files: beside its API, or on Enterprise Server at its host."""
    scheme, sign, rest = base_url.partition("://api.")
    is_cloud = bool(_CLOUD.fullmatch(rest.rstrip("/")))
    return f"{scheme}://uploads.{rest}" if sign and is_cloud else base_url


def _number(pull: graph.Pull) -> int:
    return pull.number


def _updated_at(one: "graph.Pull | Issue") -> datetime:
    return one.updated_at
