"""Names of a package that are imported when somebody asks for them, and not before."""

from collections.abc import Callable, Mapping
from importlib import import_module


def later(where: Mapping[str, str]) -> Callable[[str], object]:
    """Return a package's `__getattr__`: each name is found in the module that it is mapped to."""

    def found(name: str) -> object:
        if name not in where:
            raise AttributeError(name)
        value: object = getattr(import_module(where[name]), name)
        return value

    return found
