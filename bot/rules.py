"""Who somebody is to policy, and which policy a flow has: the settings, asked in one place."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bot.chat import Actor
from flows.engine.access import Role
from flows.engine.policy import Policy, Subject
from flows.engine.spec import Flow


@dataclass(frozen=True, slots=True)
class Rules:
    """People are named `platform:id`; whoever sits at the terminal holds every key already."""

    admins: AbstractSet[str]
    maintainers: AbstractSet[str]
    default: Role
    self_approval: bool
    page_url: str

    def policy(self, flow: Flow) -> Policy:
        """Return the rules for a flow."""
        return Policy(run=flow.role, approvals=flow.approvals, self_approval=self.self_approval)

    def subject(self, actor: Actor) -> Subject:
        """Return somebody as policy sees them."""
        name = f"{actor.platform}:{actor.id}"
        at_terminal = actor.platform == "terminal"
        if at_terminal or name in self.admins:
            role = Role.ADMIN
        elif name in self.maintainers:
            role = Role.MAINTAINER
        else:
            role = self.default
        return Subject(name, role, at_terminal)

    def url(self, run_id: str) -> str:
        """Return the address of a run's page."""
        return f"{self.page_url}/runs/{run_id}"
