"""The models of forms that a run asks people to fill in, by a name that outlives the process."""

import sys
from functools import reduce

from flows.engine.errors import AuthorError
from flows.engine.spec import Params


def name_of(model: type[Params]) -> str:
    """Return the name that finds a model again; raises AuthorError where none does."""
    name = f"{model.__module__}:{model.__qualname__}"
    if model_called(name) is not model:
        raise AuthorError(f"{model.__qualname__} belongs at the top level of the flow's page.")
    return name


def model_called(name: str) -> type[Params] | None:
    """Return the model with this name, where the flows of today have it."""
    module, _, path = name.partition(":")
    found: object = reduce(
        lambda holder, part: getattr(holder, part, None), path.split("."), sys.modules.get(module)
    )
    return found if isinstance(found, type) and issubclass(found, Params) else None
