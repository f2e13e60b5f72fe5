"""Failures are named for people, answers are bounded, and only one host is ever asked."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import httpx
import msgspec
import pytest

from integrations.errors import Barred, Limited, NotFound, OutsideError, Refused, Transient
from integrations.http import Answer, Call, Http, Limits, Words, said_by
from integrations.meter import IoOutsideStep, Meter, WriteOutsideEffect, metered
from tests.integrations.doorkeeper import Doorkeeper

Handler = Callable[[httpx.Request], httpx.Response]
GET = Call("GET", "/thing")
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
DATE_SECONDS = 1_795_348_800


@asynccontextmanager
async def answering(handler: Handler, limits: Limits | None = None) -> AsyncIterator[Http]:
    """Yield a client of a service that answers as `handler` does."""
    http = Http(
        "https://api.acme.example/v1",
        integration="acme",
        words=Words("Acme", "Acme does not accept the token; set FLOWBOT_ACME_TOKEN."),
        transport=httpx.MockTransport(handler),
        limits=limits,
    )
    try:
        yield http
    finally:
        await http.aclose()


async def failure(handler: Handler, call: Call = GET, limits: Limits | None = None) -> OutsideError:
    """Return how a call fails."""
    async with answering(handler, limits) as http:
        with pytest.raises(OutsideError) as caught:
            await http.send(call)
    return caught.value


@pytest.mark.parametrize(
    ("status", "headers", "message", "kind"),
    [
        (400, {}, "Problems parsing JSON", Refused),
        (401, {}, "Bad credentials", Refused),
        (403, {}, "Must have admin rights", Refused),
        (403, {"x-ratelimit-remaining": "7"}, "Resource not accessible", Refused),
        (404, {}, "Not Found", NotFound),
        (410, {}, "Gone", NotFound),
        (409, {}, "Conflict", Refused),
        (422, {}, "Validation Failed", Refused),
        (403, {"retry-after": "60"}, "abuse", Limited),
        (403, {"x-ratelimit-remaining": "0"}, "API rate limit exceeded", Limited),
        (403, {}, "You have exceeded a secondary rate limit.", Limited),
        (429, {}, "", Limited),
        (408, {}, "", Transient),
        (500, {}, "", Transient),
        (502, {}, "", Transient),
        (503, {}, "", Transient),
        (504, {}, "", Transient),
    ],
)
async def test_each_status_has_its_meaning(
    status: int, headers: dict[str, str], message: str, kind: type[OutsideError]
) -> None:
    """What may work later is transient, what is not there is not found, the rest is refused."""
    error = await failure(
        lambda _: httpx.Response(status, headers=headers, json={"message": message})
    )
    assert type(error) is kind


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"retry-after": "17"}, timedelta(seconds=17)),
        (503, {"retry-after": "5"}, timedelta(seconds=5)),
        (429, {"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, timedelta(seconds=30)),
        (
            403,
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{DATE_SECONDS + 90}"},
            timedelta(seconds=90),
        ),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, timedelta(seconds=1)),
        (429, {"retry-after": "soon"}, timedelta(seconds=60)),
        (429, {}, timedelta(seconds=60)),
        (502, {}, None),
    ],
)
async def test_the_wait_is_the_one_that_the_service_asks_for(
    status: int, headers: dict[str, str], wait: timedelta | None
) -> None:
    """Times are measured by the service's clock; without a hint a limit costs a minute."""
    error = await failure(lambda _: httpx.Response(status, headers={"date": DATE, **headers}))
    assert isinstance(error, Transient)
    assert error.retry_after == wait


async def test_a_refusal_carries_the_service_s_own_words() -> None:
    """People read what exactly is wrong, but never a page of it."""
    errors = [{"resource": "Release", "code": "already_exists", "field": "tag_name"}, "too late"]
    body = {"message": "Validation Failed", "errors": errors}
    error = await failure(lambda _: httpx.Response(422, json=body))
    assert str(error) == (
        "Acme refused: Validation Failed: Release already_exists tag_name; too late"
    )
    long = await failure(lambda _: httpx.Response(422, json={"message": "x" * 5000}))
    assert len(str(long)) < 400


