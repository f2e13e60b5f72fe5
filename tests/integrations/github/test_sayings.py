"""What webhooks say that nobody can read later; real bodies, and broken ones."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.github.objects import object_in
from integrations.github.sayings import MOST_COMMITS, sayings

REPO = {"repository": {"full_name": "acme/api"}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=5), parts),
    max_leaves=8,
)
EVENTS = (
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "dependabot_alert",
    "code_scanning_alert",
    "secret_scanning_alert",
    "issues",
    "workflow_run",
    "release",
    "deployment_status",
)


def said(event: str, **body: Any) -> list[tuple[str, dict[str, Any]]]:  # noqa: ANN401 - a body of JSON
    """Return what a body says."""
    found = sayings(event, json.dumps(REPO | body).encode())
    return [(topic, dict(words)) for topic, words in found]


def test_real_bodies_are_understood(contracts: Path) -> None:
    """Every example that GitHub publishes; those of these events say something."""
    spoken = set()
    for file in sorted((contracts / "github/webhooks/examples").glob("*/*.json")):
        event, body = file.parent.name, file.read_bytes()
        if sayings(event, body):
            spoken.add(event)
        if object_in(event, body) is not None:
            spoken.add(event)
    assert {"issue_comment", "pull_request", "pull_request_review", "push"} <= spoken
    assert {"issues", "release"} <= spoken


def test_a_comment_is_of_an_issue_or_a_pull_request() -> None:
    """Edits say nothing, what is deleted names what it was."""
    comment = {"id": 1, "user": {"login": "bo"}, "body": "Hi", "html_url": "u"}
    issue: dict[str, Any] = {"number": 7}
    [(topic, words)] = said("issue_comment", action="created", comment=comment, issue=issue)
    assert topic == "github:issue:acme/api#7"
    assert words == {"id": "comment:1", "kind": "comment", "by": "bo", "text": "Hi", "url": "u"}
    pull = issue | {"pull_request": {"url": "u"}}
    [(topic, words)] = said("issue_comment", action="deleted", comment=comment, issue=pull)
    assert topic == "github:pull:acme/api#7"
    assert words == {"id": "gone:comment:1", "kind": "gone", "about": "comment:1"}
    assert said("issue_comment", action="edited", comment=comment, issue=issue) == []
    assert said("issue_comment", action="created", issue=issue) == []


def test_the_first_words_about_a_line_come_with_their_review() -> None:
    """Only answers to them are told by themselves."""
    comment = {"id": 1, "user": None, "body": None}
    pull = {"number": 7}
    event = "pull_request_review_comment"
    assert said(event, action="created", comment=comment, pull_request=pull) == []
    answer = comment | {"in_reply_to_id": 3}
    [(_, words)] = said(event, action="created", comment=answer, pull_request=pull)
    assert (words["id"], words["by"]) == ("line:1", "ghost")
    review = {"id": 4, "state": "APPROVED", "user": {"login": "bo"}}
    [(_, words)] = said("pull_request_review", action="submitted", review=review, pull_request=pull)
    assert (words["id"], words["state"]) == ("review:4", "approved")
    assert said("pull_request_review", action="edited", review=review, pull_request=pull) == []


def test_a_merge_says_its_commit() -> None:
    """So that a deployment of it finds its way back."""
    merged = {"number": 7, "merged": True, "merge_commit_sha": "abc"}
    [(_, words)] = said("pull_request", action="closed", pull_request=merged)
    assert words["sha"] == "abc"
    assert said("pull_request", action="opened", pull_request={"number": 7}) == []


def test_a_request_and_an_assignment_say_who_gave_them() -> None:
    """How things stand does not tell; each is told once."""
    pull = {"number": 7, "updated_at": "2026-03-04T15:30:00Z"}
    whole = {
        "action": "review_requested",
        "pull_request": pull,
        "requested_reviewer": {"login": "bo"},
        "sender": {"login": "ada"},
    }
    key = "asked:bo:2026-03-04T15:30:00Z"
    told = {"id": key, "kind": "asked", "who": "bo", "by": "ada"}
    assert said("pull_request", **whole) == [("github:pull:acme/api#7", told)]
    assert said("pull_request", **whole | {"requested_reviewer": None}) == []
    assert said("pull_request", **whole | {"action": "review_request_removed"}) == []

    given = {"action": "assigned", "issue": {"number": 8}, "assignee": {"login": "bo"}}
    told = {"id": "assigned:bo:undated", "kind": "assigned", "who": "bo", "by": ""}
    assert said("issues", **given) == [("github:issue:acme/api#8", told)]
    assert said("issues", **given | {"action": "unassigned"}) == []


def test_a_push_says_its_commits() -> None:
    """Of many only the first, but all of their files; tags and deletions say nothing."""
    commits = [
        {"id": f"{n}", "message": f"Title {n}\n\nMore", "added": [f"{n}.py"]} for n in range(9)
    ]
    [(topic, words)] = said(
        "push", ref="refs/heads/a/b", after="abc", commits=commits, sender={"login": "ada"}
    )
    assert topic == "github:push:acme/api@abc"
    assert (words["branch"], words["count"], len(words["commits"])) == ("a/b", 9, MOST_COMMITS)
    assert words["commits"][0]["title"] == "Title 0"
    assert len(words["paths"]) == 9
    assert said("push", ref="refs/tags/v1", commits=commits) == []
    assert said("push", ref="refs/heads/a", deleted=True, commits=commits) == []
    assert said("push", ref="refs/heads/a", commits=[]) == []


@pytest.mark.parametrize(
    ("event", "alert", "topic", "told"),
    [
        (
            "dependabot_alert",
            {
                "number": 7,
                "state": "open",
                "created_at": "2026-03-04T15:30:00Z",
                "dependency": {"package": {"name": "left-pad"}, "manifest_path": "a.json"},
                "security_advisory": {"summary": "Too long", "severity": "high"},
                "security_vulnerability": {"first_patched_version": {"identifier": "1.3"}},
            },
            "github:alert:acme/api/2026-03-04",
            ("left-pad: Too long", "high", "a.json", "1.3"),
        ),
        (
            "code_scanning_alert",
            {
                "number": 2,
                "rule": {"description": "Injection", "security_severity_level": "critical"},
                "most_recent_instance": {"location": {"path": "a.py"}},
            },
            "github:alert:acme/api/undated",
            ("Injection", "critical", "a.py", ""),
        ),
        (
            "secret_scanning_alert",
            {"number": 3, "secret_type": "token"},
            "github:alert:acme/api/undated",
            ("leaked token", "", "", ""),
        ),
        (
            "secret_scanning_alert",
            {"number": 3},
            "github:alert:acme/api/undated",
            ("an alert", "", "", ""),
        ),
    ],
)
def test_an_alert_says_what_it_is(
    event: str, alert: dict[str, Any], topic: str, told: tuple[str, ...]
) -> None:
    """Of each of the three kinds."""
    [(found, words)] = said(event, action="created", alert=alert)
    assert found == topic
    assert tuple(words[name] for name in ("title", "severity", "path", "fix")) == told
    assert said(event, action="created") == []


@given(st.sampled_from(EVENTS), st.dictionaries(st.text(max_size=12), JSON, max_size=4))
def test_nothing_breaks_it(event: str, body: dict[str, Any]) -> None:
    """A body of another shape says nothing."""
    text = json.dumps(REPO | body).encode()
    assert isinstance(sayings(event, text), tuple)
    object_in(event, text)
    assert sayings(event, b"nonsense") == ()
    assert sayings(event, b"{}") == ()
    assert object_in(event, b"nonsense") is None
    assert object_in("star", b"{}") is None
