"""A real browser finds the pages accessible, within their width, and current."""

import shutil
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import pytest
import pytest_asyncio
from fastapi import FastAPI

from bot.chat import Actor
from bot.passes import Passes
from bot.web.server import listen, serving
from flows.engine.journal import Change, Question
from flows.report import Attachment, Code, Figure, Link, Person, Report, bullets, facts, table, text
from storage.database import Database
from tests.bot.web.conftest import Story, png
from tests.bot.web.people import ADA, BEN
from tests.bot.web.test_locks import NAME, hold
from tests.bot.web.test_schedules import schedule
from tests.bot.web.test_subscriptions import follow
from tests.bot.web.wire import News

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
LONG = "a-very-long-name-without-any-place-to-break-it-" * 4
UNFOLD = "document.querySelectorAll('details').forEach(each => each.open = true)"
PAGES = {
    "the overview": "/",
    "the runs": "/runs",
    "no runs": "/runs?state=cancelled",
    "a run that waits": "/runs/waits",
    "a run that runs": "/runs/runs",
    "a run that is done": "/runs/done",
    "the flows": "/flows",
    "the schedules": "/schedules",
    "the subscriptions": "/subscriptions",
    "a subscription": "/subscriptions/s1",
    "the locks": "/locks",
    "a flow": "/flows/release-management",
    "how to sign in": "/sign-in",
    "nothing": "/nowhere",
}
SIGNED_IN = {
    "a plan to approve": "/runs/waits",
    "a run to cancel": "/runs/runs",
    "a run to take back": "/runs/done",
    "a flow to start": "/flows/release-management",
    "a schedule to make": "/schedules",
    "a subscription to end": "/subscriptions",
    "a lock to take": "/locks",
}


