"""Linear's limits are obeyed, and each of its refusals becomes what it means for people."""

from datetime import timedelta

import httpx
import pytest

from integrations.emulators.linear import LinearWorld
from integrations.errors import Limited, NotFound, OutsideError, Refused, Transient, Unauthorized
from integrations.linear import Linear
from integrations.meter import Meter, WriteOutsideEffect, metered
from tests.integrations.linear.conftest import Connect


async def test_what_is_left_is_read_from_the_headers(linear: Linear) -> None:
    """Requests and points, and when both are full again."""
    await linear.teams()

    requests, complexity = (linear.quotas[name] for name in ("requests", "complexity"))
    assert (requests.limit, requests.remaining) == (5_000, 4_999)
    assert complexity.limit == 3_000_000
    assert complexity.remaining < 3_000_000
    assert requests.reset_at.year == 2026


async def test_a_key_stands_alone_and_a_token_is_a_bearer_s(
    connect: Connect, world: LinearWorld
) -> None:
    """Both are let in; the emulator insists on it as Linear does."""
    world.token("lin_oauth_x", "ada")
    assert (await connect("lin_oauth_x").viewer()).display_name == "ada"
    assert (await connect("lin_api_emulated").viewer()).display_name == "flowbot"


@pytest.mark.parametrize("token", ["lin_api_other", "lin_oauth_other", ""])
async def test_a_token_that_is_not_accepted_says_what_to_do(connect: Connect, token: str) -> None:
    """Whatever status Linear uses for it."""
    with pytest.raises(Unauthorized, match="FLOWBOT_LINEAR_TOKEN"):
        await connect(token).viewer()


async def test_a_sign_in_does_not_show_its_token(linear: Linear) -> None:
    """Neither in a log nor in a traceback."""
    from integrations.linear.sign_in import LinearSignIn

    assert "secret" not in repr(LinearSignIn("lin_api_secret"))


async def test_too_many_requests_wait_until_there_is_room(
    connect: Connect, world: LinearWorld
) -> None:
    """HTTP 400, and a reset in milliseconds: half of the hour's requests take half an hour."""
    world.token("lin_api_small", "ada", requests=2)
    linear = connect("lin_api_small")
    await linear.viewer()
    await linear.viewer()

    with pytest.raises(Limited) as caught:
        await linear.viewer()

    assert caught.value.retry_after == timedelta(hours=1)
    assert linear.quotas["requests"].remaining == 0
    world.clock += timedelta(hours=1)
    await linear.viewer()


async def test_too_much_complexity_waits_as_well(connect: Connect, world: LinearWorld) -> None:
    """The allowance that is empty says for how long."""
    world.token("lin_api_small", "ada", complexity=100)
    with pytest.raises(Limited):
        await connect("lin_api_small").issues()


async def test_a_list_without_data_is_no_list(connect: Connect) -> None:
    """Nothing is not the same as an empty list."""
    for body, kind in (({}, Transient), ({"data": {}}, NotFound)):
        linear = connect(handler=lambda _, sent=body: httpx.Response(200, json=sent))
        with pytest.raises(kind):
            await linear.teams()


@pytest.mark.parametrize("status", [400, 429])
async def test_a_limit_without_headers_waits_a_minute(connect: Connect, status: int) -> None:
    """A proxy may have dropped them."""
    body = {"errors": [{"message": "Slow", "extensions": {"type": "ratelimited"}}]}
    linear = connect(handler=lambda _: httpx.Response(status, json=body))

    with pytest.raises(Limited) as caught:
        await linear.viewer()

    assert caught.value.retry_after == timedelta(seconds=60)


