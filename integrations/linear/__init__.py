"""Linear: typed reads, writes that are safe to repeat, and what opens the connection."""

from typing import TYPE_CHECKING

from integrations.later import later
from integrations.linear.client import Linear, LinearReader
from integrations.linear.models import (
    Attachment,
    Change,
    Comment,
    Cycle,
    Document,
    Issue,
    IssueFields,
    Label,
    Member,
    Milestone,
    NewIssue,
    NewProject,
    Organization,
    Project,
    ProjectUpdate,
    Quota,
    Relation,
    State,
    Team,
    Turn,
    User,
    Webhook,
    WebhookFailure,
)

if TYPE_CHECKING:
    from integrations.linear.api import LinearApi
    from integrations.linear.sign_in import LinearAppSignIn, LinearSignIn, linear_sign_in

# They bring the HTTP library; who only names a type, as every flow does, does not wait for it.
_LATER = {
    "LinearApi": "integrations.linear.api",
    "LinearAppSignIn": "integrations.linear.sign_in",
    "LinearSignIn": "integrations.linear.sign_in",
    "linear_sign_in": "integrations.linear.sign_in",
}

__all__ = [
    "Attachment",
    "Change",
    "Comment",
    "Cycle",
    "Document",
    "Issue",
    "IssueFields",
    "Label",
    "Linear",
    "LinearApi",
    "LinearAppSignIn",
    "LinearReader",
    "LinearSignIn",
    "Member",
    "Milestone",
    "NewIssue",
    "NewProject",
    "Organization",
    "Project",
    "ProjectUpdate",
    "Quota",
    "Relation",
    "State",
    "Team",
    "Turn",
    "User",
    "Webhook",
    "WebhookFailure",
    "linear_sign_in",
]

__getattr__ = later(_LATER)
