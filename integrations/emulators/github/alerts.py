"""Alerts about dependencies, code and secrets, and the advisories of a repository."""

from collections.abc import Mapping
from typing import TypeVar

from integrations.emulators.github.accounts import maybe_user, user
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    maybe,
    stamp,
)
from integrations.emulators.github.findings import (
    Advisory,
    Alert,
    CodeAlert,
    DependencyAlert,
    SecretAlert,
)

A = TypeVar("A", bound=Alert)

_DISMISSED = "dismissed"
_OF_DEPENDENCY = ("fix_started", "inaccurate", "no_bandwidth", "not_used", "tolerable_risk")
_OF_CODE = ("false positive", "won't fix", "used in tests", "mitigated")
_OF_SECRET = ("false_positive", "wont_fix", "revoked", "used_in_tests")


def dependency_alert(call: Call, found: DependencyAlert) -> Json:
    """Return an alert about a dependency."""
    package = {"ecosystem": found.ecosystem, "name": found.package}
    fix = {"identifier": found.patched} if found.patched else None
    weakness = {
        "package": package,
        "severity": found.severity,
        "vulnerable_version_range": found.affected,
        "first_patched_version": fix,
    }
    known = [("GHSA", found.ghsa), *([("CVE", found.cve)] if found.cve else [])]
    at = stamp(found.created_at)
    advisory = {
        "ghsa_id": found.ghsa,
        "cve_id": found.cve,
        "summary": found.summary,
        "description": found.summary,
        "vulnerabilities": [weakness],
        "severity": found.severity,
        "cvss": {"score": found.score, "vector_string": None},
        "cwes": [],
        "identifiers": [{"type": kind, "value": value} for kind, value in known],
        "references": [{"url": f"{call.base}/advisories/{found.ghsa}"}],
        "published_at": at,
        "updated_at": at,
        "withdrawn_at": None,
    }
    away, fixed = found.state == _DISMISSED, found.state == "fixed"
    return {
        "number": found.number,
        "state": found.state,
        "dependency": {
            "package": package,
            "manifest_path": found.manifest,
            "scope": found.scope,
            "relationship": "direct",
        },
        "security_advisory": advisory,
        "security_vulnerability": weakness,
        "url": call.url("dependabot/alerts", found.number),
        "html_url": call.html("security/dependabot", found.number),
        "created_at": at,
        "updated_at": stamp(found.updated_at),
        "dismissed_at": maybe(found.closed_at) if away else None,
        "dismissed_by": maybe_user(call, found.by) if away else None,
        "dismissed_reason": found.reason if away else None,
        "dismissed_comment": found.comment if away else None,
        "fixed_at": maybe(found.closed_at) if fixed else None,
        "auto_dismissed_at": None,
    }


def code_alert(call: Call, found: CodeAlert) -> Json:
    """Return an alert about code."""
    url, away = call.url("code-scanning/alerts", found.number), found.state == _DISMISSED
    tip = call.git.object(f"refs/heads/{call.repo.default_branch}")
    return {
        "number": found.number,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "url": url,
        "html_url": call.html("security/code-scanning", found.number),
        "instances_url": f"{url}/instances",
        "state": found.state,
        "fixed_at": maybe(found.closed_at) if found.state == "fixed" else None,
        "dismissed_by": maybe_user(call, found.by) if away else None,
        "dismissed_at": maybe(found.closed_at) if away else None,
        "dismissed_reason": found.reason if away else None,
        "dismissed_comment": found.comment if away else None,
        "rule": {
            "id": found.rule,
            "name": found.rule,
            "severity": "error" if found.severity in ("high", "critical") else "warning",
            "security_severity_level": found.severity,
            "description": found.description,
            "tags": ["security"],
        },
        "tool": {"name": found.tool, "version": None, "guid": None},
        "most_recent_instance": {
            "ref": f"refs/heads/{call.repo.default_branch}",
            "analysis_key": ".github/workflows/codeql.yml:analyze",
            "environment": "{}",
            "state": found.state,
            "commit_sha": tip[0] if tip else "",
            "message": {"text": found.description},
            "location": {
                "path": found.path,
                "start_line": found.line,
                "end_line": found.line,
                "start_column": 1,
                "end_column": 1,
            },
            "classifications": [],
        },
    }


