"""Linear: typed reads, writes that are safe to repeat, and what opens the connection."""

from importlib import import_module
from typing import TYPE_CHECKING

from integrations.linear.client import Linear, LinearReader
from integrations.linear.models import (
    Attachment,
    Comment,
    Cycle,
    Issue,
    Label,
    Milestone,
    NewIssue,
    Organization,
    Project,
    ProjectUpdate,
    Quota,
    Relation,
    State,
    Team,
    User,
    Webhook,
)

if TYPE_CHECKING:
    from integrations.linear.api import LinearApi
    from integrations.linear.sign_in import LinearSignIn

# They bring the HTTP library; who only names a type, as every flow does, does not wait for it.
_LATER = {
    "LinearApi": "integrations.linear.api",
    "LinearSignIn": "integrations.linear.sign_in",
}

__all__ = [
    "Attachment",
    "Comment",
    "Cycle",
    "Issue",
    "Label",
    "Linear",
    "LinearApi",
    "LinearReader",
    "LinearSignIn",
    "Milestone",
    "NewIssue",
    "Organization",
    "Project",
    "ProjectUpdate",
    "Quota",
    "Relation",
    "State",
    "Team",
    "User",
    "Webhook",
]


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(name)
    found: object = getattr(import_module(_LATER[name]), name)
    return found
