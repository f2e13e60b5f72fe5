"""What channels follow is read, paused, ended and brought back on pages and in the API."""

import json
import re
from datetime import timedelta

import httpx

from bot.passes import Passes
from storage import audit, deliveries, posts, subscriptions
from storage.database import Database
from storage.followed_records import SubscriptionRecord
from storage.records import DeliveryRecord
from tests.bot.web.conftest import ADA as OWNER
from tests.bot.web.people import ADA, CAT, seated
from tests.bot.web.wire import NOW

DAY = timedelta(days=1)


async def follow(database: Database, subscription_id: str, **given: object) -> None:
    """Let a channel follow something."""
    values: dict[str, object] = {
        "id": subscription_id,
        "platform": "slack",
        "channel": "C1",
        "pattern": "acme/api",
        "settings": {"features": {"prs": "branch:main", "ci": "branch:main"}},
        "owner": OWNER,
        "created_at": NOW - 20 * DAY,
    }
    record = SubscriptionRecord(**(values | given))  # type: ignore[arg-type] # any column
    async with database.begin() as connection:
        await subscriptions.save(connection, record)


async def live(database: Database) -> list[SubscriptionRecord]:
    """Return what channels follow."""
    async with database.read() as connection:
        return await subscriptions.every(connection)


async def test_the_page_shows_what_is_followed_and_how_that_goes(
    browser: httpx.AsyncClient, database: Database
) -> None:
    """Filters and troubles are text; what is well needs no word."""
    await follow(database, "s1", matched=12, last_at=NOW - DAY)
    await follow(database, "s2", channel="C2", pattern="acme/web-*", trouble="A <b>wall</b>")
    await follow(database, "s3", channel="C3", settings={"features": {"prs": "-label:x", "ci": ""}})
    await follow(database, "s4", platform="discord", ended_at=NOW)
    async with database.begin() as connection:
        for number in range(3):
            await posts.put(
                connection,
                key=f"k{number}",
                platform="slack",
                channel="C1",
                body=b"{}",
                source="s1",
                at=NOW - number * 5 * DAY,
            )

    page = (await browser.get("/subscriptions")).text

    one, two, three = page.split('<li class="card"')[1:]
    for each in (
        "slack:C1",
        "prs, ci",
        "branch:main",
        "set up by ada",
        "12 messages (2 in the last week)",
    ):
        assert each in one
    assert "1 day ago" in one
    assert "A &lt;b&gt;wall&lt;/b&gt;." in two
    assert "sent nothing yet" in two
    assert "<dt>prs</dt><dd><code>-label:x</code>" in three
    assert "Nothing for 20 days" in three
    assert "Unsubscribe" not in page
    assert '<a href="/subscriptions" aria-current="page">' in page
    assert 'id="subscription-s4"' not in page
    detail = (await browser.get("/subscriptions/s1")).text
    assert "/flow subscribe acme/api prs,ci filter=" in detail


async def test_a_bot_that_follows_nothing_says_how_to_begin(browser: httpx.AsyncClient) -> None:
    """In the words of the chat; what is not there is not found."""
    assert "/flow help subscribe" in (await browser.get("/subscriptions")).text
    over = (await browser.get("/subscriptions", params={"after": "s9"})).text
    assert "There are no more subscriptions." in over
    for path in ("/subscriptions/s9", "/api/v1/subscriptions/s9"):
        assert (await browser.get(path)).status_code == 404


async def test_pages_of_subscriptions_lose_and_repeat_nothing(
    browser: httpx.AsyncClient, database: Database
) -> None:
    """On the page and in the API."""
    names = [f"s{number:03}" for number in range(60)]
    for name in names:
        await follow(database, name)

    first = (await browser.get("/subscriptions")).text
    rest = (await browser.get("/subscriptions", params={"after": "s049"})).text
    answer = (await browser.get("/api/v1/subscriptions", params={"limit": 40})).json()
    more = (await browser.get("/api/v1/subscriptions", params={"after": answer["next"]})).json()

    assert [f'id="subscription-{name}"' in first for name in names] == [True] * 50 + [False] * 10
    assert [f'id="subscription-{name}"' in rest for name in names] == [False] * 50 + [True] * 10
    assert 'href="/subscriptions?after=s049"' in first
    assert [each["id"] for each in answer["subscriptions"] + more["subscriptions"]] == names
    assert more["next"] is None


