"""The one HTTP client: pooled, metered and bounded, with failures worded for people."""

import asyncio
import logging
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from functools import cache, cached_property
from typing import Protocol, TypeVar

import httpx
import msgspec

from integrations.errors import Limited, NotFound, OutsideError, Refused, TooLarge, Transient
from integrations.meter import meter, permit

T = TypeVar("T")
Transport = httpx.AsyncBaseTransport

USER_AGENT = "flowbot/0.1"
MAX_REDIRECTS = 5
MAX_MESSAGE = 300
SECONDARY_WAIT = timedelta(seconds=60)
GONE = frozenset({404, 410})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SAFE_METHODS = frozenset({"GET", "HEAD"})
# What a stale pooled connection looks like: the other side closed it while it lay idle.
STALE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)

# It would log every address at INFO, and the address of a signed download is a secret.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one client: seconds per network operation and per call, bytes per answer.

    `downloads` names the hosts (globs) that the service may redirect a read to; `uploads` is the
    address of the one host besides its own that takes writes, with the same sign-in.
    """

    timeout: float = 15.0
    deadline: float = 120.0
    max_bytes: int = 64 * 1024 * 1024
    connections: int = 20
    downloads: frozenset[str] = frozenset()
    uploads: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """How the service is called, and what to tell people when it refuses the sign-in."""

    name: str
    unauthorised: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `path` below the base address, or a full address on the same host.

    `body` is sent as JSON, or as it is where it is bytes. `scope` chooses the credentials.
    `missing` maps each status that means "not there" to what people should read. `write` defaults
    to the method's meaning.
    """

    method: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    scope: str = ""
    missing: Mapping[int, str] = field(default_factory=dict)
    write: bool | None = None
    signed: bool = True

    @property
    def writes(self) -> bool:
        return self.method not in SAFE_METHODS if self.write is None else self.write


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: header names in lower case, the body decompressed.

    `next` and `last` are the addresses of further pages of a list.
    """

    service: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    next: str = ""
    last: str = ""

    def decode(self, shape: type[T]) -> T:
        """Return the JSON body as `shape`; what does not fit is the service's failure."""
        try:
            return msgspec.json.decode(self.body, type=shape)
        except msgspec.ValidationError as error:
            raise Refused(f"{self.service} sent an answer of an unknown shape: {error}.") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Transient(f"{self.service} sent something that is not JSON.") from None


class SignIn(Protocol):
    """Adds credentials; `scope` says for whom (on GitHub: the owner of the repository)."""

    async def headers(self, http: "Http", scope: str) -> Mapping[str, str]: ...

    def forget(self, scope: str) -> bool:
        """Drop what was refused; True when a fresh sign-in may be accepted."""
        ...


