"""What branches demand: protection, rulesets, and whether the file of code owners is right."""

from typing import Any, Literal

import msgspec

from integrations.errors import Refused
from integrations.github import models, wire
from integrations.github.places import place, quoted
from integrations.github.topic import Topic

Target = Literal["branch", "tag", "push"]
Enforcement = Literal["active", "evaluate", "disabled"]
Rule = dict[str, Any]


class Protection(models.Model, frozen=True):
    """How a branch is protected; `approvals` and `checks` are None where none are required."""

    approvals: int | None = None
    dismiss_stale: bool = False
    code_owners: bool = False
    last_push: bool = False
    checks: tuple[str, ...] | None = None
    up_to_date: bool = False
    admins_too: bool = False
    linear: bool = False
    force_pushes: bool = False
    deletions: bool = False
    conversations: bool = False


class Ruleset(models.Model, frozen=True):
    """Rules with their parameters as GitHub words them; lists of rulesets leave them out."""

    id: int
    name: str
    target: str
    enforcement: str
    source: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


class BranchRule(models.Model, frozen=True):
    """A rule that is in force on a branch, and the ruleset that brings it."""

    kind: str
    ruleset: int
    source: str = ""
    parameters: Rule = msgspec.field(default_factory=dict)


class OwnersError(models.Model, frozen=True):
    """What is wrong with a line of the file of code owners."""

    path: str
    line: int
    kind: str
    message: str
    suggestion: str = ""


class Switch(wire.Wire, frozen=True):
    enabled: bool | None = None


class ReviewsWire(wire.Wire, frozen=True):
    required_approving_review_count: int | None = None
    dismiss_stale_reviews: bool | None = None
    require_code_owner_reviews: bool | None = None
    require_last_push_approval: bool | None = None


class ChecksWire(wire.Wire, frozen=True):
    contexts: list[str] | None = None
    strict: bool | None = None


class ProtectionWire(wire.Wire, frozen=True):
    required_pull_request_reviews: ReviewsWire | None = None
    required_status_checks: ChecksWire | None = None
    enforce_admins: Switch | None = None
    required_linear_history: Switch | None = None
    allow_force_pushes: Switch | None = None
    allow_deletions: Switch | None = None
    required_conversation_resolution: Switch | None = None

    def model(self) -> Protection:
        reviews, checks = self.required_pull_request_reviews, self.required_status_checks
        asked, wanted = reviews or ReviewsWire(), checks or ChecksWire()
        return Protection(
            # Without a number GitHub means that somebody has to look, and nobody to approve.
            approvals=(asked.required_approving_review_count or 0) if reviews else None,
            dismiss_stale=bool(asked.dismiss_stale_reviews),
            code_owners=bool(asked.require_code_owner_reviews),
            last_push=bool(asked.require_last_push_approval),
            checks=tuple(wanted.contexts or ()) if checks else None,
            up_to_date=bool(wanted.strict),
            admins_too=_on(self.enforce_admins),
            linear=_on(self.required_linear_history),
            force_pushes=_on(self.allow_force_pushes),
            deletions=_on(self.allow_deletions),
            conversations=_on(self.required_conversation_resolution),
        )


class RefsWire(wire.Wire, frozen=True):
    include: list[str] | None = None
    exclude: list[str] | None = None


class ConditionsWire(wire.Wire, frozen=True):
    ref_name: RefsWire | None = None


class RulesetWire(wire.Wire, frozen=True):
    id: int
    name: str | None = None
    target: str | None = None
    enforcement: str | None = None
    source: str | None = None
    conditions: ConditionsWire | None = None
    rules: list[Rule] | None = None

    def model(self) -> Ruleset:
        refs = (self.conditions or ConditionsWire()).ref_name or RefsWire()
        return Ruleset(
            id=self.id,
            name=self.name or "",
            target=self.target or "branch",
            enforcement=self.enforcement or "disabled",
            source=self.source or "",
            include=tuple(refs.include or ()),
            exclude=tuple(refs.exclude or ()),
            rules=tuple(self.rules or ()),
        )


class BranchRuleWire(wire.Wire, frozen=True):
    type: str
    parameters: Rule | None = None
    ruleset_id: int | None = None
    ruleset_source: str | None = None

    def model(self) -> BranchRule:
        return BranchRule(
            kind=self.type,
            ruleset=self.ruleset_id or 0,
            source=self.ruleset_source or "",
            parameters=self.parameters or {},
        )


class OwnersErrorWire(wire.Wire, frozen=True):
    path: str | None = None
    line: int | None = None
    kind: str | None = None
    message: str | None = None
    suggestion: str | None = None

    def model(self) -> OwnersError:
        return OwnersError(
            path=self.path or "",
            line=self.line or 0,
            kind=self.kind or "",
            message=self.message or "",
            suggestion=self.suggestion or "",
        )


class OwnersErrorsWire(wire.Wire, frozen=True):
    errors: list[OwnersErrorWire] | None = None


