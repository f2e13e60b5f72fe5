"""Whether the bot and what it depends on are well: from measurements to states and changes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flows.engine.tools import Vital
from integrations.github import Identity, RateLimit
from integrations.probes import Probe

RUNS_OUT = timedelta(days=14)
LEAST_LEFT = 0.1


def signed_in(identity: Identity, at: datetime) -> Vital:
    """Judge the sign-in: who the bot is, and whether its token runs out soon."""
    scopes = "" if identity.scopes is None else f", scopes {', '.join(identity.scopes) or 'none'}"
    if identity.expires_at is None:
        return Vital("GitHub sign-in", ok=True, value=f"{identity.login}{scopes}")
    left = identity.expires_at - at
    return Vital(
        "GitHub sign-in",
        ok=left > RUNS_OUT,
        value=f"{identity.login}{scopes}, valid until {identity.expires_at:%Y-%m-%d}",
        remedy="Make a new token before this one runs out.",
    )


def quota_left(quota: RateLimit | None) -> Vital:
    """Judge how much of the hourly allowance is left."""
    if quota is None:
        return Vital("GitHub quota", ok=True, value="not limited")
    return Vital(
        "GitHub quota",
        ok=quota.remaining > LEAST_LEFT * quota.limit,
        value=f"{quota.remaining:,} of {quota.limit:,} left until {quota.reset_at:%H:%M} UTC",
        remedy="Sign in as a GitHub App: its allowance grows with its repositories.",
    )


def endpoint(project: str, probe: Probe, at: datetime) -> Vital:
    """Judge an endpoint: it answers below 500 and its certificate lasts two more weeks."""
    name = f"{project}: {probe.url}"
    if probe.status is None:
        return Vital(name, ok=False, value=probe.error, remedy="Look at the service and its DNS.")
    expires = probe.certificate_expires_at
    short = expires is not None and expires - at < RUNS_OUT
    until = f", certificate until {expires:%Y-%m-%d}" if expires else ""
    return Vital(
        name,
        ok=probe.status < 500 and not short,  # noqa: PLR2004 - HTTP's own line
        value=f"{probe.status} in {probe.latency_ms or 0:.0f} ms{until}",
        remedy="Renew the certificate." if short else "Look at the service's log.",
    )


def turned(before: dict[str, bool], after: Sequence[Vital]) -> list[str]:
    """Return what changed its state since the last check."""
    return [
        f"{each.name} {'is well again' if each.ok else 'broke'}"
        for each in after
        if each.name in before and before[each.name] != each.ok
    ]