class Http:
    """Talks to one host only; raises `NotFound`, `Refused` or `Transient`, and never retries.

    Two exceptions, both invisible: a read on a stale pooled connection, and a new signature
    after a 401 for credentials that had expired.
    """

    def __init__(
        self,
        base_url: str,
        *,
        integration: str,
        words: Words | None = None,
        headers: Mapping[str, str] | None = None,
        sign_in: SignIn | None = None,
        transport: Transport | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.integration = integration
        self.words = words or Words(integration, f"{integration} does not accept the credentials.")
        self.limits = limits or Limits()
        self._sign_in = sign_in
        self._origin = _origin(httpx.URL(self.base_url))
        self._uploads = _origin(httpx.URL(self.limits.uploads or self.base_url))
        self._headers = {"user-agent": USER_AGENT, **(headers or {})}
        self._transport = transport

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            headers=self._headers,
            transport=self._transport,
            verify=authorities(),
            timeout=httpx.Timeout(self.limits.timeout, pool=None),
            limits=httpx.Limits(max_connections=self.limits.connections),
            trust_env=False,  # only the settings decide where requests go
        )

    async def aclose(self) -> None:
        if "_client" in vars(self):
            await self._client.aclose()

    def cost(self, path: str, status: int, headers: Mapping[str, str]) -> int:  # noqa: ARG002 - for those who have one
        """Return what an answer took from an allowance: nothing, as most services have none."""
        return 0

    async def send(self, call: Call) -> Answer:
        """Return the answer (2xx, or 304 where the caller asked for it)."""
        used = permit(write=call.writes, to=self.integration)
        try:
            async with asyncio.timeout(self.limits.deadline):
                answer = await self._follow(call)
                sign_in = self._sign_in if call.signed else None
                refused = answer.status == httpx.codes.UNAUTHORIZED
                if refused and sign_in and sign_in.forget(call.scope):
                    answer = await self._follow(call)
        except (TimeoutError, httpx.TimeoutException):
            late = Transient(f"{self.words.name} took too long to answer.")
            raise used.failed(self.integration, late) from None
        except httpx.TransportError:
            away = Transient(f"{self.words.name} cannot be reached.")
            raise used.failed(self.integration, away) from None
        if answer.status >= httpx.codes.BAD_REQUEST:
            raise used.failed(self.integration, self._failure(call, answer))
        used.answered(self.integration)
        return answer

    async def _follow(self, call: Call) -> Answer:
        """Send, and follow redirects on the same host or, for reads, to a download host."""
        url = httpx.URL(call.path if "://" in call.path else self.base_url + call.path)
        if _origin(url) not in (self._origin, self._uploads if call.writes else self._origin):
            raise Refused(f"{self.words.name} pointed to another host, which is not followed.")
        if call.params:
            url = url.copy_merge_params(dict(call.params))
        headers = dict(call.headers)
        if self._sign_in and call.signed:
            headers |= await self._sign_in.headers(self, call.scope)
        for _ in range(MAX_REDIRECTS):
            answer = await self._exchange(call, url, headers)
            target = answer.headers.get("location")
            if answer.status not in REDIRECTS or not target:
                return answer
            url = url.join(target)
            if _origin(url) != self._origin:
                self._allow_download(call, url)
                headers = {}
            elif call.method not in SAFE_METHODS and answer.status not in (307, 308):
                raise Refused(f"{self.words.name} moved this to another address; write it anew.")
        raise Refused(f"{self.words.name} redirected more than {MAX_REDIRECTS} times.")

    def _allow_download(self, call: Call, url: httpx.URL) -> None:
        allowed = any(fnmatchcase(url.host, host) for host in self.limits.downloads)
        if call.method not in SAFE_METHODS or url.scheme != "https" or not allowed:
            raise Refused(f"{self.words.name} pointed to another host, which is not followed.")

    async def _exchange(self, call: Call, url: httpx.URL, headers: Mapping[str, str]) -> Answer:
        try:
            return await self._transfer(call, url, headers)
        except STALE:
            if call.writes:
                raise
            return await self._transfer(call, url, headers)

    async def _transfer(self, call: Call, url: httpx.URL, headers: Mapping[str, str]) -> Answer:
        given = call.body
        content = given if isinstance(given, bytes | None) else msgspec.json.encode(given)
        kind = {} if content is None else {"content-type": "application/json"}
        body = bytearray()
        request = self._client.build_request(
            call.method, url, content=content, headers={**kind, **headers}
        )
        size, cost = len(content or b""), 0
        try:
            response = await self._client.send(request, stream=True)
            try:
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > self.limits.max_bytes:
                        most = self.limits.max_bytes // 1024**2
                        raise TooLarge(f"{self.words.name} answered more than {most} MB.")
            finally:
                size += response.num_bytes_downloaded
                cost = self.cost(url.path, response.status_code, response.headers)
                await response.aclose()
        finally:
            meter().count(self.integration, size, cost)
        links = (response.links.get(name, {}).get("url", "") for name in ("next", "last"))
        return Answer(self.words.name, response.status_code, response.headers, bytes(body), *links)

    def _failure(self, call: Call, answer: Answer) -> OutsideError:
        """Return the error that tells the person what this answer means for them."""
        name, said = self.words.name, said_by(answer)
        if limited := _limit(answer, said):
            return Limited(f"{name} asks to slow down: {said or 'rate limit'}", limited)
        if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR or answer.status in (408, 425):
            wait = _retry_after(answer)
            return Transient(f"{name} has a problem of its own (HTTP {answer.status}).", wait)
        if answer.status in call.missing:
            return NotFound(call.missing[answer.status])
        if answer.status == httpx.codes.UNAUTHORIZED:
            return Refused(self.words.unauthorised)
        if answer.status in GONE:
            return NotFound(f"{name} has nothing there, or this bot may not see it.")
        return Refused(f"{name} refused: {said or f'HTTP {answer.status}'}")


