"""The overview says how queues and workers stand, and what is missing."""

import re
from datetime import timedelta

import httpx

from bot.lines import QueueLook
from tests.bot.web.wire import Line


async def test_the_overview_shows_queue_workers_and_quotas(browser: httpx.AsyncClient) -> None:
    """The machinery is one line, the allowances follow with what is left of them."""
    page = (await browser.get("/")).text
    assert re.search(
        r"<dt>queue interactive</dt><dd>3\s+<small>first for 4\.0 s</small></dd>", page
    )
    assert "4,210 of 5,000 left, refilled" in page
    assert "No worker has shown itself" not in page


async def test_the_overview_tells_when_no_worker_is_there(
    browser: httpx.AsyncClient, line: Line
) -> None:
    """A bot without a worker accepts requests and does nothing: people are told the remedy."""
    line.names = {}
    assert "python -m bot worker" in (await browser.get("/")).text


async def test_the_overview_shows_what_each_worker_plays(browser: httpx.AsyncClient) -> None:
    """By queue, with how much room there is; one that only sends says so."""
    page = re.sub(r"<[^>]+>|\s+", " ", (await browser.get("/")).text)
    assert re.search(r"worker-1 +interactive 2 of 50, delivery, started +2 h ago", page)


async def test_the_overview_tells_which_queue_nobody_serves(
    browser: httpx.AsyncClient, line: Line
) -> None:
    """Only where somebody waits there, and with the command that helps."""
    assert "No worker serves" not in (await browser.get("/")).text
    line.looks["heavy"] = QueueLook(1, timedelta(seconds=1), 0)
    assert "python -m bot worker --queues heavy<" in (await browser.get("/")).text
