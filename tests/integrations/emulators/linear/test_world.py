"""The emulated Linear filters, pages, refuses and limits as Linear does."""

from datetime import timedelta
from uuid import uuid4, uuid5

import httpx
import pytest

from integrations.emulators.linear import TOKEN, LinearWorld, linear_app
from tests.integrations.emulators.linear.caller import asked, called, complaint

FILTERED = "query($f: IssueFilter) { issues(first: 50, filter: $f) { nodes { identifier } } }"


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [2, 1]),
        ({"title": {"contains": "retries"}}, [1]),
        ({"title": {"containsIgnoreCase": "RETRIES"}}, [1]),
        ({"title": {"notContains": "retries"}}, [2]),
        ({"title": {"startsWith": "Write"}}, [2]),
        ({"title": {"endsWith": "guide"}}, [2]),
        ({"title": {"eqIgnoreCase": "add retries"}}, [1]),
        ({"title": {"neqIgnoreCase": "add retries"}}, [2]),
        ({"title": {"in": ["Add retries"]}}, [1]),
        ({"title": {"nin": ["Add retries"]}}, [2]),
        ({"title": {"neq": "Add retries"}}, [2]),
        ({"number": {"gt": 1}}, [2]),
        ({"number": {"gte": 1, "lt": 2}}, [1]),
        ({"number": {"lte": 1}}, [1]),
        ({"priority": {"eq": 2}}, [1]),
        ({"assignee": {"null": True}}, [2]),
        ({"assignee": {"null": False}}, [1]),
        ({"assignee": {"displayName": {"eq": "bo"}}}, [1]),
        ({"assignee": {"displayName": {"neq": "bo"}}}, []),
        ({"assignee": None}, [2, 1]),
        ({"labels": {"name": {"eq": "bug"}}}, [1]),
        ({"labels": {"some": {"name": {"eq": "bug"}}}}, [1]),
        ({"labels": {"every": {"name": {"eq": "bug"}}}}, [2, 1]),
        ({"labels": {"length": {"eq": 0}}}, [2]),
        ({"and": [{"number": {"eq": 1}}, {"priority": {"eq": 2}}]}, [1]),
        ({"or": [{"number": {"eq": 1}}, {"state": {"name": {"eq": "Done"}}}]}, [2, 1]),
        ({"completedAt": {"null": True}}, [1]),
        ({"completedAt": {"gte": "-P1D"}}, [2]),
        ({"completedAt": {"gte": "P1W"}}, []),
        ({"completedAt": {"neq": "2026-01-01"}}, [2, 1]),
        ({"createdAt": {"in": ["2026-03-02T12:00:00Z"]}}, [2, 1]),
        ({"createdAt": {"lt": "2026-03-02T11:00:00+00:00"}}, []),
        ({"dueDate": {"gt": "2026-03-02"}}, [1]),
        ({"dueDate": {"eq": None}}, [2, 1]),
    ],
)
async def test_issues_are_filtered(
    world: LinearWorld, wanted: dict[str, object], numbers: list[int]
) -> None:
    """By comparators, by what they belong to, and by what they have."""
    world["ENG-1"].due_date = world.clock.date() + timedelta(days=3)

    data = await asked(world, FILTERED, f=wanted)

    assert [node["identifier"] for node in data["issues"]["nodes"]] == [
        f"ENG-{number}" for number in numbers
    ]


PAGE = """query($first: Int, $last: Int, $after: String, $before: String) {
  issues(first: $first, last: $last, after: $after, before: $before, orderBy: updatedAt) {
    edges { cursor node { number } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def test_lists_come_in_pages(world: LinearWorld) -> None:
    """Forwards and backwards, the one that was touched last first."""
    world.clock += timedelta(minutes=1)
    world.move("ENG-1", "Todo")

    first = (await asked(world, PAGE, first=1))["issues"]
    second = (await asked(world, PAGE, first=1, after=first["pageInfo"]["endCursor"]))["issues"]
    back = (await asked(world, PAGE, last=1, before=second["pageInfo"]["startCursor"]))["issues"]

    assert [edge["node"]["number"] for edge in first["edges"]] == [1]
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    assert [edge["node"]["number"] for edge in second["edges"]] == [2]
    assert (second["pageInfo"]["hasNextPage"], second["pageInfo"]["hasPreviousPage"]) == (
        False,
        True,
    )
    assert back["edges"] == first["edges"]


@pytest.mark.parametrize(
    "page", [{"first": 251}, {"first": 0}, {"first": 1, "last": 1}, {"first": 1, "after": "x"}]
)
async def test_a_page_that_cannot_be_is_refused(
    world: LinearWorld, page: dict[str, object]
) -> None:
    """With HTTP 200, as most of Linear's refusals."""
    assert complaint(await called(world, PAGE, page))[:2] == (200, "INPUT_ERROR")


