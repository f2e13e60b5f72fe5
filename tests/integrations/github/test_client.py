"""Pages, cached answers, allowances and GraphQL, as the flows meet them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from integrations.errors import Limited, NotFound, OutsideError, Refused, Transient
from integrations.github import Checks, GitHub, RateLimit
from integrations.meter import Meter, metered
from tests.integrations.github.conftest import Connect

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SHA = "a" * 40


def commit(sha: str) -> dict[str, Any]:
    """Return a commit as REST sends it."""
    at = {"name": "Ada", "date": "2026-06-01T12:00:00Z"}
    return {"sha": sha, "commit": {"message": "Fix\n\nwhy", "author": at, "committer": at}}


def answers(routes: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    """Answer paths with JSON, everything else with 404."""

    def handler(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        if path not in routes:
            return httpx.Response(404, json={"message": "Not Found"})
        return httpx.Response(200, json=routes[path])

    return handler


async def test_every_page_is_read(connect: Connect) -> None:
    """GitHub's links are followed to the last page; a hundred items a page."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url.query, "ascii"))
        page = int(request.url.params.get("page", "1"))
        link = (
            f'<https://api.github.com/repositories/1/tags?per_page=100&page={page + 1}>; rel="next"'
        )
        headers = {"link": link} if page < 3 else {}
        tag = {"name": f"v{page}", "commit": {"sha": SHA}}
        return httpx.Response(200, json=[tag], headers=headers)

    tags = await connect(handler).tags("acme/api")
    assert [tag.name for tag in tags] == ["v1", "v2", "v3"]
    assert asked == ["per_page=100", "per_page=100&page=2", "per_page=100&page=3"]


async def test_links_that_never_end_are_cut(connect: Connect) -> None:
    """A list that points at itself does not keep a worker for ever."""
    link = {"link": '<https://api.github.com/repos/acme/api/tags?page=1>; rel="next"'}
    github = connect(lambda _: httpx.Response(200, json=[], headers=link))
    with pytest.raises(Refused, match="1000 pages"):
        await github.tags("acme/api")


async def test_the_next_page_is_on_the_same_host(connect: Connect) -> None:
    """A link is data from outside: the token goes nowhere else."""
    link = {"link": '<https://evil.example/repos?page=2>; rel="next"'}
    github = connect(lambda _: httpx.Response(200, json=[], headers=link))
    with pytest.raises(Refused, match="another host"):
        await github.tags("acme/api")


async def test_compare_asks_for_no_empty_page(connect: Connect) -> None:
    """GitHub says how many commits there are, oldest first."""
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        body = {"total_commits": 2, "commits": [commit("1" * 40), commit("2" * 40)]}
        link = {"link": '<https://api.github.com/x?page=2>; rel="next"'}
        return httpx.Response(200, json=body, headers=link)

    commits = await connect(handler).commits_between("acme/api", "v1", "release/2")
    assert [found.sha[0] for found in commits] == ["1", "2"]
    assert commits[0].title == "Fix"
    assert asked == ["/repos/acme/api/compare/v1...release/2"]


async def test_an_unchanged_answer_costs_nothing(connect: Connect) -> None:
    """The second read is conditional, and a 304 gives the first answer again."""
    conditional: list[str | None] = []

    def handler(request: httpx.Request) -> httpx.Response:
        sent = request.headers.get("if-none-match")
        conditional.append(sent)
        if sent == '"one"':
            return httpx.Response(304)
        body = {"full_name": "acme/api", "default_branch": "main"}
        return httpx.Response(200, json=body, headers={"etag": '"one"'})

    github = connect(handler)
    assert await github.repository("acme/api") == await github.repository("acme/api")
    assert conditional == [None, '"one"']


async def test_the_allowance_is_known_after_each_answer(connect: Connect) -> None:
    """Headers keep it current without a call of its own."""
    headers = {
        "x-ratelimit-resource": "core",
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "4999",
        "x-ratelimit-reset": "1795348800",
    }
    body = {
        "full_name": "acme/api",
        "resources": {"core": {"limit": 5000, "remaining": 4990, "reset": 1795348800}},
    }
    github = connect(lambda _: httpx.Response(200, json=body, headers=headers))
    await github.repository("acme/api")
    reset = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert github._api.quotas == {"core": RateLimit("core", 5000, 4999, reset)}
    assert await github.quota() == RateLimit("core", 5000, 4990, reset)
    assert await github.quota("search") is None


