"""What GitHub could not deliver is read as far back as it is wanted, and no further."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from integrations.emulators.github import GitHubWorld
from integrations.errors import Refused
from integrations.github import GitHub
from tests.integrations.github.conftest import Connect

REPO = "acme/api"
SINCE = datetime(2026, 6, 1, tzinfo=UTC)


def attempt(number: int, day: int) -> dict[str, Any]:
    """Return a failed delivery of June."""
    at = f"2026-06-{day:02}T12:00:00Z" if day else "2026-05-31T12:00:00Z"
    return {"id": number, "guid": f"g{number}", "delivered_at": at, "status": "timed out"}


async def test_the_log_is_read_back_to_a_moment(connect: Connect) -> None:
    """Only what failed is asked for, and no page beyond that moment."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.query, "ascii"))
        page = len(asked)
        rows = [attempt(page * 2, 3 - page), attempt(page * 2 + 1, 2 - page)]
        cursor = f"https://api.github.com{request.url.path}?status=failure&cursor={page}"
        return httpx.Response(200, json=rows, headers={"link": f'<{cursor}>; rel="next"'})

    found = await connect(handler).failed_deliveries("acme/api", 7, SINCE)

    assert [each.id for each in found] == [2, 3, 4]
    assert asked == ["per_page=100&status=failure", "status=failure&cursor=1"]


async def test_an_address_has_one_hook(world: GitHubWorld, github: GitHub) -> None:
    """With other events it is changed; each attempt to reach it can be read."""
    url, since = "http://127.0.0.1:9/hooks", world.clock
    for events in (["push", "issues"], ["issues", "push"]):
        await github.ensure_hook(REPO, url, events, "s3cret")
    made = await github.ensure_hook(REPO, url, ["push"], "s3cret")
    assert (made.url, made.events, made.active) == (url, ("push",), True)
    assert len(world.writes) == 2
    assert world[REPO].hooks[made.id].secret == "s3cret"
    await world.courier.deliver()
    (ping,) = await github.deliveries(REPO, made.id, since)
    assert ping.event == "ping"
    for _ in range(2):
        await github.delete_hook(REPO, url)
    assert await github.hooks(REPO) == []
    with pytest.raises(Refused, match="missing a scheme"):
        await github.ensure_hook(REPO, "nowhere", ["push"], "s3cret")
