"""Reviews of pull requests, and who is asked for one."""

from integrations.emulators.github.accounts import team, user
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
from integrations.emulators.github.issues import association
from integrations.emulators.github.pulls import full, one_of, pull
from integrations.emulators.github.records import Review, ReviewState
from integrations.emulators.github.remarks import written

_EVENTS: dict[str, ReviewState] = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}


def review(call: Call, found: Review) -> Json:
    """Return a review (`pull-request-review`)."""
    number = call.params["number"]
    html = f"{call.html('pull', number)}#pullrequestreview-{found.id}"
    address = call.url("pulls", number)
    return {
        "id": found.id,
        "node_id": node_id("PullRequestReview", found.id),
        "user": user(call, found.author),
        "body": found.body,
        "state": found.state,
        "html_url": html,
        "pull_request_url": address,
        "_links": {"html": {"href": html}, "pull_request": {"href": address}},
        "submitted_at": stamp(found.submitted_at),
        "commit_id": found.commit,
        "author_association": association(call, found.author),
    }


async def _listing(call: Call) -> Reply:
    return call.listed(one_of(call).reviews, review)


async def create(call: Call) -> Reply:
    """Review a pull request."""
    found, body = one_of(call), str(call.body.get("body") or "")
    event = str(call.body.get("event") or "")
    state: ReviewState = _EVENTS.get(event, "PENDING")
    if event and event not in _EVENTS:
        raise invalid("PullRequestReview", "invalid", "event")
    if found.author == call.actor.login and state in ("APPROVED", "CHANGES_REQUESTED"):
        verb = "approve" if state == "APPROVED" else "request changes on"
        raise Problem(422, "Unprocessable Entity", [f"Can not {verb} your own pull request"])
    lines = call.body.get("comments") or []
    if state in ("CHANGES_REQUESTED", "COMMENTED") and not body and not lines:
        raise Problem(422, "Unprocessable Entity", ["Could not submit review: body is missing"])
    made = Review(
        id=call.world.next_id(),
        author=call.actor.login,
        state=state,
        submitted_at=call.world.clock,
        commit=str(call.body.get("commit_id") or found.head_sha),
        body=body,
    )
    for said in lines:
        await written(call, found, said, made.id)
    found.reviews.append(made)
    found.updated_at = call.world.clock
    found.reviewers = [login for login in found.reviewers if login != made.author]
    return Reply(review(call, made))


def _named(call: Call) -> Review:
    found = next((r for r in one_of(call).reviews if r.id == call.params["id"]), None)
    if found is None:
        raise missing()
    return found


async def _one(call: Call) -> Reply:
    return Reply(review(call, _named(call)))


async def _dismiss(call: Call) -> Reply:
    found = _named(call)
    call.required("message", "PullRequestReview")
    if found.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise Problem(422, f"Can not dismiss a {found.state.lower()} pull request review")
    found.state = "DISMISSED"
    return Reply(review(call, found))


async def _requested(call: Call) -> Reply:
    users = [user(call, login) for login in one_of(call).reviewers]
    teams = [team(call, slug) for slug in one_of(call).teams]
    return Reply({"users": users, "teams": teams})


async def request(call: Call) -> Reply:
    """Ask people and teams for a review."""
    found = one_of(call)
    names = [str(login) for login in call.body.get("reviewers", [])]
    for login in names:
        if login not in call.world.accounts:
            raise Problem(
                422,
                "Reviews may only be requested from collaborators. One or more of the users or "
                f"teams you specified is not a collaborator of the {call.repo.full_name} "
                "repository.",
            )
        if login == found.author:
            raise Problem(422, "Review cannot be requested from pull request author.")
    found.reviewers += [login for login in names if login not in found.reviewers]
    teams = [str(slug) for slug in call.body.get("team_reviewers", [])]
    found.teams += [slug for slug in teams if slug not in found.teams]
    return Reply(pull(call, found), 201)


async def _unrequest(call: Call) -> Reply:
    found = one_of(call)
    gone = set(call.body.get("reviewers", []))
    found.reviewers = [login for login in found.reviewers if login not in gone]
    without = set(call.body.get("team_reviewers", []))
    found.teams = [slug for slug in found.teams if slug not in without]
    return Reply(await full(call, found))


_PULL = "/repos/{owner}/{repo}/pulls/{number:int}"
ROUTES: list[Route] = [
    ("GET", f"{_PULL}/reviews", _listing),
    ("POST", f"{_PULL}/reviews", create),
    ("GET", f"{_PULL}/reviews/{{id:int}}", _one),
    ("PUT", f"{_PULL}/reviews/{{id:int}}/dismissals", _dismiss),
    ("GET", f"{_PULL}/requested_reviewers", _requested),
    ("POST", f"{_PULL}/requested_reviewers", request),
    ("DELETE", f"{_PULL}/requested_reviewers", _unrequest),
]
