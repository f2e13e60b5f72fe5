"""The emulated Linear as an ASGI app: signs callers in, counts, fails on demand."""

import json
from datetime import datetime
from email.utils import format_datetime

import msgspec
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integrations.emulators.exchanges import Exchange, tell
from integrations.emulators.linear.access import Fault, Grant
from integrations.emulators.linear.graphql import LIMITED, Json, Reply, answer, refused
from integrations.emulators.linear.limits import Allowance
from integrations.emulators.linear.oauth import issued
from integrations.emulators.linear.world import LinearWorld

KEY = "lin_api_"
FAILED = 500


def linear_app(world: LinearWorld) -> Starlette:
    """Return the app that answers for `world`; what changed is told once the answer is out."""

    async def endpoint(request: Request) -> Response:
        reply, grant = _reply(world, await request.body(), request.headers.get("authorization", ""))
        told = BackgroundTask(world.courier.deliver)
        headers = _headers(world.clock, reply, grant)
        body = msgspec.json.encode(reply.body)
        return Response(body, reply.status, headers, "application/json; charset=utf-8", told)

    async def token(request: Request) -> Response:
        status, told = issued(world, await request.body())
        return Response(msgspec.json.encode(told), status, media_type="application/json")

    return Starlette(
        routes=[
            Route("/graphql", endpoint, methods=["POST"]),
            Route("/oauth/token", token, methods=["POST"]),
        ]
    )


def _reply(world: LinearWorld, raw: bytes, header: str) -> tuple[Reply, Grant | None]:
    asked = _asked(raw)
    operation = str(asked.get("query", ""))
    world.requests["mutation" if operation.startswith("mutation") else "query"] += 1
    grant = _grant(world, header)
    fault = world.fault(operation)
    if fault is not None and not fault.late:
        return _broken(fault), grant
    if grant is None:
        words = "You need to authenticate to access this operation."
        message = "Authentication required, not authenticated"
        return refused(message, "AUTHENTICATION_ERROR", words=words, status=401), None
    reply = answer(world, grant, asked)
    if fault is None:
        tell(Exchange("linear", "POST", "/graphql", "", asked, reply.status, reply.body))
    return (reply if fault is None else _broken(fault)), grant


def _asked(raw: bytes) -> Json:
    try:
        asked = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return asked if isinstance(asked, dict) else {}


def _grant(world: LinearWorld, header: str) -> Grant | None:
    """Return what a token opens: a key stands alone, any other token comes as a bearer's."""
    is_bearer = header.startswith("Bearer ")
    token = header.removeprefix("Bearer ")
    return None if is_bearer is token.startswith(KEY) else world.grants.get(token)


def _broken(fault: Fault) -> Reply:
    after = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
    if fault.code:
        words = fault.message or (LIMITED if fault.code == "RATELIMITED" else fault.code.lower())
        told = refused(words, fault.code, status=fault.status)
        return Reply(told.body, fault.status, headers=after)
    words = fault.message or ("Server Error" if fault.status >= FAILED else "Bad Request")
    return Reply({"message": words}, fault.status, headers=after)


def _headers(now: datetime, reply: Reply, grant: Grant | None) -> dict[str, str]:
    headers = {"date": format_datetime(now, usegmt=True), **reply.headers}
    if reply.complexity:
        headers["x-complexity"] = str(reply.complexity)
    if grant:
        for name, allowance in (("requests", grant.requests), ("complexity", grant.complexity)):
            headers |= _limits(f"x-ratelimit-{name}", allowance, now)
    return headers


def _limits(name: str, allowance: Allowance, now: datetime) -> dict[str, str]:
    reset = int(allowance.reset(now).timestamp() * 1000)
    return {
        f"{name}-limit": str(allowance.limit),
        f"{name}-remaining": str(allowance.remaining),
        f"{name}-reset": str(reset),
    }
