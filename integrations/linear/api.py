"""How this bot speaks to Linear: one GraphQL operation a call, its limits obeyed."""

import math
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Generic, Self, TypeVar

import msgspec

from integrations.errors import Limited, NotFound, OutsideError, Refused, Transient, Unauthorized
from integrations.http import Answer, Call, Http, Limits, Transport, Words
from integrations.linear.models import Quota
from integrations.linear.sign_in import LinearSigns
from integrations.linear.wire import Connection, Done
from integrations.meter import meter

T = TypeVar("T")

PUBLIC_API = "https://api.linear.app"
PATH = "/graphql"
INTEGRATION = "linear"
# A list of that many pages is no list that anybody wanted; a loop of cursors ends here.
MAX_PAGES = 1_000
MAX_WORDS = 300
NO_DATA = "Linear answered a query with no data."
LIMITED_WAIT = timedelta(seconds=60)  # where no header says how long
RESOURCES = {"requests": "x-ratelimit-requests", "complexity": "x-ratelimit-complexity"}
# Both spellings of each kind of error have been seen: `code` and `type`.
LIMITS = frozenset({"RATELIMITED", "ratelimited"})
NO_ENTRY = frozenset({"AUTHENTICATION_ERROR", "authentication error"})
FORBIDDEN = frozenset({"FORBIDDEN", "forbidden", "feature not accessible"})
PASSING = frozenset(
    {"INTERNAL_SERVER_ERROR", "internal error", "network error", "lock timeout", "bootstrap error"}
)
ABSENT = ("entity not found", "could not find")


class _Extensions(msgspec.Struct, rename="camel"):
    code: str | None = None
    type: str | None = None
    user_presentable_message: str | None = None


class _GraphError(msgspec.Struct):
    message: str | None = None
    extensions: _Extensions | None = None

    @property
    def kinds(self) -> set[str | None]:
        told = self.extensions or _Extensions()
        return {told.code, told.type}

    @property
    def words(self) -> str:
        """What Linear would show to a person, at most `MAX_WORDS` characters."""
        told = self.extensions.user_presentable_message if self.extensions else None
        text = told or self.message or "no reason was given"
        return text if len(text) <= MAX_WORDS else text[: MAX_WORDS - 1] + "…"

    @property
    def is_absent(self) -> bool:
        said = f"{self.message} {self.words}".lower()
        return any(sign in said for sign in ABSENT)


class _Errors(msgspec.Struct):
    errors: list[_GraphError] | None = None


class _Inside(msgspec.Struct, Generic[T]):
    page: Connection[T] | None = None


class _Data(msgspec.Struct, Generic[T]):
    found: T | None = None


class _Pages(msgspec.Struct, Generic[T]):
    page: Connection[T] | None = None
    found: _Inside[T] | None = None


class _Envelope(msgspec.Struct, Generic[T]):
    data: T | None = None


class _Http(Http):
    """Remembers what each answer said is left, also those that refuse because nothing is."""

    @cached_property
    def quotas(self) -> dict[str, Quota]:
        return {}

    def cost(self, path: str, status: int, headers: Mapping[str, str]) -> int:  # noqa: ARG002 - a header tells
        """Return the complexity of the operation, as Linear weighed it."""
        self.quotas.update(_quotas(headers))
        try:
            return math.ceil(float(headers.get("x-complexity", "0")))
        except (ValueError, OverflowError):
            return 0

    def _failure(self, call: Call, answer: Answer) -> OutsideError:
        """Return what the answer means; Linear words most of its refusals in GraphQL's way."""
        errors = _errors(answer)
        if errors and answer.status < 500:  # noqa: PLR2004 - HTTP's own number
            return failure(answer, errors[0], self.words)
        return super()._failure(call, answer)