class _Complaint(msgspec.Struct):
    """How services word a failure; each field may be absent."""

    message: str = ""
    errors: list[str | dict[str, object]] = []


def said_by(answer: Answer) -> str:
    """Return the service's own words about a failure, at most `MAX_MESSAGE` characters."""
    try:
        complaint = msgspec.json.decode(answer.body, type=_Complaint)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    details = [
        detail
        if isinstance(detail, str)
        else str(detail.get("message") or " ".join(str(v) for v in detail.values() if v))
        for detail in complaint.errors
    ]
    text = ": ".join(part for part in (complaint.message, "; ".join(details)) if part)
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return what makes two addresses the same server; httpx drops a default port."""
    return url.scheme, url.host, url.port


def _limit(answer: Answer, said: str) -> timedelta | None:
    """Return how long to wait when this answer is a rate limit and not a plain refusal."""
    if answer.status not in (403, 429):
        return None
    if wait := _retry_after(answer):
        return wait
    headers, reset = answer.headers, answer.headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(datetime.fromtimestamp(int(reset), UTC) - _now(answer), timedelta(seconds=1))
    words = said.lower()
    if answer.status == httpx.codes.TOO_MANY_REQUESTS or any(
        sign in words for sign in ("rate limit", "abuse detection")
    ):
        return SECONDARY_WAIT
    return None


def _retry_after(answer: Answer) -> timedelta | None:
    """Return the wait that the service asked for, in seconds or as a date."""
    value = answer.headers.get("retry-after", "")
    if value.isdecimal():
        return timedelta(seconds=int(value[:9]))
    try:
        return max(parsedate_to_datetime(value) - _now(answer), timedelta(0))
    except (TypeError, ValueError):
        return None


def _now(answer: Answer) -> datetime:
    """Return the service's idea of now, so that a wrong clock here does not matter."""
    try:
        return parsedate_to_datetime(answer.headers["date"])
    except (KeyError, ValueError):
        return datetime.now(UTC)


@cache
def authorities() -> ssl.SSLContext:
    """Return the certificate authorities that every client here trusts; read once."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class Visit:
    """What one GET on a fresh connection saw; an `error` stands instead of a status."""

    status: int | None
    seconds: float
    certificate_expires_at: datetime | None = None
    error: str = ""


async def visit(url: str, address: str, *, tls: ssl.SSLContext, within: float) -> Visit:
    """GET `url` from the given network address; a service that is down is a result.

    `within` is in seconds. The name is not resolved again, so an address that was checked is
    the one that is asked. Redirects are not followed and the body is not read.
    """
    there = httpx.URL(url)
    used, started = permit(write=False), time.perf_counter()
    request = httpx.Request(
        "GET",
        there.copy_with(host=address),
        headers={"host": there.netloc.decode(), "user-agent": USER_AGENT, "accept": "*/*"},
        extensions={"sni_hostname": there.host},
    )
    size = 0
    try:
        async with (
            asyncio.timeout(within),
            httpx.AsyncClient(verify=tls, timeout=within, trust_env=False) as client,
        ):
            response = await client.send(request, stream=True)
            seconds = time.perf_counter() - started
            expires = _certificate_end(response)
            await response.aclose()
            size = response.num_bytes_downloaded
            return Visit(response.status_code, seconds, expires)
    except (TimeoutError, httpx.TimeoutException):
        return Visit(None, time.perf_counter() - started, error="it did not answer in time")
    except httpx.HTTPError as error:
        return Visit(None, time.perf_counter() - started, error=_trouble(error))
    finally:
        used.count("probes", size)


def _certificate_end(response: httpx.Response) -> datetime | None:
    """Return when the server's certificate ends; None on plain HTTP."""
    stream = response.extensions.get("network_stream")
    session = stream.get_extra_info("ssl_object") if stream else None
    certificate = session.getpeercert() if session else None
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)


def _trouble(error: httpx.HTTPError) -> str:
    """Return why a connection failed, in words for people."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return "it cannot be reached"
    return "the connection broke"
