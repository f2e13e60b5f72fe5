"""Bodies that fit a contract, without some of what it does not promise."""

from random import Random
from typing import Any

from tests.contract.rest import RestContract

CHANCE = 0.4


class Thinner:
    """Leaves out fields that an answer may lack, and puts null where null may be."""

    def __init__(self, contract: RestContract, random: Random) -> None:
        self._contract, self._random = contract, random

    def thinned(self, method: str, path: str, status: int, body: Any) -> Any:  # noqa: ANN401 - any piece of JSON
        """Return an answer that a client has to understand as well as the whole one."""
        schema = self._contract.schema_of_answer(method, path, status)
        return body if schema is None else self._thin(schema, body)

    def _thin(self, schema: dict[str, Any], body: Any) -> Any:  # noqa: ANN401 - same
        known = self._contract.resolved(schema)
        if known.get("nullable") and self._random.random() < CHANCE:
            return None
        if isinstance(body, list):
            inner = known.get("items", {})
            return [self._thin(inner, each) for each in body]
        if not isinstance(body, dict):
            return body
        parts = [known, *map(self._contract.resolved, known.get("allOf", []))]
        fields = {name: part for each in parts for name, part in each.get("properties", {}).items()}
        promised = {name for each in parts for name in each.get("required", [])}
        if any(word in each for each in parts for word in ("oneOf", "anyOf")):
            promised = set(body)  # which of them it is depends on what is there
        thin = {}
        for name, value in body.items():
            if name in promised or self._random.random() >= CHANCE:
                thin[name] = self._thin(fields[name], value) if name in fields else value
        return thin
