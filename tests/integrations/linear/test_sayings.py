"""Who was given an issue, as Linear's webhooks tell it."""

import json
from pathlib import Path
from typing import Any

import pytest

from integrations.linear.sayings import assigned

UPDATE: dict[str, Any] = {
    "action": "update",
    "type": "Issue",
    "actor": {"id": "a", "name": "Ada"},
    "data": {"assigneeId": "b", "updatedAt": "2026-03-04T15:30:00Z"},
    "updatedFrom": {"assigneeId": None},
}
TOLD = {
    "id": "assigned:b:2026-03-04T15:30:00Z",
    "kind": "assigned",
    "who": "b",
    "by": "a",
    "name": "Ada",
}


def test_an_update_and_a_new_issue_say_it() -> None:
    """Older bodies do not say by whom."""
    assert assigned(json.dumps(UPDATE).encode()) == TOLD
    new = {name: UPDATE[name] for name in ("type", "data")} | {"action": "create"}
    assert assigned(json.dumps(new).encode()) == TOLD | {"by": "", "name": ""}


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        "{}",
        json.dumps(UPDATE | {"updatedFrom": {"title": "Before"}}),
        json.dumps(UPDATE | {"data": {"assigneeId": None}}),
        json.dumps(UPDATE | {"data": None}),
        json.dumps(UPDATE | {"type": "Comment"}),
    ],
)
def test_anything_else_says_nothing(body: str) -> None:
    """Nobody was given anything."""
    assert assigned(body.encode()) is None


def test_real_bodies_are_understood(contracts: Path) -> None:
    """None of the recorded ones gives an issue to anybody."""
    for file in sorted((contracts / "linear/webhooks").glob("*.json")):
        assert assigned(file.read_bytes()) is None
