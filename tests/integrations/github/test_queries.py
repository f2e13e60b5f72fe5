"""GitHub's own schema accepts the queries, and the models accept what the schema allows."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from integrations.github import (
    actions,
    backlog,
    graph,
    hooks,
    merging,
    standing,
    threads,
    tracking,
    watched,
    wire,
)

MODULES = (graph, standing, actions, merging, threads, watched, backlog)
AT = "2026-06-01T12:00:00Z"
ACTOR = {"login": "ada", "__typename": "User"}
PULL = {
    "number": 7,
    "title": "Add retries",
    "url": "https://github.com/acme/api/pull/7",
    "updatedAt": AT,
    "createdAt": AT,
    "mergedAt": AT,
    "headRefName": "retries",
    "baseRefName": "main",
    "isDraft": False,
    "body": "why",
    "author": ACTOR,
    "labels": {"nodes": [{"name": "feat"}, None]},
    "mergeCommit": {"oid": "a" * 40},
    "milestone": {"title": "1.0"},
    "additions": 3,
    "deletions": 1,
    "commits": {"totalCount": 2, "nodes": [{"commit": {"authoredDate": AT}}, None]},
    "reviews": {"nodes": [{"state": "APPROVED", "submittedAt": AT, "author": ACTOR}, None]},
    "timelineItems": {"nodes": [{"__typename": "ReadyForReviewEvent", "createdAt": AT}]},
}
DEPLOYMENT = {
    "databaseId": 1,
    "commitOid": "b" * 40,
    "createdAt": AT,
    "environment": "production",
    "state": "ACTIVE",
    "description": None,
    "ref": {"name": "main"},
    "creator": ACTOR,
    "commit": {"committedDate": AT},
    "statuses": {"nodes": [{"state": "SUCCESS", "createdAt": AT, "logUrl": "https://x"}]},
}
STANDING = {
    **PULL,
    "headRefOid": "c" * 40,
    "state": "OPEN",
    "closedAt": None,
    "mergeStateStatus": "CLEAN",
    "reviewDecision": "APPROVED",
    "mergedBy": ACTOR,
    "assignees": {"nodes": [ACTOR, None]},
    "reviewRequests": {
        "nodes": [
            {"requestedReviewer": {"__typename": "Team", "combinedSlug": "acme/web"}},
            {"requestedReviewer": {"__typename": "User", "login": "bo"}},
            {"requestedReviewer": None},
            None,
        ]
    },
    "latestOpinionatedReviews": PULL["reviews"],
    "latestReviews": PULL["reviews"],
    "commits": {"nodes": [{"commit": {"statusCheckRollup": {"state": "SUCCESS"}}}, None]},
    "files": {"nodes": [{"path": "a.py"}, None], "pageInfo": {"hasNextPage": False}},
}
USER = {"login": "ada", "type": "User"}
REST: dict[type[wire.Wire], dict[str, Any]] = {
    wire.Repository: {
        "full_name": "acme/api",
        "default_branch": "main",
        "html_url": "u",
        "description": "d",
        "private": True,
        "archived": False,
        "permissions": {"push": True},
    },
    wire.Commit: {
        "sha": "c" * 40,
        "html_url": "u",
        "author": USER,
        "commit": {
            "message": "m",
            "author": {"name": "Ada", "date": AT},
            "committer": {"name": "Ada", "date": AT},
        },
    },
    wire.Release: {
        "id": 1,
        "tag_name": "v1",
        "name": "One",
        "html_url": "u",
        "created_at": AT,
        "published_at": AT,
        "draft": False,
        "prerelease": False,
        "body": "b",
        "target_commitish": "main",
        "author": USER,
    },
    wire.Pull: {
        "number": 7,
        "title": "t",
        "state": "open",
        "html_url": "u",
        "user": USER,
        "created_at": AT,
        "draft": True,
        "labels": [{"name": "x"}, "plain"],
        "merged_at": AT,
        "merge_commit_sha": "d" * 40,
        "body": "b",
        "milestone": {"title": "1.0"},
        "head": {"ref": "h", "sha": "e" * 40},
        "base": {"ref": "main", "sha": "f" * 40},
    },
    wire.CheckRun: {
        "id": 1,
        "name": "test",
        "status": "completed",
        "conclusion": "success",
        "html_url": "u",
        "app": {"slug": "actions"},
    },
    wire.Status: {"context": "ci", "state": "success", "target_url": "u"},
    tracking.Comment: {
        "id": 1,
        "body": "b",
        "user": USER,
        "html_url": "u",
        "created_at": AT,
    },
    tracking.Issue: {
        "number": 1,
        "title": "t",
        "state": "open",
        "html_url": "u",
        "user": USER,
        "labels": ["bug"],
        "assignees": [USER],
        "milestone": {"title": "1.0"},
        "created_at": AT,
        "updated_at": AT,
        "closed_at": AT,
        "body": "b",
        "state_reason": "completed",
    },
    wire.Milestone: {
        "number": 1,
        "title": "1.0",
        "html_url": "u",
        "state": "open",
        "open_issues": 1,
        "closed_issues": 2,
        "due_on": AT,
        "closed_at": None,
        "description": "d",
    },
    wire.WorkflowRun: {
        "id": 1,
        "name": "CI",
        "event": "push",
        "head_branch": "main",
        "head_sha": "a" * 40,
        "status": "completed",
        "conclusion": "success",
        "html_url": "u",
        "created_at": AT,
        "updated_at": AT,
        "run_started_at": AT,
        "run_attempt": 1,
        "actor": USER,
    },
}

REST |= {
    hooks.Hook: {"id": 1, "active": True, "events": ["push"], "config": {"url": "https://x"}},
    hooks.Attempt: {
        "id": 1,
        "guid": "g",
        "delivered_at": AT,
        "redelivery": False,
        "status": "OK",
        "event": "push",
        "action": None,
    },
    standing.Issue: {
        **REST[tracking.Issue],
        "state_reason": "completed",
        "comments": 2,
        "closed_at": AT,
        "closed_by": USER,
    },
    standing.WorkflowRun: {
        **REST[wire.WorkflowRun],
        "display_title": "Add retries",
        "pull_requests": [{"number": 7}],
    },
    standing.Job: {
        "name": "test",
        "conclusion": "failure",
        "html_url": "u",
        "steps": [{"name": "Run test", "conclusion": "failure"}, {"name": None}],
    },
    standing.Deployment: {
        "id": 1,
        "sha": "a" * 40,
        "ref": "main",
        "environment": "production",
        "description": "d",
        "creator": USER,
        "created_at": AT,
    },
    standing.DeploymentStatus: {
        "state": "success",
        "created_at": AT,
        "description": "d",
        "target_url": "u",
        "log_url": "",
        "environment_url": None,
    },
}


@pytest.fixture(scope="module")
def schema(contracts: Path) -> GraphQLSchema:
    """Return GitHub's own schema; it repeats two fields, so its own rules are not checked."""
    packed = contracts / "github" / "graphql" / "schema.graphql.gz"
    with gzip.open(packed, "rt", encoding="utf-8") as file:
        return build_schema(file.read(), assume_valid=True)


