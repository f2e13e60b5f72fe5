"""Issues and the comments and labels that pull requests share with them."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar, get_args

from integrations.emulators.github.accounts import maybe_user, user
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    invalid,
    maybe,
    missing,
    moment,
    node_id,
    stamp,
)
from integrations.emulators.github.milestones import label, milestone
from integrations.emulators.github.records import Comment, Issue, Label, Pull, State

BODY_LIMIT = 65_536
T = TypeVar("T", bound=Issue)


def shared(call: Call, found: Issue) -> Json:
    """Return the fields that issues and pull requests have in common."""
    labels = [call.repo.labels[name] for name in found.labels if name in call.repo.labels]
    held = call.repo.milestones.get(found.milestone or 0)
    return {
        "id": found.id,
        "number": found.number,
        "state": found.state,
        "title": found.title,
        "user": user(call, found.author),
        "body": found.body or None,
        "labels": [label(call, one) for one in labels],
        "assignee": maybe_user(call, next(iter(found.assignees), None)),
        "assignees": [user(call, login) for login in found.assignees],
        "milestone": milestone(call, held) if held else None,
        "locked": found.locked,
        "active_lock_reason": found.lock_reason,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "closed_at": maybe(found.closed_at),
        "author_association": association(call, found.author, on_pull=isinstance(found, Pull)),
    }


def association(call: Call, login: str, *, on_pull: bool = False) -> str:
    """Tell how somebody belongs to the organisation, or what they have contributed so far."""
    account = call.world.account(login)
    if account.kind == "User" and account.email.endswith("@acme.example"):
        return "MEMBER"
    if any(one.merged_at and one.author == login for one in call.repo.pulls.values()):
        return "CONTRIBUTOR"
    return "FIRST_TIME_CONTRIBUTOR" if on_pull and account.kind == "User" else "NONE"


def issue(call: Call, found: Issue) -> Json:
    """Return an issue; a pull request says so in `pull_request`."""
    url, is_pull = call.url("issues", found.number), isinstance(found, Pull)
    html = call.html("pull" if is_pull else "issues", found.number)
    row = shared(call, found) | {
        "node_id": node_id("PullRequest" if is_pull else "Issue", found.id),
        "url": url,
        "repository_url": call.url(),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html,
        "comments": len(found.comments),
        "state_reason": found.reason,
        "timeline_url": f"{url}/timeline",
        "closed_by": maybe_user(call, found.closed_by),
    }
    if isinstance(found, Pull):
        row["pull_request"] = {
            "url": call.url("pulls", found.number),
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "merged_at": maybe(found.merged_at),
        }
        row["draft"] = found.draft
    return row


def ordered(call: Call, found: Iterable[T]) -> list[T]:
    """Sort as the query asks: newest first unless told otherwise."""
    by_update = call.query.get("sort", "created") == "updated"

    def key(one: T) -> tuple[datetime, int]:
        return (one.updated_at if by_update else one.created_at, one.number)

    return sorted(found, key=key, reverse=call.query.get("direction", "desc") != "asc")


async def _listing(call: Call) -> Reply:
    repo, query = call.repo, call.query
    found: list[Issue] = [*repo.issues.values(), *repo.pulls.values()]
    state = query.get("state", "open")
    found = [one for one in found if state in ("all", one.state)]
    wanted = {name for name in query.get("labels", "").split(",") if name}
    found = [one for one in found if wanted <= set(one.labels)]
    if since := query.get("since"):
        start = moment(since)
        found = [one for one in found if one.updated_at >= start]
    if creator := query.get("creator"):
        found = [one for one in found if one.author == creator]
    if (number := query.get("milestone", "*")) != "*":
        found = [one for one in found if str(one.milestone or "none") == number]
    return call.listed(ordered(call, found), issue)


def thread(call: Call) -> Issue:
    """Return the issue or pull request of the path."""
    found = call.repo.thread(call.params["number"])
    if found is None:
        raise missing()
    return found


async def _one(call: Call) -> Reply:
    return Reply(issue(call, thread(call)))


async def create(call: Call) -> Reply:
    """Open an issue."""
    now, repo = call.world.clock, call.repo
    title = call.required("title", "Issue")
    made = Issue(
        id=call.world.next_id(),
        number=repo.last_number + 1,
        title=title,
        author=call.actor.login,
        created_at=now,
        updated_at=now,
    )
    change(call, made)
    repo.last_number += 1
    repo.issues[made.number] = made
    return Reply(issue(call, made), 201, {"location": call.url("issues", made.number)})


async def update(call: Call) -> Reply:
    """Change an issue or pull request."""
    found = thread(call)
    change(call, found)
    return Reply(issue(call, found))


def change(call: Call, found: Issue) -> None:
    """Take over what the body says about an issue or pull request."""
    body, now = call.body, call.world.clock
    state = body.get("state") or found.state
    if state not in get_args(State):
        raise invalid("Issue", "invalid", "state")
    if (number := body.get("milestone")) and number not in call.repo.milestones:
        raise invalid("Issue", "invalid", "milestone")
    if body.get("title") == "":
        raise invalid("Issue", "missing_field", "title")
    if state != found.state:
        shut = state == "closed"
        found.state, found.closed_at = state, now if shut else None
        found.closed_by = call.actor.login if shut else None
        found.reason = (body.get("state_reason") or "completed") if shut else "reopened"
    found.title = body.get("title") or found.title
    if "body" in body:
        found.body = body["body"] or ""
    if "labels" in body:
        found.labels = _known(call, body["labels"])
    if "assignees" in body:
        known = call.world.accounts
        found.assignees = [str(login) for login in body["assignees"] if login in known]
    if "milestone" in body:
        found.milestone = body["milestone"]
    found.updated_at = now


def _known(call: Call, names: Iterable[object]) -> list[str]:
    """Return label names once each; a label GitHub has not seen is made."""
    labels: list[str] = []
    for item in names:
        name = str(item.get("name")) if isinstance(item, dict) else str(item)
        if name not in call.repo.labels:
            call.repo.labels[name] = Label(id=call.world.next_id(), name=name)
        if name not in labels:
            labels.append(name)
    return labels


def comment(call: Call, found: Comment) -> Json:
    """Return a comment (`issue-comment`)."""
    number = call.params.get("number") or place_of(call, found.id)[0].number
    kind = "pull" if number in call.repo.pulls else "issues"
    return {
        "id": found.id,
        "node_id": node_id("IssueComment", found.id),
        "url": call.url("issues/comments", found.id),
        "html_url": f"{call.html(kind, number)}#issuecomment-{found.id}",
        "issue_url": call.url("issues", number),
        "user": user(call, found.author),
        "body": found.body,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "author_association": association(call, found.author),
    }


async def _comments(call: Call) -> Reply:
    held, since = thread(call).comments, call.query.get("since")
    newer = [one for one in held if not since or one.updated_at >= moment(since)]
    return call.listed(newer, comment)


async def create_comment(call: Call) -> Reply:
    """Comment on an issue or pull request."""
    found, now = thread(call), call.world.clock
    if len(str(call.body.get("body") or "")) > BODY_LIMIT:
        raise invalid("IssueComment", "unprocessable", "body")
    made = Comment(
        id=call.world.next_id(),
        author=call.actor.login,
        body=call.required("body", "IssueComment"),
        created_at=now,
        updated_at=now,
    )
    found.comments.append(made)
    found.updated_at = now
    return Reply(comment(call, made), 201)


def place_of(call: Call, key: int) -> tuple[Issue, Comment]:
    """Return a comment and the thread that it stands in."""
    for one in (*call.repo.issues.values(), *call.repo.pulls.values()):
        for found in one.comments:
            if found.id == key:
                return one, found
    raise missing()


async def _one_comment(call: Call) -> Reply:
    return Reply(comment(call, place_of(call, call.params["id"])[1]))


async def update_comment(call: Call) -> Reply:
    """Replace what a comment says."""
    _, found = place_of(call, call.params["id"])
    found.body, found.updated_at = call.required("body", "IssueComment"), call.world.clock
    return Reply(comment(call, found))


async def delete_comment(call: Call) -> Reply:
    """Delete a comment."""
    parent, found = place_of(call, call.params["id"])
    parent.comments.remove(found)
    return Reply(None, 204)


async def _labels(call: Call) -> Reply:
    held = [call.repo.labels[name] for name in thread(call).labels]
    return call.listed(held, label)


async def add_labels(call: Call) -> Reply:
    """Put labels on an issue or pull request."""
    found = thread(call)
    held = found.labels
    found.labels = held + [name for name in _given(call) if name not in held]
    found.updated_at = call.world.clock
    return await _labels(call)


async def _set_labels(call: Call) -> Reply:
    found = thread(call)
    found.labels, found.updated_at = _given(call), call.world.clock
    return await _labels(call)


def _given(call: Call) -> list[str]:
    given = call.body.get("labels")
    if not isinstance(given, list):
        raise invalid("Label", "missing_field", "labels")
    return _known(call, given)


async def remove_label(call: Call) -> Reply:
    """Take a label off an issue or pull request."""
    found, name = thread(call), call.params["name"]
    if name not in found.labels:
        raise Problem(404, "Label does not exist")
    found.labels = [each for each in found.labels if each != name]
    found.updated_at = call.world.clock
    return await _labels(call)


async def _assignable(call: Call) -> Reply:
    people = [each.login for each in call.world.accounts.values() if each.kind == "User"]
    return call.listed(people, user)


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/assignees", _assignable),
    ("GET", "/repos/{owner}/{repo}/issues", _listing),
    ("POST", "/repos/{owner}/{repo}/issues", create),
    ("GET", "/repos/{owner}/{repo}/issues/comments/{id:int}", _one_comment),
    ("PATCH", "/repos/{owner}/{repo}/issues/comments/{id:int}", update_comment),
    ("DELETE", "/repos/{owner}/{repo}/issues/comments/{id:int}", delete_comment),
    ("GET", "/repos/{owner}/{repo}/issues/{number:int}", _one),
    ("PATCH", "/repos/{owner}/{repo}/issues/{number:int}", update),
    ("GET", "/repos/{owner}/{repo}/issues/{number:int}/comments", _comments),
    ("POST", "/repos/{owner}/{repo}/issues/{number:int}/comments", create_comment),
    ("GET", "/repos/{owner}/{repo}/issues/{number:int}/labels", _labels),
    ("POST", "/repos/{owner}/{repo}/issues/{number:int}/labels", add_labels),
    ("PUT", "/repos/{owner}/{repo}/issues/{number:int}/labels", _set_labels),
    ("DELETE", "/repos/{owner}/{repo}/issues/{number:int}/labels/{name:path}", remove_label),
]
