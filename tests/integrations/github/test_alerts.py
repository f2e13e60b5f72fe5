"""Alerts are read, put away once and brought back once."""

import msgspec
import pytest

from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.findings import (
    Advisory,
    CodeAlert,
    DependencyAlert,
    SecretAlert,
)
from integrations.errors import NotFound, Refused
from integrations.github import GitHub

REPO = "acme/api"


@pytest.fixture(autouse=True)
def alerts(world: GitHubWorld) -> None:
    """Put one alert of each kind into the world, and a page more of the first."""
    repo, at = world[REPO], world.clock
    for number in range(1, 121):
        repo.dependency_alerts[number] = DependencyAlert(
            number=number, package="jinja2", cve="CVE-2024-22195", created_at=at, updated_at=at
        )
    repo.code_alerts[1] = CodeAlert(
        number=1,
        rule="py/sql",
        description="SQL from input",
        path="a.py",
        line=7,
        created_at=at,
        updated_at=at,
    )
    repo.secret_alerts[1] = SecretAlert(
        number=1, kind="aws", kind_name="AWS key", path="a.py", line=8, created_at=at, updated_at=at
    )
    repo.advisories.append(
        Advisory(
            ghsa="GHSA-aaaa-bbbb-cccc",
            summary="Too open",
            package="api",
            ecosystem="pip",
            affected="< 1",
            patched="1",
            author="ada",
            created_at=world.clock,
        )
    )


async def test_every_page_of_alerts_is_read(github: GitHub) -> None:
    """GitHub leads through these lists by cursors."""
    found = await github.dependency_alerts(REPO)
    assert found is not None
    assert [alert.number for alert in found] == list(range(120, 0, -1))
    first = found[0]
    assert (first.package, first.cve, first.fixed_in) == ("jinja2", "CVE-2024-22195", "1.0.0")
    assert (first.severity, first.direct, first.score) == ("high", True, 7.5)


async def test_code_secrets_and_advisories_are_read(github: GitHub) -> None:
    """With the place in the code; no secret is in what is read."""
    (code,) = await github.code_alerts(REPO) or []
    assert (code.rule, code.path, code.line, code.severity) == ("py/sql", "a.py", 7, "high")
    (secret,) = await github.secret_alerts(REPO) or []
    assert (secret.kind, secret.name, secret.validity) == ("aws", "AWS key", "unknown")
    (advisory,) = await github.advisories(REPO)
    assert (advisory.id, advisory.packages) == ("GHSA-aaaa-bbbb-cccc", ("api",))


async def test_alerts_are_put_away_and_brought_back_once(
    world: GitHubWorld, github: GitHub
) -> None:
    """With the reason that people gave."""
    for _ in range(2):
        gone = await github.ensure_dependency_alert_dismissed(REPO, 1, "not_used", "Not here")
        assert (gone.state, gone.reason) == ("dismissed", "not_used")
        code = await github.ensure_code_alert_dismissed(REPO, 1, "used in tests", "Only tests")
        assert (code.state, code.reason) == ("dismissed", "used in tests")
        secret = await github.ensure_secret_alert_resolved(REPO, 1, "revoked", "Gone")
        assert (secret.state, secret.reason) == ("resolved", "revoked")
    assert len(world.writes) == 3
    for _ in range(2):
        assert (await github.ensure_dependency_alert_opened(REPO, 1)).reason == ""
        assert (await github.ensure_code_alert_opened(REPO, 1)).state == "open"
        assert (await github.ensure_secret_alert_opened(REPO, 1)).state == "open"
    assert len(world.writes) == 6
    with pytest.raises(NotFound, match="no such alert"):
        await github.ensure_code_alert_opened(REPO, 9)


async def test_what_is_not_looked_for_is_told_from_nothing_found(
    world: GitHubWorld, github: GitHub
) -> None:
    """None says that the feature is off; a missing repository or right is still an error."""
    settings = world[REPO].settings
    assert await github.dependency_alerts(REPO, "fixed") == []
    settings.dependency_alerts = settings.code_scanning = settings.secret_scanning = False
    assert await github.dependency_alerts(REPO) is None
    assert await github.code_alerts(REPO) is None
    assert await github.secret_alerts(REPO) is None
    with pytest.raises(NotFound, match="no repository"):
        await github.code_alerts("acme/nope")
    world.fail(status=403, match="/dependabot", message="Resource not accessible by integration")
    with pytest.raises(Refused, match="not accessible"):
        await github.dependency_alerts(REPO)


async def test_a_fixed_alert_stays_fixed(world: GitHubWorld, github: GitHub) -> None:
    """GitHub refuses to change it."""
    world[REPO].code_alerts[1].state = "fixed"
    with pytest.raises(Refused, match="fixed alert"):
        await github.ensure_code_alert_dismissed(REPO, 1, "won't fix")


async def test_an_alert_can_be_stored(github: GitHub) -> None:
    """As every value that a step returns."""
    (alert, *_) = await github.dependency_alerts(REPO) or []
    assert msgspec.json.decode(msgspec.json.encode(alert), type=type(alert)) == alert