@pytest.mark.parametrize(
    ("query", "status", "code", "words"),
    [
        ("{", 400, "GRAPHQL_PARSE_FAILED", "Syntax Error"),
        ("{ nope }", 400, "GRAPHQL_VALIDATION_FAILED", "Cannot query field 'nope'"),
        ('{ issue(id: "ENG-9") { id } }', 200, "INPUT_ERROR", "Entity not found: Issue"),
        ('{ issue(id: "SEC-1") { id } }', 200, "INPUT_ERROR", "Entity not found: Issue"),
        ('{ issueLabel(id: "x") { id } }', 200, "INPUT_ERROR", "Entity not found: IssueLabel"),
        ('{ issues(filter: {createdAt: {gt: "x"}}) { nodes { id } } }', 200, "INPUT_ERROR", "x is"),
        ("query($a: Int!) { issues(first: $a) { nodes { id } } }", 200, "GRAPHQL_", "Variable"),
        (
            "{ teams { nodes { issues { nodes { labels { nodes { id } } } } } } }",
            400,
            "INPUT_ERROR",
            "Query too complex: 140050",
        ),
        ('mutation { webhookDelete(id: "x") { success } }', 200, "FORBIDDEN", "Forbidden"),
    ],
)
async def test_what_cannot_be_is_said_as_linear_says_it(
    world: LinearWorld, query: str, status: int, code: str, words: str
) -> None:
    """The status depends on whether anything was run."""
    told = complaint(await called(world, query))

    assert told[0] == status
    assert told[1].startswith(code)
    assert words in told[2]


MADE = "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { issue { id } } }"


@pytest.mark.parametrize(
    "changes",
    [
        {"teamId": "x"},
        {"title": ""},
        {"stateId": "x"},
        {"stateId": "another team's"},
        {"cycleId": "another team's"},
        {"priority": 5},
        {"assigneeId": "x"},
        {"labelIds": ["x"]},
        {"dueDate": "soon"},
        {"id": "x"},
        {"id": str(uuid5(uuid4(), "five"))},
        {"id": "taken"},
    ],
)
async def test_an_issue_that_cannot_be_is_not_made(
    world: LinearWorld, changes: dict[str, object]
) -> None:
    """And its number is not used up."""
    other = world.team("OPS")
    foreign = {"stateId": other.states[0].id, "cycleId": world.cycle("OPS", world.clock).id}
    given = {"teamId": world.teams[0].id, "title": "New", **changes}
    for name, thing in foreign.items():
        if given.get(name) == "another team's":
            given[name] = thing
    if given.get("id") == "taken":
        taken = str(uuid4())
        await asked(world, MADE, input={**given, "id": taken})
        given["id"] = taken
    before = world.teams[0].last_number

    answer = await called(world, MADE, {"input": given})

    assert complaint(answer)[1] == "INPUT_ERROR"
    assert world.teams[0].last_number == before


async def test_a_token_may_be_for_reading_only(world: LinearWorld) -> None:
    """Reads go on, changes are forbidden."""
    world.token("lin_api_reads", "ada", writes=False)
    assert (await called(world, "{ viewer { id } }", token="lin_api_reads")).is_success
    answer = await called(
        world, 'mutation { issueDelete(id: "ENG-1") { success } }', token="lin_api_reads"
    )
    assert complaint(answer)[:2] == (403, "FORBIDDEN")


