"""The pages say what is in the database, and never more than was asked for."""

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from bot.dispatch import Dispatch
from bot.lines import Presence
from bot.passes import Passes
from bot.web.app import create_app
from bot.web.reading import SHOWN
from bot.web.site import Quota, no_quotas
from flows.engine.journal import Change, Question
from flows.report import (
    Attachment,
    Code,
    Figure,
    Link,
    Person,
    Report,
    bullets,
    facts,
    table,
    text,
)
from storage import questions
from storage.database import Database
from tests.bot.web.conftest import BEN, Clock, Story, png
from tests.bot.web.wire import NOW, Line, News

PLAN = Question(
    "f00d",
    "Apply this plan?",
    ("approve", "decline"),
    (Change("Tag v1.5.0", undoable=True), Change("Announce it", undoable=False)),
    Report("v1.5.0", "8 changes", blocks=(Figure("Sizes", "All are small.", png()),)),
)


async def test_the_overview_says_what_needs_a_look(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """Waiting, running, broken and finished runs each have their place."""
    await story.run("w1", state="waiting", line="Waiting for a yes to the plan")
    await story.run("r1", state="running", command="release acme/web")
    await story.run("f1", state="failed", line="Something broke on our side.")
    await story.run("d1", state="done", line="14 changes since v1.4.1")
    page = (await browser.get("/")).text

    parts = {name: _element(page, name) for name in ("waiting", "running", "broken", "results")}
    assert "Waiting for a yes to the plan" in parts["waiting"]
    assert "release acme/web" in parts["running"]
    assert "Something broke on our side." in parts["broken"]
    assert "14 changes since v1.4.1" in parts["results"]
    assert "Nobody is being waited for" not in page


async def test_the_overview_of_an_empty_bot_says_what_to_do(browser: httpx.AsyncClient) -> None:
    """Nothing has run: each part says so, and the chat command is named."""
    page = (await browser.get("/")).text
    assert "Nobody is being waited for." in page
    assert "/flow help" in page


async def test_the_overview_says_which_worker_leaves_what_alone(
    browser: httpx.AsyncClient, line: Line
) -> None:
    """With until when and why; what a service said is text, not markup."""
    line.names["w2"] = Presence(breakers={"GitHub": "paused until 12:01 UTC (<b>down</b>)"})
    workers = _element((await browser.get("/")).text, "workers")

    assert "GitHub: paused until 12:01 UTC (&lt;b&gt;down&lt;/b&gt;)" in workers


async def test_the_overview_stands_without_the_queue(
    browser: httpx.AsyncClient, line: Line, story: Story
) -> None:
    """With Redis away the page still shows what the database knows, and says what is missing."""
    await story.run("d1", state="done", line="14 changes since v1.4.1")
    line.away = True
    answer = await browser.get("/")
    assert answer.status_code == 200
    assert "The queue does not answer" in answer.text
    assert "14 changes since v1.4.1" in answer.text
    assert "hunter2" not in answer.text


async def test_the_overview_stands_without_quotas(
    database: Database, news: News, line: Line, clock: Clock, dispatch: Dispatch, passes: Passes
) -> None:
    """An integration that cannot say what is left takes nothing else off the page."""

    async def unknown() -> list[Quota]:
        raise ConnectionError("no answer")

    for quotas in (unknown, no_quotas):
        app = create_app(
            database,
            news,
            line,
            dispatch,
            passes,
            public_url="",
            clock=clock,
            quotas=quotas,
        )
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
            answer = await browser.get("/")
        assert answer.status_code == 200
        assert "Integrations" not in answer.text


async def test_the_overview_keeps_its_lists_short(browser: httpx.AsyncClient, story: Story) -> None:
    """More waiting runs than fit are counted, and one link away."""
    for number in range(SHOWN + 3):
        await story.run(f"w{number}", state="waiting")
    part = _element((await browser.get("/")).text, "waiting")
    assert part.count("<li>") == SHOWN
    assert f'href="/runs?state=waiting">all {SHOWN + 3}</a>' in part


async def test_older_leads_through_every_run_once(browser: httpx.AsyncClient, story: Story) -> None:
    """500 runs, many of the same instant: the pages show each exactly once, newest first."""
    await story.many(500)
    seen: list[str] = []
    address: str | None = "/runs"
    pages = 0
    while address:
        page = (await browser.get(address)).text
        seen += re.findall(r'href="/runs/(r\d+)"', page)
        older = re.search(r'href="([^"]+)" rel="next"', page)
        address = older[1].replace("&amp;", "&") if older else None
        pages += 1
    assert pages == 10
    assert len(seen) == len(set(seen)) == 500


async def test_filters_narrow_the_list_and_stay_while_paging(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """State, flow and project are kept in the link to the older page and in the form."""
    await story.many(400)
    page = (await browser.get("/runs?state=done&flow=release-management&project=acme%2Fapi")).text
    assert set(re.findall(r'class="badge is-(\w+)"', page)) == {"done"}
    older = re.search(r'href="([^"]+)" rel="next"', page)
    assert older
    assert "state=done&amp;flow=release-management&amp;project=acme%2Fapi&amp;after=" in older[1]
    assert "<option selected>done</option>" in page


async def test_an_empty_list_says_why(browser: httpx.AsyncClient, story: Story) -> None:
    """Nothing was ever run, nothing fits the filter, nothing is older: three different answers."""
    assert "Nothing has been run yet" in (await browser.get("/runs")).text
    await story.run("r1")
    assert "No run fits" in (await browser.get("/runs?state=failed")).text
    assert "There are no older runs" in (await browser.get("/runs?after=1-r")).text


@pytest.mark.parametrize("cursor", ["x", "1", "-r1", "9" * 40 + "-r", "²-r", "1.5-r"])
async def test_a_made_up_cursor_is_no_page(browser: httpx.AsyncClient, cursor: str) -> None:
    """A cursor that we did not make is answered, never executed."""
    assert (await browser.get("/runs", params={"after": cursor})).status_code == 404
    assert (await browser.get("/api/v1/runs", params={"after": cursor})).status_code == 422


async def test_the_totals_of_active_runs_lead_to_them(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """The counts above the list are links that keep the other filters."""
    await story.run("r1", state="waiting")
    page = (await browser.get("/runs?project=acme%2Fapi")).text
    assert re.search(r'href="/runs\?state=waiting&amp;project=acme%2Fapi">.*?1 waiting</a>', page)


async def test_a_run_shows_its_steps_and_what_they_used(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """Steps come with state, duration, attempt, error, and calls and bytes in sum."""
    run = await story.run("r1")
    await story.step(run, "Find the last release", seconds=0.25)
    error = "GitHub answered 502."
    await story.step(run, "Collect pulls", after=3, attempt=2, state="retrying", error=error)
    await story.step(run, "Tag v1.5.0", after=6, kind="effect", state="running")
    page = (await browser.get("/runs/r1")).text

    steps = _element(page, "steps")
    assert "Find the last release" in steps
    assert "250 ms" in steps
    assert "attempt 2" in steps
    assert "GitHub answered 502." in steps
    assert re.search(r'Tag v1\.5\.0</span>\s*<span class="tag">change', steps)
    assert "54 s so far" in steps
    about = _element(page, "about")
    assert "<dt>API calls</dt><dd>2</dd>" in about
    assert "<dt>Bytes</dt><dd>41.0 KB</dd>" in about
    assert "<dt>CPU</dt><dd>0.250 s</dd>" in about
    assert "<dt>Child processes</dt><dd>up to 9.0 MB of memory each</dd>" in about
    assert "<dt>GitHub</dt><dd>2 calls, 2 of the rate limit, 41.0 KB</dd>" in about
    assert "1.0 s in the queue" in about
    log = _element(page, "log")
    assert re.search(r"<b>ada</b> asked \(slash\)", log)
    assert re.search(r'class="bad".*retrying after 1\.500 s: Collect pulls \(attempt 2\)', log)


async def test_a_waiting_plan_says_who_may_answer_and_where(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """The page shows every change, whether it can be taken back, and sends people to the thread."""
    run = await story.run("r1", state="waiting")
    question = await story.ask(run, PLAN)
    asked = _element((await browser.get("/runs/r1")).text, "asked")
    assert "to answer it here, or answer it in its thread on Slack" in asked
    assert "<code>approve</code> or <code>decline</code>" in asked
    assert "Anybody with the role maintainer other than ada can approve." in asked
    assert re.search(r"Tag v1\.5\.0</span>\s*<span class=\"quiet\">can be taken back", asked)
    assert re.search(r"Announce it</span>\s*<span class=\"quiet\">final", asked)
    assert f'src="/runs/r1/plans/{question}/figures/1.png"' in asked
    assert "<form" not in asked
    picture = await browser.get(f"/runs/r1/plans/{question}/figures/1.png")
    assert picture.content == png()
    assert (await browser.get(f"/runs/r2/plans/{question}/figures/1.png")).status_code == 404


async def test_a_decided_plan_says_who_said_what(browser: httpx.AsyncClient, story: Story) -> None:
    """After the answer there are no choices left, and each change shows what became of it."""
    run = await story.run("r1")
    await story.answer(await story.ask(run, PLAN), "approve")
    await story.step(run, "Tag v1.5.0", kind="effect")
    await story.step(run, "Announce it", after=4, kind="effect", state="failed", error="Refused.")
    await story.step(run, "Undo: Tag v1.5.0", after=6, kind="undo")
    asked = _element((await browser.get("/runs/r1")).text, "asked")
    assert "ben said <code>approve</code>" in asked
    assert "Answer it in its thread" not in asked
    assert re.search(r"undone</span><span class=\"name\">Tag v1\.5\.0", asked)
    assert re.search(r"failed</span><span class=\"name\">Announce it", asked)


async def test_a_plan_says_how_far_it_is_and_what_became_of_its_deadline(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """Who lifted a freeze for it, and that nobody approved it in time."""
    run = await story.run("r1", state="waiting")
    question = await story.ask(run, replace(PLAN, within=timedelta(hours=4)))
    async with story.database.begin() as connection:
        await questions.lift(connection, question, BEN, "payments <are> down")
    asked = _element((await browser.get("/runs/r1")).text, "asked")
    assert 'counts as declined on <time datetime="2026-03-04' in asked
    assert "ben lifted the freeze: payments &lt;are&gt; down" in asked
    async with story.database.begin() as connection:
        await questions.settle(connection, question, "decline", questions.NOBODY, NOW)
    asked = _element((await browser.get("/runs/r1")).text, "asked")
    assert "Nobody approved it in time, so it counts as <code>decline</code>" in asked


async def test_a_plain_question_names_the_role_that_answers(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """A question without a plan may be answered by whoever may run the flow."""
    run = await story.run("r1", state="waiting")
    await story.ask(run, Question("Which one?", "Which one?", ("first", "second")))
    asked = _element((await browser.get("/runs/r1")).text, "asked")
    assert "Anybody with the role maintainer can answer." in asked


async def test_a_question_that_nobody_answered_is_closed_with_its_run(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """Once the run has ended, its page no longer asks."""
    run = await story.run("r1", state="cancelled")
    await story.ask(run, PLAN)
    page = (await browser.get("/runs/r1")).text
    assert "Nobody answered before the run ended." in page
    assert "Answer it in its thread" not in page


async def test_a_run_of_a_flow_that_is_gone_still_has_a_page(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """History outlives the catalogue."""
    run = await story.run("r1", flow="long-gone", state="waiting")
    await story.ask(run, PLAN)
    page = (await browser.get("/runs/r1")).text
    assert "<h1>long-gone</h1>" in page
    assert "no longer in the catalogue" in page


async def test_a_report_is_complete_on_its_page(browser: httpx.AsyncClient, story: Story) -> None:
    """Every row, figure and file is there, whatever the chat had to leave out."""
    run = await story.run("r1", state="done")
    rows = [(Link(f"#{n}", f"https://github.com/acme/api/pull/{n}"), f"{n} h") for n in range(300)]
    await story.report(
        run,
        Report(
            "Delivery of acme/api",
            "Lead time is 2.1 days.",
            "good",
            (
                facts("Keys", lead_time="2.1 days", tag=Code("v1.5.0")),
                Figure("Per week", "It rose.", png()),
                table(["Pull request", "Lead time"], rows, "Slowest"),
                bullets([(Person("ada"), " was away")], "Left out"),
                text("Window: ", Code("12 weeks")),
                Attachment("rows.csv", "text/csv", b"a,b\n1,2\n"),
            ),
            next=("performance acme/api",),
        ),
    )
    page = (await browser.get("/runs/r1")).text
    report = _element(page, "report")
    assert "<h1>Delivery of acme/api</h1>" in page
    assert report.count("<tr>") == 301
    assert '<td class="number">299 h</td>' in report
    assert '<img src="/runs/r1/figures/2.png" alt="It rose."' in report
    assert "<code>/flow performance acme/api</code>" in report
    assert '<span class="person">@ada</span> was away' in report

    picture = await browser.get("/runs/r1/figures/2.png")
    assert (picture.headers["content-type"], picture.content) == ("image/png", png())
    file = await browser.get("/runs/r1/files/6")
    assert file.content == b"a,b\n1,2\n"
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''rows.csv"
    for missing in ("figures/1.png", "figures/0.png", "figures/99.png", "files/2", "files/x"):
        assert (await browser.get(f"/runs/r1/{missing}")).status_code == 404


async def test_an_ended_run_is_not_followed(browser: httpx.AsyncClient, story: Story) -> None:
    """Only a page that can still change names a stream."""
    await story.run("r1", state="running")
    await story.run("d1", state="done")
    assert 'data-live="/runs/r1/live"' in (await browser.get("/runs/r1")).text
    assert 'data-live=""' in (await browser.get("/runs/d1")).text


async def test_the_catalogue_explains_each_flow(browser: httpx.AsyncClient, story: Story) -> None:
    """Alias, summary, role, parameters, examples and how the last runs ended, by family."""
    await story.run("d1", state="done")
    await story.run("f1", state="failed")
    page = (await browser.get("/flows")).text
    assert "Ship software" in page
    assert "Ship a release: pin the commit" in page
    assert "maintainer and up" in page
    assert "1 of 2 ended runs done, 1 failed; median 12 s" in page
    assert "Not measured: no run has ended" in page

    one = (await browser.get("/flows/release-management")).text
    assert "Repository to release" in one
    assert "text; required; such as <code>acme/api</code>" in one
    assert "patch, minor or major; else minor" in one
    assert "yes or no; else yes" in one
    assert "<code>/flow release acme/api --level patch</code>" in one
    assert 'href="/runs/f1"' in one
    assert "It takes no parameters." in (await browser.get("/flows/system-status")).text


async def test_an_alias_leads_to_its_flow(browser: httpx.AsyncClient) -> None:
    """People know the word they type, not the slug."""
    answer = await browser.get("/flows/release")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/flows/release-management"


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("/nowhere", "No page has this address."),
        ("/runs/unknown", "There is no run with the id unknown."),
        ("/runs/unknown/live", "There is no run with the id unknown."),
        ("/runs/unknown/figures/1.png", "This run has no report."),
        ("/flows/relese", "Did you mean release?"),
        ("/static/../app.py", "No page has this address."),
        ("/static/none.css", "There is no such file."),
    ],
)
async def test_what_is_not_there_is_answered_with_help(
    browser: httpx.AsyncClient, address: str, hint: str
) -> None:
    """A page of its own says what is missing and where to go on."""
    answer = await browser.get(address)
    assert answer.status_code == 404
    assert hint in answer.text
    assert 'href="/runs"' in answer.text


def _element(page: str, name: str) -> str:
    """Return the part of the page that a stream would replace under this id."""
    begun = page.index(f'id="{name}"')
    following = re.compile(r'<(?:section|div|aside) id="|</main>').search(page, begun)
    assert following
    return page[begun : following.start()]
