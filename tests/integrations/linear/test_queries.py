"""Linear's own schema accepts the operations, and the values accept what the schema allows."""

import re
from typing import Any

import msgspec
import pytest
from graphql import GraphQLEnumType, GraphQLSchema, get_named_type, parse, validate
from hypothesis import given
from hypothesis import strategies as st

from integrations.emulators.linear.graphql import schema
from integrations.emulators.linear.limits import MOST_COMPLEX, weigh
from integrations.linear import queries, shapes, wire

AT = "2026-06-01T12:00:00.123Z"
PERSON = {"id": "u", "name": "Ada"}
ISSUE = {
    "id": "i",
    "identifier": "ENG-12",
    "title": "Add retries",
    "description": "why",
    "url": "https://linear.app/acme/issue/ENG-12",
    "priority": 2.0,
    "estimate": 3.0,
    "branchName": "ada/eng-12",
    "trashed": False,
    "createdAt": AT,
    "updatedAt": AT,
    "startedAt": AT,
    "completedAt": AT,
    "canceledAt": None,
    "archivedAt": None,
    "dueDate": "2026-06-02",
    "team": {"key": "ENG"},
    "state": {"name": "Todo", "type": "unstarted"},
    "assignee": PERSON,
    "creator": {"id": None, "name": None},
    "labels": {"nodes": [{"id": "l", "name": "bug"}, None]},
    "project": {"id": "p", "name": "Checkout"},
    "projectMilestone": {"id": "m", "name": "Beta"},
    "cycle": {"id": "c", "number": 4.0},
    "parent": {"identifier": "ENG-1"},
}
ANSWERS: dict[type[wire.Wire], tuple[str, dict[str, Any]]] = {
    wire.Issue: ("Issue", ISSUE),
    wire.User: (
        "User",
        {
            **PERSON,
            "displayName": "ada",
            "email": "a@x",
            "url": "u",
            "active": True,
            "admin": True,
            "guest": False,
            "app": False,
            "lastSeen": AT,
        },
    ),
    wire.Organization: ("Organization", {"id": "o", "name": "Acme", "urlKey": "acme"}),
    wire.Team: (
        "Team",
        {"id": "t", "key": "ENG", "name": "E", "timezone": "UTC", "cyclesEnabled": True},
    ),
    wire.State: (
        "WorkflowState",
        {"id": "s", "name": "Todo", "type": "unstarted", "position": 1.5, "color": "#fff"},
    ),
    wire.Label: (
        "IssueLabel",
        {"id": "l", "name": "bug", "color": "#fff", "isGroup": False, "team": {"key": "ENG"}},
    ),
    wire.Cycle: (
        "Cycle",
        {
            "id": "c",
            "number": 3.0,
            "name": "n",
            "startsAt": AT,
            "endsAt": AT,
            "completedAt": AT,
            "progress": 0.5,
            "isActive": True,
        },
    ),
    wire.Project: (
        "Project",
        {
            "id": "p",
            "name": "Checkout",
            "url": "u",
            "description": "d",
            "health": "onTrack",
            "progress": 0.5,
            "startDate": "2026-06-01",
            "targetDate": "2026-07-01",
            "startedAt": AT,
            "completedAt": AT,
            "canceledAt": AT,
            "trashed": False,
            "status": {"name": "In Progress", "type": "started"},
            "lead": PERSON,
        },
    ),
    wire.Milestone: (
        "ProjectMilestone",
        {
            "id": "m",
            "name": "Beta",
            "description": "d",
            "targetDate": "2026-07-01",
            "progress": 0.5,
            "project": {"id": "p", "name": "Checkout"},
        },
    ),
    wire.Comment: (
        "Comment",
        {
            "id": "c",
            "body": "b",
            "createdAt": AT,
            "updatedAt": AT,
            "url": "u",
            "parentId": "x",
            "user": PERSON,
        },
    ),
    wire.Attachment: (
        "Attachment",
        {"id": "a", "title": "t", "url": "u", "subtitle": "s", "issue": {"identifier": "ENG-1"}},
    ),
    wire.Relation: (
        "IssueRelation",
        {
            "id": "r",
            "type": "blocks",
            "issue": {"identifier": "ENG-1"},
            "relatedIssue": {"identifier": "ENG-2"},
        },
    ),
    shapes.Webhook: (
        "Webhook",
        {
            "id": "w",
            "url": "u",
            "enabled": True,
            "label": "bot",
            "resourceTypes": ["Issue"],
            "team": {"key": "ENG"},
            "failures": [{"createdAt": AT, "httpStatus": 500.0, "responseOrError": None}],
        },
    ),
    shapes.WebhookFailure: (
        "WebhookFailureEvent",
        {"createdAt": AT, "httpStatus": 500.0, "responseOrError": "timed out"},
    ),
    shapes.Member: (
        "TeamMembership",
        {"id": "m", "owner": True, "user": PERSON},
    ),
    shapes.Document: (
        "Document",
        {
            "id": "d",
            "title": "Plan",
            "content": "First",
            "url": "u",
            "createdAt": AT,
            "updatedAt": AT,
            "trashed": False,
            "archivedAt": AT,
            "creator": PERSON,
            "project": {"id": "p", "name": "Checkout"},
            "issue": {"identifier": "ENG-1"},
            "team": {"key": "ENG"},
        },
    ),
    shapes.Change: (
        "IssueHistory",
        {
            "id": "h",
            "createdAt": AT,
            "actor": PERSON,
            "fromTitle": "a",
            "toTitle": "b",
            "fromEstimate": 1.0,
            "toEstimate": 2.0,
            "updatedDescription": True,
            "fromState": {"name": "Todo", "type": "unstarted"},
            "toState": {"name": "Done", "type": "a type of tomorrow"},
            "fromCycle": {"number": 1.0},
            "toCycle": {"number": None},
            "fromProject": {"id": "p", "name": "Checkout"},
            "toProject": {"id": "q", "name": "Search"},
            "fromProjectMilestone": {"id": "m", "name": "Beta"},
            "toProjectMilestone": {"id": "n", "name": None},
            "addedLabels": [{"id": "l", "name": "bug"}],
            "removedLabels": [{"id": "k", "name": "late"}],
        },
    ),
    wire.ProjectUpdate: (
        "ProjectUpdate",
        {
            "id": "u",
            "body": "b",
            "health": "onTrack",
            "url": "u",
            "createdAt": AT,
            "user": PERSON,
            "archivedAt": AT,
        },
    ),
}