async def test_a_server_without_limits_has_no_allowance(connect: Connect) -> None:
    """Enterprise Server answers 404 there."""
    assert await connect(answers({})).quota() is None


@pytest.mark.parametrize(
    "repo", ["", "acme", "acme/", "/api", "a/b/c", "acme/..", "acme/a b", "ä/b"]
)
async def test_a_name_that_is_no_repository_is_refused_unasked(connect: Connect, repo: str) -> None:
    """No request leaves, and the text shows how it is written."""
    meter = Meter()
    with metered(meter), pytest.raises(Refused, match="owner/name"):
        await connect(answers({})).repository(repo)
    assert meter.calls == {}


async def test_a_missing_repository_is_named(connect: Connect) -> None:
    """GitHub does not tell a private repository from none, so neither do we."""
    github = connect(answers({}))
    words = "GitHub has no repository acme/nope, or this bot may not see it."
    for read in (github.repository, github.latest_release, github.tags, github.head):
        with pytest.raises(NotFound) as caught:
            await read("acme/nope")
        assert str(caught.value) == words


async def test_what_a_repository_lacks_is_none(connect: Connect) -> None:
    """Where the repository is there, a missing thing is an answer and no error."""
    github = connect(answers({"/repos/acme/api": {"full_name": "acme/api"}}))
    assert await github.latest_release("acme/api") is None
    assert await github.release_by_tag("acme/api", "v1") is None
    assert await github.tag("acme/api", "v1") is None
    assert await github.branch("acme/api", "side") is None
    assert await github.file("acme/api", "docs/x.md") is None


@pytest.mark.parametrize(
    ("status", "words"), [(422, "no branch, tag or commit nope"), (409, "is empty")]
)
async def test_a_ref_that_is_not_there_is_not_found(
    connect: Connect, status: int, words: str
) -> None:
    """GitHub has a status of its own for each case."""
    with pytest.raises(NotFound, match=words):
        await connect(lambda _: httpx.Response(status)).head("acme/api", "nope")


async def test_names_are_quoted(connect: Connect) -> None:
    """A branch with a slash stays one segment; a path cannot climb."""
    routes = {"/repos/acme/api/branches/feat%2F%C3%BC%3Fx": {"name": "b", "commit": {"sha": SHA}}}
    github = connect(answers(routes))
    assert (await github.branch("acme/api", "feat/ü?x")) is not None
    for path in ("../secrets", "a//b", "./a", ""):
        with pytest.raises(Refused):
            await github.file("acme/api", path)


async def test_an_annotated_tag_is_peeled(connect: Connect) -> None:
    """What counts is the commit."""
    routes = {
        "/repos/acme/api/git/ref/tags/v1": {"object": {"type": "tag", "sha": "b" * 40}},
        f"/repos/acme/api/git/tags/{'b' * 40}": {"object": {"type": "commit", "sha": SHA}},
    }
    tag = await connect(answers(routes)).tag("acme/api", "v1")
    assert tag is not None
    assert tag.sha == SHA


async def test_files_come_with_their_content(connect: Connect) -> None:
    """Small ones at once, large ones as a blob; a folder or a submodule is no file."""
    base = "/repos/acme/api/contents"
    routes = {
        f"{base}/a": {"type": "file", "sha": "1", "encoding": "base64", "content": "aGk=\n"},
        f"{base}/big": {"type": "file", "sha": "2", "encoding": "none", "content": ""},
        "/repos/acme/api/git/blobs/2": {"encoding": "utf-8", "content": "large"},
        f"{base}/docs": [{"type": "file", "sha": "1"}],
        f"{base}/sub": {"type": "submodule", "sha": "3"},
    }
    github = connect(answers(routes))
    small, big = await github.file("acme/api", "a"), await github.file("acme/api", "big")
    assert small is not None
    assert big is not None
    assert (small.text, small.sha, big.content) == ("hi", "1", b"large")
    for path in ("docs", "sub"):
        with pytest.raises(Refused, match="not a file"):
            await github.file("acme/api", path)


