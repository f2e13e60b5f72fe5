"""Who may come in: sessions of browsers, tokens of programs, and forms that are really ours."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, HTTPException, Request
from starlette.responses import Response

from bot.admin.changes import UNDO_CHANGE
from bot.chat import Actor
from bot.passes import SESSION_FOR, Pass, Passes
from bot.pressing import TYPE
from bot.replies import Kind, Say, sentence
from bot.web.security import LOOPBACK
from storage import passes as used
from storage.database import Database

SESSION = "flowbot_session"
SAID = "flowbot_said"
FORM_TOKEN = "_form"  # noqa: S105 - the name of an input
ONCE = "_once"
LARGEST_FORM = 64_000  # bytes
MOST_INPUTS = 100
LONGEST_SAID = 600
SAID_SECONDS = 60
BEARER = "bearer "
STATUS: Mapping[Kind, int] = {
    "answer": 200,
    "misread": 422,
    "forbidden": 403,
    "unknown": 404,
    "unfit": 409,
}
WAYS_BACK: Mapping[str, str] = {
    UNDO_CHANGE: "/subscriptions",
    "schedule": "/schedules",
    **dict.fromkeys(("lock", "unlock"), "/locks"),
}
"""What may be pressed to take an answer back, by its first word, and the page that shows it."""

UNKNOWN = (
    "Sign in first: type /flow page in the chat, or `python -m bot token --admin --link` at the "
    "terminal, and open the link that you get."
)
NO_BEARER = (
    "This needs a token that is still good: `python -m bot token --as slack:U123` makes one; send "
    "it as `Authorization: Bearer …`."
)
NOT_OURS = "This form is too old, or not of this page: load the page again, then press once more."


@dataclass(frozen=True, slots=True)
class Said:
    """What the last form came to, in one sentence; it is shown once.

    `back` is the command that takes it back, under the `label` of its button; "" where there is
    none.
    """

    text: str
    tone: str
    back: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page; nobody in particular, unless signed in."""

    actor: Actor | None = None
    session: str = ""
    form_token: str = ""
    said: Said | None = None

    def told(self, reply: Say) -> "Visitor":
        """Return the same visitor, who is told this on the page that comes now."""
        return replace(self, said=Said(sentence(reply.report), reply.report.tone))


