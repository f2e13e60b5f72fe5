"""Worlds, a client that talks to them, and the official contract to measure answers by."""

import gzip
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from integrations.emulators.github import TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from integrations.emulators.worlds import build_acme

Connect = Callable[[GitHubWorld], AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def connected(world: GitHubWorld) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with (
        serve(github_app(world)) as base,
        httpx.AsyncClient(base_url=base, headers=headers, trust_env=False) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHubWorld]:
    """The built-in world, for tests that only look."""
    world = GitHubWorld(tmp_path_factory.mktemp("acme"))
    build_acme(world)
    yield world
    world.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GitHubWorld]:
    """A small world of its own: acme/api, released as v1.2.0, one change merged since."""
    made = GitHubWorld(tmp_path / "world")
    made.repo("acme/api", release="v1.2.0", merged=["Add retries"])
    yield made
    made.close()


@pytest.fixture
async def api(world: GitHubWorld) -> AsyncIterator[httpx.AsyncClient]:
    async with connected(world) as client:
        yield client


@pytest.fixture
def connect() -> Connect:
    return connected


class Contract:
    """GitHub's own description of its answers."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._paths = [
            (re.compile("^" + re.sub(r"\{(path|ref|basehead|tag|branch|name)\}", "(.+)", path) + "$"), path)
            for path in spec["paths"]
        ]
        self._paths = [(re.compile(re.sub(r"\{\w+\}", "([^/]+)", p.pattern)), path) for p, path in self._paths]
        self._spec = spec
        self._registry = Registry().with_resource("urn:gh", Resource(spec, DRAFT4))

    def template(self, method: str, path: str) -> str:
        """Return the official path that a request goes to; the one with most fixed words."""
        fits = [t for p, t in self._paths if p.match(path) and method in self._spec["paths"][t]]
        assert fits, f"{method} {path} is no call of GitHub's"
        return min(fits, key=lambda t: (t.count("{"), -len(t)))

    def check(self, response: httpx.Response) -> None:
        """Fail unless status and body are as GitHub promises."""
        method = response.request.method.lower()
        path = response.request.url.path
        template = self.template(method, path)
        promised = self._spec["paths"][template][method]["responses"]
        assert str(response.status_code) in promised, f"{path} never answers {response.status_code}"
        described = promised[str(response.status_code)]
        if "$ref" in described:
            described = self._spec["components"]["responses"][described["$ref"].rpartition("/")[2]]
        content = described.get("content", {}).get("application/json")
        if content is None:
            return
        schema = _absolute(content["schema"])
        checker = OAS30Validator(schema, registry=self._registry, format_checker=oas30_format_checker)
        errors = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in checker.iter_errors(response.json())]
        assert not errors, f"{path}: {errors[:5]}"


def _absolute(schema: Any) -> Any:  # noqa: ANN401 - any piece of JSON
    if isinstance(schema, dict):
        return {
            key: f"urn:gh{value}" if key == "$ref" else _absolute(value)
            for key, value in schema.items()
            if key != "discriminator"
        }
    return [_absolute(one) for one in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="session")
def contract(contracts: Path) -> Contract:
    with gzip.open(contracts / "github/openapi/api.github.com.json.gz") as file:
        return Contract(json.load(file))
