"""A webhook is GitHub's when it is signed with our secret; its body says what it is about."""

import hmac
import json
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.github import webhooks
from integrations.github.webhooks import verify

SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
SECRET = "It's a Secret to Everybody"


def test_github_s_own_example_is_accepted() -> None:
    """The vector stands in GitHub's documentation."""
    assert verify([SECRET], b"Hello, World!", SIGNATURE)
    assert verify(["new", SECRET], b"Hello, World!", SIGNATURE)


@pytest.mark.parametrize(
    ("secrets", "body", "signature"),
    [
        ([SECRET], b"Hello, World?", SIGNATURE),
        (["other"], b"Hello, World!", SIGNATURE),
        ([], b"Hello, World!", SIGNATURE),
        ([SECRET], b"Hello, World!", SIGNATURE.removeprefix("sha256=")),
        ([SECRET], b"Hello, World!", ""),
        ([SECRET], b"Hello, World!", "sha256=\u00fc"),
        ([""], b"x", "sha256=" + hmac.new(b"", b"x", sha256).hexdigest()),
    ],
)
def test_anything_else_is_not(secrets: list[str], body: bytes, signature: str) -> None:
    """Neither another body, nor another secret, nor none at all."""
    assert not verify(secrets, body, signature)


@given(st.text(min_size=1), st.binary(), st.binary(min_size=1))
def test_a_changed_body_never_passes(secret: str, body: bytes, more: bytes) -> None:
    """What is signed is exactly what is read."""
    signature = "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()
    assert verify([secret], body, signature)
    assert not verify([secret], body + more, signature)


HERE = {"full_name": "acme/api"}


@pytest.mark.parametrize(
    ("event", "body", "topics"),
    [
        ("ping", {"zen": "Design for failure."}, []),
        ("ping", {"repository": None}, []),
        ("push", {"ref": "refs/heads/main"}, ["branch:acme/api@main"]),
        ("push", {"ref": "refs/tags/v1.2.0"}, ["tag:acme/api@v1.2.0"]),
        ("create", {"ref": "main"}, []),
        ("pull_request", {"pull_request": {"number": 12}}, ["pull:acme/api#12"]),
        ("issues", {"issue": {"number": 7, "pull_request": None}}, ["issue:acme/api#7"]),
        (
            "issue_comment",
            {"issue": {"number": 12, "pull_request": {"url": "…"}}},
            ["pull:acme/api#12", "issue:acme/api#12"],
        ),
        ("status", {"sha": "abc"}, ["commit:acme/api@abc"]),
        ("release", {"release": {"tag_name": "v2"}}, ["release:acme/api@v2"]),
        (
            "check_suite",
            {"check_suite": {"head_sha": "abc", "pull_requests": [{"number": 12}]}},
            ["commit:acme/api@abc", "pull:acme/api#12"],
        ),
        (
            "workflow_run",
            {"workflow_run": {"id": 5, "head_sha": "abc", "pull_requests": []}},
            ["commit:acme/api@abc", "run:acme/api/5"],
        ),
        (
            "workflow_job",
            {"workflow_job": {"id": 6, "run_id": 5, "head_sha": "abc"}},
            ["commit:acme/api@abc", "run:acme/api/5"],
        ),
        (
            "deployment_status",
            {"deployment": {"id": 9, "sha": "abc"}},
            ["commit:acme/api@abc", "deployment:acme/api/9"],
        ),
    ],
)
def test_a_body_says_what_it_is_about(
    event: str, body: dict[str, object], topics: list[str]
) -> None:
    """By the numbers, commits and names that runs wait for."""
    where = {"repository": HERE} if "zen" not in body and "repository" not in body else {}
    told = webhooks.told(event, json.dumps(where | body).encode()).topics

    expected = ["github:repo:acme/api", *(f"github:{each}" for each in topics)] if where else []
    assert list(told) == expected


def test_nonsense_is_a_value_error() -> None:
    """Whoever calls decides what becomes of it."""
    for body in (b"", b"{", b'{"ref": 7}', b"[" * 100_000):
        with pytest.raises(ValueError, match=r"\w"):
            webhooks.told("push", body)


def test_every_recorded_body_is_understood(contracts: Path) -> None:
    """None of the real ones breaks us, and those of a repository name it."""
    files = sorted((contracts / "github" / "webhooks" / "examples").glob("*/*.json"))
    assert files
    for file in files:
        body = file.read_bytes()
        topics = webhooks.told(file.parent.name, body).topics
        named = (json.loads(body).get("repository") or {}).get("full_name")
        assert (f"github:repo:{named}" in topics) == bool(named), file.name