@pytest.mark.parametrize(
    "query",
    [each for module in MODULES for each in module.QUERIES],
)
def test_github_s_schema_accepts_the_query(schema: GraphQLSchema, query: str) -> None:
    """Every field, argument and type exists."""
    assert validate(schema, parse(query)) == []


def required(shape: type[msgspec.Struct]) -> set[str]:
    """Return the names of the fields that an answer cannot do without."""
    return {field.encode_name for field in msgspec.structs.fields(shape) if field.required}


@pytest.mark.parametrize("shape", list(REST))
@given(data=st.data())
def test_rest_answers_may_lack_or_null_what_is_optional(
    shape: type[wire.Wire], data: st.DataObject
) -> None:
    """Older servers leave fields out, privacy makes them null, newer ones add more."""
    assert_tolerant(shape, REST[shape], data)


@pytest.mark.parametrize(
    ("shape", "full"),
    [
        (graph.Pull, PULL),
        (graph.TimedPull, PULL),
        (graph.Deployment, DEPLOYMENT),
        (standing.PullState, STANDING),
    ],
)
@given(data=st.data())
def test_graphql_answers_may_lack_or_null_what_is_optional(
    shape: type[graph.Node], full: dict[str, Any], data: st.DataObject
) -> None:
    """GitHub puts null where an app may not look."""
    assert_tolerant(shape, full, data)


