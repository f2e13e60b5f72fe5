"""Answer GraphQL operations: parse, weigh, run on our subset of the official schema."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    get_named_type,
    parse,
    validate,
)

from integrations.emulators.linear.access import Grant
from integrations.emulators.linear.changes import Mutation
from integrations.emulators.linear.limits import MOST_COMPLEX, weigh
from integrations.emulators.linear.lists import Trouble, page_of
from integrations.emulators.linear.roots import Query
from integrations.emulators.linear.world import LinearWorld

Json: TypeAlias = dict[str, Any]
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=URL)")
LIMITED = "Rate limit exceeded"
KINDS = {
    "GRAPHQL_VALIDATION_FAILED": "graphql error",
    "AUTHENTICATION_ERROR": "authentication error",
    "INTERNAL_SERVER_ERROR": "internal error",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one operation; `complexity` is 0 where it was not weighed."""

    body: Json
    status: int = 200
    complexity: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)


@cache
def schema() -> GraphQLSchema:
    """Return our schema; arguments and inputs reach the resolvers under their Python names."""
    text = (files("integrations.emulators.linear") / "schema.graphql").read_text()
    built = build_schema(text)
    for kind in built.type_map.values():
        for name, part in getattr(kind, "fields", {}).items():
            if isinstance(kind, GraphQLInputObjectType):
                part.out_name = snake(name)
            for argument, given in getattr(part, "args", {}).items():
                given.out_name = snake(argument)
    return built


@cache
def snake(name: str) -> str:
    """Return a name of the schema as Python spells it."""
    return _CAMEL.sub("_", name).lower()


class Refusal(Exception):
    """An operation that is not run, with the answer that says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def answer(world: LinearWorld, grant: Grant, asked: Json) -> Reply:
    """Run one operation; what cannot even begin is HTTP 400, as is too much of anything."""
    variables = asked.get("variables") or {}
    try:
        document = _valid(asked.get("query"), variables)
        complexity = weigh(schema(), document, variables)
        _afford(world, grant, complexity)
    except Refusal as refusal:
        return refusal.reply
    root = Mutation if _changes(document) else Query
    if root is Mutation and not grant.writes:
        return refused("Forbidden: the token may only read", "FORBIDDEN", status=403)
    result = execute_sync(
        schema(),
        document,
        root_value=root(world, grant),
        variable_values=variables,
        operation_name=asked.get("operationName"),
        field_resolver=_resolved,
    )
    return Reply(_body(result), complexity=complexity)


def _valid(query: object, variables: object) -> DocumentNode:
    if not isinstance(query, str) or not isinstance(variables, dict):
        raise Refusal(refused("Argument Validation Error: query is a string", "INPUT_ERROR"))
    try:
        document, errors = _read(query)
    except GraphQLError as error:
        raise Refusal(refused(error.message, "GRAPHQL_PARSE_FAILED")) from None
    if errors:
        raise Refusal(refused(errors[0].message, "GRAPHQL_VALIDATION_FAILED"))
    return document


@lru_cache(maxsize=256)
def _read(query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """Return what a query says, and what is wrong with it; callers ask the same few again."""
    document = parse(query)
    return document, validate(schema(), document)


def _afford(world: LinearWorld, grant: Grant, complexity: int) -> None:
    if complexity > MOST_COMPLEX:
        words = f"Query too complex: {complexity} of at most {MOST_COMPLEX} points"
        raise Refusal(refused(words, "INPUT_ERROR"))
    for allowance, amount in ((grant.requests, 1), (grant.complexity, complexity)):
        allowance.look(world.clock)
        if not allowance.take(amount):
            raise Refusal(refused(LIMITED, "RATELIMITED", complexity=complexity))


def _changes(document: DocumentNode) -> bool:
    return any(
        isinstance(part, OperationDefinitionNode) and part.operation is OperationType.MUTATION
        for part in document.definitions
    )


def _resolved(source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> object:  # noqa: ANN401 - of any type of the schema
    name = snake(info.field_name)
    value = source[name] if isinstance(source, dict) else getattr(source, name)
    if not get_named_type(info.return_type).name.endswith("Connection"):
        return value(**given) if callable(value) else value
    if callable(value):
        value = value(given.pop("url"))
    world: LinearWorld = info.root_value.world
    return page_of(value, given, world.clock)


def _body(result: ExecutionResult) -> Json:
    body: Json = {"data": result.data}
    if result.errors:
        body["errors"] = [_formatted(error) for error in result.errors]
    return body


def _formatted(error: GraphQLError) -> Json:
    cause = error.original_error
    if isinstance(cause, Trouble):
        told = _extensions(cause.code, cause.kind, cause.told)
        return {**error.formatted, "extensions": told}
    if cause is None or isinstance(cause, GraphQLError):
        kind = KINDS["GRAPHQL_VALIDATION_FAILED"]
        told = _extensions("GRAPHQL_VALIDATION_FAILED", kind, error.message)
        return {**error.formatted, "extensions": told}
    raise cause


def _extensions(code: str, kind: str, words: str) -> Json:
    return {"code": code, "type": kind, "userError": True, "userPresentableMessage": words}


def refused(
    message: str, code: str, *, words: str = "", status: int = 400, complexity: int = 0
) -> Reply:
    """Return the answer where nothing was run."""
    kind = KINDS.get(code) or {"INPUT_ERROR": "invalid input"}.get(code, code.lower())
    told = _extensions(code, kind, words or message)
    return Reply({"errors": [{"message": message, "extensions": told}]}, status, complexity)
