"""Calls cost what GitHub says that they do, and the engine hears where it asks for less."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from integrations.errors import Limited, NotFound
from integrations.meter import Meter, metered
from tests.integrations.doorkeeper import Doorkeeper
from tests.integrations.github.conftest import Connect

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_rate_limit_in_a_graphql_answer_is_told_to_the_gate(connect: Connect) -> None:
    """Its status is 200: without the words in it nobody would know."""
    gate, errors = Doorkeeper(), [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]
    github = connect(lambda _: httpx.Response(200, json={"data": None, "errors": errors}))
    with metered(Meter(gate=gate)), pytest.raises(Limited):
        await github.merged_pulls("acme/api", SINCE)

    assert gate.heard[-1] == ("github", "Limited Meter")


LIMITS = {
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4000",
    "x-ratelimit-reset": "1795348800",
    "x-ratelimit-resource": "core",
    "etag": '"1"',
}


async def test_a_call_costs_one_and_an_unchanged_answer_nothing(connect: Connect) -> None:
    """A call that finds nothing costs as much as any other."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.headers.get("if-none-match"):
            return httpx.Response(304, headers=LIMITS)
        if "pulls" in request.url.path:
            return httpx.Response(404, headers=LIMITS, json={"message": "Not Found"})
        return httpx.Response(200, headers=LIMITS, json=[])

    github = connect(handler)
    with metered(Meter()) as meter:
        await github.tags("acme/api")
        await github.tags("acme/api")
        with pytest.raises(NotFound):
            await github.pull("acme/shop", 1)

    assert meter.calls["github"] >= 3
    assert meter.cost["github"] == meter.calls["github"] - 1


async def test_without_limits_there_is_no_cost(connect: Connect) -> None:
    """Enterprise Server may have none; nothing is invented then."""
    github = connect(lambda _: httpx.Response(200, json=[]))
    with metered(Meter()) as meter:
        await github.tags("acme/api")

    assert (meter.calls, meter.cost) == ({"github": 1}, {})


@pytest.mark.parametrize(
    ("told", "headers", "cost"),
    [
        ({"rateLimit": {"cost": 7}}, LIMITS, {"github": 7}),
        ({"rateLimit": None}, LIMITS, {"github": 1}),
        ({}, {}, {}),
    ],
)
async def test_a_graphql_query_costs_what_it_says(
    connect: Connect, told: dict[str, Any], headers: dict[str, str], cost: dict[str, int]
) -> None:
    """GitHub counts nodes, not calls; where it does not say, it takes at least one."""
    page = {"pullRequests": {"nodes": [], "pageInfo": {"hasNextPage": False}}}
    body = {"data": {"repository": page, **told}}

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":  # whether anything is new
            return httpx.Response(200, json=[])
        return httpx.Response(200, json=body, headers=headers)

    github = connect(handler)
    with metered(Meter()) as meter:
        await github.merged_pulls("acme/api", SINCE)

    assert meter.cost == cost
