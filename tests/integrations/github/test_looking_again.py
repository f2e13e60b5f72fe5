"""A second look costs what has changed since the first, and nothing where nothing has."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from integrations.emulators.github import GitHubWorld
from integrations.github import GitHub, WorkflowRun
from tests.integrations.github.conftest import Connect

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SHA = "0123456789abcdef0123456789abcdef01234567"


def pulls_server(
    updated: list[datetime], calls: list[dict[str, Any]]
) -> Callable[[httpx.Request], httpx.Response]:
    """Serve merged pull requests by GraphQL, a hundred a page, last updated first."""

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            tag = f'"{max(updated)}"'
            same = request.headers.get("if-none-match") == tag
            return httpx.Response(304 if same else 200, headers={"etag": tag}, json=[])
        body = msgspec.json.decode(request.content)
        calls.append(body["variables"])
        start = int(body["variables"]["after"] or 0)
        newest = sorted(enumerate(updated), key=lambda item: item[1], reverse=True)
        nodes = [
            {
                "number": number,
                "title": f"Pull {number}",
                "url": "u",
                "createdAt": at.isoformat(),
                "updatedAt": at.isoformat(),
                "mergedAt": at.isoformat(),
                "headRefName": "h",
                "baseRefName": "main",
            }
            for number, at in newest[start : start + 100]
        ]
        page = {"hasNextPage": start + 100 < len(updated), "endCursor": str(start + 100)}
        found = {"pullRequests": {"nodes": nodes, "pageInfo": page}}
        return httpx.Response(200, json={"data": {"repository": found}})

    return handler


async def test_a_thousand_pull_requests_cost_ten_calls_then_one_then_none(
    connect: Connect,
) -> None:
    """Within the hour only what was updated since is asked for again, if anything was."""
    updated = [SINCE + timedelta(hours=n) for n in range(1, 1001)]
    calls: list[dict[str, Any]] = []
    github = connect(pulls_server(updated, calls))
    first = await github.pull_timings("acme/api", SINCE, "main")
    assert (len(first), len(calls)) == (1000, 10)
    assert calls[0] == {"owner": "acme", "name": "api", "base": "main", "after": None}
    updated[3] = SINCE + timedelta(hours=2000)
    updated.append(SINCE + timedelta(hours=2001))
    second = await github.pull_timings("acme/api", SINCE, "main")
    assert (len(second), len(calls)) == (1001, 11)
    assert [pull.number for pull in second[:2]] == [1000, 3]
    third = await github.pull_timings("acme/api", SINCE, "main")
    assert (third, len(calls)) == (second, 11)


async def test_an_older_window_is_read_anew(connect: Connect) -> None:
    """What was remembered reaches only as far back as it was asked for."""
    updated = [SINCE + timedelta(hours=n) for n in range(300)]
    calls: list[dict[str, Any]] = []
    github = connect(pulls_server(updated, calls))
    recent = await github.merged_pulls("acme/api", SINCE + timedelta(hours=250))
    assert (len(recent), len(calls)) == (49, 1)
    assert len(await github.merged_pulls("acme/api", SINCE - timedelta(hours=1))) == 300
    assert len(await github.merged_pulls("acme/api", SINCE + timedelta(hours=250))) == 49


async def test_unfinished_deployments_are_looked_at_again(connect: Connect) -> None:
    """One that is under way may change although it was made long ago; others need no look."""
    states = ["SUCCESS"] * 150
    states[120] = "IN_PROGRESS"
    calls: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":  # the same newest deployments, all the time
            return httpx.Response(200, headers={"etag": '"1"'}, json=[])
        start = int(msgspec.json.decode(request.content)["variables"]["after"] or 0)
        calls.append(start)
        nodes = [
            {
                "databaseId": n,
                "commitOid": SHA,
                "createdAt": (at := (SINCE + timedelta(hours=200 - n)).isoformat()),
                "statuses": {"nodes": [{"state": states[n], "createdAt": at}]},
            }
            for n in range(start, min(start + 100, len(states)))
        ]
        page = {"hasNextPage": start == 0, "endCursor": "100"}
        found = {"deployments": {"nodes": nodes, "pageInfo": page}}
        return httpx.Response(200, json={"data": {"repository": found}})

    github = connect(handler)
    first = await github.deployments("acme/api", SINCE)
    assert (len(first), first[120].state, calls) == (150, "pending", [0, 100])
    states[120] = "SUCCESS"
    assert (await github.deployments("acme/api", SINCE))[120].state == "success"
    assert calls == [0, 100, 0, 100]
    await github.deployments("acme/api", SINCE)
    assert calls == [0, 100, 0, 100]


async def test_what_has_ended_is_asked_for_once(connect: Connect) -> None:
    """The jobs of an attempt and the log of a job never change; a new attempt has new jobs."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.method == "GET":
            return httpx.Response(200, text="it failed")
        checks = [{"databaseId": 5, "name": "test", "status": "COMPLETED", "conclusion": "FAILURE"}]
        run = {"databaseId": 1, "checkSuite": {"checkRuns": {"nodes": checks}}}
        return httpx.Response(200, json={"data": {"nodes": [run]}})

    github, at = connect(handler), datetime(2026, 3, 1, tzinfo=UTC)
    run = WorkflowRun(1, "CI", "push", "main", "0" * 40, "completed", "u", at, at, node="R1")
    again = msgspec.structs.replace(run, attempt=2)
    found = [await github.jobs_of_runs("acme/api", [each]) for each in (run, run, again)]
    logs = [await github.job_log("acme/api", 5) for _ in range(2)]

    assert [job.attempt for jobs in found for job in jobs] == [1, 1, 2]
    assert logs == ["it failed"] * 2
    assert asked == ["/graphql", "/graphql", "/repos/acme/api/actions/jobs/5/logs"]


async def test_what_is_not_there_is_asked_for_at_no_price(
    world: GitHubWorld, github: GitHub
) -> None:
    """A branch that has not come is told by a list, a file by the commit that lacks it."""
    commit = world.head("acme/api")
    spent = []
    for _ in range(2):
        assert not await github.has_branch("acme/api", "main/x")
        assert await github.file("acme/api", "none.txt", commit) is None
        spent.append(world.quotas["core"].used)
    assert spent[0] == spent[1]
    assert await github.has_branch("acme/api", "main")


async def test_the_backlog_is_read_once_and_followed(world: GitHubWorld, github: GitHub) -> None:
    """An issue that was closed meanwhile is in the other list then; where nothing was, at no price.

    Both lists are without pull requests, which are half of what GitHub has by other ways.
    """
    ada, since = world.person("ada"), world.clock
    first, second = [await ada.opens_issue("acme/api", title) for title in ("One", "Two")]
    read = await github.all_open_issues("acme/api")
    assert [issue.number for issue in read] == [second, first]
    assert await github.issues_closed("acme/api", since) == []

    world.clock += timedelta(minutes=1)
    await ada.closes("acme/api", first)
    assert [issue.number for issue in await github.all_open_issues("acme/api")] == [second]
    assert [issue.number for issue in await github.issues_closed("acme/api", since)] == [first]

    spent = world.spent["reads"]
    assert [issue.title for issue in await github.all_open_issues("acme/api")] == ["Two"]
    assert world.spent["reads"] == spent
