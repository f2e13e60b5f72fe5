"""Issues, comments, labels, reviews, milestones and deployments live as on GitHub."""

import base64

import httpx

from integrations.emulators.github import GitHubWorld
from tests.integrations.emulators.github.connection import ask

HERE = "/repos/acme/api"


async def test_an_issue_is_opened_changed_and_closed(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """Numbers go on after the pull requests; closing notes who and when."""
    body = {"title": "A bug", "labels": ["bug"], "assignees": ["ada", "nobody"]}
    made = (await api.post(f"{HERE}/issues", json=body)).json()
    closed = await api.patch(f"{HERE}/issues/{made['number']}", json={"state": "closed"})
    told = closed.json()
    assert (made["number"], [user["login"] for user in made["assignees"]]) == (2, ["ada"])
    assert (told["closed_by"]["login"], told["state_reason"]) == ("flowbot", "completed")
    assert (await api.get(f"{HERE}/issues")).json() == []
    creator = await api.get(f"{HERE}/issues?state=all&creator=flowbot&milestone=none")
    assert [issue["number"] for issue in creator.json()] == [2]
    assert world["acme/api"].issues[2].state == "closed"


async def test_comments_can_be_edited_and_deleted(api: httpx.AsyncClient) -> None:
    """A comment on a pull request is one on its issue."""
    made = (await api.post(f"{HERE}/issues/1/comments", json={"body": "One"})).json()
    where = f"{HERE}/issues/comments/{made['id']}"
    await api.patch(where, json={"body": "Two"})
    assert (await api.get(where)).json()["body"] == "Two"
    assert "/pull/1#issuecomment-" in made["html_url"]
    assert (await api.delete(where)).status_code == 204
    assert (await api.get(f"{HERE}/issues/1/comments")).json() == []


async def test_labels_are_added_replaced_and_removed(api: httpx.AsyncClient) -> None:
    """Each call answers with what the thread has now."""

    def names(answer: httpx.Response) -> list[str]:
        return [label["name"] for label in answer.json()]

    made = await api.post(f"{HERE}/labels", json={"name": "urgent", "color": "#ff0000"})
    again = await api.post(f"{HERE}/labels", json={"name": "Urgent"})
    where = f"{HERE}/issues/1/labels"
    added = await api.post(where, json={"labels": ["urgent", "bug", "urgent"]})
    replaced = await api.put(where, json={"labels": [{"name": "docs"}]})
    removed = await api.delete(f"{where}/docs")
    assert (made.json()["color"], again.status_code) == ("ff0000", 422)
    assert (names(added), names(replaced), names(removed)) == (["urgent", "bug"], ["docs"], [])


async def test_a_milestone_counts_what_it_holds(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """Open and closed threads are counted; deleting it frees them."""
    body = {"title": "2.0", "due_on": "2026-04-01T00:00:00Z"}
    await api.post(f"{HERE}/milestones", json=body)
    again = await api.post(f"{HERE}/milestones", json=body)
    await api.post(f"{HERE}/issues", json={"title": "x", "milestone": 1})
    await api.patch(f"{HERE}/issues/1", json={"milestone": 1})
    told = (await api.get(f"{HERE}/milestones/1")).json()
    query = """{ repository(owner: "acme", name: "api") { milestone: milestones(first: 1) {
      nodes { progressPercentage dueOn issues(first: 5) { nodes { number state } }
      pullRequests(first: 5) { nodes { number state } } } } } }"""
    graph = (await ask(api, query))["data"]["repository"]["milestone"]["nodes"][0]
    assert again.status_code == 422
    assert (told["open_issues"], told["closed_issues"]) == (1, 1)
    assert graph["progressPercentage"] == 50.0
    assert graph["issues"]["nodes"] == [{"number": 2, "state": "OPEN"}]
    assert graph["pullRequests"]["nodes"] == [{"number": 1, "state": "MERGED"}]
    assert (await api.delete(f"{HERE}/milestones/1")).status_code == 204
    assert world["acme/api"].issues[2].milestone is None


async def test_a_pull_request_is_reviewed(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """Asking, objecting, dismissing and approving show in REST and GraphQL."""
    where = f"{HERE}/pulls/1"
    await api.post(f"{where}/requested_reviewers", json={"reviewers": ["dee", "eli"]})
    await api.request("DELETE", f"{where}/requested_reviewers", json={"reviewers": ["eli"]})
    asked = (await api.get(f"{where}/requested_reviewers")).json()["users"]
    body = {"event": "REQUEST_CHANGES", "body": "No"}
    review = (await api.post(f"{where}/reviews", json=body)).json()
    query = """{ repository(owner: "acme", name: "api") { pullRequest(number: 1) {
      reviewDecision state reviews(first: 5, author: "flowbot") { nodes { state commit { oid } } }
      comments(first: 1) { totalCount } labels(first: 1) { totalCount } milestone { title }
      closingIssuesReferences(first: 1) { totalCount } mergedBy { login } } } }"""
    before = (await ask(api, query))["data"]["repository"]["pullRequest"]
    put = f"{where}/reviews/{review['id']}/dismissals"
    dismissed = (await api.put(put, json={"message": "ok"})).json()
    after = (await ask(api, query))["data"]["repository"]["pullRequest"]

    assert [one["login"] for one in asked] == ["dee"]
    assert before["reviewDecision"] == "CHANGES_REQUESTED"
    assert before["reviews"]["nodes"][0]["commit"]["oid"] == world["acme/api"].pulls[1].head_sha
    assert (dismissed["state"], after["reviewDecision"]) == ("DISMISSED", "APPROVED")


async def test_nobody_approves_their_own(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """The author's own approval is refused."""
    sha = world.head("acme/api")
    await api.post(f"{HERE}/git/refs", json={"ref": "refs/heads/t", "sha": sha})
    content = base64.b64encode(b"x").decode()
    body = {"message": "m", "content": content, "branch": "t"}
    await api.put(f"{HERE}/contents/x", json=body)
    await api.post(f"{HERE}/pulls", json={"title": "x", "head": "t", "base": "main"})
    answer = await api.post(f"{HERE}/pulls/2/reviews", json={"event": "APPROVE"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == ["Can not approve your own pull request"]


async def test_a_deleted_branch_ends_its_pull_request(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """An open pull request without its branch is closed."""
    sha = world.head("acme/api")
    await api.post(f"{HERE}/git/refs", json={"ref": "refs/heads/t", "sha": sha})
    body = {"message": "m", "content": "eA==", "branch": "t"}
    made = (await api.put(f"{HERE}/contents/x", json=body)).json()
    await api.post(f"{HERE}/pulls", json={"title": "x", "head": "acme:t", "base": "main"})
    listed = await api.get(f"{HERE}/pulls?head=acme:t&base=main")
    gone = {"message": "m", "branch": "t", "sha": made["content"]["sha"]}
    deleted = await api.request("DELETE", f"{HERE}/contents/x", json=gone)
    await api.delete(f"{HERE}/git/refs/heads/t")
    assert [pull["number"] for pull in listed.json()] == [2]
    assert deleted.json()["content"] is None
    assert world["acme/api"].pulls[2].state == "closed"


async def test_the_next_success_retires_the_last_deployment(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """One deployment is active per environment; an active one cannot be deleted."""
    ids = []
    for _ in range(2):
        body = {"ref": "main", "payload": {"run": "r1"}}
        made = (await api.post(f"{HERE}/deployments", json=body)).json()
        where = f"{HERE}/deployments/{made['id']}/statuses"
        await api.post(where, json={"state": "success", "log_url": "https://ci.example/1"})
        ids.append(made["id"])
    first = (await api.get(f"{HERE}/deployments/{ids[0]}/statuses")).json()
    listed = (await api.get(f"{HERE}/deployments")).json()
    refused = await api.delete(f"{HERE}/deployments/{ids[1]}")
    deleted = await api.delete(f"{HERE}/deployments/{ids[0]}")
    assert [status["state"] for status in first] == ["inactive", "success"]
    assert [one["id"] for one in listed] == ids[::-1]
    assert listed[0]["payload"] == {"run": "r1"}
    assert (refused.status_code, deleted.status_code) == (422, 204)
    assert list(world["acme/api"].deployments) == [ids[1]]


async def test_a_draft_release_is_published_later(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """A draft makes no tag and is not the latest; publishing does both; deleting keeps the tag."""
    body = {"tag_name": "v1.3.0", "draft": True, "generate_release_notes": True}
    draft = (await api.post(f"{HERE}/releases", json=body)).json()
    assert "v1.3.0" not in world.tags("acme/api")
    assert "Add retries" in draft["body"]
    assert (await api.get(f"{HERE}/releases/tags/v1.3.0")).status_code == 404
    where = f"{HERE}/releases/{draft['id']}"
    await api.patch(where, json={"draft": False, "make_latest": "true"})
    assert world.tags("acme/api")["v1.3.0"] == world.head("acme/api")
    assert (await api.get(f"{HERE}/releases/latest")).json()["tag_name"] == "v1.3.0"
    await api.patch(where, json={"make_latest": "false"})
    assert (await api.delete(where)).status_code == 204
    assert "v1.3.0" in world.tags("acme/api")
    assert (await api.get(f"{HERE}/releases/latest")).json()["tag_name"] == "v1.2.0"


async def test_checks_and_statuses_are_told_newest_first(
    world: GitHubWorld, api: httpx.AsyncClient
) -> None:
    """A check can be updated and found by name; the worst status decides."""
    head = world.head("acme/api")
    run = (await api.post(f"{HERE}/check-runs", json={"name": "lint", "head_sha": head})).json()
    output = {"title": "Fine", "summary": "Nothing found"}
    body = {"conclusion": "success", "output": output, "completed_at": "2026-03-02T12:00:00Z"}
    done = (await api.patch(f"{HERE}/check-runs/{run['id']}", json=body)).json()
    for context, state in (("a", "pending"), ("a", "success"), ("b", "error")):
        await api.post(f"{HERE}/statuses/{head}", json={"state": state, "context": context})
    named = (await api.get(f"{HERE}/commits/main/check-runs?check_name=lint&filter=all")).json()
    combined = (await api.get(f"{HERE}/commits/main/status")).json()
    every = (await api.get(f"{HERE}/commits/main/statuses")).json()
    assert (done["status"], done["output"]["title"]) == ("completed", "Fine")
    assert named["total_count"] == 2
    assert (combined["state"], combined["total_count"]) == ("failure", 2)
    assert [one["state"] for one in every] == ["error", "success", "pending"]


async def test_graphql_tells_the_details(world: GitHubWorld, api: httpx.AsyncClient) -> None:
    """Commits, trees, releases, labels and issues by GraphQL agree with the world."""
    await api.post(f"{HERE}/issues", json={"title": "x", "labels": ["bug"], "assignees": ["bo"]})
    await api.post(f"{HERE}/issues/2/comments", json={"body": "Hi"})
    query = """{ repository(owner: "acme", name: "api") {
      owner { login } latestRelease { tag { name } isLatest } release(tagName: "v1.2.0") { name }
      ref(qualifiedName: "main") { target { abbreviatedOid ... on Commit {
        additions deletions changedFilesIfAvailable messageBody tree { oid }
        parents(first: 1) { nodes { oid } }
        history(last: 1, path: "README.md", until: "2030-01-01T00:00:00Z",
                author: {emails: ["ada@acme.example"]}) { nodes { messageHeadline } } } } }
      labels(first: 5, orderBy: {field: NAME, direction: DESC}) { nodes { name } }
      issue(number: 2) { stateReason body assignees(first: 1) { nodes { login } }
        comments(first: 1, orderBy: {field: UPDATED_AT, direction: ASC}) { nodes { body url } } }
      issues(first: 5, states: OPEN, labels: ["bug"],
             orderBy: {field: CREATED_AT, direction: DESC}) { nodes { number } }
      releases(first: 5, orderBy: {field: NAME, direction: ASC}) { nodes { tagName } }
      refs(refPrefix: "refs/heads", first: 1, direction: DESC) { nodes { name } }
      none: object(expression: "nope") { oid } gone: ref(qualifiedName: "nope") { name } } }"""
    answer = await ask(api, query)
    assert "errors" not in answer
    repo = answer["data"]["repository"]
    target = repo["ref"]["target"]
    assert target["abbreviatedOid"] == world.head("acme/api")[:7]
    assert (target["additions"], target["deletions"], target["changedFilesIfAvailable"]) == (
        1,
        0,
        1,
    )
    assert target["history"]["nodes"] == [{"messageHeadline": "Begin"}]
    assert repo["issue"]["assignees"]["nodes"] == [{"login": "bo"}]
    assert repo["issues"]["nodes"] == [{"number": 2}]
    assert repo["latestRelease"] == {"tag": {"name": "v1.2.0"}, "isLatest": True}
    assert repo["refs"]["nodes"] == [{"name": "main"}]
    assert (repo["none"], repo["gone"]) == (None, None)


async def test_issues_are_filtered_in_every_way(api: httpx.AsyncClient) -> None:
    """By people, labels, milestone, state and time; who opened one is subscribed to it."""
    await api.post(f"{HERE}/milestones", json={"title": "Soon"})
    one = {"title": "One", "labels": ["bug"], "assignees": ["cy"]}
    await api.post(f"{HERE}/issues", json=one)
    await api.post(f"{HERE}/issues", json={"title": "Two", "body": "Ask @dee", "milestone": 1})
    query = """query($by: IssueFilters) { repository(owner: "acme", name: "api") {
        issues(first: 9, filterBy: $by) { nodes { title } } } }"""
    for by, titles in (
        ({"assignee": "cy"}, ["One"]),
        ({"assignee": "*", "labels": ["bug"]}, ["One"]),
        ({"assignee": None}, ["Two"]),
        ({"createdBy": "flowbot", "mentioned": "dee"}, ["Two"]),
        ({"milestoneNumber": "1"}, ["Two"]),
        ({"milestone": None}, ["One"]),
        ({"viewerSubscribed": True, "since": "2020-01-01T00:00:00Z"}, ["One", "Two"]),
        ({"states": ["CLOSED"]}, []),
    ):
        found = (await ask(api, query, by=by))["data"]["repository"]["issues"]["nodes"]
        assert [each["title"] for each in found] == titles, by
