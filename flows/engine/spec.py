"""What a flow is: its names, its inputs, its rules and its function."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict

from flows.engine.access import Role
from flows.engine.queues import Weight
from flows.report import Report


class Params(BaseModel):
    """The inputs of a flow; each field has a description, and its type is the form."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An entry in the menu of every message, which opens the form of the flow, filled in from it.

    `text` is the input that takes what the message says, `link` its address, `author` who wrote
    it; "" where none does.
    """

    label: str
    text: str = ""
    link: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """One entry of the catalogue; `body` takes the run and the params.

    `code` marks the text of its page: where it is another, so is the flow.
    `lock` is a template of the lock that a run holds, for at most `lock_for` while others want it;
    `max_running` is how many runs of one project are played at a time. `phrases` ask for it in
    plain words, with inputs in braces; `shortcuts` start it from a message; webhooks that are named
    in `on`, and the clock as `every` says, where a project wants that. Changes whose titles match
    `free` need no yes, unless a project says otherwise: they only carry on what an earlier plan has
    shown. `budget` is what a run takes at most from the hour's allowance of calls to GitHub; 0
    where it asks GitHub nothing.
    """

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
    code: str = ""
    weight: Weight = "interactive"
    lock: str = ""
    lock_for: timedelta | None = None
    max_running: int | None = None
    phrases: tuple[str, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    on: tuple[str, ...] = ()
    every: str = ""
    free: tuple[str, ...] = ()
    budget: int = 0
