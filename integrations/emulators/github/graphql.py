"""Answer GraphQL queries: parse, weigh, run on our subset of the official schema."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    build_schema,
    execute,
    parse,
    validate,
)

from integrations.emulators.github.calls import Call, Json, Problem, Reply
from integrations.emulators.github.connections import Trouble
from integrations.emulators.github.mutations import Mutation

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NODES_LIMIT = 500_000
_SPELLED = {"object": "any_object"}  # a method of that name would hide the builtin


@cache
def schema() -> GraphQLSchema:
    """Return our schema; arguments reach the nodes under their Python names."""
    text = (files("integrations.emulators.github") / "schema.graphql").read_text()
    built = build_schema(text)
    for kind in built.type_map.values():
        for field in getattr(kind, "fields", {}).values():
            for name, argument in getattr(field, "args", {}).items():
                argument.out_name = _snake(name)
    return built


@cache
def _snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower()


async def answer(call: Call) -> Reply:
    """Run one query; like GitHub, say 200 even where the answer is an error."""
    query, variables = call.body.get("query"), call.body.get("variables") or {}
    if not isinstance(query, str) or not isinstance(variables, dict):
        raise Problem(400, "A query attribute must be specified and must be a string.")
    try:
        document, errors = _read(query)
    except GraphQLError as error:
        return _refused([error])
    if errors:
        return _refused(errors)
    call.cache["cost"], call.cache["nodes"] = weigh(document, variables)
    if call.cache["nodes"] > _NODES_LIMIT:
        words = (
            f"This query requests up to {call.cache['nodes']} possible nodes, more than allowed."
        )
        return Reply({"errors": [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": words}]})
    if not _charge(call):
        words = "API rate limit exceeded for user ID 1."
        return Reply({"errors": [{"type": "RATE_LIMITED", "message": words}]})
    running = execute(
        schema(),
        document,
        root_value=Mutation(call),
        variable_values=variables,
        operation_name=call.body.get("operationName"),
        field_resolver=_resolve,
        type_resolver=lambda source, *_: source.typename,
    )
    result = running if isinstance(running, ExecutionResult) else await running
    body: Json = {"data": result.data}
    if result.errors:
        body["errors"] = [_formatted(error) for error in result.errors]
    return Reply(body)


@lru_cache(maxsize=256)
def _read(query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """Return what a query says, and what is wrong with it; callers ask the same few again."""
    document = parse(query)
    return document, validate(schema(), document)


def _resolve(source: object, info: GraphQLResolveInfo[object], **arguments: object) -> object:
    value = getattr(source, _SPELLED.get(info.field_name) or _snake(info.field_name))
    return value(**arguments) if callable(value) else value


def _charge(call: Call) -> bool:
    quota = call.world.quota("graphql")
    if quota.used + call.cache["cost"] > quota.limit:
        return False
    quota.used += call.cache["cost"]
    return True


def _refused(errors: list[GraphQLError]) -> Reply:
    return Reply({"errors": [_formatted(error) for error in errors]})


def _formatted(error: GraphQLError) -> Json:
    shown: Json = dict(error.formatted)
    cause = error.original_error
    if isinstance(cause, Trouble):
        return {"type": cause.kind, **shown}
    return shown if cause is None else {**shown, "message": "Something went wrong."}


def weigh(document: DocumentNode, variables: Mapping[str, Any]) -> tuple[int, int]:
    """Return (points, nodes): each list counts once per item of the list around it."""
    fragments = {
        part.name.value: part.selection_set
        for part in document.definitions
        if isinstance(part, FragmentDefinitionNode)
    }

    def number(value: ValueNode) -> int:
        if isinstance(value, VariableNode):
            return int(variables.get(value.name.value) or 0)
        return int(value.value) if isinstance(value, IntValueNode) else 0

    def walk(selected: SelectionSetNode | None, around: int) -> tuple[int, int]:
        lists, nodes = 0, 0
        for part in selected.selections if selected else ():
            inside = around
            inner: SelectionSetNode | None = None
            if isinstance(part, FragmentSpreadNode):
                inner = fragments.get(part.name.value)
            elif isinstance(part, InlineFragmentNode):
                inner = part.selection_set
            elif isinstance(part, FieldNode):
                inner, sizes = part.selection_set, _sizes(part)
                if sizes:
                    inside = around * max(map(number, sizes))
                    lists, nodes = lists + around, nodes + inside
            more = walk(inner, inside)
            lists, nodes = lists + more[0], nodes + more[1]
        return lists, nodes

    parts = [
        walk(p.selection_set, 1)
        for p in document.definitions
        if isinstance(p, OperationDefinitionNode)
    ]
    return max(1, round(sum(p[0] for p in parts) / 100)), sum(p[1] for p in parts)


def _sizes(part: FieldNode) -> list[ValueNode]:
    return [a.value for a in part.arguments or () if a.name.value in ("first", "last")]
