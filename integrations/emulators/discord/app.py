"""The emulated Discord as a web application: REST under `/api/v10/`, the gateway under `/gw`."""

import json
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from integrations.emulators.discord import interactions, messages
from integrations.emulators.discord.messages import Answer, Ask
from integrations.emulators.discord.model import (
    APPLICATION,
    BOT_USER,
    GUILD,
    Call,
    DiscordError,
    Fault,
    Json,
    SlowDown,
)
from integrations.emulators.discord.pace import Pace
from integrations.emulators.discord.schemas import check_commands
from integrations.emulators.discord.shapes import (
    application_json,
    member_json,
    own_json,
    user_json,
)
from integrations.emulators.discord.world import DiscordWorld

API = "/api/v10"
OPEN = ("/interactions/", "/webhooks/")  # their token is in the path
MAJOR = ("channel_id", "webhook_token")
TOO_MANY = 429
Handler: TypeAlias = Callable[[DiscordWorld, Ask], Answer]


def me(world: DiscordWorld, _: Ask) -> Answer:
    """Return the bot."""
    return 200, own_json(world.guild.users[BOT_USER])


def user(world: DiscordWorld, ask: Ask) -> Answer:
    """Return somebody."""
    return 200, user_json(world.guild.user(ask.path["user_id"]))


def member(world: DiscordWorld, ask: Ask) -> Answer:
    """Return somebody's membership in the server; there is no other that we are in."""
    if ask.path["guild_id"] != GUILD:
        raise DiscordError(404, 10004, "Unknown Guild")
    found = world.guild.users.get(ask.path["user_id"])
    if found is None:
        raise DiscordError(404, 10007, "Unknown Member")
    return 200, member_json(found)


def application(world: DiscordWorld, _: Ask) -> Answer:
    """Return the application."""
    shown = application_json(world.user("ada"), world.endpoint) | {"bot_public": world.is_public}
    return 200, shown | {"flags": 0, "flags_new": "0"} if world.gateway.forbidden else shown


def gateway(world: DiscordWorld, _: Ask) -> Answer:
    """Return where the gateway is."""
    return 200, {"url": world.gateway_url}


def gateway_bot(world: DiscordWorld, _: Ask) -> Answer:
    """Return where the gateway is, and how often one may identify oneself."""
    limit = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
    return 200, {"url": world.gateway_url, "shards": 1, "session_start_limit": limit}


def commands(world: DiscordWorld, ask: Ask) -> Answer:
    """Return the registered commands."""
    _own(ask)
    return 200, world.guild.commands


def register(world: DiscordWorld, ask: Ask) -> Answer:
    """Replace the registered commands by these."""
    _own(ask)
    given = ask.body["list"]
    check_commands(given)
    world.guild.commands = [
        {"type": 1, "default_member_permissions": None, "nsfw": False}
        | command
        | {"id": world.new_id(), "application_id": APPLICATION, "version": world.new_id()}
        for command in given
    ]
    world.touch()
    return 200, world.guild.commands


def _own(ask: Ask) -> None:
    if ask.path["application_id"] != APPLICATION:
        raise DiscordError(403, 20012, "You are not authorized to perform this action")


MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"
REACTION = f"{MESSAGE}/reactions/{{emoji_name}}/@me"
WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
SAID = f"{WEBHOOK}/messages/{{message_id}}"
COMMANDS = "/applications/{application_id}/commands"
HANDLERS: dict[str, Handler] = {
    "GET /users/@me": me,
    "POST /users/@me/channels": messages.open_direct,
    "GET /users/{user_id}": user,
    "GET /guilds/{guild_id}/members/{user_id}": member,
    "GET /oauth2/applications/@me": application,
    "GET /applications/@me": application,
    "GET /gateway": gateway,
    "GET /gateway/bot": gateway_bot,
    f"GET {COMMANDS}": commands,
    f"PUT {COMMANDS}": register,
    "GET /channels/{channel_id}": messages.show_channel,
    "PATCH /channels/{channel_id}": messages.change_channel,
    f"GET {MESSAGES}": messages.listing,
    f"POST {MESSAGES}": messages.create,
    f"GET {MESSAGE}": messages.show,
    f"PATCH {MESSAGE}": messages.edit,
    f"DELETE {MESSAGE}": messages.delete,
    f"PUT {REACTION}": messages.react,
    f"DELETE {REACTION}": messages.unreact,
    f"POST {MESSAGE}/threads": messages.start_thread,
    "POST /interactions/{interaction_id}/{interaction_token}/callback": interactions.callback,
    f"POST {WEBHOOK}": interactions.follow_up,
    f"GET {SAID}": interactions.show,
    f"PATCH {SAID}": interactions.edit,
    f"DELETE {SAID}": interactions.delete,
}


