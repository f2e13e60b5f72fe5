"""Making and removing: what every write that is safe to repeat has in common."""

from typing import TypeVar

from integrations.errors import NotFound, Refused
from integrations.linear import wire
from integrations.linear.topic import Topic

T = TypeVar("T", bound=wire.Wire)


class Making(Topic):
    """What is made has an id of ours, so that the second time finds it."""

    async def _make(self, mutation: str, given: dict[str, object], query: str, shape: type[T]) -> T:
        """Create what is not there; where somebody was faster, that is it."""
        try:
            await self._api.change(mutation, input=given)
        except Refused:
            found = await self._api.optional(query, shape, id=given["id"])
            if found is None:
                raise
            return found
        return await self._api.one(query, shape, id=given["id"])

    async def _gone(self, mutation: str, thing: str) -> None:
        try:
            await self._api.change(mutation, id=thing)
        except NotFound:
            return  # that is what was wanted
