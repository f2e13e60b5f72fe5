"""The emulated GitHub as an ASGI app: signs callers in, counts, fails on demand, routes."""

import asyncio
import base64
import binascii
import contextlib
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Path

from integrations.emulators.exchanges import Exchange, tell
from integrations.emulators.github import (
    accounts,
    actions,
    alerts,
    artifacts,
    assets,
    checks,
    commits,
    contents,
    controls,
    deployments,
    environments,
    graphql,
    hooks,
    issues,
    members,
    merging,
    milestones,
    news,
    pulls,
    references,
    releases,
    remarks,
    repositories,
    reviews,
    rules,
    search,
    settings,
    signed,
    transport,
)
from integrations.emulators.github.calls import (
    UPLOADS,
    Answerer,
    Call,
    Json,
    Problem,
    Reply,
    missing,
)
from integrations.emulators.github.levers import Fault, Quota, Write
from integrations.emulators.github.progress import progress, wound
from integrations.emulators.github.records import Grant
from integrations.emulators.github.triggers import triggered
from integrations.emulators.github.world import GitHubWorld

_PARTS = (
    accounts,
    rules,
    repositories,
    references,
    releases,
    assets,
    contents,
    pulls,
    reviews,
    merging,
    issues,
    milestones,
    checks,
    deployments,
    environments,
    actions,
    controls,
    artifacts,
    hooks,
    members,
    remarks,
    alerts,
    search,
    settings,
    commits,
)
_UNKNOWN, _UNCHANGED = 401, 304
_CHANGES_NOTHING = ("/access_tokens", "/generate-notes", "/graphql")
SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)


def github_app(world: GitHubWorld) -> Starlette:
    """Return the app that answers for `world`: REST, GraphQL and git under one base URL."""
    app = Starlette(routes=_routes())
    app.state.world = world
    return app


@cache
def _routes() -> Sequence[Path]:
    """Return what every app serves, each for its own world: they take long to compile."""
    return (
        Path("/meta", _public(_meta)),
        Path(signed.DOWNLOADS, _download),
        Path("/rate_limit", _public(_rate_limit)),
        Path("/graphql", _endpoint(graphql.answer, "graphql"), methods=["POST"]),
        *(
            Path(path, _endpoint(answerer, "rest"), methods=[method])
            for method, path, answerer in chain(*(part.ROUTES for part in _PARTS), commits.LAST)
        ),
        Path("/{owner}/{repo}.git/info/refs", _git(_advertise)),
        Path("/{owner}/{repo}.git/{service}", _git(_serve), methods=["POST"]),
        Path(
            "/{rest:path}",
            _endpoint(_nowhere, "rest"),
            methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        ),
    )


async def _nowhere(_: Call) -> Reply:
    raise missing()