def secret_alert(call: Call, found: SecretAlert) -> Json:
    """Return an alert about a secret; what the secret is nobody keeps here."""
    url = call.url("secret-scanning/alerts", found.number)
    return {
        "number": found.number,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "url": url,
        "html_url": call.html("security/secret-scanning", found.number),
        "locations_url": f"{url}/locations",
        "state": found.state,
        "resolution": found.reason,
        "resolved_at": maybe(found.closed_at),
        "resolved_by": maybe_user(call, found.by),
        "resolution_comment": found.comment,
        "secret_type": found.kind,
        "secret_type_display_name": found.kind_name,
        "validity": found.validity,
        "publicly_leaked": found.leaked,
        "multi_repo": False,
        "push_protection_bypassed": False,
    }


def _on(call: Call, kind: str) -> None:
    """Refuse where the repository does not look for this, as GitHub words it for each kind."""
    settings = call.repo.settings
    if kind == "dependency_alerts" and not settings.dependency_alerts:
        raise Problem(403, "Dependabot alerts are disabled for this repository.")
    if kind == "code_alerts" and not settings.code_scanning:
        words = "Code scanning is not enabled for this repository. Please enable code scanning"
        raise Problem(403, f"{words} in the repository settings.")
    if kind == "secret_alerts" and not settings.secret_scanning:
        raise Problem(404, "Secret scanning is disabled on this repository.")


def _wanted(call: Call, held: Mapping[int, A]) -> list[A]:
    """Return the newest first, of the states that were asked for."""
    states = {each for each in call.query.get("state", "").split(",") if each}
    found = [one for one in held.values() if not states or one.state in states]
    down = call.query.get("direction", "desc") == "desc"
    return sorted(found, key=lambda one: one.number, reverse=down)


async def _dependencies(call: Call) -> Reply:
    _on(call, "dependency_alerts")
    found = _wanted(call, call.repo.dependency_alerts)
    if severity := call.query.get("severity"):
        found = [one for one in found if one.severity in severity.split(",")]
    return call.listed_by_cursor(found, dependency_alert)


async def _codes(call: Call) -> Reply:
    _on(call, "code_alerts")
    return call.listed(_wanted(call, call.repo.code_alerts), code_alert)


async def _secrets(call: Call) -> Reply:
    _on(call, "secret_alerts")
    return call.listed(_wanted(call, call.repo.secret_alerts), secret_alert)


async def _secret_locations(call: Call) -> Reply:
    found, sha = _named(call, call.repo.secret_alerts), call.world.head(call.repo.full_name)
    blob = call.git.object(f"{sha}:{found.path}")
    held = (blob or ("0" * 40,))[0]
    details = {
        "path": found.path,
        "start_line": found.line,
        "end_line": found.line,
        "start_column": 1,
        "end_column": 40,
        "blob_sha": held,
        "blob_url": call.url("git/blobs", held),
        "commit_sha": sha,
        "commit_url": call.url("git/commits", sha),
    }
    return call.listed([details], lambda _, row: {"type": "commit", "details": row})


def _named(call: Call, held: Mapping[int, A]) -> A:
    return call.one(held, "number")


def _changed(call: Call, found: Alert, away: str, field: str, reasons: tuple[str, ...]) -> None:
    """Put an alert away for one of the reasons, or bring it back."""
    state = call.body.get("state")
    if state not in ("open", away):
        raise Problem(422, f"Invalid request.\n\nstate must be open or {away}.")
    if found.state == "fixed":
        raise Problem(409, "A fixed alert cannot be changed.")
    reason = call.body.get(field)
    if state == away and reason not in reasons:
        raise Problem(422, f"Invalid request.\n\n{field} must be one of {', '.join(reasons)}.")
    shut = state == away
    found.state, found.updated_at = str(state), call.world.clock
    found.reason = str(reason) if shut else None
    found.closed_at = call.world.clock if shut else None
    found.by = call.actor.login if shut else None
    comment = call.body.get("dismissed_comment") or call.body.get("resolution_comment")
    found.comment = str(comment) if shut and comment else None


