"""What has happened to issues and pull requests, as events for hooks."""

from collections.abc import AsyncIterator, Hashable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeVar

import msgspec

from integrations.emulators.github import reviews
from integrations.emulators.github.accounts import team, user
from integrations.emulators.github.calls import Call, Json
from integrations.emulators.github.issues import comment, issue
from integrations.emulators.github.milestones import label, milestone
from integrations.emulators.github.pulls import full, pull
from integrations.emulators.github.records import Issue, Pull, Repository
from integrations.emulators.github.remarks import remark

NOTHING = "0" * 40
K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
Thread = TypeVar("Thread", bound=Issue)
Change = tuple[str, Json]


class News(NamedTuple):
    """An event: its name, its action where it has one, and what the body says of it."""

    event: str
    action: str | None
    parts: Json


def changed(before: Mapping[K, T], now: Mapping[K, T]) -> Iterator[tuple[T | None, T | None]]:
    """Yield what differs as it was and as it is; None where it was not or is no more."""
    for key in {**before, **now}:
        old, new = before.get(key), now.get(key)
        if old != new:
            yield old, new


def present(before: Mapping[K, T], now: Mapping[K, T]) -> Iterator[tuple[T | None, T]]:
    """Yield what is there and differs from how it was; None where it was not."""
    for key, new in now.items():
        if (old := before.get(key)) != new:
            yield old, new


async def of_threads(call: Call, before: Repository, now: Repository) -> AsyncIterator[News]:
    """Yield what people did to issues and pull requests, and said about them."""
    for was, there in present(before.issues, now.issues):
        start = was or _blank(there)
        for action, parts in _of_issue(call, before, was is None, start, there):
            yield News("issues", action, {"issue": _issue(call, there), **parts})
        for each in _comments(call, start, there):
            yield each
    for old, new in present(before.pulls, now.pulls):
        begun = old or msgspec.structs.replace(
            _blank(new), reviewers=[], teams=[], reviews=[], head_sha=new.head_sha
        )
        shape: Json = {"number": new.number, "pull_request": await full(call, new)}
        for action, parts in _of_pull(call, before, old is None, begun, new):
            yield News("pull_request", action, shape | parts)
        for each in (*_reviews(call, begun, new), *_comments(call, begun, new)):
            yield each
        if new.state != begun.state:
            yield News("pull_request", "closed" if new.state == "closed" else "reopened", shape)


def _blank(thread: Thread) -> Thread:
    """Return a thread as it was opened, before anything else happened to it."""
    return msgspec.structs.replace(
        thread, labels=[], assignees=[], comments=[], milestone=None, state="open"
    )


def _of_issue(
    call: Call, before: Repository, is_new: bool, old: Issue, new: Issue
) -> Iterator[Change]:
    if is_new:
        yield "opened", {}
    if edits := _edits(old, new):
        yield "edited", {"changes": edits}
    yield from _shared(call, before, old, new)
    if old.state != new.state:
        yield ("closed" if new.state == "closed" else "reopened"), {}


def _of_pull(
    call: Call, before: Repository, is_new: bool, old: Pull, new: Pull
) -> Iterator[Change]:
    if is_new:
        yield "opened", {}
    if new.head_sha != old.head_sha:
        yield "synchronize", {"before": old.head_sha, "after": new.head_sha}
    edits = _edits(old, new)
    if old.base_ref != new.base_ref:
        base = {"ref": {"from": old.base_ref}, "sha": {"from": old.base_sha}}
        edits["base"] = base
    if edits:
        yield "edited", {"changes": edits}
    yield from _shared(call, before, old, new)
    if old.draft != new.draft:
        yield ("converted_to_draft" if new.draft else "ready_for_review"), {}
    # Who reviews is not asked any more, which is no news of its own.
    spoke = {one.author for one in new.reviews[len(old.reviews) :]}
    for login in _added(old.reviewers, new.reviewers):
        yield "review_requested", {"requested_reviewer": user(call, login)}
    for login in _added(new.reviewers, old.reviewers):
        if login not in spoke:
            yield "review_request_removed", {"requested_reviewer": user(call, login)}
    for slug in _added(old.teams, new.teams):
        yield "review_requested", {"requested_team": team(call, slug)}


