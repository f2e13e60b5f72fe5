"""GitHub's own description of its REST API, to measure requests and answers by."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import httpx
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT4

_MANY = re.compile(r"\\\{(?:path|ref|basehead|tag|branch)\\\}")  # these may hold slashes
_ONE = re.compile(r"\\\{\w+\\\}")
_JSON = "application/json"
# Says that an account is a user and an enterprise at once, which nothing is.
_FLAWED = {"/app/installations": "account"}
# Null takes these away; the description has forgotten it, or knows it in a sentence alone.
_CLEARED = {
    "/repos/{owner}/{repo}/issues/{issue_number}": "milestone",
    "/repos/{owner}/{repo}/milestones/{milestone_number}": "due_on",
}


class Operation(NamedTuple):
    """One call that GitHub describes: its template and all that is said of it."""

    template: str
    described: dict[str, Any]


class RestContract:
    """The official OpenAPI description, ready to check what is sent and answered."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self._spec = spec
        self._paths = [(_pattern(path), path) for path in spec["paths"]]
        self._registry = Registry().with_resource("urn:gh", DRAFT4.create_resource(spec))
        self.operation = cache(self._operation)

    def check(self, response: httpx.Response) -> None:
        """Fail unless status and body are as GitHub promises for the request."""
        request = response.request
        body = response.json() if response.content else None
        misfits = self.misfits_of_answer(
            request.method, request.url.path, response.status_code, body
        )
        assert not misfits, f"{request.url.path}: {misfits[:5]}"

    def check_event(self, event: str, body: dict[str, Any]) -> None:
        """Fail unless a webhook's body is as GitHub promises for its event and action."""
        name = f"{event}-{body.get('action', '')}".rstrip("-").replace("_", "-")
        described = self._spec["x-webhooks"][name]["post"]["requestBody"]["content"]
        misfits = list(self._misfits(described[_JSON]["schema"], body))
        assert not misfits, f"{name}: {misfits[:8]}"

    def misfits_of_answer(self, method: str, path: str, status: int, body: object) -> list[str]:
        """Return where an answer is not as GitHub promises it."""
        operation = self.operation(method.lower(), path)
        if operation is None:
            return [f"{method} {path} is no call of GitHub's"]
        described = self._of(operation.described["responses"], status)
        if described is None:
            return [f"{operation.template} never answers {status}"]
        content = described.get("content", {}).get(_JSON)
        flaw = f"'{_FLAWED[operation.template]}'" if operation.template in _FLAWED else None
        found = [] if content is None else self._misfits(content["schema"], body)
        return [each for each in found if flaw is None or flaw not in each.partition(":")[0]]

    def misfits_of_request(
        self, method: str, path: str, query: frozenset[str], body: object
    ) -> list[str]:
        """Return what is sent that GitHub does not know, or not so."""
        operation = self.operation(method.lower(), path)
        if operation is None:
            return [f"{method} {path} is no call of GitHub's"]
        given = [self.resolved(each) for each in operation.described.get("parameters", ())]
        known = {each["name"] for each in given if each["in"] == "query"}
        found = [f"no parameter {each!r}" for each in sorted(query - known)]
        wanted = operation.described.get("requestBody", {}).get("content", {}).get(_JSON)
        cleared = _CLEARED.get(operation.template, "")
        if isinstance(body, dict) and cleared in body and body[cleared] is None:
            body = {name: value for name, value in body.items() if name != cleared}
        if wanted and body:
            found += self._misfits(wanted["schema"], body)
        return found

    def schema_of_answer(self, method: str, path: str, status: int) -> dict[str, Any] | None:
        """Return what GitHub promises of an answer, if it promises anything."""
        operation = self.operation(method.lower(), path)
        described = self._of(operation.described["responses"], status) if operation else None
        content = (described or {}).get("content", {}).get(_JSON)
        found: dict[str, Any] | None = content["schema"] if content else None
        return found

    def _operation(self, method: str, path: str) -> Operation | None:
        fits = [
            template
            for pattern, template in self._paths
            if pattern.fullmatch(path) and method in self._spec["paths"][template]
        ]
        if not fits:
            return None
        best = min(fits, key=lambda template: (template.count("{"), -len(template)))
        return Operation(best, self._spec["paths"][best][method])

    def _of(self, responses: dict[str, Any], status: int) -> dict[str, Any] | None:
        found = responses.get(str(status))
        return self.resolved(found) if found else None

    def resolved(self, piece: dict[str, Any]) -> dict[str, Any]:
        """Return what a piece of the description refers to."""
        while "$ref" in piece:
            found: Any = self._spec
            for part in piece["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            piece = found
        return piece

    def _misfits(self, schema: dict[str, Any], body: object) -> Iterator[str]:
        validator = OAS30Validator(
            _absolute(schema), registry=self._registry, format_checker=oas30_format_checker
        )
        for error in validator.iter_errors(body):
            if not _enum_without_null(error.validator, error.instance, error.schema):
                yield f"{list(error.absolute_path)}: {error.message[:200]}"


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