async def test_a_look_back_tells_what_would_have_come(
    browser: httpx.AsyncClient, database: Database
) -> None:
    """On the page of a subscription, and in the API; a GitHub that is away is said."""
    await follow(database, "s1", settings={"features": {"issues": ""}})
    await follow(database, "s2", pattern="acme/web", settings={"features": {"issues": ""}})
    issue = {"number": 7, "title": "It <b>crashes</b>", "state": "open", "user": {"login": "cy"}}
    moments = {"created_at": "2026-03-03T10:00:00Z", "updated_at": "2026-03-03T10:00:00Z"}
    at = "https://github.example/acme/api/issues/7"
    body = {"action": "opened", "issue": issue | moments | {"html_url": at, "labels": []}}
    async with database.begin() as connection:
        told = DeliveryRecord(
            id="d1",
            source="github",
            event="issues",
            action="opened",
            project="acme/api",
            state="done",
            error="",
            body=json.dumps(body).encode(),
            received_at=NOW - DAY,
        )
        await deliveries.add(connection, told)

    page = (await browser.get("/subscriptions/s1")).text
    answer = (await browser.get("/api/v1/subscriptions/s1/last-week")).json()
    away = (await browser.get("/api/v1/subscriptions/s2/last-week")).json()

    assert "In the last week it would have sent 1 message." in page
    assert "acme/api#7 It &lt;b&gt;crashes&lt;/b&gt;" in page
    [message] = answer["messages"]
    assert (message["feature"], message["text"]) == ("issues", "acme/api#7 It <b>crashes</b>")
    assert (away["messages"], bool(away["note"])) == ([], True)


async def test_a_subscription_is_paused_ended_and_brought_back(
    browser: httpx.AsyncClient, passes: Passes, database: Database
) -> None:
    """Each answer has the button that takes it back; the audit tells of all."""
    await follow(database, "s1")
    ada = seated(browser, passes, ADA)
    assert "Unsubscribe" in (await browser.get("/subscriptions")).text
    page = ""
    for verb, says in (("pause", "Paused: "), ("resume", "Goes on: "), ("unsubscribe", "Ended: ")):
        done = await ada.send(f"/subscriptions/s1/{verb}")
        assert done.headers["location"] == "/subscriptions"
        page = (await browser.get("/subscriptions")).text
        assert f"{says}subscribe acme/api" in page
    assert await live(database) == []
    found = re.search(r'name="command" value="(undo-change \d+)"', page)
    assert found
    back = await ada.send("/back", command=found[1])
    assert back.headers["location"] == "/subscriptions"
    assert "Taken back: Ended" in (await browser.get("/subscriptions")).text
    assert [each.id for each in await live(database)] == ["s1"]
    async with database.read() as connection:
        actions = [each.action for each in await audit.of_run(connection, "")]
    assert sorted(actions) == ["changed", "changed", "changed", "took back"]


async def test_who_may_not_decide_about_a_subscription_changes_nothing(
    browser: httpx.AsyncClient, passes: Passes, database: Database
) -> None:
    """A viewer is refused, and so is what no page offers."""
    await follow(database, "s1")
    cat = seated(browser, passes, CAT)
    answer = await cat.send("/subscriptions/s1/unsubscribe")
    assert answer.status_code == 403
    assert "needs the role operator" in answer.text
    assert len(await live(database)) == 1
    unknown = await cat.send("/subscriptions/s9/unsubscribe")
    assert "there is no such subscription" in unknown.text
    for path, given in (
        ("/subscriptions/s1/explode", {}),
        ("/back", {}),
        ("/back", {"command": "release acme/api"}),
        ("/back", {"command": "schedule"}),
    ):
        status = (await cat.send(path, **given)).status_code
        assert status == (303 if given.get("command") == "schedule" else 404)


async def test_programs_read_pause_and_end_subscriptions(
    browser: httpx.AsyncClient, passes: Passes, database: Database
) -> None:
    """What was ended is brought back by the number of the change."""
    await follow(database, "s1", matched=3, last_at=NOW)
    ada, cat = (seated(browser, passes, each) for each in (ADA, CAT))
    entry = (await ada.call("GET", "/subscriptions/s1")).json()
    assert entry == {
        "id": "s1",
        "platform": "slack",
        "channel": "C1",
        "pattern": "acme/api",
        "features": {"prs": "branch:main", "ci": "branch:main"},
        "lasts": 0,
        "changes_only": False,
        "command": "subscribe acme/api prs,ci filter='branch:main'",
        "owner": "ada",
        "paused": False,
        "trouble": "",
        "health": "Well.",
        "sent": 3,
        "sent_in_a_week": 0,
        "last_at": "2026-03-04T15:30:00Z",
        "created_at": "2026-02-12T15:30:00Z",
    }
    paused = await ada.call("POST", "/subscriptions/s1/pause")
    assert paused.json()["said"].startswith("Paused: ")
    assert (await cat.call("DELETE", "/subscriptions/s1")).status_code == 403
    ended = (await ada.call("DELETE", "/subscriptions/s1")).json()
    assert await live(database) == []
    assert (await ada.call("DELETE", "/subscriptions/s1")).status_code == 404
    undo = f"/changes/{ended['change']}/undo"
    assert (await cat.call("POST", undo)).status_code == 403
    back = (await ada.call("POST", undo)).json()
    assert back["said"].startswith("Taken back: Ended")
    [record] = await live(database)
    assert record.paused