def discord_app(world: DiscordWorld) -> Starlette:
    """Return the ASGI app."""
    pace = Pace(world.seconds)

    async def gateway_socket(socket: WebSocket) -> None:
        await world.gateway.attend(socket)

    async def lost(request: Request) -> Response:
        world.calls.append(Call("", request.url.path, {}, 404))
        return JSONResponse({"message": "404: Not Found", "code": 0}, 404)

    served = [
        Route(f"{API}{path}", _endpoint(world, pace, route), methods=[method])
        for route in HANDLERS
        for method, _, path in [route.partition(" ")]
    ]
    sockets = [WebSocketRoute(path, gateway_socket) for path in ("/gw", "/gw/")]
    return Starlette(routes=[*served, *sockets, Route("/{rest:path}", lost)])


def _endpoint(
    world: DiscordWorld, pace: Pace, route: str
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        world.base_url = str(request.base_url).rstrip("/")
        ask = await _ask(request)
        status, body, headers = _answer(world, pace, route, ask, request)
        world.calls.append(Call(route, request.url.path, ask.body, status))
        world.touch()
        if body is None:
            return Response(None, status, headers)
        return JSONResponse(body, status, headers)

    return endpoint


def _answer(
    world: DiscordWorld, pace: Pace, route: str, ask: Ask, request: Request
) -> tuple[int, object, dict[str, str]]:
    """Return the status, the body and the headers of one answer."""
    fault = world.next_fault(route)
    if fault and not fault.late:
        return _failed(fault)
    headers: dict[str, str] = {}
    try:
        _authorize(world, route, request)
        if world.enforce_limits:
            major = next((ask.path[name] for name in MAJOR if name in ask.path), "")
            headers = pace.take(route, major)
        status, body = HANDLERS[route](world, ask)
    except SlowDown as slow:
        return _slow(slow.seconds, everywhere=slow.everywhere)
    except DiscordError as error:
        status, body = error.status, error.body
    return _failed(fault) if fault else (status, body, headers)


def _authorize(world: DiscordWorld, route: str, request: Request) -> None:
    if any(prefix in route for prefix in OPEN):
        return
    if request.headers.get("authorization") != f"Bot {world.token}":
        raise DiscordError(401, 0, "401: Unauthorized")


def _failed(fault: Fault) -> tuple[int, object, dict[str, str]]:
    if fault.status == TOO_MANY:
        return _slow(fault.retry_after, everywhere=False)
    code, message = fault.error
    return fault.status, {"message": message, "code": code}, {}


def _slow(seconds: float, *, everywhere: bool) -> tuple[int, object, dict[str, str]]:
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(seconds, 3),
        "global": everywhere,
        "code": 0,
    }
    headers = {
        "Retry-After": f"{seconds:.3f}",
        "Via": "1.1 google",
        "X-RateLimit-Scope": "global" if everywhere else "user",
    }
    return TOO_MANY, body, headers | ({"X-RateLimit-Global": "true"} if everywhere else {})


async def _ask(request: Request) -> Ask:
    """Return what a request says, as JSON or as a form with files."""
    path = {name: unquote(value) for name, value in request.path_params.items()}
    kind = request.headers.get("content-type", "")
    files: dict[str, bytes] = {}
    body: Json = {}
    if kind.startswith("application/json"):
        given = json.loads(await request.body() or b"{}")
        body = given if isinstance(given, dict) else {"list": given}
    elif kind.startswith("multipart/form-data"):
        async with request.form() as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    files[value.filename or name] = await value.read()
                elif name == "payload_json":
                    body = json.loads(value)
    return Ask(path, dict(request.query_params), body, files)