def assert_tolerant(shape: type[msgspec.Struct], full: dict[str, Any], data: st.DataObject) -> None:
    """Drop and null optional fields at will: the model is made, and survives storing."""
    optional = sorted(set(full) - required(shape))
    dropped = data.draw(st.sets(st.sampled_from(optional)))
    nulled = data.draw(st.sets(st.sampled_from(optional)))
    body = {key: value for key, value in full.items() if key not in dropped}
    body |= dict.fromkeys(nulled - dropped) | {"brand_new": {"a": [1]}}
    found: Any = msgspec.json.decode(msgspec.json.encode(body), type=shape)
    for make in ("model", "timing"):
        if hasattr(found, make):
            value = getattr(found, make)()
            kind = type(value)
            assert msgspec.json.decode(msgspec.json.encode(value), type=kind) == value


def timed(**changes: object) -> graph.TimedPull:
    """Return a merged pull request that differs from the usual one."""
    return msgspec.convert({**PULL, **changes}, graph.TimedPull)


def test_reviews_by_the_author_and_by_bots_do_not_count() -> None:
    """A first review is another person's; an approval is the first one of these."""

    def review(login: str, state: str, hour: int, kind: str = "User") -> dict[str, object]:
        author = {"login": login, "__typename": kind}
        return {"state": state, "submittedAt": f"2026-06-01T{hour:02}:00:00Z", "author": author}

    nodes = [
        review("ada", "COMMENTED", 1),
        review("linter", "APPROVED", 2, "Bot"),
        review("helper[bot]", "APPROVED", 3),
        {"state": "APPROVED", "submittedAt": AT, "author": None},
        {"state": "PENDING", "submittedAt": None, "author": {"login": "bo"}},
        review("cy", "APPROVED", 6),
        review("bo", "COMMENTED", 5),
    ]
    timing = timed(reviews={"nodes": nodes}).timing()
    assert timing.first_review_at == datetime(2026, 6, 1, 5, tzinfo=UTC)
    assert timing.approved_at == datetime(2026, 6, 1, 6, tzinfo=UTC)
    assert timed(reviews=None).timing().first_review_at is None


def test_a_bot_is_spelled_as_rest_spells_it() -> None:
    """Filters such as `-author:*[bot]` see one spelling."""
    pull = timed(author={"login": "dependabot", "__typename": "Bot"}).timing()
    assert (pull.author, pull.is_bot) == ("dependabot[bot]", True)
    assert timed(author=None).timing().author == "ghost"


def status(state: str, hour: int) -> dict[str, str]:
    """Return a deployment status of 1 June."""
    return {"state": state, "createdAt": f"2026-06-01T{hour:02}:00:00Z"}


@pytest.mark.parametrize(
    ("statuses", "state", "hour"),
    [
        ([status("IN_PROGRESS", 1), status("SUCCESS", 2)], "success", 2),
        ([status("INACTIVE", 9), status("SUCCESS", 2), status("QUEUED", 1)], "success", 2),
        ([status("FAILURE", 2), status("SUCCESS", 3)], "success", 3),
        ([status("SUCCESS", 2), status("ERROR", 3)], "error", 3),
        ([status("IN_PROGRESS", 1)], "active", None),
        ([], "active", None),
    ],
)
def test_a_deployment_is_what_it_last_came_to(
    statuses: list[dict[str, str]], state: str, hour: int | None
) -> None:
    """Being replaced later does not change how a deployment went."""
    raw = {**DEPLOYMENT, "statuses": {"nodes": statuses}}
    deployment = msgspec.convert(raw, graph.Deployment).model()
    at = datetime(2026, 6, 1, hour, tzinfo=UTC) if hour else None
    assert (deployment.state, deployment.finished_at) == (state, at)
    assert [s.created_at for s in deployment.statuses] == sorted(
        s.created_at for s in deployment.statuses
    )
