"""Git checkouts: fetched narrowly, read and parsed, never executed, gone afterwards."""

from integrations.git.checkout import Checkout
from integrations.git.models import Change, TagRef, TrackedFile
from integrations.git.workspaces import Patience, Workspaces

__all__ = ["Change", "Checkout", "Patience", "TagRef", "TrackedFile", "Workspaces"]
