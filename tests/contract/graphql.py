"""A GraphQL schema of a service, to measure queries and answers by."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    validate,
)

PLAIN: dict[str, type | tuple[type, ...]] = {
    "Int": int,
    "Float": (int, float),
    "Boolean": bool,
    "String": str,
    "ID": str,
}


class GraphContract:
    """The official schema, ready to check what is asked and answered."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema

    def misfits(self, query: str, data: object) -> list[str]:
        """Return what is wrong with a query, or with the data that answers it."""
        document = parse(query)
        wrong = [error.message for error in validate(self._schema, document)]
        if wrong or data is None:
            return wrong
        return list(_Answer(self._schema, document).misfits(data))


class _Answer:
    """One answer, read along the query that it answers."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._document = document
        self._fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }

    def misfits(self, data: object) -> Iterator[str]:
        """Yield where the data is not what the schema promises."""
        [operation] = [
            each for each in self._document.definitions if isinstance(each, OperationDefinitionNode)
        ]
        is_query = operation.operation is OperationType.QUERY
        root = self._schema.query_type if is_query else self._schema.mutation_type
        assert root is not None
        yield from self._object(root, operation.selection_set, data, "")

    def _object(
        self, kind: GraphQLNamedType, selected: SelectionSetNode, data: object, path: str
    ) -> Iterator[str]:
        if not isinstance(data, dict):
            yield f"{path}: {data!r} is no {kind.name}"
            return
        named = data.get("__typename")
        concrete = self._schema.type_map.get(named, kind) if isinstance(named, str) else kind
        wanted = dict(self._fields(concrete, selected))
        if isinstance(concrete, GraphQLAbstractType):
            # Which type it is was not asked for: it may be any.
            kinds = self._schema.get_possible_types(concrete)
            allowed = {name for each in kinds for name, _ in self._fields(each, selected)}
        else:
            allowed = set(wanted)
        yield from (f"{path}.{name} was not asked for" for name in data.keys() - allowed)
        for name, node in wanted.items():
            if name not in data:
                yield f"{path}.{name} is missing"
            elif node.name.value != "__typename" and isinstance(concrete, GraphQLObjectType):
                field = concrete.fields[node.name.value]
                yield from self._value(field.type, node, data[name], f"{path}.{name}")

    def _fields(
        self, kind: GraphQLNamedType, selected: SelectionSetNode
    ) -> Iterator[tuple[str, FieldNode]]:
        for node in selected.selections:
            if isinstance(node, FieldNode):
                yield (node.alias or node.name).value, node
                continue
            assert isinstance(node, InlineFragmentNode | FragmentSpreadNode)
            part = (
                self._fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            )
            if part.type_condition is None or self._is_a(kind, part.type_condition.name.value):
                yield from self._fields(kind, part.selection_set)

    def _is_a(self, kind: GraphQLNamedType, name: str) -> bool:
        other = self._schema.type_map[name]
        return kind is other or (
            isinstance(other, GraphQLAbstractType)
            and isinstance(kind, GraphQLObjectType)
            and self._schema.is_sub_type(other, kind)
        )

    def _value(
        self, kind: GraphQLOutputType, node: FieldNode, value: object, path: str
    ) -> Iterator[str]:
        if isinstance(kind, GraphQLNonNull):
            if value is None:
                yield f"{path} is null"
                return
            kind = kind.of_type
        if value is None:
            return
        if isinstance(kind, GraphQLList):
            if not isinstance(value, list):
                yield f"{path}: {value!r} is no list"
                return
            for number, each in enumerate(value):
                yield from self._value(kind.of_type, node, each, f"{path}[{number}]")
        elif node.selection_set:
            assert isinstance(kind, GraphQLNamedType)
            yield from self._object(kind, node.selection_set, value, path)
        elif not _is_leaf(kind, value):
            yield f"{path}: {value!r} is no {kind}"


def _is_leaf(kind: object, value: Any) -> bool:  # noqa: ANN401 - any piece of JSON
    if isinstance(kind, GraphQLEnumType):
        return value in kind.values
    if isinstance(kind, GraphQLScalarType):
        plain = PLAIN.get(kind.name, (str, int, float, bool, dict, list))
        return isinstance(value, plain) and (kind.name != "Int" or not isinstance(value, bool))
    return False
