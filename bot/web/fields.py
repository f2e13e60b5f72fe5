"""The parameters of a flow in words, from the fields of its pydantic model."""

import types
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from flows.engine.spec import Params

WORDS = {str: "text", int: "whole number", float: "number", bool: "yes or no"}


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter: `default` is empty where a value has to be given."""

    name: str
    kind: str
    description: str
    required: bool
    default: str
    examples: tuple[str, ...]


def fields_of(params: type[Params]) -> list[Field]:
    """Return the parameters of a flow in the order in which they are declared."""
    return [
        Field(
            name=name,
            kind=kind_of(field.annotation),
            description=field.description or "",
            required=field.is_required(),
            default="" if field.is_required() else _shown(field.get_default()),
            examples=tuple(str(each) for each in field.examples or ()),
        )
        for name, field in params.model_fields.items()
    ]


def kind_of(annotation: Any) -> str:  # noqa: ANN401 - any annotation there is
    """Return what may be typed for an annotation: `patch, minor or major`, `whole number`."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind_of(inside[0])
    if origin is Literal:
        words = [str(each) for each in inside]
    elif origin in (Union, types.UnionType):
        words = [kind_of(each) for each in inside if each is not type(None)]
    elif origin in (list, tuple, set, frozenset):
        words = [f"list of {kind_of(inside[0])}"]
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        words = [str(each.value) for each in annotation]
    else:
        words = [WORDS.get(annotation) or str(getattr(annotation, "__name__", annotation)).lower()]
    return _either(words)


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case None | "" | () | [] | 0:
            return "none"
        case Enum():
            return str(value.value)
        case _:
            return str(value)