def _endpoint(answerer: Answerer, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        world: GitHubWorld = request.app.state.world
        world.requests[kind] += 1
        resource = _resource(kind, request.url.path)
        quota = world.quota(resource)
        fault, sent = world.fault(request.method, request.url.path), None
        call: Call | None = None
        try:
            if fault is not None and not fault.late:
                raise _broken(fault)
            call = await _call(world, request)
            sent = call.body
            await progress(world)
            if kind == "rest":
                _charge(quota)
                _slow_down(world, request.method)
            reply = await answerer(call)
        except Problem as problem:
            reply = problem.reply()
        if call and request.method not in ("GET", "HEAD") and reply.status < 300:  # noqa: PLR2004
            if not request.url.path.endswith(_CHANGES_NOTHING):
                world.writes.append(Write(request.method, request.url.path))
                await triggered(call)
                await news.tell(call)
            world.save()
        if fault is not None and fault.late:
            reply = _broken(fault).reply()
        if fault is None:
            path = request.url.path.removeprefix(UPLOADS)
            asked = (request.method, path, request.url.query, sent)
            tell(Exchange("github", *asked, reply.status, reply.body))
        response = _respond(request, reply, quota, resource, BackgroundTask(_deliver, world))
        if call and response.status_code != _UNCHANGED:
            world.spent[call.intent(request.method)] += call.cache.get("cost", kind == "rest")
        return response

    return endpoint


def _resource(kind: str, path: str) -> str:
    """Return from which allowance a request is taken."""
    named = {"/search/code": "code_search", "/search/issues": "search"}
    return "graphql" if kind == "graphql" else named.get(path, "core")


async def _deliver(world: GitHubWorld) -> None:
    """Tell hooks once the answer is out; a server that ends then leaves them untold."""
    with contextlib.suppress(asyncio.CancelledError):
        await world.courier.deliver()
        wound(world)


async def _call(world: GitHubWorld, request: Request) -> Call:
    grant = _grant(world, request.headers.get("authorization", ""))
    if (
        request.method not in ("GET", "HEAD")
        and not grant.writes
        and request.url.path != "/graphql"
    ):
        raise Problem(403, "Resource not accessible by personal access token")
    world.address = str(request.base_url).rstrip("/")
    return Call(
        world=world,
        base=world.address,
        path=request.url.path,
        params=request.path_params,
        query=dict(request.query_params),
        body=await _body(request),
        grant=grant,
        headers=request.headers,
        content=await request.body(),
    )


async def _body(request: Request) -> Json:
    raw = await request.body()
    if not raw or request.url.path.startswith(UPLOADS):
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise Problem(400, "Problems parsing JSON") from None
    if not isinstance(body, dict):
        raise Problem(400, "Body should be a JSON object")
    return body


def _grant(world: GitHubWorld, header: str) -> Grant:
    """Return what the caller may do; 401 in GitHub's words otherwise."""
    scheme, _, value = header.partition(" ")
    if not value:
        raise Problem(401, "Requires authentication")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Problem(401, "Bad credentials") from None
        value = user if password in ("", "x-oauth-basic") else password
    grant = world.tokens.get(value.strip()) or accounts.app_grant(world, value.strip())
    if grant is None or (grant.expires and grant.expires < datetime.now(UTC)):
        raise Problem(401, "Bad credentials")
    return grant


def _broken(fault: Fault) -> Problem:
    limited = fault.status in (403, 429) and fault.retry_after is not None
    words = {403: "Forbidden", 404: "Not Found", 500: "Server Error", 502: "Server Error"}
    message = fault.message or (SECONDARY if limited else words.get(fault.status, "Unavailable"))
    after = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    return Problem(fault.status, message, headers=after)


def _charge(quota: Quota) -> None:
    """Take one point; 403 once the hour's points are gone."""
    if quota.used >= quota.limit:
        raise Problem(403, "API rate limit exceeded for user ID 1.")
    quota.used += 1


def _slow_down(world: GitHubWorld, method: str) -> None:
    """Count a write; 403 where there were too many in a minute."""
    if method not in ("GET", "HEAD") and world.too_fast():
        raise Problem(403, SECONDARY, headers={"retry-after": "60"})


def _respond(
    request: Request,
    reply: Reply,
    quota: Quota,
    resource: str,
    after: BackgroundTask | None = None,
) -> Response:
    """Add what every answer carries; 304 for a copy the caller has, which costs no point."""
    content = reply.raw or (b"" if reply.body is None else msgspec.json.encode(reply.body))
    tag = f'W/"{hashlib.sha256(content).hexdigest()}"'
    fresh = reply.status == 200 and request.method == "GET"  # noqa: PLR2004
    same = fresh and request.headers.get("if-none-match") == tag
    if same:
        quota.used = max(0, quota.used - 1)
    headers = {
        "x-github-api-version-selected": "2022-11-28",
        "x-github-media-type": "github.v3; format=json",
        "x-github-request-id": hashlib.sha256(f"{id(request)}{tag}".encode())
        .hexdigest()[:20]
        .upper(),
        "x-ratelimit-limit": str(quota.limit),
        "x-ratelimit-remaining": str(max(0, quota.limit - quota.used)),
        "x-ratelimit-used": str(quota.used),
        "x-ratelimit-reset": str(int(quota.reset.timestamp())),
        "x-ratelimit-resource": resource,
        **reply.headers,
    }
    if fresh:
        headers |= {"etag": tag, "cache-control": "private, max-age=60, s-maxage=60"}
    if same:
        return Response(status_code=304, headers=headers)
    kind = reply.kind if content else None
    return Response(content, reply.status, headers, media_type=kind, background=after)


def _public(body: Callable[[GitHubWorld], Json]) -> Callable[[Request], Awaitable[Response]]:
    """Answer what needs no credentials and costs nothing."""

    async def endpoint(request: Request) -> Response:
        world: GitHubWorld = request.app.state.world
        world.requests["rest"] += 1
        fault = world.fault(request.method, request.url.path)
        reply = _broken(fault).reply() if fault else Reply(body(world))
        if request.headers.get("authorization"):
            try:
                _grant(world, request.headers["authorization"])
            except Problem as problem:
                reply = problem.reply()
        return _respond(request, reply, world.quota("core"), "core")

    return endpoint


async def _download(request: Request) -> Response:
    """Answer for addresses that are signed: they need no credentials and cost nothing."""
    try:
        reply = await artifacts.download(request.app.state.world, request)
    except Problem as problem:
        reply = problem.reply()
    return Response(reply.raw or b"", reply.status, media_type=reply.kind)


def _meta(_: GitHubWorld) -> Json:
    return {"verifiable_password_authentication": False, "domains": {}}


def _rate_limit(world: GitHubWorld) -> Json:
    resources: dict[str, Any] = {}
    for name in world.quotas:
        quota = world.quota(name)
        resources[name] = {
            "limit": quota.limit,
            "used": quota.used,
            "remaining": max(0, quota.limit - quota.used),
            "reset": int(quota.reset.timestamp()),
        }
    return {"resources": resources, "rate": resources["core"]}


GitAnswerer = Callable[[Request, Call], Awaitable[Response]]


def _git(answerer: GitAnswerer) -> Callable[[Request], Awaitable[Response]]:
    """Answer a git client: plain text problems, and a challenge that makes it send credentials."""

    async def endpoint(request: Request) -> Response:
        world: GitHubWorld = request.app.state.world
        world.requests["git"] += 1
        try:
            if fault := world.fault(request.method, request.url.path):
                raise _broken(fault)
            header = request.headers.get("authorization", "")
            grant = _grant(world, header)
            call = Call(
                world,
                str(request.base_url).rstrip("/"),
                request.url.path,
                request.path_params,
                dict(request.query_params),
                {},
                grant,
            )
            return await answerer(request, call)
        except Problem as problem:
            headers = dict(problem.headers)
            if problem.status == _UNKNOWN:
                headers["www-authenticate"] = 'Basic realm="GitHub"'
            return Response(problem.message, problem.status, headers, media_type="text/plain")

    return endpoint


async def _advertise(request: Request, call: Call) -> Response:
    service = call.query.get("service", "")
    _allowed(call, service)
    return await transport.advertise(request, call.git, service)


async def _serve(request: Request, call: Call) -> Response:
    service = call.params["service"]
    _allowed(call, service)
    if service == "git-upload-pack":
        return await transport.exchange(request, call.git, service)
    response = await transport.push(request, call.git)
    call.pushed()
    call.world.writes.append(Write("POST", call.path))
    await triggered(call)
    await news.tell(call)
    call.world.save()
    response.background = BackgroundTask(_deliver, call.world)
    return response


def _allowed(call: Call, service: str) -> None:
    if service not in transport.SERVICES:
        raise Problem(403, "Please upgrade your git client.")
    if service == "git-receive-pack" and not call.grant.writes:
        raise Problem(403, "Write access to repository not granted.")
