"""Labels and milestones, and how many issues stand behind each milestone."""

from typing import get_args

from integrations.emulators.github.accounts import user
from integrations.emulators.github.calls import (
    Call,
    Json,
    Reply,
    Route,
    invalid,
    maybe,
    missing,
    moment,
    node_id,
    stamp,
)
from integrations.emulators.github.records import Label, Milestone, State


def label(call: Call, found: Label) -> Json:
    """Return a label."""
    return {
        "id": found.id,
        "node_id": node_id("Label", found.id),
        "url": call.url("labels", found.name),
        "name": found.name,
        "color": found.color,
        "default": False,
        "description": found.description,
    }


async def _labels(call: Call) -> Reply:
    return call.listed(list(call.repo.labels.values()), label)


async def _one_label(call: Call) -> Reply:
    return Reply(label(call, call.one(call.repo.labels, "name")))


async def _create_label(call: Call) -> Reply:
    name = call.required("name", "Label")
    if name.lower() in (known.lower() for known in call.repo.labels):
        raise invalid("Label", "already_exists", "name")
    made = Label(
        id=call.world.next_id(),
        name=name,
        color=str(call.body.get("color") or "ededed").lstrip("#"),
        description=str(call.body.get("description") or ""),
    )
    call.repo.labels[name] = made
    return Reply(label(call, made), 201)


async def _update_label(call: Call) -> Reply:
    held, old = call.repo.labels, str(call.params["name"])
    if old not in held:
        raise missing()
    found = held.pop(old)
    found.name = str(call.body.get("new_name") or old)
    found.color = str(call.body.get("color") or found.color).lstrip("#")
    found.description = str(call.body.get("description", found.description) or "")
    held[found.name] = found
    for thread in (*call.repo.issues.values(), *call.repo.pulls.values()):
        thread.labels = [found.name if name == old else name for name in thread.labels]
    return Reply(label(call, found))


async def _delete_label(call: Call) -> Reply:
    name = str(call.params["name"])
    if call.repo.labels.pop(name, None) is None:
        raise missing()
    for thread in (*call.repo.issues.values(), *call.repo.pulls.values()):
        thread.labels = [each for each in thread.labels if each != name]
    return Reply(None, 204)


def counts(call: Call, number: int) -> tuple[int, int]:
    """Return how many issues and pulls of a milestone are open and closed."""
    repo = call.repo
    held = [t.state for t in (*repo.issues.values(), *repo.pulls.values()) if t.milestone == number]
    return held.count("open"), held.count("closed")


def milestone(call: Call, found: Milestone) -> Json:
    """Return a milestone with its counts."""
    url, (waiting, done) = call.url("milestones", found.number), counts(call, found.number)
    return {
        "url": url,
        "html_url": call.html("milestone", found.number),
        "labels_url": f"{url}/labels",
        "id": found.id,
        "node_id": node_id("Milestone", found.id),
        "number": found.number,
        "state": found.state,
        "title": found.title,
        "description": found.description or None,
        "creator": user(call, found.creator),
        "open_issues": waiting,
        "closed_issues": done,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "closed_at": maybe(found.closed_at),
        "due_on": maybe(found.due_on),
    }


async def _listing(call: Call) -> Reply:
    state = call.query.get("state", "open")
    found = [m for m in call.repo.milestones.values() if state in ("all", m.state)]
    latest = call.query.get("direction") == "desc"
    found.sort(key=lambda m: (m.due_on is None, m.due_on or m.created_at), reverse=latest)
    return call.listed(found, milestone)


async def _one(call: Call) -> Reply:
    return Reply(milestone(call, call.one(call.repo.milestones, "number")))


async def _create(call: Call) -> Reply:
    title = call.required("title", "Milestone")
    if any(known.title == title for known in call.repo.milestones.values()):
        raise invalid("Milestone", "already_exists", "title")
    now = call.world.clock
    made = Milestone(
        id=call.world.next_id(),
        number=max(call.repo.milestones, default=0) + 1,
        title=title,
        creator=call.actor.login,
        created_at=now,
        updated_at=now,
    )
    _change(call, made)
    call.repo.milestones[made.number] = made
    return Reply(milestone(call, made), 201)


async def _update(call: Call) -> Reply:
    found = call.one(call.repo.milestones, "number")
    _change(call, found)
    return Reply(milestone(call, found))


def _change(call: Call, found: Milestone) -> None:
    body, now = call.body, call.world.clock
    state = body.get("state", found.state)
    if state not in get_args(State):
        raise invalid("Milestone", "invalid", "state")
    if state != found.state:
        found.state, found.closed_at = state, now if state == "closed" else None
    found.title = str(body.get("title", found.title))
    found.description = body.get("description", found.description) or ""
    if "due_on" in body:
        found.due_on = moment(body["due_on"]) if body["due_on"] else None
    found.updated_at = now


async def _delete(call: Call) -> Reply:
    number = call.one(call.repo.milestones, "number").number
    for thread in (*call.repo.issues.values(), *call.repo.pulls.values()):
        if thread.milestone == number:
            thread.milestone = None
    del call.repo.milestones[number]
    return Reply(None, 204)


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/labels", _labels),
    ("POST", "/repos/{owner}/{repo}/labels", _create_label),
    ("GET", "/repos/{owner}/{repo}/labels/{name:path}", _one_label),
    ("PATCH", "/repos/{owner}/{repo}/labels/{name:path}", _update_label),
    ("DELETE", "/repos/{owner}/{repo}/labels/{name:path}", _delete_label),
    ("GET", "/repos/{owner}/{repo}/milestones", _listing),
    ("POST", "/repos/{owner}/{repo}/milestones", _create),
    ("GET", "/repos/{owner}/{repo}/milestones/{number:int}", _one),
    ("PATCH", "/repos/{owner}/{repo}/milestones/{number:int}", _update),
    ("DELETE", "/repos/{owner}/{repo}/milestones/{number:int}", _delete),
]
