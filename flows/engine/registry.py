"""Every flow there is: a file in a family's folder is enough."""

import hashlib
import inspect
import pkgutil
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TypeAlias, TypeVar, get_type_hints

import flows
from flows.engine import locks, menus, spoken, triggers
from flows.engine.access import Role
from flows.engine.errors import AuthorError
from flows.engine.queues import QUEUES, Weight
from flows.engine.run import ReadRun, Run
from flows.engine.spec import Flow, Params, Shortcut
from flows.report import Report

NOT_FAMILIES = {"analysis", "engine"}

A = TypeVar("A", bound=Params)
R = TypeVar("R", bound=ReadRun)
Body = Callable[[R, A], Awaitable[Report]]
Find: TypeAlias = Callable[[str], Flow | None]


def flow(  # noqa: PLR0913 - each is a line of a flow's page
    *,
    alias: str,
    examples: Sequence[str],
    role: Role = Role.VIEWER,
    approvals: int = 1,
    weight: Weight = "interactive",
    lock: str = "",
    lock_for: timedelta | None = None,
    max_running: int | None = None,
    phrases: Sequence[str] = (),
    shortcuts: Sequence[Shortcut] = (),
    on: Sequence[str] = (),
    every: str = "",
    free: Sequence[str] = (),
    budget: int = 0,
) -> Callable[[Body[R, A]], Body[R, A]]:
    """Register the function below as the flow of its module.

    `alias` is its word in the chat, `role` who may run it, `approvals` how many people must say
    yes to its plans where the project does not say otherwise, `weight` the queue in which its runs
    wait: "batch" where they take minutes, "heavy" where one of them fills a machine. A run holds
    its `lock`, such as `deploy:{repo}`, until it ends, or for `lock_for` once others want it; of
    one project at most `max_running` are played at a time. `phrases` are other ways to ask for it,
    in plain words: `ship {repo}`. `shortcuts` are entries in the menu of every message. Webhooks
    such as `github:pull_request.opened`, named in `on`, start it in projects that want that, and so
    does the clock as `every` says: `daily 2:00 UTC`.
    A plan whose titles all match the globs of `free` needs no yes where the project does not say
    otherwise by `auto_approve`: for what only carries on a plan that had one. `budget` is what a
    run takes at most from the hour's allowance of calls to GitHub, see flows/README.md.
    """

    def register(body: Body[R, A]) -> Body[R, A]:
        module = inspect.getmodule(body)
        if module is None or not module.__doc__:
            raise AuthorError(f"The module of {body} needs a docstring: line 1 is the summary.")
        *_, family, name = module.__name__.split(".")
        if getattr(body, "__name__", "") != name:
            raise AuthorError(f"The function in {module.__name__} must be called {name}.")
        if weight not in QUEUES:
            raise AuthorError(
                f"{module.__name__}: weight {weight!r} is none of {', '.join(QUEUES)}."
            )
        hints = [*get_type_hints(body).values()]
        if len(hints) < 2:  # noqa: PLR2004 - the run, and the inputs
            raise AuthorError(f"{name} must say what it takes: (run: Run, params: its inputs).")
        run, params = hints[:2]
        locks.check(lock, params.model_fields)
        spoken.check(phrases, params.model_fields)
        menus.check(shortcuts, params.model_fields)
        triggers.check(on, params.model_fields, every)
        if lock_for is not None and (not lock or lock_for <= timedelta()):
            raise AuthorError(f"{name}: lock_for needs a lock, and a length of more than nothing.")
        if budget < 0:
            raise AuthorError(f"{name}: budget is a number of calls, not {budget}.")
        if max_running is not None and max_running < 1:
            raise AuthorError(f"{name}: max_running is at least 1, not {max_running}.")
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
            code=_mark(module),
            weight=weight,
            lock=lock,
            lock_for=lock_for,
            max_running=max_running,
            phrases=tuple(phrases),
            shortcuts=tuple(shortcuts),
            on=tuple(on),
            every=every,
            free=tuple(free),
            budget=budget,
        )
        return body

    return register


def _mark(module: ModuleType) -> str:
    """Return what is another where the page is another; "" for what is on no page."""
    page = getattr(module, "__file__", None)
    return hashlib.sha256(Path(page).read_bytes()).hexdigest()[:16] if page else ""


@cache
def catalogue() -> Mapping[str, Flow]:
    """Return all flows by slug, in the order of their names."""
    found = {each.slug: each for each in _found()}
    aliases: dict[str, str] = {}
    for each in found.values():
        other = aliases.setdefault(each.alias, each.slug)
        if other != each.slug:
            raise AuthorError(f"{other} and {each.slug} both want the alias {each.alias!r}.")
    menus.check_all(found.values())
    return dict(sorted(found.items()))


def find(name: str) -> Flow | None:
    """Return the flow with this slug or alias."""
    return _by_name().get(name)


@cache
def _by_name() -> Mapping[str, Flow]:
    known = catalogue().values()
    return {each.slug: each for each in known} | {each.alias: each for each in known}


def _imported(name: str) -> ModuleType:
    """Return a page; raises AuthorError, with the line, for one that cannot be imported."""
    try:
        return import_module(name)
    except AuthorError:
        raise
    except Exception as error:
        *_, last = traceback.extract_tb(error.__traceback__)
        file, line = last.filename, last.lineno
        if isinstance(error, SyntaxError):
            file, line = error.filename or file, error.lineno
        where = f"line {line} of {Path(file).name}"
        why = f"{name} cannot be imported, {where}: {type(error).__name__}: {error}"
        raise AuthorError(why) from error


def _found() -> Iterator[Flow]:
    for family in pkgutil.iter_modules(flows.__path__):
        if not family.ispkg or family.name in NOT_FAMILIES:
            continue
        for folder in flows.__path__:
            for page in pkgutil.iter_modules([str(Path(folder) / family.name)]):
                module = _imported(f"flows.{family.name}.{page.name}")
                spec = getattr(module, "FLOW", None)
                if not isinstance(spec, Flow):
                    raise AuthorError(f"{module.__name__} is in a family but has no @flow.")
                yield spec
