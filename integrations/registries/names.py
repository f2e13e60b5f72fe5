"""Names of packages: which may exist at all, how each registry spells them, and their addresses."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from integrations.errors import NotFound
from integrations.registries.models import Ecosystem

LONGEST = 214  # npm's limit, the largest of all that are set
SHOWN = 60
_RUNS = re.compile(r"[-_.]+")
_CAPITAL = re.compile(r"[A-Z]")
_ELEMENT = r"[\w~-](?:[\w.~-]*[\w~-])?"
_FORMS: Mapping[Ecosystem, re.Pattern[str]] = {
    "PyPI": re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"),
    "npm": re.compile(r"(?:@[\w~-][\w.~-]*/)?[\w~-][\w.~!'()*-]*", re.ASCII),
    "Go": re.compile(rf"{_ELEMENT}(?:/{_ELEMENT})*", re.ASCII),
    "crates.io": re.compile(r"[A-Za-z][\w-]{0,63}", re.ASCII),
}


def normalised(ecosystem: str, name: str) -> str:
    """Return the one spelling under which a registry keeps a package."""
    return _RUNS.sub("-", name).lower() if ecosystem == "PyPI" else name


def checked(ecosystem: Ecosystem, name: str) -> str:
    """Return the normalised name; raise `NotFound` where no package can be called so."""
    if len(name) > LONGEST or not _FORMS[ecosystem].fullmatch(name):
        raise NotFound(f"No package of {ecosystem} can be called {name[:SHOWN]!r}.")
    return normalised(ecosystem, name)


def escaped(name: str) -> str:
    """Return a name as one segment of an address."""
    return quote(name, safe="@")


def go_path(text: str) -> str:
    """Return a module's path or version for the proxy, where `!a` stands for a capital A."""
    return quote(_CAPITAL.sub(lambda found: f"!{found[0].lower()}", text), safe="/!")
