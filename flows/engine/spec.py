"""The decorator that turns an async function into a flow."""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict

from flows.engine.access import Role
from flows.engine.errors import AuthorError
from flows.engine.run import ReadRun, Run
from flows.report import Report


class Params(BaseModel):
    """The inputs of a flow; each field has a description, and its type is the form."""

    model_config = ConfigDict(frozen=True, extra="forbid")


A = TypeVar("A", bound=Params)
R = TypeVar("R", bound=ReadRun)
Body = Callable[[R, A], Awaitable[Report]]


@dataclass(frozen=True, slots=True)
class Flow:
    slug: str
    alias: str
    family: str
    summary: str
    params: type[Params]
    writes: bool
    role: Role
    approvals: int
    examples: tuple[str, ...]
    body: Callable[[Any, Any], Awaitable[Report]]


def flow(
    *, alias: str, examples: Sequence[str], role: Role = Role.VIEWER, approvals: int = 1
) -> Callable[[Body[R, A]], Body[R, A]]:
    """Register the function below as the flow of its module.

    `alias` is its word in the chat, `role` who may run it, `approvals` how many people must say
    yes to its plans where the project does not say otherwise.
    """

    def register(body: Body[R, A]) -> Body[R, A]:
        module = inspect.getmodule(body)
        if module is None or not module.__doc__:
            raise AuthorError(f"The module of {body} needs a docstring: line 1 is the summary.")
        *_, family, name = module.__name__.split(".")
        if getattr(body, "__name__", "") != name:
            raise AuthorError(f"The function in {module.__name__} must be called {name}.")
        run, params = list(get_type_hints(body).values())[:2]
        module.__dict__["FLOW"] = Flow(
            slug=name.replace("_", "-"),
            alias=alias,
            family=family,
            summary=module.__doc__.splitlines()[0],
            params=params,
            writes=issubclass(run, Run),
            role=role,
            approvals=approvals,
            examples=tuple(examples),
            body=body,
        )
        return body

    return register