async def _one_dependency(call: Call) -> Reply:
    return Reply(dependency_alert(call, _named(call, call.repo.dependency_alerts)))


async def _one_code(call: Call) -> Reply:
    return Reply(code_alert(call, _named(call, call.repo.code_alerts)))


async def _one_secret(call: Call) -> Reply:
    return Reply(secret_alert(call, _named(call, call.repo.secret_alerts)))


async def _change_dependency(call: Call) -> Reply:
    found = _named(call, call.repo.dependency_alerts)
    _changed(call, found, _DISMISSED, "dismissed_reason", _OF_DEPENDENCY)
    return Reply(dependency_alert(call, found))


async def _change_code(call: Call) -> Reply:
    found = _named(call, call.repo.code_alerts)
    _changed(call, found, _DISMISSED, "dismissed_reason", _OF_CODE)
    return Reply(code_alert(call, found))


async def _change_secret(call: Call) -> Reply:
    found = _named(call, call.repo.secret_alerts)
    _changed(call, found, "resolved", "resolution", _OF_SECRET)
    return Reply(secret_alert(call, found))


def advisory(call: Call, found: Advisory) -> Json:
    """Return an advisory that the repository itself has written."""
    at = stamp(found.created_at)
    weakness: Json = {
        "package": {"ecosystem": found.ecosystem, "name": found.package},
        "vulnerable_version_range": found.affected,
        "patched_versions": found.patched,
        "vulnerable_functions": [],
    }
    nothing = (
        *("cve_id", "closed_at", "withdrawn_at", "submission", "cvss", "cwes", "cwe_ids"),
        *("credits", "credits_detailed", "collaborating_users", "collaborating_teams"),
    )
    return dict.fromkeys(nothing) | {
        "ghsa_id": found.ghsa,
        "url": call.url("security-advisories", found.ghsa),
        "html_url": call.html("security/advisories", found.ghsa),
        "summary": found.summary,
        "description": found.summary,
        "severity": found.severity,
        "author": user(call, found.author),
        "publisher": user(call, found.author),
        "identifiers": [{"type": "GHSA", "value": found.ghsa}],
        "state": found.state,
        "created_at": at,
        "updated_at": at,
        "published_at": at if found.state == "published" else None,
        "vulnerabilities": [weakness],
    }


async def _advisories(call: Call) -> Reply:
    wanted = call.query.get("state")
    found = [one for one in call.repo.advisories if wanted in (None, one.state)]
    return call.listed_by_cursor(found, advisory)


_REPO = "/repos/{owner}/{repo}"
_DEPENDENCIES, _CODES = f"{_REPO}/dependabot/alerts", f"{_REPO}/code-scanning/alerts"
_SECRETS = f"{_REPO}/secret-scanning/alerts"
ROUTES: list[Route] = [
    ("GET", _DEPENDENCIES, _dependencies),
    ("GET", f"{_DEPENDENCIES}/{{number:int}}", _one_dependency),
    ("PATCH", f"{_DEPENDENCIES}/{{number:int}}", _change_dependency),
    ("GET", _CODES, _codes),
    ("GET", f"{_CODES}/{{number:int}}", _one_code),
    ("PATCH", f"{_CODES}/{{number:int}}", _change_code),
    ("GET", _SECRETS, _secrets),
    ("GET", f"{_SECRETS}/{{number:int}}", _one_secret),
    ("PATCH", f"{_SECRETS}/{{number:int}}", _change_secret),
    ("GET", f"{_SECRETS}/{{number:int}}/locations", _secret_locations),
    ("GET", f"{_REPO}/security-advisories", _advisories),
]