NOBODY = Visitor()


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that somebody signed in has sent; `key` is the same where it was sent twice."""

    by: Actor
    visitor: Visitor
    values: Mapping[str, str]
    key: str


class Entrance:
    """Knows people by what their browser or their program shows.

    On this machine everybody may read, as whoever is here can read the database as well.
    """

    def __init__(
        self,
        database: Database,
        passes: Passes,
        clock: Callable[[], datetime],
        public_url: str,
    ) -> None:
        self.passes = passes
        self._database = database
        self._clock = clock
        public = urlsplit(public_url)
        self._public = f"{public.scheme}://{public.netloc}"

    async def visitor(self, request: Request) -> Visitor:
        """Return who looks; whoever has signed out is nobody, whatever the browser shows."""
        shown = self.passes.read(request.cookies.get(SESSION, ""), "session")
        if shown is None or await self.is_used(shown):
            return NOBODY
        said = self._unsealed(request.cookies.get(SAID, ""), shown.id)
        return Visitor(shown.actor, shown.id, self.passes.form_token(shown.id), said)

    async def reader(self, request: Request) -> Visitor:
        """Return who reads; refuses nobody on this machine, and elsewhere who is unknown."""
        visitor = await self.visitor(request)
        if visitor.actor or _is_here(request) or self._bearer(request):
            return visitor
        raise HTTPException(401, UNKNOWN)

    def caller(self, request: Request) -> Actor:
        """Return on whose behalf a program calls."""
        bearer = self._bearer(request)
        if bearer is None:
            raise HTTPException(401, NO_BEARER, {"www-authenticate": "Bearer"})
        return bearer.actor

    async def posted(self, request: Request) -> Posted:
        """Return a form of ours that somebody has sent; no other page can have made it."""
        values = await self.inputs(request)
        visitor = await self.visitor(request)
        if visitor.actor is None:
            raise HTTPException(401, UNKNOWN)
        if not self.passes.is_form_token(values.pop(FORM_TOKEN, ""), visitor.session):
            raise HTTPException(403, NOT_OURS)
        once = values.pop(ONCE, "")
        typed = "\0".join([request.url.path, *map("=".join, sorted(values.items()))])
        key = hashlib.sha256(f"{visitor.session}\0{once}\0{typed}".encode()).hexdigest()
        return Posted(visitor.actor, visitor, values, f"web:{key}")

    async def inputs(self, request: Request) -> dict[str, str]:
        """Return what a form holds, unless another site has sent it."""
        here = f"{request.url.scheme}://{request.url.netloc}"
        origin = request.headers.get("origin", here)
        site = request.headers.get("sec-fetch-site", "same-origin")
        if origin not in (here, self._public) or site not in ("same-origin", "none"):
            raise HTTPException(403, NOT_OURS)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > LARGEST_FORM:
                raise HTTPException(413, "That was too much for one form.")
        try:
            pairs = parse_qsl(
                body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_INPUTS
            )
        except ValueError as error:
            raise HTTPException(400, "This is no form that a browser sends.") from error
        if any("\0" in part for pair in pairs for part in pair):
            raise HTTPException(400, "There is a character in it that no text here has.")
        return dict(pairs)

    def admit(self, request: Request, response: Response, by: Actor) -> None:
        """Let a browser in as somebody, however they have shown who they are."""
        response.set_cookie(
            SESSION,
            self.passes.session(by),
            max_age=int(SESSION_FOR.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=self._is_secure(request),
        )

    async def use_up(self, shown: Pass) -> bool:
        """Make sure that a pass counts no more; False where it did not before."""
        async with self._database.begin() as connection:
            return await used.spend(connection, shown.id, shown.until, self._clock())

    async def sign_out(self, request: Request, response: Response) -> None:
        """Forget a browser, and whoever has copied what it shows."""
        shown = self.passes.read(request.cookies.get(SESSION, ""), "session")
        if shown:
            await self.use_up(shown)
        response.delete_cookie(SESSION)

    def say(self, request: Request, response: Response, visitor: Visitor, reply: Say) -> None:
        """Let the next page say what came of this one."""
        said = Said(sentence(reply.report)[:LONGEST_SAID], reply.report.tone, *_way_back(reply))
        response.set_cookie(
            SAID,
            self._sealed(json.dumps(astuple(said)), visitor.session),
            max_age=SAID_SECONDS,
            httponly=True,
            samesite="lax",
            secure=self._is_secure(request),
        )

    async def is_used(self, shown: Pass) -> bool:
        """Say whether a pass counts no more: its link was opened, its session ended."""
        async with self._database.read() as connection:
            return await used.is_spent(connection, shown.id)

    def _bearer(self, request: Request) -> Pass | None:
        shown = request.headers.get("authorization", "")
        if not shown.lower().startswith(BEARER):
            return None
        return self.passes.read(shown[len(BEARER) :].strip(), "api")

    def _is_secure(self, request: Request) -> bool:
        return request.url.scheme == "https" or (
            self._public.startswith("https:") and not _is_here(request)
        )

    def _sealed(self, told: str, session: str) -> str:
        text = base64.urlsafe_b64encode(told.encode()).decode()
        return f"{text}.{self.passes.form_token(f'{session}:{text}')}"

    def _unsealed(self, sealed: str, session: str) -> Said | None:
        text, _, seal = sealed.partition(".")
        if not text or not hmac.compare_digest(
            seal.encode(), self.passes.form_token(f"{session}:{text}").encode()
        ):
            return None
        return Said(*json.loads(base64.urlsafe_b64decode(text)))


def _way_back(reply: Say) -> tuple[str, str]:
    """Return the command behind the first button of an answer, and what that says."""
    for each in reply.buttons:
        kind, _, command = each.action.partition(":")
        is_way = kind == TYPE and command.partition(" ")[0] in WAYS_BACK
        if is_way and len(command) <= LONGEST_SAID:
            return command, each.label
    return "", ""


def _is_here(request: Request) -> bool:
    """Say whether somebody sits at this machine; a proxy on it speaks for others."""
    client = request.client.host if request.client else ""
    try:
        near = ip_address(client).is_loopback
    except ValueError:
        return False
    host = request.url.hostname or ""
    name = f"[{host}]" if ":" in host else host
    return near and name in LOOPBACK and "x-forwarded-for" not in request.headers


async def reader(request: Request, response: Response) -> Visitor:
    """Return who reads a page; what it is told is told once."""
    entrance: Entrance = request.app.state.entrance
    visitor = await entrance.reader(request)
    if visitor.said:
        response.delete_cookie(SAID)
    return visitor


async def posted(request: Request) -> Posted:
    """Return the form that somebody has sent."""
    entrance: Entrance = request.app.state.entrance
    return await entrance.posted(request)


def caller(request: Request) -> Actor:
    """Return on whose behalf a program calls."""
    entrance: Entrance = request.app.state.entrance
    return entrance.caller(request)


Reader: TypeAlias = Annotated[Visitor, Depends(reader)]
Form: TypeAlias = Annotated[Posted, Depends(posted)]
Caller: TypeAlias = Annotated[Actor, Depends(caller)]
