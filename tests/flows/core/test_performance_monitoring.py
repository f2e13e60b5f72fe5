"""Performance: what became slower for good, since when, and what cannot be said."""

import csv
from collections.abc import Iterable
from datetime import timedelta
from io import StringIO

import pytest

from flows.analysis.timings import Sample, Series, percentiles, shift_of
from flows.engine.tools import ProjectSettings
from flows.report import Attachment, Bullets, Facts, Figure, Table
from integrations.emulators.github import GitHubWorld
from integrations.emulators.github.story import Story
from tests.flows.play import Play, Played
from tests.flows.scenario import Scenario
from tests.flows.told import report

STEADY = [5, 5.5, 6, 5.2, 5.8, 5.4, 5.6, 5.1, 5.9, 5.3]
SLOW = [9, 9.5, 10, 9.2, 9.8, 9.4, 9.6, 9.1, 9.9, 9.3]
UP, DOWN = "http://127.0.0.1:{port}/", "http://127.0.0.1:9/health"


def ran(world: GitHubWorld, minutes: Iterable[float], name: str = "acme/api") -> Story:
    """Build a repository whose CI took so long, every two days up to yesterday."""
    times = list(minutes)
    start = world.clock - timedelta(days=2 * len(times) + 1)
    story = Story(world, name, created_at=start)
    for number, took in enumerate(times):
        at = start + timedelta(days=2 * (number + 1))
        mark = story.commit(
            "bo" if number < 10 else "dee", at, f"Change {number}", {"a.md": f"{number}\n"}
        )
        story.checks(mark, at, minutes=took)
        story.repo.runs[-1].actor = "bo" if number < 10 else "dee"
    story.tell()
    return story


def slower(world: GitHubWorld) -> None:
    """Build a repository whose CI has taken four minutes longer since dee's first commit."""
    ran(world, [*STEADY, *SLOW])


scenario = Scenario("perf acme/api", world=slower)


def fact(run: Played, label: str) -> str:
    """Return one of the figures."""
    rows = (row for each in report(run).blocks if isinstance(each, Facts) for row in each.rows)
    return next(str(value[0]) for name, value in rows if name == label)


def changed(run: Played) -> list[str]:
    """Return what changed for good."""
    lists = (each for each in report(run).blocks if isinstance(each, Bullets))
    found = next((each for each in lists if each.title.startswith("Changed")), None)
    return ["".join(map(str, line)) for line in found.items] if found else []


def rows(run: Played, title: str) -> list[tuple[str, ...]]:
    """Return the rows of a table."""
    tables = (each for each in report(run).blocks if isinstance(each, Table))
    found = next((each for each in tables if each.title == title), None)
    return [tuple(map(str, row)) for row in found.rows] if found else []


async def test_what_became_slower_for_good_is_named(world: GitHubWorld, play: Play) -> None:
    """With the run from which on it is so, whose that was, and how sure it is."""
    slower(world)
    run = await play("perf acme/api")
    (line,) = changed(run)

    assert run.said.startswith("CI is 73% slower since 2026-02-")
    assert "median 5.5 min → 9.4 min" in line
    assert "n = 20" in line
    assert "login='dee'" in line
    assert report(run).tone == "warn"


async def test_what_became_faster_is_no_warning(world: GitHubWorld, play: Play) -> None:
    """It is told, and nobody has to do anything."""
    ran(world, [*SLOW, *STEADY])
    run = await play("perf acme/api")

    assert run.said == "1 thing became faster."
    assert "To do" not in changed(run)[0]
    assert report(run).tone == "good"


async def test_a_change_below_the_threshold_is_none(world: GitHubWorld, play: Play) -> None:
    """However sure it is."""
    slower(world)
    run = await play("perf acme/api threshold=90")

    assert run.said == "Nothing became slower for good."
    assert "by more than 90% for good" in str(report(run))


async def test_percentiles_say_their_n_and_definition(world: GitHubWorld, play: Play) -> None:
    """Half of the runs, and 95 of a hundred."""
    slower(world)
    run = await play("perf acme/api")

    assert fact(run, "Duration of a run").endswith("(n = 20)")
    assert "type 7" in str(report(run).blocks)
    assert [row[0] for row in rows(run, "Workflows")] == ["CI"]


def test_percentiles_by_hand() -> None:
    """Type 7 of 1 to 5: the 95th is at 1 + 0.95 * 4."""
    found = percentiles([5, 1, 4, 2, 3])

    assert found
    assert found == pytest.approx((3, 4.8))
    assert percentiles([1, 2, 3, 4]) is None


