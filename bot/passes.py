"""Who somebody is outside the chat: signed links, sessions and tokens, all with one key."""

import argparse
import base64
import getpass
import hashlib
import hmac
import os
import secrets
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

from bot.chat import Actor
from bot.settings import Settings

LINK_FOR = timedelta(minutes=10)
SESSION_FOR = timedelta(hours=12)
TOKEN_DAYS = 90
ALGORITHM = "HS256"
KEY_BYTES = 32
KEY_FILE = "secret.key"
SIGN_IN = "/sign-in"
LINK_GITHUB = "/link/github"
MARK = 20  # letters of five bits each: nobody guesses a hundred

Purpose: TypeAlias = Literal["link", "session", "api", "join"]


@dataclass(frozen=True, slots=True)
class Pass:
    """Says who somebody is, until when; `id` is its own, so that it can be used up."""

    actor: Actor
    id: str
    until: datetime


class Passes:
    """Makes passes and reads them; nobody else can make one, and each has one purpose."""

    def __init__(self, key: bytes, clock: Callable[[], datetime]) -> None:
        self._key = key
        self._clock = clock

    def link(self, by: Actor, page_url: str) -> str:
        """Return the address that signs somebody in, once and soon."""
        query = urlencode({"token": self._signed("link", by, LINK_FOR)})
        return f"{page_url}{SIGN_IN}?{query}"

    def joining(self, by: Actor, page_url: str) -> str:
        """Return the address where somebody signs in at GitHub, to be known by that login."""
        query = urlencode({"token": self._signed("join", by, LINK_FOR)})
        return f"{page_url}{LINK_GITHUB}?{query}"

    def session(self, by: Actor) -> str:
        """Return what a browser shows until it signs out, or the day is over."""
        return self._signed("session", by, SESSION_FOR)

    def token(self, by: Actor, days: int = TOKEN_DAYS) -> str:
        """Return what a program shows to the API."""
        return self._signed("api", by, timedelta(days=days))

    def code(self, by: Actor) -> str:
        """Return what somebody types on another platform to say that they are the same person.

        It is short enough for a message, and says who it is for.
        """
        until = int((self._clock() + LINK_FOR).timestamp())
        said = f"{by.platform}-{by.id}-{until:x}"
        return f"{said}-{self._mark(said)}"

    def read_code(self, code: str) -> Pass | None:
        """Return who a code is of; None for one that is forged or too old."""
        said, _, mark = code.strip().rpartition("-")
        if not hmac.compare_digest(mark.encode(), self._mark(said).encode()):
            return None
        who, _, end = said.rpartition("-")
        platform, _, person = who.partition("-")
        until = datetime.fromtimestamp(int(end, 16), UTC)
        actor = Actor(platform, person, person)
        return Pass(actor, f"code:{mark}:{end}", until) if until > self._clock() else None

    def _mark(self, said: str) -> str:
        digest = hmac.new(self._key, f"join:{said}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest)[:MARK].decode().lower()

    def read(self, signed: str, purpose: Purpose) -> Pass | None:
        """Return the pass; None for one that is forged, too old or made for something else."""
        claims = self._claims(signed, purpose)
        try:
            actor = Actor(claims["platform"], claims["sub"], claims["name"])
            until = datetime.fromtimestamp(claims["exp"], UTC)
            return Pass(actor, claims["jti"], until) if until > self._clock() else None
        except KeyError:
            return None

    def form_token(self, session_id: str) -> str:
        """Return what every form of a session carries, and no other page can know."""
        return hmac.new(self._key, f"form:{session_id}".encode(), hashlib.sha256).hexdigest()

    def is_form_token(self, given: str, session_id: str) -> bool:
        """Say whether this came from a form of that session, in constant time."""
        return hmac.compare_digest(given.encode(), self.form_token(session_id).encode())

    def _signed(self, purpose: Purpose, by: Actor, length: timedelta) -> str:
        import jwt

        claims = {
            "aud": purpose,
            "sub": by.id,
            "platform": by.platform,
            "name": by.name,
            "jti": secrets.token_urlsafe(16),
            "exp": int((self._clock() + length).timestamp()),
        }
        return jwt.encode(claims, self._key, ALGORITHM)

    def _claims(self, signed: str, purpose: Purpose) -> dict[str, Any]:
        import jwt

        # The one clock of the process tells the time, not the library's own.
        options: Any = {"require": ["exp", "jti", "sub"], "verify_exp": False}
        try:
            claims: dict[str, Any] = jwt.decode(
                signed, self._key, algorithms=[ALGORITHM], audience=purpose, options=options
            )
        except (jwt.InvalidTokenError, ValueError):
            return {}
        return claims


def passes_of(settings: Settings, clock: Callable[[], datetime]) -> Passes:
    """Return the passes of an installation; where no key is set, one is kept in the data folder."""
    given = settings.secret_key.get_secret_value().encode()
    return Passes(given or _kept_key(settings.data_dir / KEY_FILE), clock)


def _kept_key(path: Path) -> bytes:
    """Return the key in this file, which nobody else can read; the first who asks makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(KEY_BYTES))
        made = Path(name)
        try:
            path.hardlink_to(made)
        except FileExistsError:
            pass  # another process was faster: its key is the one
        finally:
            made.unlink()
    return path.read_bytes()


async def issue(settings: Settings, options: argparse.Namespace) -> int:
    """Print a token, or a link that signs in: whoever sits here may do so for anybody."""
    user = getpass.getuser()
    platform, colon, person = (options.person or f"terminal:{user}").partition(":")
    if not (platform and colon and person):
        sys.stderr.write("Say who it is as PLATFORM:ID, such as slack:U123.\n")
        return 2
    by = Actor(platform, person, options.name or person)
    passes = passes_of(settings, lambda: datetime.now(UTC))
    made = passes.link(by, settings.page_url) if options.link else passes.token(by, options.days)
    sys.stdout.write(f"{made}\n")
    return 0
