"""What the parts of the client have in common: one connection."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from integrations.linear.api import LinearApi


class Topic:
    """A part of the client, by what it is about."""

    def __init__(self, api: "LinearApi") -> None:
        self._api = api
