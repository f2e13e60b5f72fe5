"""Listens to all that is said to the emulated services, and holds it against their contracts."""

import gzip
import json
import logging
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from graphql import build_schema

from integrations.emulators import exchanges
from integrations.emulators.exchanges import Exchange
from tests.contract.graphql import GraphContract
from tests.contract.rest import RestContract
from tests.contract.sources import misfits_of_osv, misfits_of_registries

SHOWN = 20
REFUSED = 400
VALUES_COUNT = frozenset({"state", "status", "conclusion", "event", "type", "action", "role"})


class Recorder(logging.Handler):
    """Keeps every misfit; each shape of an exchange is checked once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(logging.DEBUG)
        self.misfits: list[str] = []
        self._folder = folder
        self._seen: set[Hashable] = set()
        self._services: dict[str, Callable[[Exchange], Iterator[str]]] = {
            "github": self._github,
            "linear": self._linear,
            "osv": misfits_of_osv,
            "registries": misfits_of_registries,
        }

    def emit(self, record: logging.LogRecord) -> None:
        """Check one exchange."""
        said: Exchange = record.__dict__["exchange"]
        said = said._replace(answer=msgspec.to_builtins(said.answer))
        shape = _shape_of(said)
        if shape not in self._seen:
            self._seen.add(shape)
            place = f"{said.service}: {said.method} {said.path} → {said.status}"
            self.misfits += [f"{place}: {each}" for each in self._services[said.service](said)]

    def _github(self, said: Exchange) -> Iterator[str]:
        if said.path == "/graphql":
            yield from _of_graph(self._github_graph, said)
            return
        if self._rest.operation(said.method.lower(), said.path) is None:
            return  # nothing is there: the emulator says 404 as GitHub does
        query = frozenset(name for name, _ in parse_qsl(said.query))
        if said.status < REFUSED:
            # What is refused may be wrong in any way: that is what some tests try.
            yield from self._rest.misfits_of_request(said.method, said.path, query, said.sent)
            yield from self._rest.misfits_of_answer(
                said.method, said.path, said.status, said.answer
            )

    def _linear(self, said: Exchange) -> Iterator[str]:
        yield from _of_graph(self._linear_graph, said)

    @cached_property
    def _rest(self) -> RestContract:
        return RestContract(json.loads(self._read("github/openapi/api.github.com.json.gz")))

    @cached_property
    def _github_graph(self) -> GraphContract:
        text = self._read("github/graphql/schema.graphql.gz")
        return GraphContract(build_schema(text, assume_valid=True))

    @cached_property
    def _linear_graph(self) -> GraphContract:
        return GraphContract(build_schema(self._read("linear/schema.graphql.gz")))

    def _read(self, name: str) -> str:
        with gzip.open(self._folder / name, "rt", encoding="utf-8") as file:
            return file.read()


@contextmanager
def recording(folder: Path) -> Iterator[Recorder]:
    """Listen for the length of a block; what did not fit fails at its end."""
    recorder, before = Recorder(folder), exchanges.log.level
    exchanges.log.addHandler(recorder)
    exchanges.log.setLevel(logging.DEBUG)
    exchanges.log.propagate = False
    try:
        yield recorder
    finally:
        exchanges.log.removeHandler(recorder)
        exchanges.log.setLevel(before)
        exchanges.log.propagate = True
    found = list(dict.fromkeys(recorder.misfits))
    shown = "\n".join(found[:SHOWN])
    assert not found, f"{len(found)} exchanges do not fit the official contracts:\n{shown}"


def _of_graph(contract: GraphContract, said: Exchange) -> Iterator[str]:
    answer = said.answer if isinstance(said.answer, dict) else {}
    query = (said.sent or {}).get("query")
    if isinstance(query, str) and not answer.get("errors"):
        yield from contract.misfits(query, answer.get("data"))


def _shape_of(said: Exchange) -> Hashable:
    """Return what makes two exchanges alike: names, types, and the values that are choices."""
    query = said.sent.get("query") if isinstance(said.sent, dict) else None
    path = tuple("#" if any(map(str.isdigit, part)) else part for part in said.path.split("/"))
    names = frozenset(name for name, _ in parse_qsl(said.query))
    return (
        said.service,
        said.method,
        path,
        names,
        said.status,
        query,
        _shape(said.sent),
        _shape(said.answer),
    )


def _shape(value: Any, name: str = "") -> Hashable:  # noqa: ANN401 - any piece of JSON
    if isinstance(value, dict):
        return frozenset((key, _shape(each, key)) for key, each in value.items())
    if isinstance(value, list):
        return frozenset(_shape(each, name) for each in value)
    if isinstance(value, str) and name in VALUES_COUNT:
        return value
    return type(value).__name__
