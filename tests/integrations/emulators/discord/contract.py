"""Discord's own description of its API, to measure the emulator and what we send by."""

import re
from typing import Any

from openapi_schema_validator import OAS31Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_NAME = re.compile(r"\\\{\w+\\\}")


class Contract:
    """The official OpenAPI description, ready to check bodies."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._spec = spec
        resource = DRAFT202012.create_resource(_without_discriminators(spec))
        self._registry = Registry().with_resource("urn:discord", resource)
        self._paths = [
            (re.compile(_NAME.sub("[^/]+", re.escape(path))), path) for path in spec["paths"]
        ]

    def check_answer(self, method: str, path: str, status: int, body: object) -> None:
        """Fail unless Discord promises such an answer; its errors are described in words alone."""
        promised = self._operation(method, path)["responses"]
        if f"{status}" not in promised:
            assert f"{status // 100}XX" in promised, f"{path} never answers {status}"
            return
        content = promised[f"{status}"].get("content", {}).get("application/json")
        if content:
            self._check(content["schema"], body, f"{method} {path}")

    def check_request(self, method: str, path: str, body: object) -> None:
        """Fail unless Discord takes such a body."""
        content = self._operation(method, path)["requestBody"]["content"]["application/json"]
        self._check(content["schema"], body, f"{method} {path}")

    def check_as(self, schema: str, body: object) -> None:
        """Fail unless a body fits a schema of the description, by its name."""
        self._check({"$ref": f"#/components/schemas/{schema}"}, body, schema)

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        fits = [
            template
            for pattern, template in self._paths
            if pattern.fullmatch(path) and method.lower() in self._spec["paths"][template]
        ]
        assert fits, f"{method} {path} is no call of Discord's"
        best = min(fits, key=lambda template: template.count("{"))
        found: dict[str, Any] = self._spec["paths"][best][method.lower()]
        return found

    def _check(self, schema: dict[str, Any], body: object, what: str) -> None:
        validator = OAS31Validator(_absolute(schema), registry=self._registry)
        misfits = [
            f"{list(error.absolute_path)}: {error.message[:300]}"
            for error in validator.iter_errors(body)
        ]
        assert not misfits, f"{what}: {misfits[:5]}"


def _without_discriminators(spec: Any) -> Any:  # noqa: ANN401 - any piece of JSON
    if isinstance(spec, dict):
        kept = {key: value for key, value in spec.items() if key != "discriminator"}
        return {key: _without_discriminators(value) for key, value in kept.items()}
    return [_without_discriminators(one) for one in spec] if isinstance(spec, list) else spec


def _absolute(schema: Any) -> Any:  # noqa: ANN401 - any piece of JSON
    """Make references absolute; the discriminator adds nothing to oneOf."""
    if isinstance(schema, dict):
        return {
            key: f"urn:discord{value}" if key == "$ref" else _absolute(value)
            for key, value in schema.items()
            if key != "discriminator"
        }
    return [_absolute(one) for one in schema] if isinstance(schema, list) else schema