async def test_a_refused_sign_in_says_which_setting_to_change() -> None:
    """The text is the integration's own."""
    error = await failure(lambda _: httpx.Response(401))
    assert str(error) == "Acme does not accept the token; set FLOWBOT_ACME_TOKEN."


async def test_the_caller_says_what_is_missing() -> None:
    """Each status that means "not there" can have its own words."""
    call = Call("GET", "/thing", missing={404: "No thing.", 409: "Empty."})
    for status, words in ((404, "No thing."), (409, "Empty.")):
        error = await failure(lambda _, status=status: httpx.Response(status), call)  # type: ignore[misc]
        assert isinstance(error, NotFound)
        assert str(error) == words


@pytest.mark.parametrize(
    "trouble", [httpx.ConnectError, httpx.ConnectTimeout, httpx.ReadTimeout, httpx.PoolTimeout]
)
async def test_a_network_in_trouble_is_worth_another_try(
    trouble: type[httpx.TransportError],
) -> None:
    """Nothing of the library's own words reaches people."""

    def handler(request: httpx.Request) -> httpx.Response:
        raise trouble("secret address")

    error = await failure(handler)
    assert isinstance(error, Transient)
    assert "secret" not in str(error)


@pytest.mark.parametrize(("method", "tries"), [("GET", 2), ("POST", 1)])
async def test_only_a_read_is_sent_again_on_a_stale_connection(method: str, tries: int) -> None:
    """A write that may have arrived is never repeated here."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        if len(seen) == 1:
            raise httpx.RemoteProtocolError("Server disconnected")
        return httpx.Response(200)

    async with answering(handler) as http:
        if method == "GET":
            assert (await http.send(Call(method, "/thing"))).status == 200
        else:
            with pytest.raises(Transient):
                await http.send(Call(method, "/thing"))
    assert len(seen) == tries


async def test_an_answer_without_end_is_cut() -> None:
    """The limit holds for what is unpacked, so that a bomb does not go off."""
    limits = Limits(max_bytes=1024 * 1024)
    error = await failure(lambda _: httpx.Response(200, content=bytes(2_000_000)), limits=limits)
    assert isinstance(error, Refused)
    assert "1 MB" in str(error)


async def test_a_redirect_on_the_same_host_is_followed_with_the_sign_in() -> None:
    """GitHub does this after a repository is renamed."""
    seen: list[tuple[str, str | None]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, request.headers.get("authorization")))
        if request.url.path == "/v1/thing":
            return httpx.Response(301, headers={"location": "/v1/other"})
        return httpx.Response(200)

    async with answering(handler) as http:
        await http.send(Call("GET", "/thing", headers={"authorization": "Bearer x"}))
    assert seen == [("/v1/thing", "Bearer x"), ("/v1/other", "Bearer x")]


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/x", "http://api.acme.example/x", "https://api.acme.example:444/x"],
)
async def test_another_host_is_not_followed(target: str) -> None:
    """Neither by a redirect nor by an address in an answer."""
    redirect = httpx.Response(302, headers={"location": target})
    assert isinstance(await failure(lambda _: redirect), Refused)
    assert isinstance(await failure(lambda _: redirect, Call("GET", target)), Refused)


async def test_a_download_goes_to_an_allowed_host_without_the_sign_in() -> None:
    """Logs and archives lie elsewhere, behind a signed address that needs no token."""
    seen: list[tuple[str, bool]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, "authorization" in request.headers))
        if request.url.host == "api.acme.example":
            return httpx.Response(302, headers={"location": "https://a.files.example/log"})
        return httpx.Response(200, content=b"log")

    limits = Limits(downloads=frozenset({"*.files.example"}))
    signed = {"authorization": "Bearer x"}
    async with answering(handler, limits) as http:
        assert (await http.send(Call("GET", "/thing", headers=signed))).body == b"log"
        with pytest.raises(Refused):
            await http.send(Call("POST", "/thing", headers=signed))
    assert seen[:2] == [("api.acme.example", True), ("a.files.example", False)]


async def test_a_moved_write_is_not_turned_into_a_read() -> None:
    """Only 307 and 308 keep method and body; anything else is told to the person."""
    moved = httpx.Response(301, headers={"location": "/v1/other"})
    assert isinstance(await failure(lambda _: moved, Call("POST", "/thing", body={})), Refused)

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/thing":
            return httpx.Response(307, headers={"location": "/v1/other"})
        return httpx.Response(200, content=request.content)

    async with answering(handler) as http:
        answer = await http.send(Call("POST", "/thing", body={"a": 1}))
    assert answer.decode(dict[str, int]) == {"a": 1}


async def test_a_redirect_loop_ends() -> None:
    """Somebody else's mistake does not keep us busy."""
    loop = httpx.Response(302, headers={"location": "/v1/thing"})
    assert "redirected" in str(await failure(lambda _: loop))


