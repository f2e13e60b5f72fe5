"""The emulated Slack as a web application: Web API, uploads, response URLs, Socket Mode."""

import json
import secrets
from collections import deque
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from integrations.emulators.slack.limits import check_kinds
from integrations.emulators.slack.methods import METHODS, unknown
from integrations.emulators.slack.model import Call, Json, SlackError
from integrations.emulators.slack.shapes import file_json
from integrations.emulators.slack.world import SlackWorld

MINUTE = 60.0
PER_MINUTE = {
    "conversations.history": 50,
    "conversations.list": 20,
    "conversations.replies": 50,
    "chat.update": 50,
    "chat.delete": 50,
    "conversations.open": 50,
    "files.getUploadURLExternal": 100,
    "files.completeUploadExternal": 100,
    "chat.unfurl": 50,
    "reactions.add": 50,
    "reactions.remove": 20,
    "users.list": 20,
    "users.lookupByEmail": 50,
    "views.open": 100,
    "views.publish": 100,
}
OTHERWISE = 100
PER_CHANNEL = 3  # posts within three seconds: one a second, with a short burst
PER_CHANNEL_WINDOW = 3.0
APP_LEVEL = {"apps.connections.open"}


class _Pace:
    """Counts calls in sliding windows, by the clock of the world."""

    def __init__(self, world: SlackWorld) -> None:
        self._world = world
        self._seen: dict[str, deque[float]] = {}

    def check(self, method: str, body: Json) -> None:
        """Raise SlackError if this call comes too soon."""
        if method == "chat.postMessage":
            self._take(f"post:{body.get('channel')}", PER_CHANNEL, PER_CHANNEL_WINDOW)
        else:
            self._take(method, PER_MINUTE.get(method, OTHERWISE), MINUTE)

    def _take(self, key: str, most: int, window: float) -> None:
        now = self._world.now().timestamp()
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= now - window:
            seen.popleft()
        if len(seen) >= most:
            wait = max(1, round(seen[0] + window - now))
            raise SlackError("ratelimited", retry_after=wait)
        seen.append(now)


def slack_app(world: SlackWorld) -> Starlette:
    """Return the ASGI app; the Web API is under `/api/`."""
    pace = _Pace(world)

    async def api(request: Request) -> Response:
        method = request.path_params["method"]
        _learn_address(world, request)
        body = await _arguments(request)
        status, answer, retry_after = _answer(world, pace, method, body, request)
        world.calls.append(Call(method, body, answer.get("error", "")))
        world.touch()
        headers = {"Retry-After": str(retry_after)} if retry_after else None
        return JSONResponse(answer, status, headers)

    async def respond(request: Request) -> Response:
        body = json.loads(await request.body())
        try:
            world.respond(body, world.spend_response_url(request.path_params["name"]))
        except SlackError as error:
            return PlainTextResponse(error.error, 404)
        return PlainTextResponse("ok")

    async def link(socket: WebSocket) -> None:
        ticket = socket.query_params.get("ticket", "")
        if ticket not in world.tickets:
            await socket.close(4001)
            return
        world.tickets.remove(ticket)
        await world.delivery.attend(socket, world.greeted)

    return Starlette(
        routes=[
            Route("/api/{method}", api, methods=["GET", "POST"]),
            Route("/respond/{name}", respond, methods=["POST"]),
            *_file_routes(world),
            WebSocketRoute("/link", link),
        ]
    )


def _file_routes(world: SlackWorld) -> list[Route]:
    async def upload(request: Request) -> Response:
        file = world.space.files.get(request.path_params["file"])
        content = await request.body()
        if fault := world.next_fault("upload"):
            return PlainTextResponse(fault.error, fault.status)
        if file is None or len(content) != file.length:
            return PlainTextResponse("The upload does not match its announcement", 400)
        file.content = content
        return PlainTextResponse(f"OK - {file.length}")

    async def download(request: Request) -> Response:
        file = world.space.files.get(request.path_params["file"])
        if file is None or file.content is None:
            return PlainTextResponse("Not found", 404)
        return Response(file.content, media_type=file_json(file)["mimetype"])

    return [
        Route("/upload/{file}", upload, methods=["POST", "PUT"]),
        Route("/files/{file}", download),
    ]


def _learn_address(world: SlackWorld, request: Request) -> None:
    world.base_url = str(request.base_url).rstrip("/")


async def _arguments(request: Request) -> Json:
    """Return the arguments of a call, from wherever Slack takes them."""
    arguments: Json = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        arguments |= json.loads(await request.body() or b"{}")
    elif request.method == "POST":
        arguments |= dict(await request.form())
    for key in ("blocks", "metadata", "view", "files", "attachments", "unfurls"):
        if isinstance(arguments.get(key), str):
            arguments[key] = _decoded(arguments[key])
    arguments.pop("token", None)
    return arguments


def _decoded(text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(text)
    except ValueError:
        return text


def _answer(
    world: SlackWorld, pace: _Pace, method: str, body: Json, request: Request
) -> tuple[int, Json, int]:
    """Return the status, the body and the seconds to wait (0: none) for one call."""
    fault = world.next_fault(method)
    if fault:
        error = "ratelimited" if fault.status == 429 else fault.error  # noqa: PLR2004 - HTTP
        needed = {"needed": fault.needed, "provided": "commands"} if fault.needed else {}
        return fault.status, {"ok": False, "error": error, **needed}, fault.retry_after
    try:
        _authorize(world, method, request)
        if world.enforce_limits:
            pace.check(method, body)
        if method == "apps.connections.open":
            return 200, {"ok": True, "url": _socket_url(world)}, 0
        check_kinds(body.get("blocks"), world.unsupported)
        return 200, {"ok": True, **METHODS.get(method, unknown)(world, body)}, 0
    except SlackError as error:
        answer = {"ok": False, "error": error.error, **error.details}
        wait = answer.pop("retry_after", 0)
        return (429 if wait else 200), answer, wait


def _authorize(world: SlackWorld, method: str, request: Request) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not token:
        raise SlackError("not_authed")
    wanted = world.app_token if method in APP_LEVEL else world.bot_token
    if token == wanted:
        return
    known = token in (world.app_token, world.bot_token)
    raise SlackError("not_allowed_token_type" if known else "invalid_auth")


def _socket_url(world: SlackWorld) -> str:
    ticket = secrets.token_hex(8)
    world.tickets.add(ticket)
    return world.base_url.replace("http", "ws", 1) + f"/link?ticket={ticket}"
