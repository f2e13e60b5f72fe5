"""What callers and emulated services say to each other, for whoever listens at this log."""

import logging
from typing import Any, NamedTuple

log = logging.getLogger(__name__)


class Exchange(NamedTuple):
    """One request and its answer; bodies are JSON, or None where there was none."""

    service: str
    method: str
    path: str
    query: str
    sent: Any
    status: int
    answer: Any


def tell(exchange: Exchange) -> None:
    """Write an exchange to the log, where somebody wants to know that much."""
    if log.isEnabledFor(logging.DEBUG):
        shown = f"{exchange.path}?{exchange.query}" if exchange.query else exchange.path
        line = "%s: %s %s → %s"
        said = (exchange.service, exchange.method, shown, exchange.status)
        log.debug(line, *said, extra={"exchange": exchange})
