"""The client takes turns, tells of limits, and begins no list that it cannot end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from integrations.errors import Limited
from integrations.github import GitHub
from integrations.github.api import GitHubApi
from integrations.github.lane import OwnLane
from integrations.github.sign_in import TokenSignIn
from tests.integrations.github.conftest import Connect, Handler


class Heard(OwnLane):
    """A lane that remembers who came by."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[object] = []

    async def read(self, owner: str) -> None:
        """Remember a read."""
        self.calls.append(("read", owner))

    @asynccontextmanager
    async def write(self, owner: str, call: str) -> AsyncIterator[None]:
        """Remember a write."""
        self.calls.append(("write", owner, call))
        async with super().write(owner, call):
            yield

    async def bar(self, owner: str, span: timedelta) -> None:
        """Remember a limit."""
        self.calls.append(("bar", owner, span))


def limited(_: httpx.Request) -> httpx.Response:
    """Answer as GitHub does who is called too often."""
    return httpx.Response(403, headers={"retry-after": "30"}, json={"message": "secondary rate"})


async def test_every_call_takes_its_turn_and_limits_are_told() -> None:
    """By the owner whose allowance it is; a limit of search says nothing of the rest."""
    lane = Heard()
    api = GitHubApi(TokenSignIn("x"), transport=httpx.MockTransport(limited), lane=lane)
    github = GitHub(api)
    for act in (
        github.repository("acme/api"),
        github.search_code("acme/api", "x"),
        github.ensure_locked("acme/api", 1),
    ):
        with pytest.raises(Limited):
            await act
    await api.aclose()
    half = timedelta(seconds=30)
    assert lane.calls == [
        ("read", "acme"),
        ("bar", "acme", half),
        ("read", "acme"),
        ("write", "acme", "PUT /repos/acme/api/issues/1/lock"),
        ("bar", "acme", half),
    ]


@pytest.mark.parametrize(("left", "raises"), [(8, True), (9, False)])
async def test_a_list_that_cannot_be_read_to_its_end_is_not_begun(
    left: int,
    raises: bool,
    connect: Connect,
) -> None:
    """After the first page it is known how many there are."""
    here = "https://api.github.com/repos/acme/api/tags?page="
    soon = int((datetime.now(UTC) + timedelta(minutes=10)).timestamp())

    def handler(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", "1"))
        onward = f'<{here}{page + 1}>; rel="next", <{here}10>; rel="last"' if page < 10 else ""
        headers = {
            "link": onward,
            "x-ratelimit-resource": "core",
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": str(left - page + 1),
            "x-ratelimit-reset": str(soon),
        }
        return httpx.Response(200, json=[], headers=headers)

    read: Handler = handler
    if raises:
        with pytest.raises(Limited, match="9 more calls to GitHub, and 8 are left") as error:
            await connect(read).tags("acme/api")
        assert error.value.retry_after
        assert error.value.retry_after > timedelta(minutes=5)
    else:
        assert await connect(read).tags("acme/api") == []
