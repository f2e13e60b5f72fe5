"""The names of locks: a template over the inputs of a flow, checked when the flow is registered."""

import hashlib
import string
from collections.abc import Iterable

from flows.engine.errors import AuthorError
from flows.engine.spec import Flow, Params

LONGEST_NAME = 240
MARK = 16  # characters that tell two long names apart


def check(template: str, fields: Iterable[str]) -> None:
    """Raise AuthorError where a template cannot be filled in from these inputs."""
    known = set(fields)
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise AuthorError(f"The lock {template!r} cannot be read: {error}.") from error
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if form or conversion:
            raise AuthorError(f"The lock {template!r} has more than a name in {{{name}}}.")
        if name not in known:
            has = ", ".join(sorted(known)) or "none"
            raise AuthorError(f"The lock {template!r} names {name!r}; the inputs are {has}.")


def lock_of(flow: Flow, params: Params) -> str:
    """Return the name of the lock that a run with these inputs needs, "" where it needs none."""
    values = {name: getattr(params, name) for name in type(params).model_fields}
    return named(flow.lock.format_map(values))


def named(words: str) -> str:
    """Return a name as it is compared: in small letters, with single spaces, and short enough."""
    name = " ".join(words.casefold().split())
    if len(name) <= LONGEST_NAME:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:MARK]
    return f"{name[: LONGEST_NAME - MARK - 1]}#{mark}"
