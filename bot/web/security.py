"""What a browser may do with our answers, and by which names we can be called."""

from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",  # without any, browsers hide where a form comes from
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
RAW = tuple((name.encode(), value.encode()) for name, value in HEADERS.items())


class Guard:
    """Adds the headers above to every answer that does not set them itself.

    A NUL in an address is refused here: no name has one, and PostgreSQL takes none in a text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                named = {name for name, _ in own}
                message["headers"] = own + [each for each in RAW if each[0] not in named]
            await send(message)

        app = self._app
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            app = PlainTextResponse("This address has a character that no name here has.", 400)
        await app(scope, receive, send_guarded)


def hosts(public_url: str) -> list[str]:
    """Return the only names we answer to, so that no foreign name can be bound to this machine."""
    public = urlsplit(public_url).hostname
    return [*LOOPBACK, *([public] if public and public not in LOOPBACK else [])]
