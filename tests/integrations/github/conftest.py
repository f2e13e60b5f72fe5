"""The real client, talking to answers instead of a network."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import httpx
import pytest

from integrations.github import GitHub
from integrations.github.api import GitHubApi
from integrations.github.sign_in import GitHubSignIn, TokenSignIn

Handler = Callable[[httpx.Request], httpx.Response]
Connect = Callable[..., GitHub]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Return a function that opens GitHub on top of a handler of requests."""
    async with AsyncExitStack() as stack:

        def opened(handler: Handler, sign_in: GitHubSignIn | None = None) -> GitHub:
            transport = httpx.MockTransport(handler)
            api = GitHubApi(sign_in or TokenSignIn("secret"), transport=transport)
            stack.push_async_callback(api.aclose)
            return GitHub(api)

        yield opened
