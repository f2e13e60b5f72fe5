"""What GitHub could not deliver is read as far back as it is wanted, and no further."""

from datetime import UTC, datetime
from typing import Any

import httpx

from tests.integrations.github.conftest import Connect

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
