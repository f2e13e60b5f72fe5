"""The forms of the pages start flows and schedules, and keep what was typed when they refuse."""

import re

import httpx
import pytest

from bot.passes import Passes
from storage import schedules
from storage.database import Database
from tests.bot.web.conftest import Story
from tests.bot.web.people import ADA, BEN, CAT, seated
from tests.bot.web.test_pages import PLAN
from tests.bot.web.test_schedules import schedule
from tests.bot.web.wire import NOW


async def test_a_flow_is_started_by_its_form(browser: httpx.AsyncClient, passes: Passes) -> None:
    """What was left as it is does not burden the command; the page of the run comes next."""
    ada = seated(browser, passes, ADA)
    form = (await browser.get("/flows/release-management")).text
    assert '<label for="field-repo">Repo <span class="quiet">required</span></label>' in form
    assert re.search(r"<option selected>\s*minor</option>", form)
    assert re.search(r'name="notify" value="true"[^>]* checked', form)

    answer = await ada.send(
        "/flows/release-management", repo="acme/api", level="minor", notify="true"
    )

    page = (await browser.get(answer.headers["location"])).text
    assert answer.status_code == 303
    assert "/flow release repo=acme/api</code>" in page
    assert "It begins: this page shows how it goes." in page
    run_id = answer.headers["location"].rpartition("/")[2]
    run = (await browser.get(f"/api/v1/runs/{run_id}")).json()
    assert (run["door"], run["actor"], run["dry_run"]) == ("web", "ada", False)
    assert run["params"] == {"repo": "acme/api", "level": "minor", "notify": True}
    assert "note said" not in (await browser.get(answer.headers["location"])).text


async def test_an_empty_box_means_no_and_a_dry_run_is_one(
    browser: httpx.AsyncClient, passes: Passes
) -> None:
    """Browsers send nothing for a box without a tick."""
    ada = seated(browser, passes, ADA)
    answer = await ada.send(
        "/flows/release-management", repo="acme/api", level="", **{"dry-run": "true"}
    )
    run = (await browser.get(f"/api/v1{answer.headers['location']}")).json()
    assert (run["params"]["notify"], run["dry_run"]) == (False, True)


async def test_a_form_that_does_not_fit_keeps_what_was_typed(
    browser: httpx.AsyncClient, passes: Passes
) -> None:
    """With a sentence at the field that is wrong, which the field refers to."""
    ada = seated(browser, passes, ADA)
    answer = await ada.send("/flows/release-management", repo="  ", level="huge<b>")
    assert answer.status_code == 422
    assert "This is needed." in answer.text
    answer = await ada.send("/flows/release-management", repo="acme/<b>", level="huge")
    assert answer.status_code == 422
    assert 'value="acme/&lt;b&gt;"' in answer.text
    assert "level cannot be “huge”: take patch, minor or major." in answer.text
    assert 'aria-describedby="field-level-hint field-level-error" aria-invalid="true"' in (
        answer.text
    )
    assert not re.search(r'name="notify" value="true"[^>]* checked', answer.text)


async def test_who_may_not_start_a_flow_reads_why(
    browser: httpx.AsyncClient, passes: Passes
) -> None:
    """In the words of policy, above the form as it was filled in."""
    cat = seated(browser, passes, CAT)
    answer = await cat.send("/flows/release-management", repo="acme/api")
    assert answer.status_code == 403
    assert "`release` needs the role maintainer; yours is viewer." in answer.text
    assert 'value="acme/api"' in answer.text
    assert (await browser.get("/api/v1/runs")).json()["runs"] == []


async def test_only_who_is_signed_in_sees_buttons(
    browser: httpx.AsyncClient, passes: Passes, story: Story
) -> None:
    """Everybody else reads how to sign in."""
    run = await story.run("r1", state="waiting")
    question = await story.ask(run, PLAN)
    await schedule(story.database, "s1")
    for path in ("/runs/r1", "/flows/release-management", "/schedules", "/locks"):
        page = (await browser.get(path)).text
        assert 'method="post"' not in page, path
        assert '<a href="/sign-in">Sign in</a> to ' in page, path

    seated(browser, passes, BEN)

    page = (await browser.get("/runs/r1")).text
    assert f'formaction="/runs/r1/questions/{question}" name="choice" value="approve"' in page
    assert 'formaction="/runs/r1/cancel"' in page
    assert "Anybody with the role maintainer other than ada can approve." in page


