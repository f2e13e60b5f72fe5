"""Linear as a client of two strengths: one that looks, one that may also change things."""

from integrations.linear.hooks import WebhookWrites
from integrations.linear.planning import PlanningReads
from integrations.linear.plans import PlanWrites
from integrations.linear.threads import ThreadReads, ThreadWrites
from integrations.linear.writes import TalkWrites


class LinearReader(ThreadReads, PlanningReads):
    """Everything flows may ask Linear; teams are keys, issues identifiers or ids."""


class Linear(LinearReader, TalkWrites, ThreadWrites, PlanWrites, WebhookWrites):
    """Everything flows may change in Linear; each `ensure_…` and `delete_…` can be repeated."""
