"""What a caller may use: leaky buckets, and the weight of an operation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)

from integrations.emulators.linear.lists import USUAL

PERIOD = timedelta(hours=1)
MOST_COMPLEX = 10_000
PROPERTY, OBJECT = 0.1, 1.0


@dataclass(slots=True)
class Allowance:
    """So much an hour; what was used flows back evenly."""

    limit: int
    used: float = 0
    at: datetime | None = None

    def look(self, now: datetime) -> None:
        """Let flow back what has since the last look."""
        if self.at is not None and now > self.at:
            self.used = max(0.0, self.used - self.limit * ((now - self.at) / PERIOD))
        self.at = now

    def take(self, amount: float) -> bool:
        """Use some; False where that is more than is left."""
        if self.used + amount > self.limit:
            return False
        self.used += amount
        return True

    @property
    def remaining(self) -> int:
        return max(0, int(self.limit - self.used))

    def reset(self, now: datetime) -> datetime:
        """Return when everything has flowed back."""
        return now + PERIOD * (self.used / self.limit if self.limit else 1)


def weigh(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> int:
    """Return the complexity of an operation: a list weighs what one of it does, times its size."""
    scale = _Scale(document, variables)
    weight = sum(
        scale.selected(part.selection_set, schema.get_root_type(part.operation))
        for part in document.definitions
        if isinstance(part, OperationDefinitionNode)
    )
    return ceil(round(weight, 6))  # tenths add up to a little more than they are


class _Scale:
    """Weighs the parts of one document."""

    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._fragments = {
            part.name.value: part.selection_set
            for part in document.definitions
            if isinstance(part, FragmentDefinitionNode)
        }

    def selected(self, selection: SelectionSetNode | None, kind: object) -> float:
        if selection is None or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            return 0.0
        return sum((self._part(part, kind) for part in selection.selections), 0.0)

    def _part(self, part: SelectionNode, kind: GraphQLObjectType | GraphQLInterfaceType) -> float:
        if isinstance(part, FragmentSpreadNode):
            return self.selected(self._fragments[part.name.value], kind)
        if isinstance(part, InlineFragmentNode):
            return self.selected(part.selection_set, kind)
        if not isinstance(part, FieldNode) or part.selection_set is None:
            return PROPERTY
        inner = get_named_type(kind.fields[part.name.value].type)
        inside = self.selected(part.selection_set, inner)
        return self._size(part) * inside if inner.name.endswith("Connection") else OBJECT + inside

    def _size(self, part: FieldNode) -> int:
        """Return how many a list may have."""
        for argument in part.arguments or ():
            if argument.name.value in ("first", "last"):
                return self._number(argument.value)
        return USUAL

    def _number(self, value: ValueNode) -> int:
        if isinstance(value, VariableNode):
            given = self._variables.get(value.name.value)
            return given if isinstance(given, int) else USUAL
        return int(value.value) if isinstance(value, IntValueNode) else USUAL
