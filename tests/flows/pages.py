"""Flows that are only there for tests: what a page declares, in one line."""

from collections.abc import Awaitable, Callable
from typing import Any

from flows.engine.access import Role
from flows.engine.spec import Flow, Params
from flows.report import Report


def page(
    name: str,
    params: type[Params],
    body: Callable[[Any, Any], Awaitable[Report]],
    *,
    example: str = "",
    writes: bool = False,
    role: Role = Role.OPERATOR,
) -> Flow:
    """Return a flow of this name; what writes asks for one yes."""
    return Flow(
        slug=name,
        alias=name,
        family="development",
        summary=f"Try {name}.",
        params=params,
        writes=writes,
        role=role,
        approvals=int(writes),
        examples=(example or name,),
        body=body,
    )
