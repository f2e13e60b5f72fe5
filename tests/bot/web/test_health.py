"""Whoever keeps the process running learns whether it lives, works and keeps up."""

import re
from datetime import timedelta

import httpx
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.dispatch import Dispatch
from bot.lines import Presence
from bot.passes import Passes
from bot.web.app import create_app
from storage.database import Database
from tests.bot.web.conftest import Clock, Story
from tests.bot.web.wire import Line, News


async def test_alive_needs_nothing(browser: httpx.AsyncClient, line: Line) -> None:
    """A process without a queue is alive; restarting it would not help."""
    line.away = True
    answer = await browser.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert (await browser.head("/healthz")).status_code == 200


async def test_ready_means_database_and_queue(browser: httpx.AsyncClient, line: Line) -> None:
    """503 names the part that is away, without the text of its error."""
    answer = await browser.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "reachable", "queue": "reachable"}
    line.away = True
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["queue"] == "not reachable (ConnectionError)"
    assert "hunter2" not in answer.text


async def test_a_queue_that_never_answers_is_told_apart(
    database: Database, clock: Clock, news: News, dispatch: Dispatch, passes: Passes
) -> None:
    """No answer in time is another trouble than a refusal."""

    class Hanging(Line):
        async def ping(self) -> None:
            raise TimeoutError

    app = create_app(database, news, Hanging(), dispatch, passes, public_url="", clock=clock)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
        answer = await browser.get("/readyz")
    assert answer.json()["queue"] == "no answer within 2 s"


