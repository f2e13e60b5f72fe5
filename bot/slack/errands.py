"""What is done beside a request: no acknowledgement waits for it, and its failure is logged."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from integrations.errors import OutsideError

log = logging.getLogger(__name__)


class Errands:
    """Keeps what was begun until it is done."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something soon."""
        task = asyncio.create_task(_quietly(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except OutsideError as error:
        log.warning("a courtesy in Slack failed: %s", error)
    except Exception:  # nobody waits for it: whom it breaks is our log's alone
        log.exception("a courtesy in Slack broke")