def _shared(call: Call, before: Repository, old: Issue, new: Issue) -> Iterator[Change]:
    labels = before.labels | call.repo.labels
    for name in _added(old.labels, new.labels):
        yield "labeled", {"label": label(call, labels[name])}
    for name in _added(new.labels, old.labels):
        yield "unlabeled", {"label": label(call, labels[name])}
    for login in _added(old.assignees, new.assignees):
        yield "assigned", {"assignee": user(call, login)}
    for login in _added(new.assignees, old.assignees):
        yield "unassigned", {"assignee": user(call, login)}
    if old.milestone != new.milestone:
        for number, action in ((old.milestone, "demilestoned"), (new.milestone, "milestoned")):
            held = (before.milestones | call.repo.milestones).get(number or 0)
            if held:
                yield action, {"milestone": milestone(call, held)}


def _edits(old: Issue, new: Issue) -> Json:
    return {
        name: {"from": getattr(old, name)}
        for name in ("title", "body")
        if getattr(old, name) != getattr(new, name)
    }


def _added(old: list[str], new: list[str]) -> list[str]:
    return [name for name in new if name not in old]


def _issue(call: Call, found: Issue) -> Json:
    """Return an issue as hooks hear of it, which is more than lists say."""
    url = call.url("issues", found.number)
    kinds = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    counts: Json = {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(kinds, 0)}
    return issue(call, found) | {"reactions": counts, "performed_via_github_app": None}


def _comments(call: Call, old: Issue, new: Issue) -> Iterator[News]:
    here = replace(call, params={**call.params, "number": new.number})
    told = _issue(call, new)
    befores, nows = ({one.id: one for one in side.comments} for side in (old, new))
    for was, there in changed(befores, nows):
        held = there or was
        if held is None:
            continue
        shape = comment(here, held)
        more = {"reactions": told["reactions"] | {"url": f"{shape['url']}/reactions"}}
        shape |= more | {"performed_via_github_app": None}
        parts: Json = {"issue": told, "comment": shape}
        if there is None:
            yield News("issue_comment", "deleted", parts)
        elif was is None:
            yield News("issue_comment", "created", parts)
        elif was.body != there.body:
            parts["changes"] = {"body": {"from": was.body}}
            yield News("issue_comment", "edited", parts)


def _reviews(call: Call, old: Pull, new: Pull) -> Iterator[News]:
    here = replace(call, params={**call.params, "number": new.number})
    befores, nows = ({one.id: one for one in side.reviews} for side in (old, new))
    for was, there in present(befores, nows):
        if there.state == "PENDING":
            continue
        shape = reviews.review(here, there)
        shape |= {"state": there.state.lower(), "body": there.body or None}
        parts = {"review": shape, "pull_request": pull(call, new)}
        if was is None or was.state == "PENDING":
            yield News("pull_request_review", "submitted", parts)
        elif there.state == "DISMISSED" != was.state:
            yield News("pull_request_review", "dismissed", parts)


def of_remarks(call: Call, before: Repository, now: Repository) -> Iterator[News]:
    """Yield what people said on lines of pull requests."""
    kinds = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    for was, there in changed(before.remarks, now.remarks):
        held = there or was
        if held is None or (was and there and was.body == there.body):
            continue
        shape = remark(call, held)
        counts: Json = {"url": f"{shape['url']}/reactions", "total_count": 0}
        action = "deleted" if there is None else "edited" if was else "created"
        parts: Json = {
            "comment": shape | {"reactions": counts | dict.fromkeys(kinds, 0)},
            "pull_request": pull(call, now.pulls[held.pull]),
        }
        if was and there:
            parts["changes"] = {"body": {"from": was.body}}
        yield News("pull_request_review_comment", action, parts)