async def test_every_call_is_counted_with_its_bytes() -> None:
    """Both ways count, and calls that fail count too."""
    meter = Meter()
    with metered(meter):
        async with answering(lambda _: httpx.Response(200, content=b"12345")) as http:
            await http.send(GET)
            await http.send(Call("POST", "/thing", body="abc"))
        await failure(lambda _: httpx.Response(500))
    assert meter.calls == {"acme": 3}
    assert meter.bytes["acme"] >= 5


@pytest.mark.parametrize(
    ("status", "headers", "heard"),
    [
        (200, {}, "answered Meter"),
        (404, {}, "answered Meter"),
        (422, {}, "answered Meter"),
        (429, {"retry-after": "9"}, "Limited Meter"),
        (503, {}, "Transient Meter"),
    ],
)
async def test_the_gate_hears_how_each_call_ended(
    status: int, headers: dict[str, str], heard: str
) -> None:
    """A service that says no is well; one that has a problem of its own is not."""
    gate = Doorkeeper()
    with metered(Meter(gate=gate)), suppress(OutsideError):
        async with answering(lambda _: httpx.Response(status, headers=headers)) as http:
            await http.send(GET)

    assert gate.heard == [("acme", "entered"), ("acme", heard)]


@pytest.mark.parametrize("error", [httpx.ConnectTimeout("late"), httpx.ConnectError("away")])
async def test_the_gate_hears_of_services_that_cannot_be_reached(error: Exception) -> None:
    """No answer is a failure, too."""

    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    gate = Doorkeeper()
    with metered(Meter(gate=gate)):
        assert isinstance(await failure(handler), Transient)

    assert gate.heard == [("acme", "entered"), ("acme", "Transient Meter")]


async def test_a_barred_service_is_not_called() -> None:
    """Nothing leaves this machine."""
    gate = Doorkeeper()
    gate.barred.add("acme")
    with metered(Meter(gate=gate)) as asked:
        assert isinstance(await failure(lambda _: httpx.Response(200)), Barred)

    assert asked.calls == {}


async def test_the_meter_decides_what_is_allowed() -> None:
    """Between steps nothing is read, outside of effects nothing is written."""
    async with answering(lambda _: httpx.Response(200)) as http:
        with metered(Meter(reads=False)), pytest.raises(IoOutsideStep):
            await http.send(GET)
        with metered(Meter(writes=False)):
            await http.send(GET)
            await http.send(Call("POST", "/query", write=False))
            with pytest.raises(WriteOutsideEffect):
                await http.send(Call("DELETE", "/thing"))


async def test_an_answer_of_another_shape_is_the_service_s_failure() -> None:
    """Wrong JSON is refused by name; no JSON at all may be a proxy's page and passes."""
    shaped = Answer("Acme", 200, {}, b'{"a": "x"}')
    with pytest.raises(Refused, match="unknown shape"):
        shaped.decode(dict[str, int])
    with pytest.raises(Transient, match="not JSON"):
        Answer("Acme", 200, {}, b"<html>").decode(dict[str, int])


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"message": 3}', b"\xff", b"null"])
def test_a_failure_without_words_has_none(body: bytes) -> None:
    """Whatever a service sends, wording its failure does not fail."""
    assert said_by(Answer("Acme", 500, {}, body)) == ""


async def test_the_user_agent_names_the_bot() -> None:
    """Services ask for it, and block those who have none."""
    async with answering(
        lambda request: httpx.Response(200, json=request.headers["user-agent"])
    ) as http:
        answer = await http.send(GET)
    assert msgspec.json.decode(answer.body) == "flowbot/0.1"
