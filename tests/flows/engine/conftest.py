"""A stage on which bodies are played, with the real clients and nobody to talk to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from flows.engine.tools import Tools
from integrations.git import Workspaces
from integrations.github import GitHub, GitHubApi, GitHubReader, TokenSignIn
from integrations.probes import Probes
from tests.flows.engine.memory import Knowledge
from tests.flows.engine.stage import Stage
from tests.integrations.sources import nowhere


@pytest.fixture
async def tools(tmp_path: Path) -> AsyncIterator[Tools]:
    """Yield the clients of runs; nothing listens at their addresses."""
    async with GitHubApi(TokenSignIn("secret"), base_url="http://127.0.0.1:9") as api:
        yield Tools(
            GitHub(api),
            GitHubReader(api),
            Workspaces(tmp_path),
            Probes(set()),
            *nowhere(),
            Knowledge(),
        )


@pytest.fixture
def stage(tools: Tools) -> Stage:
    """Return a run that has not begun."""
    return Stage(tools)
