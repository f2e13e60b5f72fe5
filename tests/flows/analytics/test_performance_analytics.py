"""DORA metrics: their sources, their windows, and what too little data becomes."""

import csv
from datetime import timedelta
from io import StringIO

import pytest

from bot.dispatch import Say
from flows.report import Attachment, Figure, Report, Table
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.story import Story
from tests.flows.play import Play, Played
from tests.flows.scenario import Scenario


def deploying(world: GitHubWorld) -> None:
    """Build four weeks: a pull request and a deployment each Monday; the second one fails."""
    start = world.clock - timedelta(days=28)
    story = Story(world, "acme/api", created_at=start)
    story.commit("ada", start, "Begin", {"api/app.py": "def answer():\n    return 42\n"})
    for week, title in enumerate(("feat: orders", "feat: refunds", "fix: refunds", "feat: mail")):
        merged = start + timedelta(days=7 * week, hours=30)
        story.pull(
            title,
            ("bo", "cy", "cy", "dee")[week],
            {f"api/part{week}.py": f"PART = {week}\n"},
            opened=merged - timedelta(hours=20),
            merged=merged,
            reviews=(("ada", "APPROVED", ""),),
        )
        state = "failure" if week == 1 else "success"
        deployed = merged + timedelta(hours=2)
        story.deploy("production", deployed, by="ada", state=state)
        if week == 1:
            story.deploy("production", deployed + timedelta(hours=3), by="ada")
    story.tell()


scenario = Scenario("dora acme/api", world=deploying)


def metrics(run: Played) -> dict[str, str]:
    """Return the figure of each metric as it is shown."""
    assert run.report
    return {str(row[0]): str(row[1]) for row in tables(run.report)["DORA metrics"].rows}


def tables(report: Report) -> dict[str, Table]:
    """Return the tables of a report by their titles."""
    return {block.title: block for block in report.blocks if isinstance(block, Table)}


async def test_deployments_give_all_five_metrics(world: GitHubWorld, play: Play) -> None:
    """Frequency, lead time, failures, recovery and rework, each with its n."""
    deploying(world)
    run = await play("dora acme/api")

    assert metrics(run) == {
        "Deployment frequency": "0.9 days a week (n = 4)",
        "Change lead time": "34.1 h, 34.1 h, 37.1 h (n = 3)",
        "Change fail rate": "20%, 1 of 5",
        "Failed deployment recovery": "3.0 h (n = 1)",
        "Rework rate": "0%, 0 of 5",
    }


async def test_every_figure_can_be_traced(world: GitHubWorld, play: Play) -> None:
    """The rows go along as a table, each pull request with its address."""
    deploying(world)
    run = await play("dora acme/api")

    assert run.report
    (sheet,) = [block for block in run.report.blocks if isinstance(block, Attachment)]
    rows = list(csv.DictReader(StringIO(sheet.content.decode())))
    assert [row["kind"] for row in rows] == ["shipment"] * 5 + ["pull request"] * 4
    assert [row["result"] for row in rows].count("failure") == 1
    assert {row["url"] for row in rows[5:]} == {
        f"{play.base}/acme/api/pull/{number}" for number in (1, 2, 3, 4)
    }


async def test_the_trend_is_a_picture_and_a_sentence(world: GitHubWorld, play: Play) -> None:
    """Who cannot see the picture reads the same."""
    deploying(world)
    run = await play("dora acme/api")

    assert run.report
    (figure,) = [block for block in run.report.blocks if isinstance(block, Figure)]
    assert figure.png.startswith(b"\x89PNG")
    assert "Lead time went from" in figure.alt


