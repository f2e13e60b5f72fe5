"""Who holds which lock can be read on a page, in the API, and on the page of a run."""

from datetime import timedelta

import httpx

from storage import locks
from storage.database import Database
from tests.bot.web.conftest import ADA, BEN, Story
from tests.bot.web.wire import NOW

NAME = "deploy:acme/api:<b>production</b>"


async def hold(database: Database) -> None:
    """Let ada's run r1 hold a lock for 4 hours; ben and his run r2 wait for it."""
    async with database.begin() as connection:
        await locks.wish(
            connection, NAME, ADA, NOW, run_id="r1", reason="release", lasts=timedelta(hours=4)
        )
        [wish] = await locks.line(connection, NAME)
        await locks.grant(connection, wish, NOW)
        await locks.wish(connection, NAME, BEN, NOW, reason="The <i>leak</i>")
        await locks.wish(connection, NAME, BEN, NOW, run_id="r2", reason="release acme/api")


async def test_the_page_shows_the_holder_and_the_line(
    browser: httpx.AsyncClient, database: Database
) -> None:
    """Names and reasons are text."""
    await hold(database)

    page = (await browser.get("/locks")).text

    assert "deploy:acme/api:&lt;b&gt;production&lt;/b&gt;" in page
    assert "The &lt;i&gt;leak&lt;/i&gt;" in page
    assert page.index("/runs/r1") < page.index("leak") < page.index("/runs/r2")
    assert 'datetime="2026-03-04T19:30:00.000Z"' in page
    assert '<a href="/locks" aria-current="page">Locks</a>' in page


async def test_a_bot_without_locks_says_how_to_make_one(browser: httpx.AsyncClient) -> None:
    """In the words of the chat."""
    assert "/flow help lock" in (await browser.get("/locks")).text
    assert (await browser.get("/api/v1/locks")).json() == []


async def test_the_api_lists_them(browser: httpx.AsyncClient, database: Database) -> None:
    """Each with who holds it and its line."""
    await hold(database)

    [entry] = (await browser.get("/api/v1/locks")).json()

    assert (entry["name"], entry["until"]) == (NAME, "2026-03-04T19:30:00Z")
    assert (entry["holder"]["by"], entry["holder"]["run_id"]) == ("ada", "r1")
    assert [(each["by"], each["run_id"]) for each in entry["line"]] == [
        ("ben", None),
        ("ben", "r2"),
    ]


async def test_the_page_of_a_run_shows_its_lock(
    browser: httpx.AsyncClient, database: Database, story: Story
) -> None:
    """What it holds, or where it is in the line."""
    for name in ("r1", "r2", "r3"):
        await story.run(name)
    await hold(database)

    pages = [(await browser.get(f"/runs/{name}")).text for name in ("r1", "r2", "r3")]

    assert "It holds deploy:acme/api:" in pages[0]
    assert "until 19:30 UTC" in pages[0]
    assert "2nd in the line for deploy:acme/api:" in pages[1]
    assert "All locks" not in pages[2]
