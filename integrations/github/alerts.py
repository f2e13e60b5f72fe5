"""Alerts about dependencies, code and secrets, and the advisories that a repository publishes.

None instead of a list says that GitHub does not look for this in the repository.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from integrations.errors import NotFound, Refused
from integrations.github import models, wire
from integrations.github.places import place
from integrations.github.topic import Topic
from integrations.github.wire import LONG_AGO

T = TypeVar("T")
State = Literal["open", "dismissed", "fixed", ""]
WhyDependency = Literal["fix_started", "inaccurate", "no_bandwidth", "not_used", "tolerable_risk"]
WhyCode = Literal["false positive", "won't fix", "used in tests"]
WhySecret = Literal["false_positive", "wont_fix", "revoked", "used_in_tests"]
MAX_COMMENT = 280
# How GitHub says that it does not look; what the bot may not see it words otherwise.
OFF = ("disabled", "enabled", "no analysis found")


class DependencyAlert(models.Model, frozen=True):
    """A dependency with a known weakness; `fixed_in` is empty where no version has a fix yet."""

    number: int
    state: str
    package: str
    ecosystem: str
    severity: str
    summary: str
    url: str
    created_at: datetime
    manifest: str = ""
    scope: str = "runtime"
    direct: bool | None = None
    advisory: str = ""
    cve: str = ""
    affected: str = ""
    fixed_in: str = ""
    score: float = 0.0
    reason: str = ""
    closed_at: datetime | None = None


class CodeAlert(models.Model, frozen=True):
    """A weak piece of code; `severity` is that of its security, else that of the rule."""

    number: int
    state: str
    rule: str
    description: str
    severity: str
    url: str
    created_at: datetime
    tool: str = ""
    path: str = ""
    line: int = 0
    reason: str = ""
    closed_at: datetime | None = None


class SecretAlert(models.Model, frozen=True):
    """That a secret was found, and of which kind; what it is we do not even read."""

    number: int
    state: str
    kind: str
    name: str
    url: str
    created_at: datetime
    validity: str = "unknown"
    leaked: bool = False
    path: str = ""
    line: int = 0
    reason: str = ""
    closed_at: datetime | None = None


class Advisory(models.Model, frozen=True):
    """An advisory that the repository itself has written."""

    id: str
    summary: str
    severity: str
    state: str
    url: str
    cve: str = ""
    published_at: datetime | None = None
    packages: tuple[str, ...] = ()


class PackageWire(wire.Wire, frozen=True):
    name: str | None = None
    ecosystem: str | None = None


class DependencyWire(wire.Wire, frozen=True):
    package: PackageWire | None = None
    manifest_path: str | None = None
    scope: str | None = None
    relationship: str | None = None


class ScoreWire(wire.Wire, frozen=True):
    score: float | None = None


class PatchWire(wire.Wire, frozen=True):
    identifier: str | None = None


class WeaknessWire(wire.Wire, frozen=True):
    severity: str | None = None
    vulnerable_version_range: str | None = None
    first_patched_version: PatchWire | None = None


class KnownWire(wire.Wire, frozen=True):
    ghsa_id: str | None = None
    cve_id: str | None = None
    summary: str | None = None
    severity: str | None = None
    cvss: ScoreWire | None = None


class DependencyAlertWire(wire.Wire, frozen=True):
    number: int
    state: str | None = None
    html_url: str | None = None
    created_at: datetime | None = None
    dependency: DependencyWire | None = None
    security_advisory: KnownWire | None = None
    security_vulnerability: WeaknessWire | None = None
    dismissed_reason: str | None = None
    dismissed_at: datetime | None = None
    auto_dismissed_at: datetime | None = None
    fixed_at: datetime | None = None

    def model(self) -> DependencyAlert:
        held = self.dependency or DependencyWire()
        package = held.package or PackageWire()
        known = self.security_advisory or KnownWire()
        weak = self.security_vulnerability or WeaknessWire()
        relation = {"direct": True, "transitive": False}
        return DependencyAlert(
            number=self.number,
            state=self.state or "open",
            package=package.name or "",
            ecosystem=package.ecosystem or "",
            severity=weak.severity or known.severity or "",
            summary=known.summary or "",
            url=self.html_url or "",
            created_at=self.created_at or LONG_AGO,
            manifest=held.manifest_path or "",
            scope=held.scope or "runtime",
            direct=relation.get(held.relationship or ""),
            advisory=known.ghsa_id or "",
            cve=known.cve_id or "",
            affected=weak.vulnerable_version_range or "",
            fixed_in=(weak.first_patched_version or PatchWire()).identifier or "",
            score=(known.cvss or ScoreWire()).score or 0.0,
            reason=self.dismissed_reason or "",
            closed_at=self.fixed_at or self.dismissed_at or self.auto_dismissed_at,
        )


class RuleWire(wire.Wire, frozen=True):
    id: str | None = None
    name: str | None = None
    description: str | None = None
    severity: str | None = None
    security_severity_level: str | None = None


class ToolWire(wire.Wire, frozen=True):
    name: str | None = None


class LineWire(wire.Wire, frozen=True):
    path: str | None = None
    start_line: float | None = None


class InstanceWire(wire.Wire, frozen=True):
    location: LineWire | None = None


class CodeAlertWire(wire.Wire, frozen=True):
    number: int
    state: str | None = None
    html_url: str | None = None
    created_at: datetime | None = None
    rule: RuleWire | None = None
    tool: ToolWire | None = None
    most_recent_instance: InstanceWire | None = None
    dismissed_reason: str | None = None
    dismissed_at: datetime | None = None
    fixed_at: datetime | None = None

    def model(self) -> CodeAlert:
        rule = self.rule or RuleWire()
        where = (self.most_recent_instance or InstanceWire()).location or LineWire()
        return CodeAlert(
            number=self.number,
            state=self.state or "open",
            rule=rule.id or rule.name or "",
            description=rule.description or "",
            severity=rule.security_severity_level or rule.severity or "",
            url=self.html_url or "",
            created_at=self.created_at or LONG_AGO,
            tool=(self.tool or ToolWire()).name or "",
            path=where.path or "",
            line=int(where.start_line or 0),
            reason=self.dismissed_reason or "",
            closed_at=self.fixed_at or self.dismissed_at,
        )


class SecretAlertWire(wire.Wire, frozen=True):
    number: int | None = None
    state: str | None = None
    html_url: str | None = None
    created_at: datetime | None = None
    secret_type: str | None = None
    secret_type_display_name: str | None = None
    validity: str | None = None
    publicly_leaked: bool | None = None
    first_location_detected: LineWire | None = None
    resolution: str | None = None
    resolved_at: datetime | None = None

    def model(self) -> SecretAlert:
        where, kind = self.first_location_detected or LineWire(), self.secret_type or ""
        return SecretAlert(
            number=self.number or 0,
            state=self.state or "open",
            kind=kind,
            name=self.secret_type_display_name or kind,
            url=self.html_url or "",
            created_at=self.created_at or LONG_AGO,
            validity=self.validity or "unknown",
            leaked=bool(self.publicly_leaked),
            path=where.path or "",
            line=int(where.start_line or 0),
            reason=self.resolution or "",
            closed_at=self.resolved_at,
        )


class AffectedWire(wire.Wire, frozen=True):
    package: PackageWire | None = None


class AdvisoryWire(wire.Wire, frozen=True):
    ghsa_id: str
    summary: str | None = None
    severity: str | None = None
    state: str | None = None
    html_url: str | None = None
    cve_id: str | None = None
    published_at: datetime | None = None
    vulnerabilities: list[AffectedWire] | None = None

    def model(self) -> Advisory:
        held = [one.package.name for one in self.vulnerabilities or [] if one.package]
        return Advisory(
            id=self.ghsa_id,
            summary=self.summary or "",
            severity=self.severity or "",
            state=self.state or "published",
            url=self.html_url or "",
            cve=self.cve_id or "",
            published_at=self.published_at,
            packages=tuple(name for name in held if name),
        )


class AlertReads(Topic):
    async def dependency_alerts(
        self, repo: str, state: State = "open"
    ) -> list[DependencyAlert] | None:
        params = {"state": state}
        found = await self._found(repo, "/dependabot/alerts", DependencyAlertWire, params)
        return None if found is None else [alert.model() for alert in found]

    async def code_alerts(self, repo: str, state: State = "open") -> list[CodeAlert] | None:
        params = {"state": state}
        found = await self._found(repo, "/code-scanning/alerts", CodeAlertWire, params)
        return None if found is None else [alert.model() for alert in found]

    async def secret_alerts(
        self, repo: str, state: Literal["open", "resolved", ""] = "open"
    ) -> list[SecretAlert] | None:
        """Return what was found, without the secrets themselves: GitHub is asked to hide them."""
        params = {"state": state, "hide_secret": "true"}
        found = await self._found(repo, "/secret-scanning/alerts", SecretAlertWire, params)
        return None if found is None else [alert.model() for alert in found]

    async def advisories(self, repo: str) -> list[Advisory]:
        pages = self._api.pages(place(repo), "/security-advisories", list[AdvisoryWire])
        return [found.model() async for page in pages for found in page]

    async def _found(
        self, repo: str, path: str, shape: type[T], params: Mapping[str, str]
    ) -> list[T] | None:
        found: list[T] = []
        try:
            # msgspec takes the shape at run time, where mypy wants to know it before.
            pages = self._api.pages(place(repo), path, list[shape], params=params)  # type: ignore[valid-type]
            async for page in pages:
                found += page
        except (NotFound, Refused) as error:
            await self._api.exists(place(repo))
            if isinstance(error, Refused) and not any(word in str(error) for word in OFF):
                raise
            return None
        return found


class AlertWrites(AlertReads):
    async def ensure_dependency_alert_dismissed(
        self, repo: str, number: int, reason: WhyDependency, comment: str = ""
    ) -> DependencyAlert:
        wanted = _dismissing(reason, comment)
        path = f"/dependabot/alerts/{number}"
        return (await self._alert_in(repo, path, wanted, DependencyAlertWire)).model()

    async def ensure_dependency_alert_opened(self, repo: str, number: int) -> DependencyAlert:
        path = f"/dependabot/alerts/{number}"
        return (await self._alert_in(repo, path, {"state": "open"}, DependencyAlertWire)).model()

    async def ensure_code_alert_dismissed(
        self, repo: str, number: int, reason: WhyCode, comment: str = ""
    ) -> CodeAlert:
        wanted = _dismissing(reason, comment)
        path = f"/code-scanning/alerts/{number}"
        return (await self._alert_in(repo, path, wanted, CodeAlertWire)).model()

    async def ensure_code_alert_opened(self, repo: str, number: int) -> CodeAlert:
        path = f"/code-scanning/alerts/{number}"
        return (await self._alert_in(repo, path, {"state": "open"}, CodeAlertWire)).model()

    async def ensure_secret_alert_resolved(
        self, repo: str, number: int, reason: WhySecret, comment: str = ""
    ) -> SecretAlert:
        wanted = {"state": "resolved", "resolution": reason}
        wanted |= {"resolution_comment": comment[:MAX_COMMENT]} if comment else {}
        path = f"/secret-scanning/alerts/{number}"
        return (await self._alert_in(repo, path, wanted, SecretAlertWire)).model()

    async def ensure_secret_alert_opened(self, repo: str, number: int) -> SecretAlert:
        path = f"/secret-scanning/alerts/{number}"
        return (await self._alert_in(repo, path, {"state": "open"}, SecretAlertWire)).model()

    async def _alert_in(
        self, repo: str, path: str, wanted: Mapping[str, object], shape: type[T]
    ) -> T:
        """Bring an alert into a state; in that state already it stays as people left it."""
        missing = {404: f"{repo} has no such alert, or this bot may not see it."}
        now = await self._api.answer(place(repo), path, missing=missing)
        if now.decode(StateWire).state == wanted["state"]:
            return now.decode(shape)
        answer = await self._api.change(place(repo), "PATCH", path, wanted, missing=missing)
        return answer.decode(shape)


class StateWire(msgspec.Struct, frozen=True):
    state: str | None = None


def _dismissing(reason: str, comment: str) -> dict[str, object]:
    wanted: dict[str, object] = {"state": "dismissed", "dismissed_reason": reason}
    return wanted | ({"dismissed_comment": comment[:MAX_COMMENT]} if comment else {})
