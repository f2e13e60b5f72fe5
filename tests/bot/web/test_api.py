"""The JSON API says the same as the pages, and describes itself truthfully."""

from base64 import b64decode
from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator, validate

from flows.engine.journal import Change, Question
from flows.report import Figure, Link, Report, Table, table, text
from storage.records import report_from
from tests.bot.web.conftest import Story, png
from tests.bot.web.test_schedules import schedule
from tests.bot.web.test_subscriptions import follow


async def test_the_cursor_leads_through_every_run_once(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """500 runs in pages of 70: each exactly once, the newest first, null after the last."""
    await story.many(500)
    seen: list[str] = []
    created: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await browser.get("/api/v1/runs", params={"limit": 70, "after": cursor})
        page = answer.json()
        seen += [run["id"] for run in page["runs"]]
        created += [run["created_at"] for run in page["runs"]]
        cursor = page["next"]
    assert len(seen) == len(set(seen)) == 500
    assert created == sorted(created, reverse=True)


async def test_filters_are_combined(browser: httpx.AsyncClient, story: Story) -> None:
    """State, flow and project all have to fit."""
    await story.many(60)
    await story.run("other", project="acme/web", state="failed", flow="system-status")
    query = {"state": "failed", "flow": "system-status", "project": "acme/web"}
    assert [
        run["id"] for run in (await browser.get("/api/v1/runs", params=query)).json()["runs"]
    ] == ["other"]


@pytest.mark.parametrize("query", ["state=bogus", "limit=0", "limit=201", "after=bogus"])
async def test_a_wrong_question_is_refused(browser: httpx.AsyncClient, query: str) -> None:
    """What the description does not allow is 422, with the reason."""
    answer = await browser.get(f"/api/v1/runs?{query}")
    assert answer.status_code == 422
    assert answer.json()["detail"]


async def test_a_run_comes_with_steps_and_questions(
    browser: httpx.AsyncClient, story: Story
) -> None:
    """One request holds everything but the report."""
    run = await story.run("r1", state="waiting")
    await story.step(run, "Find the last release", seconds=2)
    plan = (Change("Tag v1.5.0", undoable=True),)
    asked = await story.ask(run, Question("f00d", "Apply this plan?", ("approve", "decline"), plan))
    await story.answer(asked, "approve")
    found = (await browser.get("/api/v1/runs/r1")).json()
    assert (found["state"], found["actor"], found["door"]) == ("waiting", "ada", "slash")
    assert found["params"] == {"repo": "acme/api", "level": "minor"}
    assert found["has_report"] is False
    [step] = found["steps"]
    assert (step["title"], step["state"], step["calls"]) == ("Find the last release", "done", 1)
    used = {"calls": {"github": 1}, "cost": {"github": 1}, "bytes": {"github": 20_480}}
    assert step["resources"] == used | {"cpu_seconds": 0.125, "peak_bytes": 9_000_000}
    assert found["resources"] == step["resources"]
    [question] = found["questions"]
    assert question["plan"] == [{"title": "Tag v1.5.0", "undoable": True, "state": "planned"}]
    assert (question["answer"], question["answered_by"]) == ("approve", "ben")
    assert [(each["by"], each["choice"]) for each in question["answers"]] == [("ben", "approve")]
    assert question["who"].startswith("Anybody with the role maintainer other than ada")
    assert (question["deadline"], question["lifted_by"]) == (None, None)


async def test_a_report_comes_as_it_was_stored(browser: httpx.AsyncClient, story: Story) -> None:
    """Every block is there, pictures in base64, and it reads back as the same report."""
    run = await story.run("r1", state="done")
    rows = [("1", Link("#1", "https://github.com/acme/api/pull/1"))]
    report = Report(
        "Fine",
        "All is well.",
        "good",
        (text("a"), table(["n", "pr"], rows), Figure("f", "alt", png())),
    )
    await story.report(run, report)
    answer = await browser.get("/api/v1/runs/r1/report")
    assert report_from(answer.content) == report
    assert isinstance(report.blocks[1], Table)
    assert b64decode(answer.json()["blocks"][2]["png"]) == png()


async def test_the_catalogue_lists_parameters(browser: httpx.AsyncClient) -> None:
    """A program can build a form from it."""
    flows = (await browser.get("/api/v1/flows")).json()
    assert [flow["slug"] for flow in flows] == ["release-management", "system-status"]
    assert flows[0] == (await browser.get("/api/v1/flows/release-management")).json()
    assert flows[0]["parameters"][1] == {
        "name": "level",
        "kind": "patch, minor or major",
        "description": "What to raise",
        "required": False,
        "default": "minor",
        "examples": [],
    }


@pytest.mark.parametrize("path", ["runs/none", "runs/none/report", "flows/none", "none"])
async def test_what_is_not_there_is_404_in_json(browser: httpx.AsyncClient, path: str) -> None:
    """A program is not sent a page for people."""
    answer = await browser.get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"]


async def test_the_description_holds(browser: httpx.AsyncClient, story: Story) -> None:
    """Each answer fits the schema that the OpenAPI document gives for it."""
    run = await story.run("r1", state="done")
    await story.step(run, "Find the last release")
    await story.report(run, Report("Fine", blocks=(text("a", Link("b", "https://x.example/")),)))
    document = (await browser.get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert len(document["paths"]) == 18
    await schedule(story.database, "s1")
    await follow(story.database, "s1", settings={"features": {}})
    for path in (each for each in document["paths"] if "get" in document["paths"][each]):
        address = path.replace("{run_id}", "r1").replace("{slug}", "release-management")
        address = address.replace("{schedule_id}", "s1").replace("{subscription_id}", "s1")
        answer = (await browser.get(address)).json()
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        schema: dict[str, Any] = content["application/json"]["schema"]
        validate(answer, schema | {"components": document["components"]}, cls=OAS31Validator)
