"""Reactions, locks, and comments of reviews on lines of files."""

from integrations.emulators.github.accounts import user
from integrations.emulators.github.belongings import Reaction, Remark
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    invalid,
    missing,
    node_id,
    stamp,
)
from integrations.emulators.github.diffs import Change
from integrations.emulators.github.issues import BODY_LIMIT, association, place_of, thread
from integrations.emulators.github.pulls import fork_point, one_of
from integrations.emulators.github.records import Pull

CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
_REASONS = (None, "off-topic", "too heated", "resolved", "spam")


async def _lock(call: Call) -> Reply:
    found, reason = thread(call), call.body.get("lock_reason")
    if reason not in _REASONS:
        raise invalid("Issue", "invalid", "lock_reason")
    found.locked, found.lock_reason = True, reason
    return Reply(None, 204)


async def _unlock(call: Call) -> Reply:
    found = thread(call)
    found.locked, found.lock_reason = False, None
    return Reply(None, 204)


def _place(call: Call) -> str:
    """Return what is reacted to: a thread, a comment in it, or one on a line."""
    if "number" in call.params:
        return f"issue:{thread(call).number}"
    key = int(call.params["id"])
    if "/pulls/" in call.path:
        return f"remark:{call.one(call.repo.remarks).id}"
    return f"comment:{place_of(call, key)[1].id}"


def reaction(call: Call, found: Reaction) -> Json:
    """Return a reaction."""
    return {
        "id": found.id,
        "node_id": node_id("Reaction", found.id),
        "user": user(call, found.author),
        "content": found.content,
        "created_at": stamp(found.created_at),
    }


async def _reactions(call: Call) -> Reply:
    place, wanted = _place(call), call.query.get("content")
    held = [one for one in call.repo.reactions.values() if one.place == place]
    return call.listed([one for one in held if wanted in (None, one.content)], reaction)


async def _react(call: Call) -> Reply:
    place, content = _place(call), call.body.get("content")
    if content not in CONTENTS:
        raise invalid("Reaction", "invalid", "content")
    login = call.actor.login
    for one in call.repo.reactions.values():
        if (one.place, one.content, one.author) == (place, content, login):
            return Reply(reaction(call, one))
    made = Reaction(
        id=call.world.next_id(),
        place=place,
        content=content,
        author=login,
        created_at=call.world.clock,
    )
    call.repo.reactions[made.id] = made
    return Reply(reaction(call, made), 201)


async def _unreact(call: Call) -> Reply:
    found = call.repo.reactions.get(call.params["reaction"])
    if found is None or found.place != _place(call):
        raise missing()
    del call.repo.reactions[found.id]
    return Reply(None, 204)


def remark(call: Call, found: Remark) -> Json:
    """Return a comment on a line (`pull-request-review-comment`)."""
    url, pull = call.url("pulls/comments", found.id), call.url("pulls", found.pull)
    html = f"{call.html('pull', found.pull)}#discussion_r{found.id}"
    row: Json = {
        "url": url,
        "pull_request_review_id": found.review,
        "id": found.id,
        "node_id": node_id("PullRequestReviewComment", found.id),
        "diff_hunk": found.hunk,
        "path": found.path,
        "position": 1,
        "original_position": 1,
        "commit_id": found.commit,
        "original_commit_id": found.commit,
        "user": user(call, found.author),
        "body": found.body,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "html_url": html,
        "pull_request_url": pull,
        "author_association": association(call, found.author),
        "_links": {
            "self": {"href": url},
            "html": {"href": html},
            "pull_request": {"href": pull},
        },
        "start_line": found.start_line,
        "original_start_line": found.start_line,
        "start_side": found.side if found.start_line else None,
        "side": found.side,
        "subject_type": "line" if found.line else "file",
    }
    if found.line:
        row |= {"line": found.line, "original_line": found.line}
    if found.answers:
        row["in_reply_to_id"] = found.answers
    return row


async def _remarks(call: Call) -> Reply:
    number = one_of(call).number
    held = [one for one in call.repo.remarks.values() if one.pull == number]
    return call.listed(held, remark)


async def _one(call: Call) -> Reply:
    return Reply(remark(call, call.one(call.repo.remarks)))


async def create(call: Call) -> Reply:
    """Comment on a line of a pull request."""
    found = one_of(call)
    if of := call.body.get("in_reply_to"):
        return _answered(call, int(of))
    return Reply(remark(call, await written(call, found, call.body)), 201)


