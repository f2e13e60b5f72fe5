"""The worlds of the demo: Linear beside GitHub, and as large as somebody wants them."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.demo import opened
from integrations.emulators.github import GitHubWorld
from integrations.emulators.linear import LinearWorld
from storage import deliveries
from storage.deliveries import Heard

PATIENCE = 60


def test_acme_grows_on_demand(tmp_path: Path) -> None:
    """There are as many repositories as were asked for, and the bot hears of each of them."""
    once = ["--once", "/flow help", "--data-dir", str(tmp_path)]
    assert main(["demo", "--scale", "3", *once]) == 0
    world = GitHubWorld.load(tmp_path / "github")
    repositories = world.repositories.values()
    assert len(repositories) == 3
    assert all(len(repo.hooks) == 1 for repo in repositories)
    world.close()


def test_a_folder_that_cannot_be_a_repository_is_said_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do, and no traceback."""
    folder = tmp_path / "none"
    once = ["--once", "/flow help", "--data-dir", str(tmp_path / "data")]
    assert main(["demo", "--repo", str(folder), *once]) == 2
    said = f"There is no folder {folder}: give the path of a local git clone.\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("many", ["0", "-1", "9999", "many"])
def test_a_scale_that_cannot_be_is_refused(many: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With the numbers that can."""
    with pytest.raises(SystemExit, match="2"):
        main(["demo", f"--scale={many}"])
    assert "from 1 to 500" in capsys.readouterr().err


async def test_what_people_do_in_linear_arrives(tmp_path: Path) -> None:
    """Signed webhooks come through the bot's own door, and what is kept is what was done."""
    async with opened(tmp_path, []) as world:
        since, before = datetime.now(UTC), len(world.linear.issues)
        world.linear.issue("ENG", "Sell vouchers")
        world.linear.move("ENG-1", "Todo")
        await world.linear.courier.deliver()
        assert {each.statuses[0] for each in world.linear.courier.log} == {200}
        pages = {link.url for issue in world.linear.issues for link in issue.attachments}
        assert {page.startswith(f"{world.github.address}/acme/") for page in pages} == {True}
        async with asyncio.timeout(PATIENCE):
            heard = list[Heard]()
            while not any(each.source == "linear" and each.many == 2 for each in heard):
                async with world.services.database.read() as connection:
                    heard = await deliveries.heard(connection, since)
    assert {each.source: each.failed for each in heard}["linear"] == 0
    kept = LinearWorld.load(tmp_path / "linear.json")
    assert len(kept.issues) == before + 1
    assert kept["ENG-1"].state.name == "Todo"


async def test_health_knows_linear(tmp_path: Path) -> None:
    """With the workspace that the token opens, and what is left of its allowance."""
    async with opened(tmp_path, []) as world:
        await world.stage.type("ada", "/flow health")
        await world.settle(None)
        shown = "\n".join(world.stage.spoken().values())
    assert re.search(r"Linear +flowbot in Acme, 4,9\d\d of 5,000 requests", shown)
