"""What is given for the inputs of a flow, as its model takes it; and what helps where it does not.

The same for a command, a form and the API.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from bot.catalogue import choices, near
from bot.words import quoted
from flows.engine.spec import Params

A = TypeVar("A", bound=Params)

NEEDED = "This is needed."
_LISTS = (list, tuple, set, frozenset)
_DECIMAL = re.compile(r"-?\d+,\d+")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")  # as Germans write it
_WANTED = {
    "int_parsing": "take a whole number",
    "int_from_float": "take a whole number",
    "float_parsing": "take a number",
    "bool_parsing": "take yes or no",
    "date_from_datetime_parsing": "take a day, such as 2026-01-31",
    "date_from_datetime_inexact": "take a day, such as 2026-01-31",
}


def filled(model: type[A], given: Mapping[str, Any]) -> A | dict[str, str]:
    """Return what these values make, or one helpful sentence for each that does not fit."""
    missing = {
        name: NEEDED
        for name, info in model.model_fields.items()
        if info.is_required() and name not in given
    }
    if missing:
        return missing
    try:
        return model.model_validate(values(model, given))
    except ValidationError as error:
        return problems(model, error)


def problems(model: type[Params], error: ValidationError) -> dict[str, str]:
    """Return one helpful sentence per parameter that does not fit."""
    found: dict[str, str] = {}
    for each in error.errors(include_url=False, include_context=True):
        name = str(each["loc"][0]) if each["loc"] else ""
        info = model.model_fields.get(name)
        value = quoted(str(each["input"]))
        known = choices(info) if info else ()
        reason = each.get("ctx", {}).get("error")
        if known or each["type"] in _WANTED:
            wanted = f"take {either(known)}" if known else _WANTED[each["type"]]
            meant = near(str(each["input"]), dict.fromkeys(known)) if known else []
            hint = f" Did you mean {meant[0]}?" if meant else ""
            sentence = f"{name} cannot be {value}: {wanted}.{hint}"
        elif reason is not None:
            sentence = f"{name}: {str(reason).rstrip('.')}."
        else:
            sentence = f"{name} cannot be {value}: {each['msg'][:1].lower()}{each['msg'][1:]}."
        found.setdefault(name, sentence)
    return found


def values(model: type[Params], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as the model takes them: a list falls apart at commas, #12 is number 12.

    Words that a parameter takes may be in capitals, and a day may come first in its date.
    """
    made = {
        name: _value(model, name, value) if isinstance(value, str) else value
        for name, value in given.items()
        if value != ""
    }
    for name in lists_of(model) & made.keys():
        if isinstance(made[name], str):
            parts = map(str.strip, made[name].split(","))
            made[name] = [each for each in parts if each]
    return made


@cache
def lists_of(model: type[Params]) -> frozenset[str]:
    """Return the inputs that take several values."""
    fields = model.model_fields.items()
    return frozenset(name for name, info in fields if get_origin(info.annotation) in _LISTS)


def _value(model: type[Params], name: str, value: str) -> str:
    kind, words = _kinds(model).get(name, (None, {}))
    if kind is int:
        return value.lstrip("#")
    if kind is float and _DECIMAL.fullmatch(value):
        return value.replace(",", ".")
    if kind is date and (found := _DAY_FIRST.fullmatch(value)):
        return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}"
    return words.get(value.lower(), value)


@cache
def _kinds(model: type[Params]) -> Mapping[str, tuple[object, Mapping[str, str]]]:
    """Return the type of each input, with its words by what they are in small letters."""
    return {
        name: (_kind(info), {each.lower(): each for each in choices(info)})
        for name, info in model.model_fields.items()
    }


def _kind(info: FieldInfo) -> object:
    """Return the type of an input, without the None that it may also be."""
    kinds = [each for each in get_args(info.annotation) if each is not type(None)]
    return kinds[0] if len(kinds) == 1 else info.annotation


def either(words: tuple[str, ...], last: str = "or") -> str:
    """Return `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"
