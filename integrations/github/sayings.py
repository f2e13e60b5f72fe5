"""What people said and did, as webhooks tell it: it does not change later, so it is not read again.

How things stand is never taken from here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

HEADS = "refs/heads/"
ALERTS = {
    "dependabot_alert": "dependabot",
    "code_scanning_alert": "code",
    "secret_scanning_alert": "secret",
}
MOST_COMMITS = 5
MOST_PATHS = 1_000
NOBODY = "0" * 40
UNDATED = "undated"


class Saying(NamedTuple):
    """Something that was said about the thing of a topic, each once by its `id`."""

    topic: str
    said: Mapping[str, Any]


class _Part(msgspec.Struct):
    """Any part of a body: what is not there is absent."""


class _User(_Part):
    login: str | None = None


class _Comment(_Part):
    id: int | None = None
    user: _User | None = None
    body: str | None = None
    html_url: str | None = None
    state: str | None = None
    in_reply_to_id: int | None = None


class _Pull(_Part):
    number: int | None = None
    merged: bool | None = None
    merge_commit_sha: str | None = None
    updated_at: str | None = None


class _Issue(_Part):
    number: int | None = None
    updated_at: str | None = None
    pull_request: msgspec.Raw = msgspec.Raw()

    @property
    def is_pull(self) -> bool:
        return bytes(self.pull_request) not in (b"", b"null")


class _Commit(_Part):
    id: str | None = None
    message: str | None = None
    url: str | None = None
    added: list[str] = []
    modified: list[str] = []
    removed: list[str] = []


class _Repository(_Part):
    full_name: str | None = None


class _Package(_Part):
    name: str | None = None


class _Dependency(_Part):
    package: _Package | None = None
    manifest_path: str | None = None


class _Advisory(_Part):
    summary: str | None = None
    severity: str | None = None


class _Version(_Part):
    identifier: str | None = None


class _Vulnerability(_Part):
    first_patched_version: _Version | None = None


class _Rule(_Part):
    description: str | None = None
    security_severity_level: str | None = None


class _Location(_Part):
    path: str | None = None


class _Instance(_Part):
    location: _Location | None = None


class _Alert(_Part):
    number: int | None = None
    state: str | None = None
    html_url: str | None = None
    dependency: _Dependency | None = None
    security_advisory: _Advisory | None = None
    security_vulnerability: _Vulnerability | None = None
    rule: _Rule | None = None
    most_recent_instance: _Instance | None = None
    secret_type_display_name: str | None = None
    secret_type: str | None = None
    created_at: str | None = None
    updated_at: str | None = None


class _Body(_Part):
    action: str | None = None
    repository: _Repository | None = None
    sender: _User | None = None
    issue: _Issue | None = None
    pull_request: _Pull | None = None
    comment: _Comment | None = None
    review: _Comment | None = None
    ref: str | None = None
    before: str | None = None
    after: str | None = None
    compare: str | None = None
    forced: bool | None = None
    deleted: bool | None = None
    commits: list[_Commit] = []
    alert: _Alert | None = None
    assignee: _User | None = None
    requested_reviewer: _User | None = None


_DECODER = msgspec.json.Decoder(_Body)


def sayings(event: str, body: bytes) -> tuple[Saying, ...]:
    """Return what a delivery says that nobody can read later; () where it says nothing of that.

    Topics are those of `webhooks.told`, and `github:push:acme/api@<sha>` and
    `github:alert:acme/api/2026-03-04`: alerts of one day are one thing.
    """
    try:
        told = _DECODER.decode(body)
    except (ValueError, RecursionError):
        return ()
    repo = told.repository.full_name if told.repository else None
    return tuple(_said(event, repo, told)) if repo else ()


def _said(event: str, repo: str, told: _Body) -> Iterator[Saying]:
    match event:
        case "issue_comment" | "pull_request_review_comment":
            yield from _comment(event, repo, told)
        case "pull_request_review":
            yield from _review(repo, told)
        case "pull_request":
            yield from _merge(repo, told)
            yield from _asked(repo, told)
        case "issues":
            yield from _assigned(repo, told)
        case "push":
            yield from _push(repo, told)
        case _ if event in ALERTS:
            yield from _alert(ALERTS[event], repo, told)


def _comment(event: str, repo: str, told: _Body) -> Iterator[Saying]:
    said = told.comment
    in_review = event == "pull_request_review_comment"
    if said is None or said.id is None or (in_review and said.in_reply_to_id is None):
        return  # the first words about a line are told with their review
    number = (told.pull_request or told.issue or _Issue()).number
    is_pull = in_review or (told.issue is not None and told.issue.is_pull)
    topic = f"github:{'pull' if is_pull else 'issue'}:{repo}#{number}"
    key = f"{'line' if in_review else 'comment'}:{said.id}"
    if told.action == "deleted":
        yield Saying(topic, {"id": f"gone:{key}", "kind": "gone", "about": key})
    elif told.action == "created":
        yield Saying(topic, _words(said, key, "comment"))


def _review(repo: str, told: _Body) -> Iterator[Saying]:
    said, pull = told.review, told.pull_request
    if said is None or said.id is None or pull is None or told.action != "submitted":
        return
    topic = f"github:pull:{repo}#{pull.number}"
    state = {"state": (said.state or "commented").lower()}
    yield Saying(topic, _words(said, f"review:{said.id}", "review") | state)


def _words(said: _Comment, key: str, kind: str) -> dict[str, Any]:
    by = said.user.login if said.user else None
    return {
        "id": key,
        "kind": kind,
        "by": by or "ghost",
        "text": (said.body or "")[:2_000],
        "url": said.html_url or "",
    }


def _merge(repo: str, told: _Body) -> Iterator[Saying]:
    pull = told.pull_request
    if pull and pull.merged and pull.merge_commit_sha:
        said = {"id": f"merge:{pull.merge_commit_sha}", "kind": "merge"}
        yield Saying(f"github:pull:{repo}#{pull.number}", said | {"sha": pull.merge_commit_sha})


def _asked(repo: str, told: _Body) -> Iterator[Saying]:
    """Say who asked somebody for a review: how a pull request stands does not tell."""
    pull, who = told.pull_request, told.requested_reviewer
    if pull and who and who.login and told.action == "review_requested":
        said = _given("asked", who.login, pull.updated_at, told.sender)
        yield Saying(f"github:pull:{repo}#{pull.number}", said)


def _assigned(repo: str, told: _Body) -> Iterator[Saying]:
    issue, who = told.issue, told.assignee
    if issue and who and who.login and told.action == "assigned":
        said = _given("assigned", who.login, issue.updated_at, told.sender)
        yield Saying(f"github:issue:{repo}#{issue.number}", said)


def _given(kind: str, who: str, at: str | None, sender: _User | None) -> dict[str, Any]:
    by = sender.login if sender else None
    return {"id": f"{kind}:{who}:{at or UNDATED}", "kind": kind, "who": who, "by": by or ""}


def _push(repo: str, told: _Body) -> Iterator[Saying]:
    ref, after = told.ref or "", told.after or NOBODY
    if not ref.startswith(HEADS) or told.deleted or not told.commits:
        return
    paths = dict.fromkeys(
        path for each in told.commits for path in (*each.added, *each.modified, *each.removed)
    )
    commits = [
        {
            "sha": each.id or "",
            "title": (each.message or "").partition("\n")[0][:200],
            "url": each.url or "",
        }
        for each in told.commits[:MOST_COMMITS]
    ]
    said = {
        "id": f"push:{after}",
        "kind": "push",
        "by": (told.sender.login if told.sender else None) or "ghost",
        "branch": ref.removeprefix(HEADS),
        "count": len(told.commits),
        "commits": commits,
        "paths": list(paths)[:MOST_PATHS],
        "forced": bool(told.forced),
        "url": told.compare or "",
    }
    yield Saying(f"github:push:{repo}@{after}", said)


def _alert(kind: str, repo: str, told: _Body) -> Iterator[Saying]:
    alert = told.alert
    if alert is None or alert.number is None:
        return
    package = alert.dependency.package if alert.dependency else None
    advisory, rule = alert.security_advisory or _Advisory(), alert.rule or _Rule()
    name = f"{package.name}: " if package and package.name else ""
    secret = alert.secret_type_display_name or alert.secret_type
    summary = advisory.summary or rule.description or (f"leaked {secret}" if secret else "an alert")
    fix = alert.security_vulnerability
    patched = fix.first_patched_version if fix else None
    place = alert.most_recent_instance
    location = place.location if place else None
    path = alert.dependency.manifest_path if alert.dependency else None
    name_of_it, at = f"{kind}/{alert.number}", alert.updated_at or ""
    said = {
        "id": f"alert:{name_of_it}:{told.action}:{at}",
        "kind": "alert",
        "alert": name_of_it,
        "at": at,
        "title": f"{name}{summary}",
        "severity": advisory.severity or rule.security_severity_level or "",
        "state": alert.state or "open",
        "path": path or (location.path if location else None) or "",
        "fix": (patched.identifier if patched else None) or "",
        "url": alert.html_url or "",
    }
    day = (alert.created_at or UNDATED)[:10]
    yield Saying(f"github:alert:{repo}/{day}", said)
