"""What is scheduled can be read on a page and in the API, with its next times."""

from dataclasses import asdict
from datetime import timedelta

import httpx

from bot.chat import Origin
from storage import schedules
from storage.database import Database
from storage.records import ScheduleRecord
from tests.bot.web.conftest import ADA
from tests.bot.web.wire import NOW

HOUR = timedelta(hours=1)


async def schedule(database: Database, schedule_id: str, **given: object) -> None:
    """Schedule something."""
    values: dict[str, object] = {
        "id": schedule_id,
        "text": "weekdays 9:00 Europe/Berlin",
        "command": "release acme/api",
        "flow": "release-management",
        "project": "acme/api",
        "owner": ADA,
        "origin": asdict(Origin("schedule", "slack", "C1")),
        "catch_up": "once",
        "next_at": NOW + HOUR,
        "created_at": NOW - HOUR,
    }
    record = ScheduleRecord(**(values | given))  # type: ignore[arg-type] # any column
    async with database.begin() as connection:
        await schedules.add(connection, record)


async def test_the_page_shows_the_next_five_times_of_each(
    browser: httpx.AsyncClient, database: Database
) -> None:
    """In the schedule's own zone."""
    await schedule(database, "s1", last_at=NOW - 2 * HOUR)

    page = (await browser.get("/schedules")).text

    for day in ("Thu 05", "Fri 06", "Mon 09", "Tue 10", "Wed 11"):
        assert f"{day} Mar 2026, 09:00 Europe/Berlin" in page
    assert "Thu 12" not in page
    assert 'datetime="2026-03-05T08:00:00.000Z"' in page
    assert "release acme/api" in page
    assert "By ada" in page
    assert "2 h ago" in page


async def test_what_is_paused_says_why_and_how_it_goes_on(
    browser: httpx.AsyncClient, database: Database
) -> None:
    """It has no next times."""
    await schedule(database, "s1", paused=True)
    await schedule(database, "s2", paused=True, trouble="I know no flow called <b>x</b>.")

    page = (await browser.get("/schedules")).text

    assert "/flow schedule resume s1" in page
    assert "Paused itself: I know no flow called &lt;b&gt;x&lt;/b&gt;." in page
    assert "Mar 2026, 09:00" not in page


async def test_a_bot_without_schedules_says_how_to_make_one(browser: httpx.AsyncClient) -> None:
    """In the words of the chat."""
    assert "/flow help schedule" in (await browser.get("/schedules")).text


async def test_pages_of_schedules_lose_and_repeat_nothing(
    browser: httpx.AsyncClient, database: Database
) -> None:
    """On the page and in the API."""
    names = [f"s{number:03}" for number in range(60)]
    for name in names:
        await schedule(database, name)

    first = (await browser.get("/schedules")).text
    rest = (await browser.get("/schedules", params={"after": "s049"})).text
    answer = (await browser.get("/api/v1/schedules", params={"limit": 40})).json()
    more = (await browser.get("/api/v1/schedules", params={"after": answer["next"]})).json()

    assert [f'id="schedule-{name}"' in first for name in names] == [True] * 50 + [False] * 10
    assert [f'id="schedule-{name}"' in rest for name in names] == [False] * 50 + [True] * 10
    assert 'href="/schedules?after=s049"' in first
    assert [each["id"] for each in answer["schedules"] + more["schedules"]] == names
    assert more["next"] is None
    over = (await browser.get("/schedules", params={"after": "s999"})).text
    assert "There are no more schedules." in over


async def test_the_api_tells_everything_about_a_schedule(
    browser: httpx.AsyncClient, database: Database
) -> None:
    """Instants carry the offset of the schedule's zone; a zone that is gone has no times."""
    news = asdict(Origin("schedule", "slack", "C1", tells="news"))
    await schedule(database, "s1", origin=news)
    await schedule(database, "s2", text="daily 9:00 Mars/Olympus_Mons")

    told, lost = (await browser.get("/api/v1/schedules")).json()["schedules"]

    assert told["upcoming"][0] == "2026-03-05T09:00:00+01:00"
    assert len(told.pop("upcoming")) == 5
    assert told == {
        "id": "s1",
        "schedule": "weekdays 9:00 Europe/Berlin",
        "command": "release acme/api",
        "flow": "release-management",
        "project": "acme/api",
        "owner": "ada",
        "platform": "slack",
        "posts": "news",
        "catch_up": "once",
        "paused": False,
        "trouble": "",
        "last_at": None,
    }
    assert lost["upcoming"] == []