@dataclass
class Site:
    """A running browser, and where our pages are."""

    browser: Any
    address: str

    async def open(
        self, path: str, *, width: int = 1280, scheme: Literal["light", "dark"] = "light"
    ) -> Any:  # noqa: ANN401 - playwright is not installed everywhere
        """Open a page in a window of this width."""
        page = await self.browser.new_page(
            viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        await page.goto(self.address + path)
        return page


@pytest_asyncio.fixture
async def site(app: FastAPI) -> AsyncIterator[Site]:
    """Serve the application to a real browser, or skip by the name of what is absent."""
    playwright = pytest.importorskip(
        "playwright.async_api", reason="playwright is not installed: pip install '.[browser]'"
    )
    if not CHROMIUM:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with listen("127.0.0.1", 0) as listener:
        async with (
            serving(app, listener, app.state.live.close),
            playwright.async_playwright() as driver,
        ):
            browser = await driver.chromium.launch(executable_path=CHROMIUM)
            try:
                yield Site(browser, f"http://127.0.0.1:{listener.getsockname()[1]}")
            finally:
                await browser.close()


@pytest_asyncio.fixture
async def filled(story: Story) -> None:
    """Put something of every kind on the pages."""
    await story.run("runs", command=f"release {LONG}", project=LONG)
    await follow(story.database, "s1", trouble=LONG, pattern=f"acme/{LONG}"[:200])
    await follow(story.database, "s2", settings={"features": {"prs": f"label:{LONG}", "ci": ""}})
    await story.run("failed", state="failed", line=f"Something broke: {LONG}")
    await story.run("queued", state="queued")
    waits = await story.run("waits", state="waiting", line="Waiting for a yes to the plan")
    await story.step(waits, "Find the last release")
    await story.step(waits, "Collect", after=4, state="retrying", attempt=2, error=LONG)
    rows = [
        (Link(f"#{n} {LONG}", "https://x.example/"), Person("ada"), f"{n} h") for n in range(12)
    ]
    wide = table(["Pull request", "Author", "Took"], rows, "Slowest")
    wider = table([f"Column {n}" for n in range(14)], [[f"{n * 7}" for n in range(14)]] * 3)
    changes = (Change(LONG[:60], undoable=True), Change("Announce it", undoable=False))
    show = Report("v1.5.0", "8 changes", blocks=(wide,))
    await story.ask(
        waits, Question("f00d", "Apply this plan?", ("approve", "decline"), changes, show)
    )
    done = await story.run("done", state="done", line="All is well.")
    await story.step(done, "Tag v1.5.0", kind="effect")
    blocks = (
        facts("Keys", lead_time="2.1 days", tag=Code(LONG)),
        Figure("Per week", "It rose.", png(900, 300)),
        wide,
        wider,
        bullets([LONG, "two"], "Left out"),
        text("Bad ", Link("link", "javascript:alert(1)")),
        Attachment(f"{LONG}.csv", "text/csv", b"a,b"),
    )
    await story.report(done, Report("Delivery", "It rose.", "good", blocks, next=(LONG,)))


@pytest.mark.usefixtures("filled")
async def test_every_page_is_accessible_fits_a_phone_and_keeps_our_policy(site: Site) -> None:
    """One look at each page, wide and dark, then narrow and light, with everything unfolded."""
    axe = pytest.importorskip("axe_playwright_python.async_playwright").Axe()
    page = await site.open("/", scheme="dark")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name, path in PAGES.items():
        for width, scheme in ((1280, "dark"), (375, "light")):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.emulate_media(color_scheme=scheme)
            if width == 1280:
                await page.goto(site.address + path)
                await page.evaluate(UNFOLD)
            found = (await axe.run(page)).response
            assert _objections(found["violations"]) == [], f"{name}, {scheme}"
            assert len(found["passes"]) > 10
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert [line for line in said if "404" not in line] == []


async def signed_in(site: Site, passes: Passes, by: Actor, **context: Any) -> Any:  # noqa: ANN401 - playwright's
    """Open a page as somebody, by their personal link."""
    where = await site.browser.new_context(**context)
    page = await where.new_page()
    await page.goto(passes.link(by, site.address))
    await page.get_by_role("button", name=f"Sign in as {by.name}").click()
    return page


@pytest.mark.usefixtures("filled")
async def test_every_form_is_accessible_and_fits_a_phone(
    site: Site, passes: Passes, database: Database
) -> None:
    """Also with what asks once more unfolded, and with the errors of what was typed."""
    axe = pytest.importorskip("axe_playwright_python.async_playwright").Axe()
    await schedule(database, "s1")
    await hold(database)
    page = await signed_in(site, passes, ADA, viewport={"width": 375, "height": 800})
    for name, path in SIGNED_IN.items():
        await page.goto(site.address + path)
        await page.evaluate(UNFOLD)
        for scheme in ("dark", "light"):
            await page.emulate_media(color_scheme=scheme)
            found = (await axe.run(page)).response
            assert _objections(found["violations"]) == [], f"{name}, {scheme}"
        assert await page.evaluate("document.documentElement.scrollWidth") <= 375, name
    await page.goto(f"{site.address}/schedules")
    await page.fill("#when", "weekdays 25:00")
    await page.fill("#command", "release acme/api")
    await page.get_by_role("button", name="Schedule it").click()
    await page.locator(".said", has_text="no time of the day").wait_for()
    assert await page.input_value("#when") == "weekdays 25:00"
    assert _objections((await axe.run(page)).response["violations"]) == []
    await page.goto(f"{site.address}/locks")
    await page.fill("#name", NAME)
    await page.fill("#reason", "A leak")
    await page.fill("#for", "soon")
    await page.get_by_role("button", name="Lock it").click()
    await page.locator(".said", has_text="is no length of time").wait_for()
    assert await page.input_value("#for") == "soon"
    assert _objections((await axe.run(page)).response["violations"]) == []


@pytest.mark.usefixtures("filled")
async def test_everything_is_done_without_script(site: Site, passes: Passes) -> None:
    """Plans are approved, runs cancelled, flows started, locks taken by plain forms and links."""
    page = await signed_in(site, passes, BEN, java_script_enabled=False)
    await page.goto(f"{site.address}/runs/waits")
    await page.get_by_role("button", name="Approve").click()
    await page.get_by_text("Your answer counts: approve.").wait_for()
    await page.goto(f"{site.address}/runs/queued")
    await page.locator("#sure-cancel summary").click()
    await page.get_by_role("button", name="Cancel this run").click()
    await page.get_by_text("Cancelled by ben; nothing was changed.").first.wait_for()
    await page.goto(f"{site.address}/flows/release-management")
    await page.get_by_label("Repo").fill("acme/api")
    await page.get_by_label("Dry run").check()
    await page.get_by_role("button", name="Start release").click()
    await page.get_by_text("It begins: this page shows how it goes.").wait_for()
    await page.goto(f"{site.address}/locks")
    await page.fill("#name", "staging")
    await page.fill("#reason", "A leak")
    await page.get_by_role("button", name="Lock it").click()
    await page.get_by_text("You hold staging.").wait_for()
    await page.get_by_role("button", name="Unlock").click()
    await page.get_by_text("staging is unlocked: nobody holds it.").wait_for()
    await page.goto(f"{site.address}/subscriptions")
    await page.get_by_role("button", name="Unsubscribe from acme/api").click()
    await page.get_by_text("Ended: subscribe acme/api").wait_for()
    await page.get_by_role("button", name="Undo").click()
    await page.get_by_text("Taken back: Ended: subscribe acme/api").wait_for()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_role("link", name="Sign in").wait_for()


async def test_an_update_leaves_a_form_as_it_is(site: Site, passes: Passes, story: Story) -> None:
    """What asks once more stays open, and the button still does it."""
    run = await story.run("r1")
    page = await signed_in(site, passes, ADA)
    await page.goto(f"{site.address}/runs/r1")
    await page.locator("#link", has_text="live").wait_for()
    await page.locator("#sure-cancel summary").click()
    await page.locator("#do-cancel").focus()
    await story.step(run, "Find the last release")
    await page.locator("#steps", has_text="Find the last release").wait_for()
    assert await page.evaluate("document.activeElement.id") == "do-cancel"
    await page.locator("#do-cancel").click()
    await page.get_by_text("It stops at its next step").first.wait_for()


@pytest.mark.usefixtures("filled")
async def test_a_wide_table_scrolls_in_its_own_box(site: Site) -> None:
    """On a phone some table is wider than its box, and the box takes the keyboard's focus."""
    page = await site.open("/runs/done", width=375)
    wide = await page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter(b => b.scrollWidth > b.clientWidth)"
        ".map(b => b.tabIndex)"
    )
    assert wide
    assert set(wide) == {0}


