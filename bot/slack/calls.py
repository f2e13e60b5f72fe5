"""Calls of Slack's Web API: at its pace, with errors explained, in blocks that it takes."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from time import time
from typing import Any, TypeAlias

from slack_sdk.errors import SlackApiError

from bot.pace import Pace, Short
from bot.slack.budgets import budget_of
from bot.slack.failures import code_of, explained
from bot.slack.inline import Json
from bot.slack.newer import newer_in, plainer
from bot.standing import Trouble
from integrations.errors import OutsideError, Transient
from integrations.meter import permit

log = logging.getLogger(__name__)

Method: TypeAlias = Callable[..., Awaitable[Any]]
NOT_TAKEN = "invalid_blocks"


class Calls:
    """Makes the calls of one workspace; learns which of the newer blocks it takes."""

    def __init__(self, pace: Pace | None, times: float) -> None:
        self._pace = pace
        self._times = times
        self.trouble: Trouble | None = None
        self._taken: set[str] = set()
        self._refused: set[str] = set()

    def settled(self, blocks: list[Json]) -> list[Json] | None:
        """Return blocks that this workspace surely takes; None while that is not known."""
        plain = plainer(blocks, self._refused)
        return plain if newer_in(plain) <= self._taken else None

    async def paced(
        self,
        method: Method,
        arguments: Json,
        name: str,
        *,
        urgent: bool = True,
        write: bool = True,
        fine: AbstractSet[str] = frozenset(),
    ) -> Mapping[str, Any]:
        """Call once there is room for it, for everybody who shares the pace; else raise Short."""
        if self._pace is None:
            return await self.call(method, arguments, write=write, fine=fine)
        verb = getattr(method, "__name__", "")
        budget = budget_of(verb, arguments.get("channel", ""), self._times)
        if wait := await self._pace.wait(budget, f"{verb}:{name}", urgent=urgent):
            raise Short(wait)
        try:
            return await self.call(method, arguments, write=write, fine=fine)
        except Transient as error:
            if error.retry_after:  # Slack says so only where it was asked too often
                await self._pace.bar(budget, error.retry_after)
            raise

    async def call(
        self,
        method: Method,
        arguments: Json,
        *,
        write: bool = True,
        fine: AbstractSet[str] = frozenset(),
    ) -> Mapping[str, Any]:
        """Call the Web API; errors in `fine` come back as an answer with `ok: false`."""
        try:
            with explained():
                return await self._answer(method, arguments, write=write, fine=fine)
        except OutsideError as error:
            if write:
                self.trouble = Trouble(str(error), time())
            raise

    async def _answer(
        self, method: Method, arguments: Json, *, write: bool, fine: AbstractSet[str]
    ) -> Mapping[str, Any]:
        try:
            answer = await self._tried(method, arguments, write=write)
        except SlackApiError as error:
            if code_of(error.response) in fine:
                return {"ok": False, "error": code_of(error.response)}
            raise
        return answer.data if isinstance(answer.data, dict) else {}

    async def _tried(self, method: Method, arguments: Json, *, write: bool) -> Any:  # noqa: ANN401 - the SDK's answer
        """Call with the newest blocks, and with plain ones where this workspace takes no others."""
        if not (blocks := arguments.get("blocks")):
            return await _made(method, arguments, write=write)
        newest = plainer(blocks, self._refused)
        newer = newer_in(newest)
        try:
            answer = await _made(method, arguments | {"blocks": newest}, write=write)
        except SlackApiError as error:
            if code_of(error.response) != NOT_TAKEN or not newer:
                raise
            # A block that is refused for another reason is refused in plain, too.
            answer = await _made(method, arguments | {"blocks": plainer(newest)}, write=write)
            self._refused |= newer
            log.info("this workspace takes no %s blocks yet: it gets plain ones", ", ".join(newer))
        else:
            self._taken |= newer
        return answer


async def _made(method: Method, arguments: Json, *, write: bool) -> Any:  # noqa: ANN401 - the SDK's answer
    permit(write=write).count("slack", len(json.dumps(arguments)))
    return await method(**arguments)
