"""Who holds which lock can be read on a page, in the API, and on the page of a run."""

from datetime import timedelta
from html import escape

import httpx
import pytest

from bot.passes import Passes
from storage import locks
from storage.database import Database
from tests.bot.web.conftest import ADA, BEN, Story
from tests.bot.web.people import ADA as ADA_HERSELF
from tests.bot.web.people import BEN as BEN_HIMSELF
from tests.bot.web.people import CAT, seated
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


async def test_a_lock_is_taken_and_let_go_by_forms(
    browser: httpx.AsyncClient, passes: Passes
) -> None:
    """Each leads back to the page, which says what came of it."""
    ada = seated(browser, passes, ADA_HERSELF)
    took = await ada.send("/locks", name="deploy:acme/api:x", reason="A leak", **{"for": "2 h"})

    assert (took.status_code, took.headers["location"]) == (303, "/locks")
    page = (await browser.get("/locks")).text
    assert "You hold deploy:acme/api:x until 17:30 UTC." in page
    assert "A leak" in page
    assert "Take it from" not in page

    await ada.send("/locks/unlock", name="deploy:acme/api:x")
    assert "deploy:acme/api:x is unlocked: nobody holds it." in (await browser.get("/locks")).text


async def test_who_finds_a_lock_taken_waits_is_told_or_takes_it(
    browser: httpx.AsyncClient, passes: Passes, database: Database, story: Story
) -> None:
    """The form of the line knows the name already."""
    await story.run("r1", state="waiting")
    await story.run("r2", state="waiting", actor=BEN)
    await hold(database)
    ada = seated(browser, passes, ADA_HERSELF)
    page = (await browser.get("/locks")).text
    assert "The run that holds it is stopped." in page
    assert "Unlock" not in page
    form = (await browser.get("/locks", params={"name": NAME})).text
    assert 'name="name" value="deploy:acme/api:&lt;b&gt;production&lt;/b&gt;" required' in form

    await ada.send("/locks/notify-me", name=NAME)
    assert "You get a message when it is free." in (await browser.get("/locks")).text
    await ada.send("/locks", name=NAME, reason="After you")
    page = (await browser.get("/locks")).text
    assert "You are 3rd in the line" in page
    assert "Leave the line" in page

    ben = seated(browser, passes, BEN_HIMSELF)
    await ben.send("/locks/steal", name=NAME, reason="The fix has to go out")
    page = (await browser.get("/locks")).text
    assert "your own run has it first" in page
    assert "Unlock" in page


async def test_who_has_lent_a_lock_can_unlock_it(
    browser: httpx.AsyncClient, passes: Passes, database: Database
) -> None:
    """They are not in the line like the others."""
    async with database.begin() as connection:
        await locks.wish(connection, NAME, ADA, NOW, reason="Mine")
        [own] = await locks.line(connection, NAME)
        await locks.lend(connection, own)
        await locks.wish(connection, NAME, ADA, NOW, run_id="r1", reason="release")
        await locks.grant(connection, (await locks.line(connection, NAME))[-1], NOW)
    seated(browser, passes, ADA_HERSELF)

    page = (await browser.get("/locks")).text

    assert "Unlock" in page
    assert "Leave the line" not in page


@pytest.mark.parametrize(
    ("path", "typed", "status", "says"),
    [
        ("", {"name": "  ", "reason": "A leak"}, 422, "Say which lock"),
        ("", {"name": "x", "reason": ""}, 422, "Say why"),
        ("", {"name": "x", "reason": "A leak", "for": "soon"}, 422, "is no length of time"),
        ("/unlock", {"name": "x"}, 404, "there is nothing to unlock"),
        ("/unlock", {"name": NAME}, 409, "ends that run"),
        ("/steal", {"name": NAME, "reason": ""}, 422, "Say why"),
        ("/steal", {"name": NAME, "reason": "y" * 501}, 422, "Say why"),
        ("/notify-me", {}, 422, "Say which lock"),
        ("/explode", {"name": NAME}, 404, "Nothing of that kind"),
    ],
)
async def test_a_form_that_does_not_fit_keeps_what_was_typed(
    browser: httpx.AsyncClient,
    passes: Passes,
    database: Database,
    path: str,
    typed: dict[str, str],
    status: int,
    says: str,
) -> None:
    """And says what is wrong; nothing changes."""
    await hold(database)
    ada = seated(browser, passes, ADA_HERSELF)

    answer = await ada.send(f"/locks{path}", **typed)

    assert answer.status_code == status
    assert says in answer.text
    for name, value in typed.items():
        assert path in ("/unlock", "/explode") or f'name="{name}" value="{escape(value)}"' in (
            answer.text
        )
    assert ("<details open>" in answer.text) == (path == "/steal")
    async with database.read() as connection:
        assert len(await locks.every(connection)) == 3


@pytest.mark.parametrize("path", ["", "/steal"])
async def test_policy_holds_for_the_forms(
    browser: httpx.AsyncClient, passes: Passes, database: Database, path: str
) -> None:
    """In its own words; what was typed stays."""
    await hold(database)
    cat = seated(browser, passes, CAT)

    answer = await cat.send(f"/locks{path}", name=NAME, reason="Mine")

    assert answer.status_code == 403
    assert "yours is viewer." in answer.text
    assert 'name="reason" value="Mine"' in answer.text


@pytest.mark.parametrize("path", ["/locks", "/locks/unlock", "/locks/steal", "/locks/notify-me"])
async def test_a_form_of_another_site_counts_for_nothing(
    browser: httpx.AsyncClient, passes: Passes, database: Database, path: str
) -> None:
    """Nor does one of nobody."""
    await hold(database)
    typed = {"name": NAME, "reason": "Mine"}
    assert (await browser.post(path, data=typed)).status_code == 401
    seated(browser, passes, BEN_HIMSELF)

    assert (await browser.post(path, data=typed)).status_code == 403
    assert (await browser.post(path, data=typed | {"_form": "x"})).status_code == 403

    async with database.read() as connection:
        assert len(await locks.every(connection)) == 3
