"""Every flow there is: a file in a family's folder is enough."""

import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

import flows
from flows.engine.errors import AuthorError
from flows.engine.spec import Flow

NOT_FAMILIES = {"analysis", "engine"}


@cache
def catalogue() -> Mapping[str, Flow]:
    """Return all flows by slug, in the order of their names."""
    found = {each.slug: each for each in _found()}
    aliases: dict[str, str] = {}
    for each in found.values():
        other = aliases.setdefault(each.alias, each.slug)
        if other != each.slug:
            raise AuthorError(f"{other} and {each.slug} both want the alias {each.alias!r}.")
    return dict(sorted(found.items()))


def find(name: str) -> Flow | None:
    """Return the flow with this slug or alias."""
    known = catalogue()
    return known.get(name) or next((each for each in known.values() if each.alias == name), None)


def _found() -> Iterator[Flow]:
    for family in pkgutil.iter_modules(flows.__path__):
        if not family.ispkg or family.name in NOT_FAMILIES:
            continue
        for folder in flows.__path__:
            for page in pkgutil.iter_modules([str(Path(folder) / family.name)]):
                module = import_module(f"flows.{family.name}.{page.name}")
                spec = getattr(module, "FLOW", None)
                if not isinstance(spec, Flow):
                    raise AuthorError(f"{module.__name__} is in a family but has no @flow.")
                yield spec