class LinearApi:
    """One connection pool to one workspace, shared by every run."""

    def __init__(
        self,
        sign_in: LinearSigns,
        *,
        base_url: str = PUBLIC_API,
        transport: Transport | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._http = _Http(
            base_url,
            integration=INTEGRATION,
            words=Words("Linear", sign_in.refused),
            sign_in=sign_in,
            transport=transport,
            limits=limits,
        )

    @property
    def quotas(self) -> Mapping[str, Quota]:
        """What is left of each allowance, as the last answer said."""
        return self._http.quotas

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self._http.aclose()

    async def one(self, query: str, shape: type[T], **variables: object) -> T:
        """Return the one thing that a query finds; raise `NotFound` where there is none."""
        found = await self.maybe(query, shape, **variables)
        if found is None:
            raise NotFound("Linear has nothing there, or this bot may not see it.")
        return found

    async def maybe(self, query: str, shape: type[T], **variables: object) -> T | None:
        """Return the one thing that a query finds, or None."""
        answer = await self._send(query, variables, write=False)
        # msgspec takes the shape at run time, where mypy wants to know it before.
        envelope: _Envelope[_Data[T]]
        envelope = answer.decode(_Envelope[_Data[shape]])  # type: ignore[valid-type]
        if envelope.data is None:
            raise Transient(NO_DATA)
        return envelope.data.found

    async def optional(self, query: str, shape: type[T], **variables: object) -> T | None:
        """Return what a query finds, or None where Linear says that it is not there."""
        try:
            return await self.maybe(query, shape, **variables)
        except NotFound:
            return None

    async def pages(
        self, query: str, shape: type[T], **variables: object
    ) -> AsyncIterator[list[T]]:
        """Yield every page of a list."""
        after: str | None = None
        for _ in range(MAX_PAGES):
            answer = await self._send(query, {**variables, "after": after}, write=False)
            envelope: _Envelope[_Pages[T]]
            envelope = answer.decode(_Envelope[_Pages[shape]])  # type: ignore[valid-type]
            if (data := envelope.data) is None:
                raise Transient(NO_DATA)
            page = data.page or (data.found.page if data.found else None)
            if page is None:
                raise NotFound("Linear has no such list, or this bot may not see it.")
            yield page.items
            after = page.next
            if not after:
                return
        raise Refused(f"Linear listed more than {MAX_PAGES} pages; ask for less.")

    async def every(self, query: str, shape: type[T], **variables: object) -> list[T]:
        """Return a list to its end."""
        return [item async for page in self.pages(query, shape, **variables) for item in page]

    async def change(self, mutation: str, **variables: object) -> None:
        """Write; raise `Refused` where Linear says that it did not."""
        answer = await self._send(mutation, variables, write=True)
        envelope = answer.decode(_Envelope[_Data[Done]])
        done = envelope.data.found if envelope.data else None
        if done is None or not done.success:
            raise Refused("Linear did not do it, and did not say why.")

    async def _send(self, query: str, variables: Mapping[str, object], *, write: bool) -> Answer:
        body = {"query": query, "variables": variables}
        answer = await self._http.send(Call("POST", PATH, body=body, write=write))
        # Part of the data may be there; what is missing would look as if it did not exist.
        if errors := _errors(answer):
            raise meter().failed(INTEGRATION, failure(answer, errors[0], self._http.words))
        return answer


def _quotas(headers: Mapping[str, str]) -> dict[str, Quota]:
    """Return what an answer says is left; a proxy in between may leave it out."""
    found: dict[str, Quota] = {}
    for resource, name in RESOURCES.items():
        with suppress(KeyError, ValueError, OverflowError, OSError):
            found[resource] = Quota(
                resource,
                int(float(headers[f"{name}-limit"])),
                int(float(headers[f"{name}-remaining"])),
                _moment(headers[f"{name}-reset"]),
            )
    return found


def _errors(answer: Answer) -> list[_GraphError]:
    try:
        return msgspec.json.decode(answer.body, type=_Errors).errors or []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def failure(answer: Answer, error: _GraphError, words: Words) -> OutsideError:
    """Return what an entry in `errors` means for the person who asked."""
    kinds = error.kinds
    if kinds & LIMITS:
        return Limited("Linear asks to slow down: rate limit", _wait(answer))
    if kinds & NO_ENTRY:
        return Unauthorized(words.unauthorised)
    if kinds & FORBIDDEN:
        return Refused(f"Linear does not let this bot do that: {error.words}")
    if error.is_absent:
        return NotFound(f"Linear has nothing there, or this bot may not see it: {error.words}")
    if kinds & PASSING:
        return Transient(f"Linear has a problem of its own: {error.words}")
    return Refused(f"Linear refused: {error.words}")


def _wait(answer: Answer) -> timedelta:
    """Return how long until the exhausted allowance is filled again."""
    headers = answer.headers
    names = ["x-ratelimit-endpoint-requests", *RESOURCES.values()]
    empty = [name for name in names if headers.get(f"{name}-remaining", "").startswith("0")]
    resets = []
    for name in empty or names:
        try:
            resets.append(_moment(headers[f"{name}-reset"]))
        except (KeyError, ValueError, OverflowError, OSError):
            continue
    if not resets:
        return LIMITED_WAIT
    # Where several are empty the last one counts; where none is said to be, the first may do.
    reset = max(resets) if empty else min(resets)
    return max(reset - _now(answer), timedelta(seconds=1))


def _moment(milliseconds: str) -> datetime:
    """Return a time that Linear gives in milliseconds, where others give seconds."""
    return datetime.fromtimestamp(float(milliseconds) / 1000, UTC)


def _now(answer: Answer) -> datetime:
    """Return Linear's idea of now, so that a wrong clock here does not matter."""
    try:
        return parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return datetime.now(UTC)
