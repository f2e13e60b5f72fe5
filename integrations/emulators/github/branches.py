"""The GraphQL view of references with the pull requests and the rules that go with them."""

from integrations.emulators.github.calls import Call, node_id
from integrations.emulators.github.connections import Connection, connection
from integrations.emulators.github.git import Ref
from integrations.emulators.github.nodes import RefNode, ref
from integrations.emulators.github.rules import rules_of
from integrations.emulators.github.threads import pull_list

HEADS = "refs/heads/"


class ProtectionNode:
    def __init__(self, of: "BranchNode") -> None:
        self.id, self.pattern = node_id("BranchProtectionRule", of.id), of.name


class RuleNode:
    def __init__(self, of: "BranchNode", kind: str) -> None:
        self.id = node_id("RepositoryRule", f"{of.id}:{kind}")


class BranchNode(RefNode):
    """A reference; only one below refs/heads has pull requests."""

    def __init__(self, call: Call, found: Ref, prefix: str = "") -> None:
        super().__init__(call, found, prefix)
        self._branch = found.name.removeprefix(HEADS) if found.name.startswith(HEADS) else ""

    @property
    def branch_protection_rule(self) -> ProtectionNode | None:
        return ProtectionNode(self) if self._branch in self.call.repo.protections else None

    def rules(self, **page: object) -> Connection[object]:
        kinds = [str(rule["type"]) for rule in rules_of(self.call, self._branch)]
        return connection("rules", kinds, lambda kind: RuleNode(self, kind), page)

    def associated_pull_requests(self, **wanted: object) -> Connection[object]:
        held = self.call.repo.pulls.values()
        return pull_list(
            self.call, [one for one in held if one.head_ref == self._branch != ""], wanted
        )


def branch(call: Call, name: str) -> BranchNode | None:
    """Return the node of a reference by its full or short name."""
    found = ref(call, name)
    return BranchNode(call, found.found) if found else None
