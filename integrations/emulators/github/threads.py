"""The GraphQL view of issues, pull requests and what hangs on them."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from integrations.emulators.github.calls import Call, maybe, moment, node_id, stamp
from integrations.emulators.github.connections import Connection, connection, span
from integrations.emulators.github.diffs import Change
from integrations.emulators.github.issues import association
from integrations.emulators.github.mergeability import fits, merge_state
from integrations.emulators.github.milestones import counts
from integrations.emulators.github.nodes import (
    Actor,
    CommitNode,
    Names,
    Node,
    Order,
    actor,
    commit,
)
from integrations.emulators.github.pulls import commits_of, fork_point
from integrations.emulators.github.records import Comment, Issue, Label, Milestone, Pull, Review

_CLOSES = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):? #(\d+)", re.IGNORECASE)
_FINAL = ("APPROVED", "CHANGES_REQUESTED")
_REASONS = {"completed": "COMPLETED", "not_planned": "NOT_PLANNED", "reopened": "REOPENED"}
T = TypeVar("T", bound=Issue)


class LabelNode:
    def __init__(self, call: Call, found: Label) -> None:
        self.id, self.name, self.color = node_id("Label", found.id), found.name, found.color
        self.description, self.url = found.description or None, call.html("labels", found.name)


class CommentNode:
    def __init__(self, call: Call, found: Comment, url: str) -> None:
        self.id, self.database_id = node_id("IssueComment", found.id), found.id
        self.author, self.body = actor(call, found.author), found.body
        self.created_at, self.updated_at = stamp(found.created_at), stamp(found.updated_at)
        self.url = f"{url}#issuecomment-{found.id}"
        self.viewer_did_author = found.author == call.grant.login


class MilestoneNode(Node):
    def __init__(self, call: Call, found: Milestone) -> None:
        super().__init__(call)
        self.id, self.number, self.title = node_id("Milestone", found.id), found.number, found.title
        self.description, self.state = found.description or None, found.state.upper()
        self.closed, self.due_on = found.state == "closed", maybe(found.due_on)
        self.created_at, self.updated_at = stamp(found.created_at), stamp(found.updated_at)
        self.closed_at, self.url = maybe(found.closed_at), call.html("milestone", found.number)
        self.creator = actor(call, found.creator)

    @property
    def progress_percentage(self) -> float:
        waiting, done = counts(self.call, self.number)
        return 100.0 * done / (waiting + done) if waiting + done else 0.0

    def issues(self, **wanted: object) -> Connection[object]:
        held = self.call.repo.issues.values()
        return issue_list(self.call, [one for one in held if one.milestone == self.number], wanted)

    def pull_requests(self, **wanted: object) -> Connection[object]:
        held = self.call.repo.pulls.values()
        return pull_list(self.call, [one for one in held if one.milestone == self.number], wanted)


class ThreadNode(Node):
    """What issues and pull requests share."""

    kind = "Issue"
    place = "issues"

    def __init__(self, call: Call, found: Issue) -> None:
        super().__init__(call)
        self._thread = found
        self.id, self.database_id = node_id(self.kind, found.id), found.id
        self.number, self.title = found.number, found.title
        self.body = self.body_text = found.body
        self.url = self.permalink = call.html(self.place, found.number)
        self.created_at, self.updated_at = stamp(found.created_at), stamp(found.updated_at)
        self.closed_at, self.closed = maybe(found.closed_at), found.state == "closed"
        self.author, self.locked = actor(call, found.author), found.locked

    @property
    def author_association(self) -> str:
        return association(self.call, self._thread.author, on_pull=self.kind == "PullRequest")

    @property
    def state(self) -> str:
        return self._thread.state.upper()

    @property
    def milestone(self) -> MilestoneNode | None:
        found = self.call.repo.milestones.get(self._thread.milestone or 0)
        return MilestoneNode(self.call, found) if found else None

    def labels(self, order_by: Order = None, **page: object) -> Connection[object]:
        held = [self.call.repo.labels[name] for name in self._thread.labels]
        return label_list(self.call, held, order_by, page)

    def comments(self, order_by: Order = None, **page: object) -> Connection[object]:
        held = (
            sorted(self._thread.comments, key=lambda one: one.updated_at)
            if order_by
            else self._thread.comments
        )
        return connection("comments", held, lambda c: CommentNode(self.call, c, self.url), page)

    def assignees(self, **page: object) -> Connection[object]:
        held = [self.call.world.account(login) for login in self._thread.assignees]
        return connection("assignees", held, lambda one: Actor(self.call, one), page)


class IssueNode(ThreadNode):
    def state_reason(self, **_: object) -> str | None:
        return _REASONS.get(self._thread.reason or "")


class ReviewNode(Node):
    def __init__(self, call: Call, found: Review, of: "PullNode") -> None:
        super().__init__(call)
        self.id, self.database_id = node_id("PullRequestReview", found.id), found.id
        self.state, self.body, self.author = found.state, found.body, actor(call, found.author)
        self.created_at = self.submitted_at = stamp(found.submitted_at)
        self.url, self._sha = f"{of.url}#pullrequestreview-{found.id}", found.commit

    @property
    def commit(self) -> CommitNode | None:
        return commit(self.call, self._sha) if self.call.git.object(self._sha) else None


class TeamNode:
    typename = "Team"

    def __init__(self, call: Call, slug: str) -> None:
        self.id, self.slug = node_id("Team", slug), slug
        self.name, self.combined_slug = slug.capitalize(), f"{call.repo.owner}/{slug}"


class ReviewRequestNode:
    def __init__(self, of: "PullNode", reviewer: Actor | TeamNode) -> None:
        self.id, self.pull_request = node_id("ReviewRequest", f"{of.id}:{reviewer.id}"), of
        self.requested_reviewer = reviewer


class ChangedFileNode:
    def __init__(self, found: Change) -> None:
        self.path, self.additions, self.deletions = found.path, found.additions, found.deletions


class PullCommitNode:
    def __init__(self, call: Call, sha: str, of: "PullNode") -> None:
        self.id, self.pull_request = node_id("PullRequestCommit", sha), of
        self.commit, self.url = commit(call, sha), f"{of.url}/commits/{sha}"


class ReadyNode:
    typename = "ReadyForReviewEvent"

    def __init__(self, of: "PullNode", at: str) -> None:
        self.id, self.created_at = node_id(self.typename, of.database_id), at
        self.actor, self.pull_request = of.author, of


class Sizes:
    """The sizes of a whole page of pull requests, from one git process for all of them."""

    def __init__(self, call: Call, pulls: Sequence[Pull]) -> None:
        self._call, self._pulls = call, pulls
        self._task: asyncio.Task[dict[int, tuple[int, int, int]]] | None = None

    async def of(self, pull: Pull) -> tuple[int, int, int]:
        """Return (additions, deletions, changed files)."""
        if self._task is None:
            self._task = asyncio.create_task(self._measure())
        return (await self._task)[pull.number]

    async def _measure(self) -> dict[int, tuple[int, int, int]]:
        pairs = [(await fork_point(self._call, one), one.head_sha) for one in self._pulls]
        sizes = await self._call.git.sizes(pairs)
        return {one.number: size for one, size in zip(self._pulls, sizes, strict=True)}


class AutoMergeNode:
    def __init__(self, pull: "PullNode", method: str, login: str) -> None:
        self.pull_request, self.merge_method = pull, method.upper()
        self.enabled_by, self.enabled_at = actor(pull.call, login), None


class PullNode(ThreadNode):
    kind = "PullRequest"
    place = "pull"

    def __init__(self, call: Call, found: Pull, sizes: Sizes) -> None:
        super().__init__(call, found)
        self._found, self._sizes = found, sizes
        self.is_draft, self.is_cross_repository = found.draft, False
        self.merged, self.merged_at = found.merged_at is not None, maybe(found.merged_at)
        self.merged_by = actor(call, found.merged_by)
        self.base_ref_name, self.base_ref_oid = found.base_ref, found.base_sha
        self.head_ref_name, self.head_ref_oid = found.head_ref, found.head_sha

    @property
    def state(self) -> str:
        return "MERGED" if self.merged else super().state

    @property
    def auto_merge_request(self) -> AutoMergeNode | None:
        held = self._found.auto_merge
        return AutoMergeNode(self, *held) if held else None

    @property
    def merge_commit(self) -> CommitNode | None:
        return commit(self.call, self._found.merge_sha) if self._found.merge_sha else None

    async def additions(self) -> int:
        return (await self._sizes.of(self._found))[0]

    async def deletions(self) -> int:
        return (await self._sizes.of(self._found))[1]

    async def changed_files(self) -> int:
        return (await self._sizes.of(self._found))[2]

    async def commits(self, **page: object) -> Connection[object]:
        shas = await commits_of(self.call, self._found)
        return connection("commits", shas, lambda s: PullCommitNode(self.call, s, self), page)

    def reviews(
        self, states: Names = None, author: str | None = None, **page: object
    ) -> Connection[object]:
        held = [one for one in self._found.reviews if not states or one.state in states]
        held = [one for one in held if author in (None, one.author)]
        return connection("reviews", held, lambda one: ReviewNode(self.call, one, self), page)

    def latest_reviews(self, **page: object) -> Connection[object]:
        held = [one for one in self._found.reviews if one.state != "PENDING"]
        return self._latest("latestReviews", held, page)

    def latest_opinionated_reviews(self, **page: object) -> Connection[object]:
        held = [one for one in self._found.reviews if one.state in ("DISMISSED", *_FINAL)]
        return self._latest("latestOpinionatedReviews", held, page)

    def _latest(
        self, name: str, held: Sequence[Review], page: Mapping[str, object]
    ) -> Connection[object]:
        last = list({one.author: one for one in held}.values())
        return connection(name, last, lambda one: ReviewNode(self.call, one, self), page)

    @property
    def review_decision(self) -> str | None:
        last = {one.author: one.state for one in self._found.reviews if one.state in _FINAL}
        if "CHANGES_REQUESTED" in last.values():
            return "CHANGES_REQUESTED"
        return "APPROVED" if last else None

    def review_requests(self, **page: object) -> Connection[object]:
        call, found = self.call, self._found
        asked: list[Actor | TeamNode] = [
            *(Actor(call, call.world.account(login)) for login in found.reviewers),
            *(TeamNode(call, slug) for slug in found.teams),
        ]
        return connection("reviewRequests", asked, lambda one: ReviewRequestNode(self, one), page)

    async def files(self, **page: object) -> Connection[object]:
        fork = await fork_point(self.call, self._found)
        changes = await self.call.git.diff(fork, self._found.head_sha, patches=False)
        return connection("files", changes, ChangedFileNode, page)

    async def mergeable(self) -> str:
        told = await fits(self.call, self._found, looks=True)
        return {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}[told]

    async def merge_state_status(self) -> str:
        told = await fits(self.call, self._found, looks=True)
        return (await merge_state(self.call, self._found, told)).upper()

    def timeline_items(self, **page: object) -> Connection[object]:
        ready = maybe(self._found.ready_at)
        return connection(
            "timelineItems", [ready] if ready else [], lambda at: ReadyNode(self, at), page
        )

    def closing_issues_references(self, **page: object) -> Connection[object]:
        numbers = [int(number) for number in _CLOSES.findall(self._found.body)]
        found = [
            self.call.repo.issues[number] for number in numbers if number in self.call.repo.issues
        ]
        return issue_list(self.call, found, page)


def label_list(
    call: Call, found: Sequence[Label], order_by: Order, page: Mapping[str, object]
) -> Connection[object]:
    """Return labels in the order of their creation unless told otherwise."""
    ordered = list(found)
    if order_by and order_by["field"] == "NAME":
        ordered.sort(key=lambda one: one.name)
    if order_by and order_by["direction"] == "DESC":
        ordered.reverse()
    return connection("labels", ordered, lambda one: LabelNode(call, one), page)


class Wanted(msgspec.Struct, kw_only=True):
    """The filters and the order that a list of issues or pull requests was asked with."""

    states: Names = None
    labels: Names = None
    base_ref_name: str | None = None
    head_ref_name: str | None = None
    order_by: Order = None
    filter_by: dict[str, Any] | None = None


def issue_list(
    call: Call, found: Iterable[Issue], arguments: Mapping[str, object]
) -> Connection[object]:
    """Return issues, oldest first unless told otherwise."""
    wanted = msgspec.convert(arguments, Wanted)
    states, labels = wanted.states, wanted.labels
    kept = [one for one in found if not states or one.state.upper() in states]
    kept = [one for one in kept if _filtered(call, one, wanted.filter_by or {})]
    chosen = _ordered([one for one in kept if _labelled(one, labels)], wanted.order_by)
    return connection("issues", chosen, lambda one: IssueNode(call, one), arguments)


def _filtered(call: Call, issue: Issue, by: Mapping[str, Any]) -> bool:
    """Say whether an issue is what `filterBy` asks for; who opened one is subscribed to it."""
    held = call.repo.milestones.get(issue.milestone or 0)
    tests: dict[str, Callable[[Any], bool]] = {
        "assignee": lambda login: _among(login, issue.assignees),
        "createdBy": lambda login: issue.author == login,
        "labels": lambda names: set(names) <= set(issue.labels),
        "mentioned": lambda login: f"@{login}" in issue.body,
        "milestone": lambda key: _among(key, [f"{held.id}"] if held else []),
        "milestoneNumber": lambda number: _among(number, [f"{held.number}"] if held else []),
        "since": lambda since: issue.updated_at >= moment(since),
        "states": lambda states: issue.state.upper() in states,
        "viewerSubscribed": lambda wants: not wants or issue.author == call.actor.login,
    }
    return all(tests[name](value) for name, value in by.items())


def _among(wanted: str | None, held: Sequence[str]) -> bool:
    """Say whether one is held: null is none, `*` any."""
    if wanted in (None, "*"):
        return bool(held) == (wanted == "*")
    return wanted in held


def pull_list(
    call: Call, found: Iterable[Pull], arguments: Mapping[str, object]
) -> Connection[object]:
    """Return pull requests, oldest first unless told otherwise."""
    wanted = msgspec.convert(arguments, Wanted)
    kept = [
        one
        for one in found
        if (not wanted.states or _state(one) in wanted.states)
        and _labelled(one, wanted.labels)
        and wanted.base_ref_name in (None, one.base_ref)
        and wanted.head_ref_name in (None, one.head_ref)
    ]
    chosen = _ordered(kept, wanted.order_by)
    part = span("pullRequests", len(chosen), arguments)
    cut = chosen[part.start : part.end]
    sizes = Sizes(call, cut)
    return Connection([PullNode(call, one, sizes) for one in cut], part.total, part.page_info)


def _state(pull: Pull) -> str:
    return "MERGED" if pull.merged_at else pull.state.upper()


def _labelled(thread: Issue, wanted: Names) -> bool:
    return not wanted or not set(wanted).isdisjoint(thread.labels)


def _ordered(found: list[T], order_by: Order) -> list[T]:
    field = order_by["field"] if order_by else "CREATED_AT"

    def key(one: T) -> tuple[datetime, int]:
        return (one.updated_at if field == "UPDATED_AT" else one.created_at, one.number)

    descending = order_by is not None and order_by["direction"] == "DESC"
    return sorted(found, key=key, reverse=descending)