async def test_an_answer_leads_back_to_the_run(
    browser: httpx.AsyncClient, passes: Passes, story: Story
) -> None:
    """A choice that is none, and a question that is gone, are said."""
    question = await story.ask(await story.run("r1", state="waiting"), PLAN)
    ben = seated(browser, passes, BEN)
    none = await ben.send(f"/runs/r1/questions/{question}", choice="maybe")
    gone = await ben.send("/runs/r1/questions/999", choice="approve")
    counted = await ben.send(f"/runs/r1/questions/{question}", choice="approve")
    assert (none.status_code, gone.status_code) == (409, 404)
    assert "none of the answers" in none.text
    assert counted.headers["location"] == "/runs/r1"
    assert "Your answer counts: approve." in (await browser.get("/runs/r1")).text


@pytest.mark.parametrize(
    "path", ["/runs/r1/explode", "/flows/none", "/schedules/s1/explode", "/runs/none/cancel"]
)
async def test_what_nobody_offers_is_not_there(
    browser: httpx.AsyncClient, passes: Passes, story: Story, path: str
) -> None:
    """Whatever a browser may send."""
    await story.run("r1")
    ada = seated(browser, passes, ADA)
    assert (await ada.send(path)).status_code == 404


async def test_a_schedule_is_made_paused_resumed_and_removed(
    browser: httpx.AsyncClient, passes: Passes, database: Database
) -> None:
    """In the words of the chat, with its next five times."""
    ada = seated(browser, passes, ADA)
    made = await ada.send(
        "/schedules",
        when="weekdays 9:00 Europe/Berlin",
        command="release acme/api",
        catch_up="skip",
    )
    assert made.headers["location"] == "/schedules"
    page = (await browser.get("/schedules")).text
    assert "Scheduled as" in page
    assert "Wed 11 Mar 2026, 09:00 Europe/Berlin" in page
    async with database.read() as connection:
        [record] = await schedules.page(connection)
    assert (record.owner["name"], record.catch_up, record.origin["channel"]) == ("ada", "skip", "")

    for verb, says in (("pause", "Paused: "), ("resume", "Goes on: "), ("remove", "Removed: ")):
        await ada.send(f"/schedules/{record.id}/{verb}")
        page = (await browser.get("/schedules")).text
        assert f"{says}release acme/api, weekdays 9:00 Europe/Berlin" in page

    async with database.read() as connection:
        assert await schedules.page(connection) == []


@pytest.mark.parametrize(
    ("when", "command", "says"),
    [
        ("weekdays 25:00", "release acme/api", "no time of the day"),
        ("", "release acme/api", ""),
        ("daily 9:00", "", "Say when and what"),
        ("daily 9:00", "cancel x", "Only a flow can be scheduled"),
        ("daily 9:00", 'release "acme', "is never closed"),
        ("daily 9:00", "release", "release needs repo"),
        ("daily 9:00 Mars/Olympus", "status", "Mars/Olympus"),
    ],
)
async def test_a_schedule_that_makes_no_sense_keeps_what_was_typed(
    browser: httpx.AsyncClient, passes: Passes, when: str, command: str, says: str
) -> None:
    """And says what is wrong."""
    ada = seated(browser, passes, ADA)
    answer = await ada.send("/schedules", when=when, command=command, catch_up="all")
    assert answer.status_code == 422
    assert "note said" in answer.text
    assert says in answer.text
    assert f'name="when" value="{when}"' in answer.text
    assert '<option value="all" selected>' in answer.text


async def test_somebody_else_s_schedule_stays(
    browser: httpx.AsyncClient, passes: Passes, database: Database
) -> None:
    """Unless a maintainer wants it otherwise."""
    await schedule(database, "s1", created_at=NOW)
    cat = seated(browser, passes, CAT)
    answer = await cat.send("/schedules/s1/remove")
    assert answer.status_code == 403
    assert "Only ada or a maintainer may remove this schedule." in answer.text
    assert (await cat.send("/schedules/s9/remove")).status_code == 404
