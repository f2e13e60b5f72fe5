"""An open page hears of every change, and its stream ends when it should."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Self

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from bot.web.live import Live, _listen
from bot.web.server import listen, serving
from flows.report import Report, text
from tests.bot.web.conftest import Story
from tests.bot.web.wire import News

SAFETY = 20  # seconds after which a test that hangs is given up


class Page:
    """A page whose fragments the test writes; counts how often it was read."""

    def __init__(self) -> None:
        self.fragments = {"steps": "one"}
        self.last = False
        self.reads = 0

    async def read(self) -> tuple[dict[str, str], bool]:
        self.reads += 1
        return dict(self.fragments), self.last


def live(news: News, *, heartbeat: float = SAFETY) -> Live:
    """Return streams that pause for no time, so that a test need not."""
    return Live(news, pause=0, heartbeat=heartbeat)


async def following(stream: AsyncIterator[str]) -> str:
    """Return what the stream says next."""
    async with asyncio.timeout(SAFETY):
        return await anext(stream)


async def fragment(stream: AsyncIterator[str]) -> dict[str, str]:
    """Return the next fragment of a stream."""
    while not (event := await following(stream)).startswith("event: fragment"):
        pass
    found: dict[str, str] = json.loads(event.split("data: ", 1)[1])
    return found


async def test_a_change_sends_only_what_changed(news: News) -> None:
    """The first look sends everything, each later one what differs from it."""
    page = Page()
    page.fragments["report"] = "none"
    async with aclosing(live(news).stream("r1", page.read)) as stream:
        assert await following(stream) == "retry: 2000\n\n"
        assert await fragment(stream) == {"id": "steps", "html": "one"}
        assert await fragment(stream) == {"id": "report", "html": "none"}
        page.fragments["steps"] = "two"
        news.tell("r1")
        assert await fragment(stream) == {"id": "steps", "html": "two"}


async def test_changes_close_together_are_one_look(news: News) -> None:
    """However often a run changes between two updates, the page is read once."""
    page = Page()
    async with aclosing(live(news).stream("r1", page.read)) as stream:
        await fragment(stream)
        for number in range(20):
            page.fragments["steps"] = str(number)
            news.tell("r1")
        assert await fragment(stream) == {"id": "steps", "html": "19"}
        assert page.reads == 2


@pytest.mark.parametrize(
    ("about", "told", "looks"),
    [
        ("r1", ["r2", "r3"], False),
        ("r1", ["r2", "r1"], True),
        ("r1", [""], True),
        ("", ["r2"], True),
        ("", [], False),
    ],
)
async def test_a_page_looks_again_when_its_runs_have_news(
    about: str, told: list[str], looks: bool
) -> None:
    """Its own run's news, any news for the overview, and a gap in the news for every page."""

    async def changes() -> AsyncIterator[str]:
        for run_id in told:
            yield run_id

    bell = asyncio.Event()
    await _listen(changes(), about, bell)
    assert bell.is_set() is looks


async def test_the_overview_hears_of_every_run(news: News) -> None:
    """A page about all runs looks again whichever of them changed."""
    page = Page()
    async with aclosing(live(news).stream("", page.read)) as stream:
        await fragment(stream)
        page.fragments["steps"] = "two"
        news.tell("whatever")
        assert await fragment(stream) == {"id": "steps", "html": "two"}


async def test_a_silent_stream_shows_that_it_lives(news: News) -> None:
    """After the heartbeat the page looks for itself, in case a message was lost."""
    page = Page()
    async with aclosing(live(news, heartbeat=0).stream("r1", page.read)) as stream:
        await fragment(stream)
        assert await following(stream) == ": still here\n\n"
        page.fragments["steps"] = "two"
        assert await fragment(stream) == {"id": "steps", "html": "two"}


async def test_the_last_fragment_ends_the_stream(news: News) -> None:
    """A run that has ended sends its last state and says that nothing follows."""
    page = Page()
    page.last = True
    events = [event async for event in live(news).stream("r1", page.read)]
    assert events[1:] == [
        'event: fragment\ndata: {"id": "steps", "html": "one"}\n\n',
        "event: end\ndata: {}\n\n",
    ]
    assert not news.listeners


async def test_a_lost_subscription_ends_the_stream(news: News) -> None:
    """The browser connects again by itself, which is better than a page that stands still."""
    stream = live(news).stream("r1", Page().read)
    await fragment(stream)
    news.tell(None)
    async with asyncio.timeout(SAFETY):
        assert [event async for event in stream] == []
    assert not news.listeners


