"""What the parts of the client have in common: one connection."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.github.api import GitHubApi


class Topic:
    """A part of the client, by what it is about."""

    def __init__(self, api: "GitHubApi") -> None:
        self._api = api
