"""What a run has told is on its page and in the API, with the time and all that belongs to it."""

import httpx
import msgspec

from flows.engine.journal import Entry
from flows.report import Attachment, Figure, Report
from tests.bot.web.conftest import Story, png
from tests.bot.web.wire import NOW
from tests.journals import noted

FELL = Report(
    "Checks fail",
    "of #12",
    "bad",
    (Figure("Trend", "It fell.", png()), Attachment("log.txt", "text/plain", b"red")),
)


async def test_what_happened_is_told_before_the_report(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """With pictures and files; it is no step."""
    run = await story.run("r1", state="waiting")
    entry = Entry("Tell: Checks fail", "tell", 3, "done", output=msgspec.json.encode(FELL))
    await noted(story.database, run.id, entry, NOW)

    page = (await browser.get("/runs/r1")).text
    assert "<b>Checks fail</b> of #12" in page
    assert "told: Checks fail" in page
    assert "This run took no steps." not in page
    assert "No step has begun." in page
    assert (await browser.get("/runs/r1/told/3/figures/1.png")).content == png()
    assert (await browser.get("/runs/r1/told/3/files/2")).content == b"red"
    assert (await browser.get("/runs/r1/told/4/files/2")).status_code == 404

    found = (await browser.get("/api/v1/runs/r1")).json()
    [told] = found["told"]
    assert (told["title"], told["summary"], told["tone"]) == ("Checks fail", "of #12", "bad")
    assert found["steps"] == []