async def test_an_open_run_page_shows_what_happens(site: Site, story: Story) -> None:
    """A step appears without a reload, is announced, and the end closes the stream."""
    run = await story.run("r1")
    page = await site.open("/runs/r1")
    await page.locator("#link", has_text="live").wait_for()
    await story.step(run, "Find the last release")
    await page.locator("#steps", has_text="Find the last release").wait_for()
    await story.end(run, "done", "Released.")
    await page.locator("#head", has_text="Released.").wait_for()
    await page.locator("#link", has_text="ended").wait_for()
    assert await page.locator("#news").text_content() == "done: Released."


async def test_an_update_disturbs_nobody(site: Site, story: Story) -> None:
    """What is unfolded stays unfolded, what is scrolled stays there, and focus is kept."""
    run = await story.run("r1")
    for number in range(30):
        await story.step(run, f"Step {number}", after=number, seconds=0.5)
    page = await site.open("/runs/r1")
    await page.locator("#link", has_text="live").wait_for()
    await page.locator("#log summary").click()
    await page.evaluate("document.getElementById('log-lines').scrollTop = 120")
    await page.locator("#log-lines").focus()
    await story.step(run, "The newest step", after=40)
    await page.locator("#log", has_text="The newest step").wait_for()
    assert await page.evaluate("document.getElementById('log-box').open")
    assert await page.evaluate("document.getElementById('log-lines').scrollTop") == 120
    assert await page.evaluate("document.activeElement.id") == "log-lines"


async def test_a_command_is_copied_as_it_is_typed(site: Site, story: Story) -> None:
    """One press puts the command with its prefix on the clipboard, and the button says so."""
    await story.run("r1", state="done", command="release acme/api")
    page = await site.open("/runs/r1")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.locator("#head button").click()
    await page.locator("#head button", has_text="Copied").wait_for()
    assert await page.evaluate("navigator.clipboard.readText()") == "/flow release acme/api"


async def test_the_overview_takes_in_new_runs(site: Site, story: Story, news: News) -> None:
    """Somebody else's request shows up on a page that was open before."""
    page = await site.open("/")
    await page.locator("#link", has_text="live").wait_for()
    await story.run("r1", command="release acme/web")
    news.tell("r1")
    await page.locator("#running", has_text="release acme/web").wait_for()


async def test_the_browser_connects_again(site: Site, story: Story, news: News) -> None:
    """After a lost subscription the page catches up by itself."""
    run = await story.run("r1")
    page = await site.open("/runs/r1")
    await page.locator("#link", has_text="live").wait_for()
    news.tell(None)
    await page.locator("#link", has_text="reconnecting").wait_for()
    await story.step(run, "Find the last release")
    await page.locator("#steps", has_text="Find the last release").wait_for()


@pytest.mark.usefixtures("filled")
async def test_everything_is_there_without_script(site: Site) -> None:
    """With scripts switched off the page is complete; only the copy buttons are not shown."""
    context = await site.browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(site.address + "/runs/done")
    assert await page.locator("#report tr").count() == 17
    assert await page.locator("button:visible").count() == 0
    assert "UTC" in (await page.locator("#about").text_content() or "")


def _objections(violations: Iterable[dict[str, Any]]) -> list[str]:
    return [f"{each['id']}: {node['html'][:120]}" for each in violations for node in each["nodes"]]
