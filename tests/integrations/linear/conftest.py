"""An emulated Linear, and the real client on top of it."""

import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from graphql import GraphQLSchema, build_schema

from integrations.emulators.linear import TOKEN, LinearWorld, linear_app
from integrations.linear import Linear
from integrations.linear.api import LinearApi
from integrations.linear.sign_in import LinearSignIn

Handler = Callable[[httpx.Request], httpx.Response]
Connect = Callable[..., Linear]


@pytest.fixture
def world() -> LinearWorld:
    """Return a workspace with two teams, a cycle, a project and a few issues."""
    made = LinearWorld()
    made.team("ENG", "Engineering")
    made.team("OPS", "Operations")
    made.label("bug", team="ENG")
    made.label("customer")
    made.cycle("ENG", made.clock - timedelta(days=7))
    project = made.project("Checkout", "ENG", lead="ada")
    beta = made.milestone(project, "Beta")
    made.issue(
        "ENG",
        "Add retries",
        state="In Progress",
        labels=["bug"],
        assignee=made.user("bo"),
        cycle=made.teams[0].cycles[0],
        project=project,
        project_milestone=beta,
        estimate=3.0,
    )
    made.issue("ENG", "Write the guide", state="Done")
    made.issue("OPS", "Renew the certificate")
    return made


@pytest.fixture
async def connect(world: LinearWorld) -> AsyncIterator[Connect]:
    """Return a function that opens Linear with a token, or on top of a handler of requests."""
    async with AsyncExitStack() as stack:

        def opened(token: str = TOKEN, handler: Handler | None = None) -> Linear:
            transport: httpx.AsyncBaseTransport = httpx.ASGITransport(linear_app(world))
            if handler:
                transport = httpx.MockTransport(handler)
            api = LinearApi(LinearSignIn(token), transport=transport)
            stack.push_async_callback(api.aclose)
            return Linear(api)

        yield opened


@pytest.fixture
def linear(connect: Connect) -> Linear:
    """Return the client, signed in."""
    return connect()


@pytest.fixture(scope="session")
def official(contracts: Path) -> GraphQLSchema:
    """Read Linear's own schema once; skip where it is absent."""
    with gzip.open(contracts / "linear" / "schema.graphql.gz", "rt", encoding="utf-8") as file:
        return build_schema(file.read(), assume_valid=True)
