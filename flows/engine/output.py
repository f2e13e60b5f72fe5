"""What a call returned, on its way into the journal and back."""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, TypeVar, cast, get_type_hints

import msgspec

from flows.engine.errors import AuthorError, Outdated

T = TypeVar("T")


def encoded(title: str, value: object) -> bytes:
    """Return the JSON of a result; raises AuthorError where there is none."""
    try:
        return msgspec.json.encode(value)
    except TypeError as error:
        raise AuthorError(f"The result of {title!r} cannot be stored as JSON: {error}") from error


def decoded(call: Callable[..., Awaitable[T]], output: bytes) -> T:
    """Return what this call had returned; raises Outdated where it returns something else now."""
    try:
        return cast("T", decoder(call).decode(output))
    except msgspec.DecodeError as error:
        raise Outdated(str(error)) from error


def decoder(call: Callable[..., Any]) -> msgspec.json.Decoder[Any]:
    """Return what reads a call's results back; raises AuthorError where nobody knows their type."""
    function = getattr(call, "func", call)
    return _decoder_of(getattr(function, "__func__", function))


@cache
def _decoder_of(function: Callable[..., Any]) -> msgspec.json.Decoder[Any]:
    returns = get_type_hints(function).get("return", AuthorError)
    if returns is AuthorError:
        raise AuthorError(f"{function.__qualname__} needs a return type to be used in a step.")
    return msgspec.json.Decoder(returns)
