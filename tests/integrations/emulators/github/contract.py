"""GitHub's own description of its answers, to measure the emulator by."""

import re
from typing import Any

import httpx
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

_MANY = re.compile(r"\\\{(?:path|ref|basehead|tag|branch)\\\}")  # these may hold slashes
_ONE = re.compile(r"\\\{\w+\\\}")


class Contract:
    """The official OpenAPI description, ready to check answers."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._spec = spec
        self._paths = [(_pattern(path), path) for path in spec["paths"]]
        self._registry = Registry().with_resource("urn:gh", DRAFT4.create_resource(spec))

    def check(self, response: httpx.Response) -> None:
        """Fail unless status and body are as GitHub promises for the request."""
        method, path = response.request.method.lower(), response.request.url.path
        promised = self._promised(method, path)
        assert str(response.status_code) in promised, f"{path} never answers {response.status_code}"
        described = promised[str(response.status_code)]
        if "$ref" in described:
            described = self._spec["components"]["responses"][described["$ref"].rpartition("/")[2]]
        content = described.get("content", {}).get("application/json")
        if content is None:
            return
        validator = OAS30Validator(
            _absolute(content["schema"]),
            registry=self._registry,
            format_checker=oas30_format_checker,
        )
        misfits = [
            f"{list(error.absolute_path)}: {error.message[:200]}"
            for error in validator.iter_errors(response.json())
            if not _enum_without_null(error.validator, error.instance, error.schema)
        ]
        assert not misfits, f"{path}: {misfits[:5]}"

    def _promised(self, method: str, path: str) -> dict[str, Any]:
        fits = [
            template
            for pattern, template in self._paths
            if pattern.fullmatch(path) and method in self._spec["paths"][template]
        ]
        assert fits, f"{method} {path} is no call of GitHub's"
        best = min(fits, key=lambda template: (template.count("{"), -len(template)))
        responses: dict[str, Any] = self._spec["paths"][best][method]["responses"]
        return responses


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(_ONE.sub("[^/]+", _MANY.sub(".+", re.escape(path))))


def _enum_without_null(validator: object, instance: object, schema: Any) -> bool:  # noqa: ANN401
    """Let null pass where the description says nullable and forgets it in the list of values."""
    return validator == "enum" and instance is None and schema.get("nullable", False)


def _absolute(schema: Any) -> Any:  # noqa: ANN401 - any piece of JSON
    """Make references absolute; the discriminator adds nothing to oneOf."""
    if isinstance(schema, dict):
        return {
            key: f"urn:gh{value}" if key == "$ref" else _absolute(value)
            for key, value in schema.items()
            if key != "discriminator"
        }
    return [_absolute(one) for one in schema] if isinstance(schema, list) else schema