@pytest.mark.parametrize("query", queries.ALL)
def test_linear_s_schema_accepts_the_operation(official: GraphQLSchema, query: str) -> None:
    """Every field, argument and type exists."""
    assert validate(official, parse(query)) == []


@pytest.mark.parametrize("query", queries.ALL)
def test_no_operation_is_too_heavy(query: str) -> None:
    """Every list has a size, and the whole stays below what Linear takes."""
    document = parse(query)
    lists = re.findall(r"(\w+)(\([^)]*\))?\s*\{[^{}]*(?:\{[^{}]*\}\s*)?nodes", query)

    assert validate(schema(), document) == []
    assert all("first:" in arguments for _, arguments in lists)
    assert weigh(schema(), document, {}) <= MOST_COMPLEX


@pytest.mark.parametrize("shape", list(ANSWERS))
def test_what_is_read_is_in_the_schema(official: GraphQLSchema, shape: type[wire.Wire]) -> None:
    """A field that must be there is one that Linear always sends."""
    name, full = ANSWERS[shape]
    kind: Any = official.type_map[name]
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}

    assert fields.keys() == full.keys()
    for known, field in fields.items():
        assert known in kind.fields
        assert not field.required or str(kind.fields[known].type).endswith("!")


@pytest.mark.parametrize("shape", list(ANSWERS))
@given(data=st.data())
def test_answers_may_lack_or_null_what_is_optional(
    shape: type[wire.Wire], data: st.DataObject
) -> None:
    """Drop and null optional fields at will: the value is made, and survives storing."""
    full = ANSWERS[shape][1]
    needed = {field.encode_name for field in msgspec.structs.fields(shape) if field.required}
    optional = sorted(full.keys() - needed)
    dropped = data.draw(st.sets(st.sampled_from(optional)))
    nulled = data.draw(st.sets(st.sampled_from(optional)))
    body = {key: value for key, value in full.items() if key not in dropped}
    body |= dict.fromkeys(nulled - dropped) | {"brandNew": {"a": [1]}}

    found: Any = msgspec.json.decode(msgspec.json.encode(body), type=shape)
    value = found.model()

    assert msgspec.json.decode(msgspec.json.encode(value), type=type(value)) == value


@pytest.mark.parametrize("shape", list(ANSWERS))
def test_a_choice_that_nobody_knows_yet_is_read(
    official: GraphQLSchema, shape: type[wire.Wire]
) -> None:
    """Linear adds states, healths and types; they come through as the words that they are."""
    name, full = ANSWERS[shape]
    kind: Any = official.type_map[name]
    new = {
        field: "of tomorrow"
        for field in full
        if isinstance(get_named_type(kind.fields[field].type), GraphQLEnumType)
    }
    found: Any = msgspec.json.decode(msgspec.json.encode(full | new), type=shape)
    assert found.model()