class RuleReads(Topic):
    async def protection(self, repo: str, branch: str) -> Protection | None:
        """Return how a branch is protected by itself; rulesets may ask for more."""
        path = f"/branches/{quoted(branch)}/protection"
        found = await self._api.optional(place(repo), path, ProtectionWire)
        return found.model() if found else None

    async def branch_rules(self, repo: str, branch: str) -> list[BranchRule]:
        """Return what rulesets ask of a branch, those of the organisation included."""
        path = f"/rules/branches/{quoted(branch)}"
        pages = self._api.pages(place(repo), path, list[BranchRuleWire])
        return [rule.model() async for page in pages for rule in page]

    async def rulesets(self, repo: str) -> list[Ruleset]:
        """Return the rulesets of a repository and its organisation, without their rules."""
        pages = self._api.pages(place(repo), "/rulesets", list[RulesetWire])
        return [found.model() async for page in pages for found in page]

    async def ruleset(self, repo: str, name: str) -> Ruleset | None:
        """Return the repository's own ruleset of this name, with its rules."""
        params: dict[str, str | int] = {"includes_parents": "false"}
        pages = self._api.pages(place(repo), "/rulesets", list[RulesetWire], params=params)
        async for page in pages:
            for found in page:
                if found.name == name:
                    path = f"/rulesets/{found.id}"
                    return (await self._api.get(place(repo), path, RulesetWire)).model()
        return None

    async def codeowners_errors(self, repo: str, ref: str = "") -> list[OwnersError] | None:
        """Return what is wrong with the file of code owners; None where there is no such file."""
        path, params = "/codeowners/errors", {"ref": ref}
        found = await self._api.optional(place(repo), path, OwnersErrorsWire, params=params)
        return [error.model() for error in found.errors or []] if found else None


class RuleWrites(RuleReads):
    async def ensure_protection(self, repo: str, branch: str, wanted: Protection) -> Protection:
        """Protect a branch exactly so; who may push to it is left to everybody who may write."""
        if await self.protection(repo, branch) == wanted:
            return wanted
        path = f"/branches/{quoted(branch)}/protection"
        missing = {404: f"{repo} has no branch {branch}, or this bot may not protect it."}
        answer = await self._api.change(
            place(repo), "PUT", path, _protecting(wanted), missing=missing
        )
        return answer.decode(ProtectionWire).model()

    async def delete_protection(self, repo: str, branch: str) -> None:
        await self._api.delete(place(repo), f"/branches/{quoted(branch)}/protection")

    async def ensure_ruleset(
        self,
        repo: str,
        name: str,
        rules: tuple[Rule, ...],
        *,
        include: tuple[str, ...] = ("~DEFAULT_BRANCH",),
        exclude: tuple[str, ...] = (),
        target: Target = "branch",
        enforcement: Enforcement = "active",
    ) -> Ruleset:
        """Make a ruleset of this name, or bring the one that is there into this form."""
        wanted: dict[str, object] = {
            "name": name,
            "target": target,
            "enforcement": enforcement,
            "conditions": {"ref_name": {"include": list(include), "exclude": list(exclude)}},
            "rules": list(rules),
        }
        found = await self.ruleset(repo, name)
        if found is None:
            try:
                answer = await self._api.change(place(repo), "POST", "/rulesets", wanted)
                return answer.decode(RulesetWire).model()
            except Refused:
                found = await self.ruleset(repo, name)  # somebody may have been faster
                if found is None:
                    raise
        same = (found.include, found.exclude, found.rules, found.target, found.enforcement)
        if same == (include, exclude, rules, target, enforcement):
            return found
        answer = await self._api.change(place(repo), "PUT", f"/rulesets/{found.id}", wanted)
        return answer.decode(RulesetWire).model()

    async def delete_ruleset(self, repo: str, name: str) -> None:
        found = await self.ruleset(repo, name)
        if found:
            await self._api.delete(place(repo), f"/rulesets/{found.id}")


def _protecting(wanted: Protection) -> dict[str, object]:
    reviews = None
    if wanted.approvals is not None:
        reviews = {
            "required_approving_review_count": wanted.approvals,
            "dismiss_stale_reviews": wanted.dismiss_stale,
            "require_code_owner_reviews": wanted.code_owners,
            "require_last_push_approval": wanted.last_push,
        }
    checks = None
    if wanted.checks is not None:
        checks = {"strict": wanted.up_to_date, "contexts": list(wanted.checks)}
    return {
        "required_pull_request_reviews": reviews,
        "required_status_checks": checks,
        "enforce_admins": wanted.admins_too,
        "restrictions": None,
        "required_linear_history": wanted.linear,
        "allow_force_pushes": wanted.force_pushes,
        "allow_deletions": wanted.deletions,
        "required_conversation_resolution": wanted.conversations,
    }


def _on(switch: Switch | None) -> bool:
    return bool(switch and switch.enabled)