async def test_a_broken_subscription_ends_the_stream(
    news: News, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of the queue's client is logged, and ends the stream like a lost one."""

    class Broken(News):
        async def _from(self, queue: "asyncio.Queue[str | None]") -> AsyncIterator[str]:
            yield await queue.get() or ""
            raise ConnectionError("gone")

    broken = Broken()
    stream = live(broken).stream("r1", Page().read)
    await fragment(stream)
    broken.tell("r2")
    async with asyncio.timeout(SAFETY):
        assert [event async for event in stream] == []
    assert "the news of runs broke off" in caplog.text


async def test_a_page_that_cannot_be_read_ends_its_stream(
    news: News, caplog: pytest.LogCaptureFixture
) -> None:
    """With the database away the browser tries again, and the log has why."""

    async def read() -> tuple[dict[str, str], bool]:
        raise ConnectionError("the database is away")

    assert len([event async for event in live(news).stream("r1", read)]) == 1
    assert "an open page could not be read" in caplog.text
    assert not news.listeners


async def test_closing_ends_every_stream(news: News) -> None:
    """Streams that are open end at once, and later ones do not begin."""
    streams = live(news)
    opened = [streams.stream(name, Page().read) for name in ("r1", "r2", "")]
    for stream in opened:
        await fragment(stream)
    streams.close()
    for stream in opened:
        async with asyncio.timeout(SAFETY):
            assert [event async for event in stream] == []
    assert len([event async for event in streams.stream("r1", Page().read)]) == 1


async def test_an_ended_run_is_sent_whole_and_closed(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """Over HTTP: the fragments are those of the page, and nothing holds them back on the way."""
    run = await story.run("r1", state="done", line="All is well.")
    await story.report(run, Report("Fine", blocks=(text("All 42 checks are green."),)))
    answer = await browser.get("/runs/r1/live")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["x-accel-buffering"] == "no"
    events = [each.split("\ndata: ") for each in answer.text.strip().split("\n\n")[1:]]
    assert events.pop() == ["event: end", "{}"]
    sent = {each["id"]: each["html"] for each in (json.loads(data) for _, data in events)}
    assert set(sent) == {"head", "controls", "asked", "told", "report", "steps", "log", "about"}
    assert "All 42 checks are green." in sent["report"]
    page = (await browser.get("/runs/r1")).text
    assert all(html in page for html in sent.values())
    assert all(f'id="{name}"' in html.split(">", 1)[0] for name, html in sent.items())


async def test_a_step_reaches_an_open_page(app: FastAPI, story: Story) -> None:
    """Over HTTP: what the journal writes is on the page that somebody watches, until the end."""
    run = await story.run("r1")
    async with Visit(app, "/runs/r1/live") as visit:
        await visit.until("No step has begun")
        await story.step(run, "Find the last release")
        assert "Find the last release" in await visit.until("event: fragment", '"id": "steps"')
        await story.end(run, "done", "Released.")
        assert "Released." in await visit.until("event: fragment", '"id": "head"')
        await visit.until("event: end")


async def test_the_overview_is_kept_current(app: FastAPI, story: Story, news: News) -> None:
    """Over HTTP: a new run appears in its list."""
    async with Visit(app, "/live") as visit:
        await visit.until("Nothing is running")
        await story.run("r1", command="release acme/api")
        news.tell("r1")
        assert "release acme/api" in await visit.until("event: fragment", '"id": "running"')


async def test_a_reader_who_leaves_takes_the_subscription_along(
    app: FastAPI, story: Story, news: News
) -> None:
    """Nothing is kept for a page that was closed."""
    await story.run("r1")
    async with Visit(app, "/runs/r1/live") as visit:
        await visit.until("event: fragment")
        assert len(news.listeners) == 1
    assert not news.listeners


async def test_the_server_stops_while_a_page_is_open(
    app: FastAPI, story: Story, news: News
) -> None:
    """A browser that still listens sees its stream end; the exit does not wait for the grace."""
    await story.run("r1")
    async with asyncio.timeout(SAFETY), httpx.AsyncClient() as client:
        with listen("127.0.0.1", 0) as listener:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/runs/r1/live"
            async with serving(app, listener, app.state.live.close):
                request = client.build_request("GET", address)
                answer = await client.send(request, stream=True)
                chunks = answer.aiter_text()
                assert "retry: 2000" in await anext(chunks)
            rest = [chunk async for chunk in chunks]  # a torn connection would raise here
            await answer.aclose()
    assert "event: end" not in "".join(rest)
    assert not news.listeners


def test_the_server_takes_both_kinds_of_addresses() -> None:
    """A port is given by the system where none is asked for."""
    with listen("127.0.0.1", 0) as listener:
        assert listener.getsockname()[1] > 0
        with pytest.raises(OSError, match="in use"), listen("127.0.0.1", listener.getsockname()[1]):
            pass


class Visit:
    """A browser that reads an answer as it comes and leaves at the end of the block."""

    def __init__(self, app: FastAPI, path: str) -> None:
        self._app = app
        self._path = path
        self._received: asyncio.Queue[str] = asyncio.Queue()
        self._left = asyncio.Event()
        self._asked = False

    async def __aenter__(self) -> Self:
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [(b"host", b"localhost")],
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 50000),
        }
        self._answer = asyncio.create_task(self._app(scope, self._receive, self._send))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._left.set()
        async with asyncio.timeout(SAFETY):
            await self._answer

    async def until(self, *words: str) -> str:
        """Return the next event that has all these words."""
        async with asyncio.timeout(SAFETY):
            while True:
                event = await self._received.get()
                if all(word in event for word in words):
                    return event

    async def _receive(self) -> Message:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self._received.put_nowait(message.get("body", b"").decode())