def test_a_short_series_has_no_change(world: GitHubWorld) -> None:
    """Nor has one of nothing but equal values."""
    every = tuple(Sample(world.clock, float(value)) for value in (1, 1, 1, 9, 9, 9))
    same = tuple(Sample(world.clock, 0.0) for _ in range(20))

    assert shift_of(Series("x", every), 0.1) is None
    assert shift_of(Series("x", same), 0.1) is None


async def test_few_runs_are_printed_as_they_are(world: GitHubWorld, play: Play) -> None:
    """Below five, a percentile would sound better than it is."""
    ran(world, [5, 7])
    run = await play("perf acme/api")

    assert fact(run, "Duration of a run") == "5.0 min, 7.0 min (n = 2)"
    assert rows(run, "Workflows")[0][2] == "–"
    assert "fewer than five runs" in str(report(run))


async def test_only_whole_first_attempts_count(world: GitHubWorld, play: Play) -> None:
    """What does not is counted, with the reason."""
    story = ran(world, STEADY)
    repo = story.repo
    repo.runs[0].conclusion = "failure"
    repo.runs[1].attempt = 2
    gone = repo.runs[2].suite
    repo.checks = [job for job in repo.checks if job.suite != gone]
    world.save()
    run = await play("perf acme/api")

    said = str(report(run))
    assert fact(run, "Duration of a run").endswith("(n = 7)")
    for why in ("1 run: failed", "1 run: repeated", "1 run: no times of jobs are known"):
        assert why in said


async def test_the_next_report_says_what_it_was_before(world: GitHubWorld, play: Play) -> None:
    """And is quiet where nothing is slower."""
    ran(world, STEADY)
    first = await play("perf acme/api")
    second = await play("perf acme/api")

    assert fact(second, "Duration of a run").endswith(", same")
    assert rows(first, "Workflows")[0][-1] == "–"
    assert rows(second, "Workflows")[0][-1] == "same"
    assert report(second).quiet
    assert not report(first).quiet


async def test_endpoints_are_looked_at_and_remembered(world: GitHubWorld, play: Play) -> None:
    """Five times each run; all looks so far make the availability."""
    ran(world, STEADY)
    await play.project(ProjectSettings("acme/api", endpoints=[f"{play.base}/", DOWN]))
    await play.start()
    await play("perf acme/api")
    run = await play("perf acme/api")
    up, down = rows(run, "Endpoints")

    assert (up[1:3], down[1:3]) == (("10", "100.0%"), ("10", "0.0%"))
    assert fact(run, "Availability").startswith("10 of 20 (50%")
    assert f"{DOWN} is down" in run.said


async def test_endpoints_alone_can_be_measured(world: GitHubWorld, play: Play) -> None:
    """A project need not have CI."""
    story = Story(world, "acme/api", created_at=world.clock)
    story.commit("ada", world.clock, "Begin", {"a.md": "a\n"})
    story.tell()
    await play.project(ProjectSettings("acme/api", endpoints=[f"{play.base}/"]))
    await play.start()
    run = await play("perf acme/api")

    assert run.said == "Nothing became slower for good."
    assert "no run succeeded at once" in fact(run, "Duration of a run")


async def test_nothing_to_measure_is_a_result(world: GitHubWorld, play: Play) -> None:
    """Neither runs nor endpoints."""
    story = Story(world, "acme/api", created_at=world.clock)
    story.commit("ada", world.clock, "Begin", {"a.md": "a\n"})
    story.tell()
    run = await play("perf acme/api")

    assert run.said.startswith("Nothing to measure in")


async def test_the_weeks_go_along(world: GitHubWorld, play: Play) -> None:
    """As a picture with words, and as a sheet."""
    slower(world)
    run = await play("perf acme/api")

    (figure,) = [each for each in report(run).blocks if isinstance(each, Figure)]
    (sheet,) = [each for each in report(run).blocks if isinstance(each, Attachment)]
    assert figure.alt.startswith("Weekly medians: CI from 5.")
    assert len(list(csv.DictReader(StringIO(sheet.content.decode())))) == 2 * 12


async def test_a_big_repository_costs_a_bounded_number_of_calls(
    world: GitHubWorld, play: Play
) -> None:
    """A thousand runs: ten pages, and a call for the jobs of fifty."""
    story = Story(world, "acme/big", created_at=world.clock - timedelta(days=80))
    mark = story.commit("ada", story.created_at, "Begin", {"README.md": "# Big\n"})
    for number in range(1_100):
        story.checks(mark, world.clock - timedelta(hours=1 + number))
    story.tell()
    run = await play("perf acme/big")

    assert "GitHub lists no more" in str(report(run))
    assert sum(world.requests.values()) <= 11 + 20
