"""An OAuth app signs in by itself: one token for all who wait, a new one before it ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from urllib.parse import parse_qsl

import httpx
import pytest

from integrations.emulators.linear import LinearWorld, linear_app
from integrations.errors import Unauthorized
from integrations.linear import Linear, LinearApi, LinearAppSignIn, linear_sign_in

Enter = Callable[..., Linear]


@pytest.fixture
async def enter(world: LinearWorld) -> AsyncIterator[Enter]:
    """Return a function that opens Linear as an app, or on top of a handler of requests."""
    world.app("app", "s3cret", "flowbot")
    async with AsyncExitStack() as stack:

        def opened(
            secret: str = "s3cret",  # noqa: S107 - of an emulated world
            *,
            admin: bool = False,
            transport: httpx.AsyncBaseTransport | None = None,
        ) -> Linear:
            sign_in = LinearAppSignIn("app", secret, admin=admin)
            there = transport or httpx.ASGITransport(linear_app(world))
            api = LinearApi(sign_in, transport=there)
            stack.push_async_callback(api.aclose)
            return Linear(api)

        yield opened


async def test_all_who_wait_get_one_token(enter: Enter, world: LinearWorld) -> None:
    """And it lasts."""
    linear, known = enter(), len(world.grants)

    everybody = await asyncio.gather(*(linear.viewer() for _ in range(5)))

    assert {user.display_name for user in everybody} == {"flowbot"}
    assert len(world.grants) == known + 1


async def test_a_token_that_was_taken_back_is_replaced(enter: Enter, world: LinearWorld) -> None:
    """Without anybody noticing."""
    linear = enter()
    await linear.viewer()
    world.grants.clear()

    assert (await linear.viewer()).display_name == "flowbot"


async def test_a_token_is_renewed_before_it_ends(enter: Enter) -> None:
    """One that lasts a minute is not used for a second call."""
    asked: list[dict[str, str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            asked.append(dict(parse_qsl(request.content.decode())))
            return httpx.Response(200, json={"access_token": f"t{len(asked)}", "expires_in": 60})
        assert request.headers["authorization"] == f"Bearer t{len(asked)}"
        return httpx.Response(200, json={"data": {"found": {"id": "u"}}})

    linear = enter(admin=True, transport=httpx.MockTransport(handler))
    await linear.viewer()
    await linear.viewer()

    assert len(asked) == 2
    assert asked[0] == {
        "grant_type": "client_credentials",
        "client_id": "app",
        "client_secret": "s3cret",
        "scope": "read,write,admin",
    }


@pytest.mark.parametrize(("secret", "admin"), [("wrong", False), ("s3cret", True)])
async def test_an_app_that_is_not_let_in_says_what_to_do(
    enter: Enter, secret: str, *, admin: bool
) -> None:
    """With another secret, or where it asks for more than it may."""
    with pytest.raises(Unauthorized, match="FLOWBOT_LINEAR_CLIENT_SECRET"):
        await enter(secret, admin=admin).viewer()


async def test_only_an_app_s_own_grant_is_served(world: LinearWorld) -> None:
    """Any other kind is not for a program that is alone."""
    world.app("app", "s3cret", "flowbot")
    transport = httpx.ASGITransport(linear_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://linear") as caller:
        form = {"grant_type": "password", "client_id": "app", "client_secret": "s3cret"}
        answer = await caller.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_a_sign_in_does_not_show_its_secret() -> None:
    """Neither in a log nor in a traceback."""
    assert repr(LinearAppSignIn("app", "s3cret")) == "LinearAppSignIn(app)"


def test_an_app_stands_for_a_token() -> None:
    """Where both are set, the app signs in."""
    assert repr(linear_sign_in("lin_api_x", "app", "s3cret")) == "LinearAppSignIn(app)"
    assert repr(linear_sign_in("lin_api_x")) == "LinearSignIn(…)"
