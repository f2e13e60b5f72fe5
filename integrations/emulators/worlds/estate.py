"""What acme has beside code and threads: environments, names of secrets, rules, keys, alerts."""

from datetime import datetime, timedelta
from hashlib import sha256

from integrations.emulators.github.belongings import DeployKey, Guard, Named, Protection, Ruleset
from integrations.emulators.github.findings import (
    Advisory,
    Alert,
    CodeAlert,
    DependencyAlert,
    Package,
    PackageVersion,
    SecretAlert,
)
from integrations.emulators.github.records import Repository
from integrations.emulators.github.workflows import Cache
from integrations.emulators.github.world import GitHubWorld

# What is set where; the environments have drifted apart.
STAGING = {"LOG_LEVEL": "debug", "TAX_REGION": "eu", "GIFT_WRAPPING": "on", "WORKERS": "2"}
PRODUCTION = {"LOG_LEVEL": "info", "TAX_REGION": "eu", "WORKERS": "8"}
SECRETS = {
    "staging": {"DATABASE_URL": 40, "PAYMENT_KEY": 40, "MAIL_KEY": 12},
    "production": {"DATABASE_URL": 40, "PAYMENT_KEY": 400},
}
# Of the default branch, and of branches that were merged: key, megabytes, days since it was made
# and since it was last used.
CACHES = (("pip-3.11", 210, 60, 0), ("pip-3.10", 190, 75, 61), ("node-20", 480, 30, 1))
LEFT = (("pip-3.11", 210, 6, 5), ("node-20", 480, 4, 4))
PACKAGES = (
    # Package, severity, versions that are affected, the one that heals it, state, days old.
    ("flask", "high", "< 3.0.3", "3.0.3", "open", 9),
    ("httpx", "medium", "< 0.27.2", "0.27.2", "open", 33),
    ("sqlalchemy", "low", "< 2.0.30", "2.0.30", "dismissed", 60),
    ("pydantic", "critical", "< 2.7.1", "2.7.1", "fixed", 70),
)
CODE = (
    ("py/sql-injection", "A query is built from what a customer typed", "shop/web/routes.py", 12),
    ("py/weak-cryptographic-algorithm", "A sum is made with MD5", "shop/payments/refunds.py", 4),
)


def furnish(world: GitHubWorld) -> None:
    """Let the repositories of acme have what their stories do not tell."""
    shop, api = world["acme/shop"], world["acme/api"]
    _set_up(world, shop)
    _guard(world, shop)
    _alert(world, shop)
    _pack(world, shop)
    merged = [pull.head_ref for pull in shop.pulls.values() if pull.merged_at]
    for key, size, made, used in CACHES:
        _cache(world, shop, key, size, (made, used), shop.default_branch)
    for branch, (key, size, made, used) in zip(merged[-len(LEFT) :], LEFT, strict=True):
        _cache(world, shop, key, size, (made, used), branch)
    at = world.clock - timedelta(days=300)
    api.variables["GO_VERSION"] = Named(
        name="GO_VERSION", value="1.22", created_at=at, updated_at=at
    )
    api.deploy_keys = {
        key.id: key
        for key in (
            _key(world, "deploys", days=310, used=1, read_only=False),
            _key(world, "a laptop", days=520, used=230, read_only=False),
        )
    }
    api.access = {"eli": "admin", "cy": "maintain"}
    world.team("acme", "shop", "ada", "bo", "dee", repos={"acme/shop": "push"})
    platform = world.team("acme", "platform", "ada", "cy", "eli", repos={"acme/api": "admin"})
    platform.members["ada"] = "maintainer"
    world.save()


def _days_ago(world: GitHubWorld, days: int) -> datetime:
    return world.clock - timedelta(days=days)


def _set_up(world: GitHubWorld, repo: Repository) -> None:
    """Let two environments have variables and secrets, not all of them the same."""
    for name, values in (("staging", STAGING), ("production", PRODUCTION)):
        guard = repo.guards.setdefault(name, Guard())
        at = _days_ago(world, 50)
        guard.variables = {
            key: Named(name=key, value=value, created_at=at, updated_at=at)
            for key, value in values.items()
        }
        guard.secrets = {
            key: Named(
                name=key, created_at=_days_ago(world, 420), updated_at=_days_ago(world, days)
            )
            for key, days in SECRETS[name].items()
        }
    production = repo.guards["production"]
    production.reviewers, production.no_self_review = ["ada", "dee"], True
    production.protected_branches = True
    old = _days_ago(world, 410)
    repo.secrets["REGISTRY_TOKEN"] = Named(name="REGISTRY_TOKEN", created_at=old, updated_at=old)