async def written(call: Call, found: Pull, said: Json, review: int | None = None) -> Remark:
    """Put a comment on a line; 422 where the pull request does not show that line."""
    body, path = said.get("body"), said.get("path")
    if not isinstance(body, str) or not body or len(body) > BODY_LIMIT:
        raise invalid("PullRequestReviewComment", "missing_field", "body")
    commit = str(said.get("commit_id") or found.head_sha)
    if call.git.object(commit) is None:
        raise invalid("PullRequestReviewComment", "invalid", "commit_id")
    changes = await call.git.diff(await fork_point(call, found), found.head_sha)
    change = next((one for one in changes if one.path == path), None)
    if change is None:
        raise invalid("PullRequestReviewComment", "invalid", "path")
    side, line = str(said.get("side") or "RIGHT"), said.get("line")
    whole = said.get("subject_type") == "file"
    if not whole and line not in _shown(change, side):
        words = "pull_request_review_thread.line must be part of the diff"
        raise Problem(422, "Validation Failed", [words])
    now = call.world.clock
    made = Remark(
        id=call.world.next_id(),
        pull=found.number,
        author=call.actor.login,
        body=body,
        path=str(path),
        commit=commit,
        created_at=now,
        updated_at=now,
        line=None if whole else line,
        start_line=said.get("start_line"),
        side=side,
        hunk=(change.patch or "").partition("\n@@")[0],
        review=review,
    )
    call.repo.remarks[made.id] = made
    return made


def _shown(change: Change, side: str) -> set[int]:
    """Return the line numbers that a patch shows on one side."""
    shown: set[int] = set()
    number = 0
    other = "-" if side == "RIGHT" else "+"
    for line in (change.patch or "").splitlines():
        if line.startswith("@@"):
            _, old, new, *_ = line.split(" ")
            number = abs(int((new if side == "RIGHT" else old).split(",")[0]))
        elif not line.startswith((other, "\\")):
            shown.add(number)
            number += 1
    return shown


async def _reply(call: Call) -> Reply:
    return _answered(call, call.params["id"])


def _answered(call: Call, of: int) -> Reply:
    first, now = call.repo.remarks.get(of), call.world.clock
    if first is None:
        raise missing()
    made = Remark(
        id=call.world.next_id(),
        pull=first.pull,
        author=call.actor.login,
        body=call.required("body", "PullRequestReviewComment"),
        path=first.path,
        commit=first.commit,
        created_at=now,
        updated_at=now,
        line=first.line,
        start_line=first.start_line,
        side=first.side,
        hunk=first.hunk,
        answers=first.answers or first.id,
    )
    call.repo.remarks[made.id] = made
    return Reply(remark(call, made), 201)


async def _update(call: Call) -> Reply:
    found = call.one(call.repo.remarks)
    found.body = call.required("body", "PullRequestReviewComment")
    found.updated_at = call.world.clock
    return Reply(remark(call, found))


async def _delete(call: Call) -> Reply:
    del call.repo.remarks[call.one(call.repo.remarks).id]
    return Reply(None, 204)


_REPO = "/repos/{owner}/{repo}"
_PLACES = ("issues/{number:int}", "issues/comments/{id:int}", "pulls/comments/{id:int}")
ROUTES: list[Route] = [
    ("PUT", f"{_REPO}/issues/{{number:int}}/lock", _lock),
    ("DELETE", f"{_REPO}/issues/{{number:int}}/lock", _unlock),
    *(
        route
        for place in _PLACES
        for route in (
            ("GET", f"{_REPO}/{place}/reactions", _reactions),
            ("POST", f"{_REPO}/{place}/reactions", _react),
            ("DELETE", f"{_REPO}/{place}/reactions/{{reaction:int}}", _unreact),
        )
    ),
    ("GET", f"{_REPO}/pulls/{{number:int}}/comments", _remarks),
    ("POST", f"{_REPO}/pulls/{{number:int}}/comments", create),
    ("POST", f"{_REPO}/pulls/{{number:int}}/comments/{{id:int}}/replies", _reply),
    ("GET", f"{_REPO}/pulls/comments/{{id:int}}", _one),
    ("PATCH", f"{_REPO}/pulls/comments/{{id:int}}", _update),
    ("DELETE", f"{_REPO}/pulls/comments/{{id:int}}", _delete),
]