async def test_a_lost_database_is_named(
    clock: Clock, news: News, line: Line, dispatch: Dispatch, passes: Passes
) -> None:
    """The other part is asked all the same, and metrics go on without the lost one."""
    lost = Database("sqlite+aiosqlite:////nowhere/at/all.db")
    app = create_app(lost, news, line, dispatch, passes, public_url="", clock=clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
        answer = await browser.get("/readyz")
        metrics = await browser.get("/metrics")
    await lost.aclose()
    assert answer.status_code == 503
    assert answer.json()["database"] == "not reachable (OperationalError)"
    assert answer.json()["queue"] == "reachable"
    assert 'flowbot_reachable{part="database"} 0.0' in metrics.text
    assert 'flowbot_queue_depth{queue="interactive"} 3.0' in metrics.text
    assert "flowbot_runs_active" not in metrics.text


async def test_metrics_count_who_leaves_an_integration_alone(
    browser: httpx.AsyncClient, line: Line
) -> None:
    """By its name; an alert can wait for the first."""
    line.names |= {name: Presence(breakers={"GitHub": "paused"}) for name in ("w1", "w2")}

    assert (await _metrics(browser))['flowbot_integration_paused{integration="GitHub"}'] == 2


async def test_metrics_count_runs_steps_queue_and_outbox(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """Active runs exactly; ended ones, steps and waits of the last hour."""
    run = await story.run("r1", ago=600)
    for number in range(4):
        await story.step(run, f"Step {number}", after=number * 5, seconds=number + 1)
    await story.step(run, "Tag v1.5.0", after=30, seconds=2, kind="effect")
    await story.run("f1", state="failed")
    await story.run("old", state="failed", ago=timedelta(hours=2).total_seconds())
    await story.run("q1", state="queued", ago=90)
    await story.run("q2", state="queued", ago=30)
    found = await _metrics(browser)
    assert found['flowbot_runs_active{state="running"}'] == 1
    assert found['flowbot_runs_active{state="queued"}'] == 2
    assert found['flowbot_runs_last_hour{flow="release-management",state="failed"}'] == 1
    assert found['flowbot_step_seconds{kind="step",quantile="0.5"}'] == 2.5
    assert found['flowbot_step_seconds{kind="effect",quantile="0.99"}'] == 2
    assert found['flowbot_steps_last_hour{kind="step"}'] == 4
    assert found["flowbot_run_queued_seconds"] == 90
    calls = found['flowbot_api_calls_last_hour{integration="github"}']
    assert calls == found['flowbot_api_cost_last_hour{integration="github"}'] > 0
    assert found['flowbot_api_bytes_last_hour{integration="github"}'] == calls * 20_480
    assert found["flowbot_cpu_seconds_last_hour"] == calls / 8
    assert found['flowbot_queue_depth{queue="interactive"}'] == 3
    assert found['flowbot_queue_wait_seconds{queue="interactive"}'] == 4
    assert found['flowbot_queue_playing{queue="interactive"}'] == 2
    assert found['flowbot_queue_depth{queue="delivery"}'] == 1
    assert found['flowbot_queue_wait_seconds{queue="delivery"}'] == 600
    assert found['flowbot_workers{queue="interactive"}'] == 1
    assert found['flowbot_workers{queue="heavy"}'] == 0
    assert found['flowbot_queue_room{queue="interactive"}'] == 50
    assert found['flowbot_queue_waited_seconds_bucket{le="1.0",queue="interactive"}'] == 7
    assert found['flowbot_queue_waited_seconds_count{queue="interactive"}'] == 8
    assert found["flowbot_outbox_rows"] == 1
    assert found["flowbot_outbox_lag_seconds"] == 600


async def test_metrics_of_an_empty_bot_are_zero(browser: httpx.AsyncClient) -> None:
    """Nothing waits and nothing lags where nothing is."""
    found = await _metrics(browser)
    assert found["flowbot_run_queued_seconds"] == found["flowbot_outbox_lag_seconds"] == 0
    assert found['flowbot_runs_active{state="running"}'] == 0


async def test_answers_are_counted_by_route(browser: httpx.AsyncClient, story: Story) -> None:
    """Ids and made-up addresses make no new series, whatever is asked for."""
    await story.run("r1")
    for address in ("/runs/r1", "/runs/none", "/wp-admin", "/.env", "/runs?state=done"):
        await browser.get(address)
    await browser.request("PROPFIND", "/")
    found = await _metrics(browser)
    counted = {name: value for name, value in found.items() if "requests_total" in name}
    assert counted == {
        'flowbot_http_requests_total{method="GET",route="/runs/{run_id}",status="200"}': 1,
        'flowbot_http_requests_total{method="GET",route="/runs/{run_id}",status="404"}': 1,
        'flowbot_http_requests_total{method="GET",route="unknown",status="404"}': 2,
        'flowbot_http_requests_total{method="GET",route="/runs",status="200"}': 1,
        'flowbot_http_requests_total{method="other",route="/",status="405"}': 1,
    }
    assert found['flowbot_http_request_seconds_count{route="/runs/{run_id}"}'] == 2


async def test_what_a_person_waits_for_is_served_before_the_pages(
    app: FastAPI, browser: httpx.AsyncClient
) -> None:
    """By any name and without the layers of the pages, and yet counted."""

    async def hello(request: Request) -> Response:
        return PlainTextResponse(request.method)

    app.state.front += [Route("/hello", hello, methods=["POST"])]
    answer = await browser.post("/hello", headers={"host": "elsewhere.example"})

    assert (answer.status_code, answer.text) == (200, "POST")
    assert (await browser.get("/hello")).status_code == 404
    found = await _metrics(browser)
    assert found['flowbot_http_requests_total{method="other",route="/hello",status="200"}'] == 1


async def test_two_applications_count_apart(
    browser: httpx.AsyncClient,
    database: Database,
    news: News,
    line: Line,
    clock: Clock,
    dispatch: Dispatch,
    passes: Passes,
) -> None:
    """No number lives in a module: a second application starts at zero."""
    await browser.get("/runs")
    second = create_app(database, news, line, dispatch, passes, public_url="", clock=clock)
    transport = httpx.ASGITransport(second)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as other:
        assert not [name for name in await _metrics(other) if "requests_total" in name]


async def _metrics(browser: httpx.AsyncClient) -> dict[str, float]:
    answer = await browser.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = re.findall(r"^([a-z_]+(?:\{.*\})?) (\S+)$", answer.text, re.MULTILINE)
    return {name: float(value) for name, value in lines}