async def test_releases_stand_in_for_deployments(world: GitHubWorld, play: Play) -> None:
    """Without deployments a release is what ships, and the report says so."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    run = await play("dora acme/api")

    assert "releases, because there are no deployments to production" in str(run.report)
    assert metrics(run)["Change fail rate"] == "0 of 1"


async def test_merges_stand_in_for_releases(world: GitHubWorld, play: Play) -> None:
    """Without releases a merge is what ships."""
    world.repo("acme/api", merged=["feat: add retries", "fix: typo"])
    run = await play("dora acme/api")

    assert "merges, because" in str(run.report)
    assert metrics(run)["Change fail rate"] == "0 of 2"


async def test_too_little_is_shown_as_values(world: GitHubWorld, play: Play) -> None:
    """Two values have no median worth the name, and no level."""
    world.repo("acme/api", merged=["feat: add retries", "fix: typo"])
    run = await play("dora acme/api")

    assert run.report
    levels = {str(row[2]) for row in tables(run.report)["DORA metrics"].rows}
    assert levels == {"–"}
    assert "too few for a level" in run.said
    assert "(n = 2)" in metrics(run)["Change lead time"]


async def test_an_empty_window_says_what_to_do(world: GitHubWorld, play: Play) -> None:
    """Nothing to measure is a result with a way on."""
    world.repo("acme/api", release="v1.2.0")
    run = await play("dora acme/api window=1d")

    assert (run.state, run.said) == ("done", "There was nothing to measure.")
    assert "window=1y" in str(run.report)


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("12x", "12x is no window: write 30d, 12w or since=v1.2.0"),
        ("0d", "0d is no window: it may be 1 day to 2 years long"),
        ("9y", "9y is no window: it may be 1 day to 2 years long"),
    ],
)
async def test_a_window_that_is_none_is_explained(
    world: GitHubWorld, play: Play, window: str, said: str
) -> None:
    """What can be typed instead is in the answer."""
    world.repo("acme/api", release="v1.2.0")
    reply = await play.ask(f"dora acme/api window={window}")

    assert isinstance(reply, Say)
    assert said in str(reply.report)


async def test_a_window_may_begin_at_a_release(world: GitHubWorld, play: Play) -> None:
    """since=v1.2.0 counts what came after the commit of that tag."""
    world.repo("acme/api", release="v1.2.0", merged=["feat: add retries"])
    run = await play("dora acme/api since=v1.2.0")

    assert run.state == "done"
    assert "since v1.2.0" in str(run.report)


async def test_a_window_may_begin_on_a_day(world: GitHubWorld, play: Play) -> None:
    """It needs no tag of that name; one that is still to come is none."""
    deploying(world)
    day = world.clock - timedelta(days=8)
    run = await play(f"dora acme/api since {day:%d.%m.%Y}")
    assert metrics(run)["Deployment frequency"].endswith("(n = 1)")
    assert f"since {day:%Y-%m-%d}" in str(run.report)

    late = await play(f"dora acme/api since={world.clock + timedelta(days=2):%Y-%m-%d}")
    assert late.state == "stopped"
    assert "is still to come: name a day that is over" in late.said


async def test_a_window_at_an_unknown_release_is_one_sentence(
    world: GitHubWorld, play: Play
) -> None:
    """The person in the thread learns which name is wrong."""
    world.repo("acme/api", release="v1.2.0")
    run = await play("dora acme/api since=v7.7.7")

    assert run.state == "stopped"
    assert "v7.7.7" in run.said


async def test_the_next_report_says_what_changed(world: GitHubWorld, play: Play) -> None:
    """The last result of the same repository is the baseline."""
    deploying(world)
    await play("dora acme/api")
    same = await play("dora acme/api")
    story = Story.continued(world, "acme/api")
    story.deploy("production", world.clock - timedelta(hours=1), by="ada", state="failure")
    story.tell()
    worse = await play("dora acme/api")

    assert same.report
    assert worse.report
    before = {str(row[0]): str(row[3]) for row in tables(same.report)["DORA metrics"].rows}
    after = {str(row[0]): str(row[3]) for row in tables(worse.report)["DORA metrics"].rows}
    assert before["Change fail rate"] == "same"
    assert after["Change fail rate"].startswith("↑ from ")


async def test_environments_can_be_named(world: GitHubWorld, play: Play) -> None:
    """Deployments to elsewhere do not count."""
    deploying(world)
    run = await play("dora acme/api environment=staging")

    assert "5 deployments" not in run.said


async def test_it_changes_nothing(world: GitHubWorld, play: Play) -> None:
    """Measuring is reading."""
    deploying(world)
    await play("dora acme/api")

    assert world.writes == []
