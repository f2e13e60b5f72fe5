"""A caller of the emulated Linear that speaks GraphQL by hand."""

from collections.abc import Mapping
from typing import Any

import httpx

from integrations.emulators.linear import TOKEN, LinearWorld, linear_app


async def called(
    world: LinearWorld,
    query: str,
    variables: Mapping[str, object] | None = None,
    token: str = TOKEN,
) -> httpx.Response:
    """Return the answer to one operation."""
    transport = httpx.ASGITransport(linear_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://linear") as caller:
        body = {"query": query, "variables": variables or {}}
        return await caller.post("/graphql", json=body, headers={"authorization": token})


async def asked(world: LinearWorld, query: str, **variables: object) -> Any:  # noqa: ANN401 - JSON
    """Return the data of one operation that must not fail."""
    answer = (await called(world, query, variables)).json()
    assert "errors" not in answer, answer
    return answer["data"]


def complaint(answer: httpx.Response) -> tuple[int, str, str]:
    """Return the status of a refusal, its code and its words."""
    error = answer.json()["errors"][0]
    return answer.status_code, error["extensions"]["code"], error["message"]
