"""Where something lives on GitHub: a checked repository name as a path, an owner and an error."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from integrations.errors import Refused

# Enterprise logins have underscores; repositories may not be called "." or "..".
_REPO = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,99})/((?!\.{1,2}\Z)[A-Za-z0-9._-]{1,100})")
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Place:
    """The start of a path in the API, and whose sign-in opens it."""

    path: str = ""
    owner: str = ""
    name: str = ""

    @property
    def scope(self) -> str:
        """Whose sign-in it is: `owner/name`, or nobody's in particular."""
        return f"{self.owner}/{self.name}".rstrip("/")

    @property
    def missing(self) -> dict[int, str]:
        if not self.owner:
            return {}
        kind = "repository" if self.name else "organisation"
        text = f"GitHub has no {kind} {self.scope}, or this bot may not see it."
        return {404: text, 410: text}


ANYWHERE = Place()


def place(repo: str) -> Place:
    """Return the place of `owner/name`; anything else is refused before a request is made."""
    match = _REPO.fullmatch(repo)
    if not match:
        shown = repo if len(repo) <= SHOWN else repo[:SHOWN] + "…"
        raise Refused(f"Write the repository as owner/name, like acme/api; {shown!r} is not one.")
    owner, name = match.groups()
    return Place(f"/repos/{owner}/{name}", owner, name)


def organization(name: str) -> Place:
    """Return the place of an organisation; what cannot be one is refused."""
    if not _REPO.fullmatch(f"{name}/x"):
        shown = name if len(name) <= SHOWN else name[:SHOWN] + "…"
        raise Refused(f"Write the organisation as acme; {shown!r} is not one.")
    return Place(f"/orgs/{name}", name)


def quoted(text: str) -> str:
    """Return `text` as one segment of a path."""
    if text in {"", ".", ".."}:
        raise Refused(f"{text!r} is no name that GitHub could know.")
    return quote(text, safe="")


def quoted_path(path: str) -> str:
    """Return the path of a file with each segment quoted; it cannot climb out."""
    return "/".join(quoted(segment) for segment in path.split("/"))
