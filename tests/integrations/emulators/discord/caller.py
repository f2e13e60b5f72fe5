"""Somebody who calls the emulated Discord by plain HTTP, as any bot could."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp

from integrations.emulators.discord import DiscordWorld


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass
class Caller:
    """Calls with the bot's token unless told otherwise."""

    world: DiscordWorld
    session: aiohttp.ClientSession

    async def __call__(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        files: dict[str, bytes] | None = None,
        token: str = "",
    ) -> Answer:
        headers = {"Authorization": f"Bot {token or self.world.token}"}
        sent: dict[str, Any] = {"json": body} if body is not None else {}
        if files:
            form = aiohttp.FormData()
            for number, (name, content) in enumerate(files.items()):
                form.add_field(f"files[{number}]", BytesIO(content), filename=name)
            form.add_field("payload_json", json.dumps(body), content_type="application/json")
            sent = {"data": form}
        url = f"{self.world.base_url}/api/v10{path}"
        async with self.session.request(method, url, headers=headers, **sent) as response:
            shown = await response.json() if response.content_type == "application/json" else None
            return Answer(response.status, shown, response.headers)