def run(number: int, name: str, conclusion: str | None, app: str = "actions") -> dict[str, Any]:
    """Return a check run as REST sends it."""
    state = "completed" if conclusion else "in_progress"
    return {
        "id": number,
        "name": name,
        "status": state,
        "conclusion": conclusion,
        "app": {"slug": app},
    }


@pytest.mark.parametrize(
    ("runs", "statuses", "state"),
    [
        ([], [], "none"),
        ([run(1, "test", "success"), run(2, "docs", "skipped")], [], "success"),
        ([run(1, "test", "failure"), run(2, "test", "success")], [], "success"),
        ([run(2, "test", "success"), run(1, "test", "failure")], [], "success"),
        ([run(1, "test", "failure"), run(2, "test", "success", "other")], [], "failure"),
        ([run(1, "test", None)], [], "pending"),
        ([run(1, "test", None), run(2, "lint", "timed_out")], [], "failure"),
        ([run(1, "test", "brand_new")], [], "failure"),
        ([], [{"context": "ci", "state": "pending"}], "pending"),
        ([run(1, "test", "success")], [{"context": "ci", "state": "error"}], "failure"),
        ([run(1, "test", "success")], [{"context": "ci", "state": "success"}], "success"),
    ],
)
async def test_checks_are_green_only_when_all_are(
    connect: Connect, runs: list[Any], statuses: list[Any], state: str
) -> None:
    """The newest run of each app and name counts; a word we do not know is not green."""
    base = f"/repos/acme/api/commits/{SHA}"
    routes = {f"{base}/check-runs": {"check_runs": runs}, f"{base}/status": {"statuses": statuses}}
    checks = await connect(answers(routes)).checks("acme/api", SHA)
    assert isinstance(checks, Checks)
    assert checks.state == state


async def test_issues_come_without_pull_requests(connect: Connect) -> None:
    """GitHub lists both; labels narrow the list on its side."""
    asked: list[httpx.QueryParams] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params)
        pull = {"number": 2, "title": "PR", "pull_request": {"url": "x"}}
        return httpx.Response(200, json=[{"number": 1, "title": "Bug"}, pull])

    issues = await connect(handler).open_issues("acme/api", ["bug", "blocker"])
    assert [issue.number for issue in issues] == [1]
    assert asked[0]["labels"] == "bug,blocker"


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([{"type": "NOT_FOUND", "message": "Could not resolve"}], NotFound),
        ([{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}], Limited),
        ([{"message": "You have exceeded a secondary rate limit"}], Limited),
        ([{"message": "Something went wrong while executing your query"}], Transient),
        ([{"type": "FORBIDDEN", "message": "Resource not accessible"}], Refused),
        ([], Transient),
    ],
)
async def test_graphql_errors_have_their_meaning_too(
    connect: Connect, errors: list[Any], kind: type[OutsideError]
) -> None:
    """They come with status 200, and partial data is no data."""
    github: GitHub = connect(lambda _: httpx.Response(200, json={"data": None, "errors": errors}))
    with pytest.raises(kind) as caught:
        await github.merged_pulls("acme/api", SINCE)
    assert type(caught.value) is kind
    if isinstance(caught.value, Limited):
        assert caught.value.retry_after == timedelta(seconds=60)


async def test_a_repository_that_graphql_does_not_see_is_missing(connect: Connect) -> None:
    """A null repository is the same as an error about it."""
    github = connect(lambda _: httpx.Response(200, json={"data": {"repository": None}}))
    for read in (github.merged_pulls, github.pull_timings, github.deployments):
        with pytest.raises(NotFound, match="no repository acme/api"):
            await read("acme/api", SINCE)


async def test_workflow_runs_are_asked_for_since(connect: Connect) -> None:
    """Filters that are not given are not sent."""
    asked: list[dict[str, str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        return httpx.Response(200, json={"workflow_runs": [{"id": 1}]})

    runs = await connect(handler).workflow_runs("acme/api", SINCE, branch="main")
    assert [run.id for run in runs] == [1]
    assert asked == [{"per_page": "100", "created": ">=2026-01-01T00:00:00Z", "branch": "main"}]