def _guard(world: GitHubWorld, repo: Repository) -> None:
    """Protect the default branch and the tags of releases."""
    repo.protections[repo.default_branch] = Protection(approvals=1, stale=True, checks=["test"])
    at = _days_ago(world, 200)
    rules = Ruleset(
        id=world.next_id(),
        name="Tags of releases stay",
        target="tag",
        created_at=at,
        updated_at=at,
        include=["refs/tags/v*"],
        rules=[{"type": "deletion"}, {"type": "non_fast_forward"}],
    )
    repo.rulesets[rules.id] = rules


def _alert(world: GitHubWorld, repo: Repository) -> None:
    """Let GitHub have found something in dependencies, code and texts."""
    for number, (package, severity, affected, patched, state, days) in enumerate(PACKAGES, 1):
        alert = DependencyAlert(
            number=number,
            created_at=_days_ago(world, days),
            updated_at=_days_ago(world, days // 2),
            package=package,
            severity=severity,
            affected=affected,
            patched=patched,
            ghsa=_advisory(package),
            summary=f"{package} takes what it should refuse",
        )
        _settle(alert, state, _days_ago(world, days // 2))
        repo.dependency_alerts[number] = alert
    for number, (rule, description, path, line) in enumerate(CODE, 1):
        repo.code_alerts[number] = CodeAlert(
            number=number,
            created_at=_days_ago(world, 20 + number),
            updated_at=_days_ago(world, 20),
            rule=rule,
            description=description,
            path=path,
            line=line,
            severity="high" if number == 1 else "medium",
        )
    repo.secret_alerts[1] = SecretAlert(
        number=1,
        created_at=_days_ago(world, 6),
        updated_at=_days_ago(world, 6),
        kind="slack_incoming_webhook_url",
        kind_name="Slack Incoming Webhook URL",
        path="docs/guide.md",
        line=3,
        validity="active",
    )
    repo.advisories.append(
        Advisory(
            ghsa=_advisory("shop"),
            summary="Coupons of others could be spent",
            package="shop",
            ecosystem="pip",
            affected="< 1.13.0",
            patched="1.13.0",
            author="ada",
            created_at=_days_ago(world, 30),
        )
    )


def _settle(alert: Alert, state: str, at: datetime) -> None:
    """Let an alert be put away or healed."""
    if state == "open":
        return
    alert.state, alert.closed_at = state, at
    if state == "dismissed":
        alert.reason, alert.by = "tolerable_risk", "dee"


def _advisory(package: str) -> str:
    """Return a number as advisories have them, always the same one for a package."""
    letters = "23456789cfghjmpqrvwx"
    digits = [letters[each % len(letters)] for each in sha256(package.encode()).digest()[:12]]
    parts = ("".join(digits[start : start + 4]) for start in (0, 4, 8))
    return f"GHSA-{'-'.join(parts)}"


def _pack(world: GitHubWorld, repo: Repository) -> None:
    """Publish an image of each release."""
    out = [each for each in repo.releases.values() if each.published_at]
    versions = [
        PackageVersion(
            id=world.next_id(),
            name=f"sha256:{sha256(each.tag.encode()).hexdigest()}",
            created_at=each.published_at or each.created_at,
            tags=[each.tag.removeprefix("v")],
        )
        for each in out
    ]
    versions[-1].tags.append("latest")
    made = Package(
        id=world.next_id(),
        org=repo.owner,
        name=repo.name,
        repo=repo.full_name,
        created_at=versions[0].created_at,
        versions=versions,
    )
    world.packages.append(made)


def _cache(
    world: GitHubWorld, repo: Repository, key: str, size: int, days: tuple[int, int], branch: str
) -> None:
    made, used = days
    cache = Cache(
        id=world.next_id(),
        ref=f"refs/heads/{branch}",
        key=key,
        size=size * 1_000_000,
        created_at=_days_ago(world, made),
        used_at=_days_ago(world, used),
    )
    repo.caches[cache.id] = cache


def _key(world: GitHubWorld, title: str, *, days: int, used: int, read_only: bool) -> DeployKey:
    letters = sha256(title.encode()).hexdigest()
    return DeployKey(
        id=world.next_id(),
        title=title,
        key=f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5{letters}",
        created_at=_days_ago(world, days),
        added_by="eli",
        read_only=read_only,
        last_used=_days_ago(world, used),
    )
