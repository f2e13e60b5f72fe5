"""What acme has beside code can be read by the real client, and gives every flow something."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.emulators.github import INSTANT, TOKEN, GitHubWorld, github_app
from integrations.emulators.server import serve
from integrations.emulators.worlds import build_acme
from integrations.emulators.worlds.acme import WEEKS
from integrations.github import GitHub, GitHubApi, TokenSignIn

SHOP = "acme/shop"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the world once: these tests only look."""
    folder = tmp_path_factory.mktemp("acme")
    world = GitHubWorld(folder)
    build_acme(world)
    world.close()
    return folder


@pytest.fixture
async def github(folder: Path) -> AsyncIterator[GitHub]:
    """Yield the real client on the world as it comes back from its folder."""
    world = GitHubWorld.load(folder)
    async with (
        serve(github_app(world)) as base,
        GitHubApi(TokenSignIn(TOKEN), base_url=base) as api,
    ):
        yield GitHub(api)
    world.close()


async def test_environments_have_drifted(github: GitHub) -> None:
    """In variables and in the names of secrets; one of these is older than a year."""
    values = {
        name: {each.name: each.value for each in await github.variables(SHOP, name)}
        for name in ("staging", "production")
    }
    secrets = {
        name: {each.name: each.updated_at for each in await github.secret_names(SHOP, name)}
        for name in ("staging", "production")
    }
    production = await github.environment(SHOP, "production")

    assert values["staging"].keys() - values["production"].keys() == {"GIFT_WRAPPING"}
    assert values["staging"]["LOG_LEVEL"] != values["production"]["LOG_LEVEL"]
    assert values["staging"]["TAX_REGION"] == values["production"]["TAX_REGION"]
    assert secrets["staging"].keys() - secrets["production"].keys() == {"MAIL_KEY"}
    ages = secrets["staging"]["PAYMENT_KEY"] - secrets["production"]["PAYMENT_KEY"]
    assert ages > timedelta(days=350)
    assert production
    assert set(production.reviewers) == {"ada", "dee"}


async def test_there_are_findings_of_every_kind(github: GitHub) -> None:
    """Open ones, one that was healed, and one that somebody put away."""
    dependencies = [
        each
        for state in ("open", "fixed", "dismissed")
        for each in await github.dependency_alerts(SHOP, state) or ()
    ]
    code, secrets = await github.code_alerts(SHOP), await github.secret_alerts(SHOP)

    assert [each.severity for each in await github.dependency_alerts(SHOP) or ()]
    assert {each.state for each in dependencies} == {"open", "fixed", "dismissed"}
    assert len({each.number for each in dependencies}) == 4
    assert len(code or ()) == 2
    assert len(secrets or ()) == 1
    assert len(await github.advisories(SHOP)) == 1


async def test_who_may_do_what_differs(github: GitHub) -> None:
    """One default branch is protected, and one key has not been used for long."""
    assert await github.protection(SHOP, "main")
    assert await github.protection("acme/api", "main") is None
    assert [each.name for each in await github.rulesets(SHOP)] == ["Tags of releases stay"]
    assert {team.slug for team in await github.teams("acme")} == {"shop", "platform"}
    keys = await github.deploy_keys("acme/api")
    used = [each.last_used for each in keys if each.last_used]
    assert max(used) - min(used) > timedelta(days=200)


async def test_images_and_caches_are_there_to_be_weighed(github: GitHub) -> None:
    """An image of each release; caches of branches that are gone."""
    (package,) = await github.packages("acme")
    versions = await github.package_versions("acme", package.name)
    caches = await github.caches(SHOP)

    assert package.name == "shop"
    assert len(versions) >= 10
    assert sum("latest" in each.tags for each in versions) == 1
    assert len({each.ref for each in caches}) == 3


async def test_tests_of_one_commit_fail_and_pass(github: GitHub) -> None:
    """Their results tell which, and some tests take long."""
    runs = await github.workflow_runs(SHOP, INSTANT - timedelta(weeks=WEEKS))
    red = next(run for run in runs if run.conclusion == "failure")
    green = next(run for run in runs if run.sha == red.sha and run.conclusion == "success")

    failed = await github.run_test_results(SHOP, red.id)
    passed = await github.run_test_results(SHOP, green.id)

    assert sum(each.outcome == "failed" for each in failed) == 1
    assert {each.outcome for each in passed} == {"passed"}
    assert max(each.seconds for each in passed) > 1