async def test_bodies_that_are_no_operation_are_refused(world: LinearWorld) -> None:
    """Never a traceback."""
    transport = httpx.ASGITransport(linear_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://linear") as caller:
        for body in (b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"query": "{", "variables": 7}'):
            headers = {"authorization": TOKEN}
            answer = await caller.post("/graphql", content=body, headers=headers)
            assert answer.status_code == 400


async def test_limits_flow_back_evenly(world: LinearWorld) -> None:
    """Half an hour gives half of the hour's requests back."""
    world.token("lin_api_small", "ada", requests=2)
    for _ in range(2):
        assert (await called(world, "{ viewer { id } }", token="lin_api_small")).is_success
    limited = await called(world, "{ viewer { id } }", token="lin_api_small")
    assert complaint(limited)[:2] == (400, "RATELIMITED")
    assert limited.headers["x-ratelimit-requests-remaining"] == "0"
    reset = int(limited.headers["x-ratelimit-requests-reset"])
    assert reset == int((world.clock + timedelta(hours=1)).timestamp() * 1000)

    world.clock += timedelta(minutes=30)
    assert (await called(world, "{ viewer { id } }", token="lin_api_small")).is_success
    assert not (await called(world, "{ viewer { id } }", token="lin_api_small")).is_success


async def test_the_weight_of_an_operation_is_told(world: LinearWorld) -> None:
    """A tenth a property, one an object, a list as often as it is long."""
    query = """query($n: Int) { issues(first: $n) { nodes { ...part team { key } } } }
      fragment part on Issue { id ... on Issue { title } }"""
    for size, weight in ((10, "23"), (None, "115")):
        answer = await called(world, query, {"n": size})
        assert answer.headers["x-complexity"] == weight


async def test_faults_come_on_demand(world: LinearWorld) -> None:
    """As many as are wanted, for what is named; a late one has done its work."""
    world.fail(times=2, match="viewer", status=503, retry_after=7)
    assert (await called(world, "{ teams { nodes { id } } }")).is_success
    for _ in range(2):
        broken = await called(world, "{ viewer { id } }")
        assert (broken.status_code, broken.headers["retry-after"]) == (503, "7")
    assert (await called(world, "{ viewer { id } }")).is_success

    world.fail(code="RATELIMITED", status=400, late=True)
    late = await called(world, 'mutation { issueDelete(id: "ENG-1") { success } }')
    assert complaint(late)[:2] == (400, "RATELIMITED")
    assert world["ENG-1"].trashed

    world.fail(status=400)
    assert (await called(world, "{ viewer { id } }")).json() == {"message": "Bad Request"}


async def test_changes_stay(world: LinearWorld) -> None:
    """Of labels, comments and what was deleted for ever."""
    label = world.label("bug", team="ENG").id
    comment = world.comment("ENG-1", "One").id
    await asked(
        world,
        """mutation($label: String!, $comment: String!) {
          issueLabelUpdate(id: $label, input: {name: "defect", color: null}) { success }
          commentCreate(input: {issueId: "ENG-1", body: "Two", parentId: $comment,
            createdAt: "2026-03-01T00:00:00Z"}) { comment { parentId } }
          issueUpdate(id: "ENG-1", input: {title: "Retry", assigneeId: null, priority: null,
            dueDate: null, labelIds: []}) { success }
          issueDelete(id: "ENG-2", permanentlyDelete: true) { success }
        }""",
        label=label,
        comment=comment,
    )
    issue = world["ENG-1"]
    assert (issue.title, issue.assignee, issue.priority, issue.labels) == ("Retry", None, 0, [])
    assert [each.created_at.day for each in issue.comments] == [2, 1]
    assert world.label("defect", team="ENG").id == label
    with pytest.raises(KeyError):
        world["ENG-2"]

    answer = await called(
        world,
        """mutation { issueLabelCreate(input: {name: "Defect"}) { success }
          two: issueLabelCreate(input: {name: "defect"}) { success }
          commentCreate(input: {issueId: "ENG-1"}) { success }
          issueUpdate(id: "ENG-1", input: {title: ""}) { success }
          issueRelationCreate(input: {issueId: "ENG-1", relatedIssueId: "ENG-1", type: blocks}) {
            success } }""",
    )
    assert len(answer.json()["errors"]) == 1, "the first of them ends a mutation of non-null fields"


async def test_people_look_themselves_up(world: LinearWorld) -> None:
    """By `me`, and teams by their key."""
    data = await asked(
        world,
        '{ user(id: "me") { displayName isMe } team(id: "ENG") { key members { nodes { id } } } }',
    )
    assert data["user"] == {"displayName": "flowbot", "isMe": True}
    assert len(data["team"]["members"]["nodes"]) == 5


async def test_cycles_and_milestones_know_how_far_they_are(world: LinearWorld) -> None:
    """By the clock and by the work that is done."""
    old = world.cycle("ENG", world.clock - timedelta(days=21))
    now = world.cycle("ENG", world.clock - timedelta(days=7))
    soon = world.cycle("ENG", world.clock + timedelta(days=7))
    world["ENG-1"].cycle = world["ENG-2"].cycle = now
    project = world.project("Checkout", "ENG")
    late = world.milestone(project, "Beta", due=world.clock.date() - timedelta(days=1))
    done = world.milestone(project, "Alpha")
    world["ENG-2"].project_milestone = done

    assert (old.is_past, old.is_previous, now.is_active, soon.is_next) == (True,) * 4
    assert world.teams[0].active_cycle is now
    assert now.progress == 0.5
    assert now.scope_history[-1] == now.issue_count_history[-1] == 2
    assert now.completed_scope_history[-1] == now.completed_issue_count_history[-1] == 1
    assert (late.status, done.status, world.milestone(project, "Gamma").status) == (
        "overdue",
        "done",
        "unstarted",
    )
    world.move("ENG-1", "Canceled")
    assert now.progress == 1