async def test_an_endpoint_s_own_limit_counts(connect: Connect) -> None:
    """Some operations have one."""
    headers = {
        "date": "Mon, 02 Mar 2026 12:00:00 GMT",
        "x-ratelimit-requests-remaining": "100",
        "x-ratelimit-requests-reset": "1772456400000",
        "x-ratelimit-endpoint-requests-remaining": "0",
        "x-ratelimit-endpoint-requests-reset": "1772452830000",
    }
    body = {"errors": [{"message": "Slow", "extensions": {"code": "RATELIMITED"}}]}
    linear = connect(handler=lambda _: httpx.Response(400, json=body, headers=headers))

    with pytest.raises(Limited) as caught:
        await linear.viewer()

    assert caught.value.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("status", "code", "message", "kind", "words"),
    [
        (200, "AUTHENTICATION_ERROR", "no", Unauthorized, "FLOWBOT_LINEAR_TOKEN"),
        (400, "AUTHENTICATION_ERROR", "no", Unauthorized, "FLOWBOT_LINEAR_TOKEN"),
        (403, "FORBIDDEN", "Not your team", Refused, "does not let this bot do that: Not your"),
        (200, "INPUT_ERROR", "Entity not found: Team", NotFound, "or this bot may not see it"),
        (400, "INPUT_ERROR", "Entity not found: Team", NotFound, "or this bot may not see it"),
        (200, "INPUT_ERROR", "Bad colour", Refused, "Linear refused: Bad colour"),
        (200, "INTERNAL_SERVER_ERROR", "oh", Transient, "a problem of its own: oh"),
        (200, "USAGE_LIMIT_EXCEEDED", "Pay", Refused, "Linear refused: Pay"),
        (502, "", "", Transient, r"a problem of its own \(HTTP 502\)"),
        (503, "INPUT_ERROR", "x", Transient, r"a problem of its own \(HTTP 503\)"),
        (404, "", "", NotFound, "Linear has nothing there"),
        (400, "", "Bad body", Refused, "Linear refused: Bad body"),
        (200, "INPUT_ERROR", "x" * 999, Refused, "…$"),
    ],
)
async def test_each_failure_means_one_thing(
    linear: Linear,
    world: LinearWorld,
    status: int,
    code: str,
    message: str,
    kind: type[OutsideError],
    words: str,
) -> None:
    """Whatever status it came with, where it is worded in GraphQL's way."""
    world.fail(status=status, code=code, message=message)

    with pytest.raises(OutsideError, match=words) as caught:
        await linear.teams()

    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", Transient),
        (b"<html>", Transient),
        (b"[" * 100_000, Refused),
        (b'{"more": ' + b"[" * 100_000, Transient),
        (b'{"data": null}', Transient),
        (b"{}", Transient),
        (b'{"data": {"found": null}}', NotFound),
        (b'{"data": {"found": 7}}', Refused),
        (b'{"errors": [{}], "data": {"found": {"id": "1"}}}', Refused),
        (b'{"errors": [{"message": null, "extensions": null}]}', Refused),
    ],
)
async def test_an_answer_of_no_use_is_a_failure(
    connect: Connect, body: bytes, kind: type[OutsideError]
) -> None:
    """Never a traceback; half of an answer is none, as what is missing looks like nothing."""
    linear = connect(handler=lambda _: httpx.Response(200, content=body))

    with pytest.raises(kind):
        await linear.viewer()


async def test_a_change_that_says_nothing_was_not_made(connect: Connect) -> None:
    """Success is what Linear calls success."""
    body = {"data": {"found": {"success": False}}}
    linear = connect(handler=lambda _: httpx.Response(200, json=body))
    with pytest.raises(Refused, match="did not do it"):
        await linear.delete_comment("c")


async def test_a_list_that_never_ends_is_given_up(connect: Connect) -> None:
    """A loop of cursors would fill the memory."""
    page = {"pageInfo": {"hasNextPage": True, "endCursor": "x"}, "nodes": [None]}
    linear = connect(handler=lambda _: httpx.Response(200, json={"data": {"page": page}}))
    with pytest.raises(Refused, match="more than 1000 pages"):
        await linear.teams()


async def test_calls_are_counted_with_their_complexity(linear: Linear) -> None:
    """For the run that asked; a run that only reads cannot write."""
    with metered(Meter(writes=False)) as meter:
        await linear.teams()
        with pytest.raises(WriteOutsideEffect):
            await linear.delete_comment("c")

    assert meter.calls == {"linear": 1}
    assert meter.cost["linear"] > 1


async def test_a_strange_complexity_costs_nothing(connect: Connect) -> None:
    """It is a header, not a promise."""
    body = {"data": {"found": {"id": "1"}}}
    for odd in ("many", "inf", ""):
        headers = {"x-complexity": odd, "x-ratelimit-requests-limit": odd}
        linear = connect(
            handler=lambda _, sent=headers: httpx.Response(200, json=body, headers=sent)
        )
        with metered(Meter()) as meter:
            assert (await linear.viewer()).name == ""
        assert meter.cost == {}
