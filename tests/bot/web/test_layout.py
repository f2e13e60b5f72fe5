"""What every page has in common: its times read as people and as machines say them."""

from datetime import timedelta

import httpx

from tests.bot.web.conftest import Story
from tests.bot.web.wire import NOW


async def test_times_are_absolute_and_relative(browser: httpx.AsyncClient, story: Story) -> None:
    """A moment is machine-readable, absolute in UTC and relative, without any script."""
    run = await story.run("r1", ago=180)
    assert run.created_at == NOW - timedelta(minutes=3)
    page = (await browser.get("/runs/r1")).text
    moment = 'datetime="2026-03-04T15:27:00.000Z"'
    assert f'<time {moment} title="4 Mar 2026, 15:27:00 UTC">3 min ago</time>' in page
    assert f"<time {moment} data-absolute>4 Mar 2026, 15:27:00 UTC</time>" in page
