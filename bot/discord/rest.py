"""Discord's REST API: one call at a time, within its limits, its failures explained."""

import json
from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from http import HTTPStatus
from io import BytesIO
from time import time
from typing import Any

import aiohttp

from bot.discord.failures import code_of, explain, trouble
from bot.discord.render import Json, Upload
from bot.discord.troubles import LocalTroubles, Troubles
from bot.discord.turns import Turn, Turns, route_of, told_by
from bot.standing import Trouble
from integrations.errors import Transient
from integrations.meter import permit

API = "https://discord.com/api/v10"
PATIENCE = 30.0
AGENT = {"User-Agent": "DiscordBot (flowbot, 1)"}


class Rest:
    """Calls with the bot's token, each in its turn; it never repeats a call by itself."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: str,
        base_url: str = API,
        turns: Turns | None = None,
        troubles: Troubles | None = None,
    ) -> None:
        self.token = token
        self.base_url = base_url.rstrip("/")
        self.troubles = troubles or LocalTroubles()
        self.trouble: Trouble | None = None
        self._session = session
        self._turns = turns or Turns()

    async def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        files: Sequence[Upload] = (),
        write: bool = True,
        fine: AbstractSet[int] = frozenset(),
        urgent: bool = True,
    ) -> Any:  # noqa: ANN401 - any JSON
        """Return the answer; None where Discord's error is one of those that are `fine`."""
        size = len(json.dumps(body)) + sum(len(each.content) for each in files)
        permit(write=write)
        async with self._turns.turn(route_of(method, path), urgent=urgent) as turn:
            permit(write=write).count("discord", size)  # waiting may have cost us the right to it
            status, answer = await self._call(method, path, body, files, turn)
        if status < HTTPStatus.BAD_REQUEST:
            return answer
        if code_of(answer) in fine and status != HTTPStatus.TOO_MANY_REQUESTS:
            return None
        await self.troubles.count(trouble(status, answer))
        error = explain(status, answer)
        if write:
            self.trouble = Trouble(str(error), time())
        raise error

    async def _call(
        self, method: str, path: str, body: object, files: Sequence[Upload], turn: Turn
    ) -> tuple[int, Any]:
        headers = AGENT | {"Authorization": f"Bot {self.token}"}
        try:
            async with self._session.request(
                method, self.base_url + path, headers=headers, **_sent(body, files)
            ) as response:
                turn.told = told_by(response.status, response.headers)
                is_empty = response.status == HTTPStatus.NO_CONTENT
                return response.status, None if is_empty else await _answer(response)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise Transient("Discord cannot be reached right now.") from error


@asynccontextmanager
async def open_rest(
    token: str, base_url: str = API, turns: Turns | None = None, troubles: Troubles | None = None
) -> AsyncIterator[Rest]:
    """Open the API with one session for all calls."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(
        timeout=timeout, trust_env=base_url.startswith("https://")
    ) as session:
        yield Rest(session, token, base_url, turns, troubles)


def _sent(body: object, files: Sequence[Upload]) -> Json:
    if not files:
        return {} if body is None else {"json": body}
    form = aiohttp.FormData()
    form.add_field("payload_json", json.dumps(body), content_type="application/json")
    for number, file in enumerate(files):
        form.add_field(f"files[{number}]", BytesIO(file.content), filename=file.name)
    return {"data": form}


async def _answer(response: aiohttp.ClientResponse) -> Any:  # noqa: ANN401 - any JSON
    try:
        return await response.json(content_type=None)
    except ValueError:
        return None
