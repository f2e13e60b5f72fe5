"""Who gave an issue to whom, as webhooks tell it: how the issue stands does not say that."""

from collections.abc import Mapping
from typing import Any

import msgspec

UNDATED = "undated"


class _Actor(msgspec.Struct):
    id: str | None = None
    name: str | None = None


class _Data(msgspec.Struct, rename="camel"):
    assignee_id: str | None = None
    updated_at: str | None = None


class _Body(msgspec.Struct, rename="camel"):
    action: str | None = None
    type: str | None = None
    actor: _Actor | None = None
    data: _Data | None = None
    updated_from: dict[str, Any] | None = None


_DECODER = msgspec.json.Decoder(_Body)


def assigned(body: bytes) -> Mapping[str, Any] | None:
    """Return to whom an issue was given by this, and by whom: their ids, and the giver's name."""
    try:
        told = _DECODER.decode(body)
    except (ValueError, RecursionError):
        return None
    who = told.data.assignee_id if told.data else None
    is_new = told.action == "create" or "assigneeId" in (told.updated_from or {})
    if told.type != "Issue" or told.data is None or not who or not is_new:
        return None
    by = told.actor or _Actor()
    return {
        "id": f"assigned:{who}:{told.data.updated_at or UNDATED}",
        "kind": "assigned",
        "who": who,
        "by": by.id or "",
        "name": by.name or "",
    }
