"""Runs are accepted once, listed in pages, filtered, ended, and remembered with their report."""

from datetime import timedelta

import pytest

from flows.report import Attachment, Code, Facts, Figure, Link, Person, Report, Table, Text, bullets
from storage import runs
from storage.database import Database
from storage.records import ENDED, RunRecord
from storage.tables import steps
from tests.storage.rows import LONG_AGO, NOW, accepted, run_like, stored

REPORT = Report(
    "acme/api v1.3.0 is out",
    "2 changes since v1.2.0",
    "good",
    (
        Text(("By ", Person("ada"), " & <co>")),
        Facts((("Version", (Link("v1.3.0", "https://x.example/v1.3.0"),)),), "Facts"),
        bullets(["one", ("two ", Code("rm -rf"))]),
        Table(("Change", "Author"), (("Add retries", Person("ben")),)),
        Figure("Lead time", "falls", bytes(range(256))),
        Attachment("rows.csv", "text/csv", b"\x00\xff\n"),
    ),
    data={"tag": "v1.3.0", "pulls": 2, "hours": [1.5, None], "nested": {"ok": True}},
    next=("dora acme/api",),
)


async def many(database: Database, count: int) -> list[str]:
    """Accept runs of which many share an instant; return their ids, the newest first."""
    made = [
        run_like(
            id=f"r{number:04}",
            created_at=NOW + timedelta(seconds=number // 150),
            state=("queued", "waiting", *ENDED)[number % 6],
            flow=("release-management", "service-health")[number % 2],
            project=("acme/api", "acme/shop", "")[number % 3],
        )
        for number in range(count)
    ]
    async with database.begin() as connection:
        for run in made:
            await runs.add(connection, run)
    return [run.id for run in reversed(made)]


async def paged(database: Database, limit: int, **filters: str) -> list[RunRecord]:
    """Turn pages until one is empty."""
    seen: list[RunRecord] = []
    async with database.read() as connection:
        after = None
        while page := await runs.page(connection, limit=limit, after=after, **filters):
            assert len(page) <= limit
            seen += page
            after = (page[-1].created_at, page[-1].id)
    return seen


async def test_a_run_comes_back_as_it_was_accepted(database: Database) -> None:
    """Every column survives, instants to the microsecond and in UTC."""
    run = await accepted(database, params={"repo": "acme/api", "n": [1, "ü", None]}, dry_run=True)

    assert await stored(database) == run


async def test_a_run_that_has_not_looked_is_still_coming(database: Database) -> None:
    """For the same words of the same asker, until it has begun its first step, or has ended."""
    run = await accepted(database)

    async def coming(asker: str = run.asker, command: str = run.command) -> bool:
        async with database.read() as connection:
            return await runs.is_coming(connection, run.flow, run.project, command, asker)

    assert await coming()
    assert [await coming(asker="slack:U2"), await coming(command="release")] == [False, False]
    step = {
        "run_id": run.id, "title": "Look", "kind": "step", "position": 1, "state": "done",
        "attempt": 1, "output": b"", "error": "", "started_at": NOW, "calls": 0, "bytes": 0,
    }  # fmt: skip
    async with database.begin() as connection:
        await connection.execute(steps.insert(), step)
    assert not await coming()


async def test_an_unknown_run_is_none(database: Database) -> None:
    """Asking for a run that never was is no error."""
    async with database.read() as connection:
        assert await runs.get(connection, "nobody") is None
        assert await runs.report(connection, "nobody") is None


async def test_accepting_twice_is_one_run(database: Database) -> None:
    """A repeated delivery is recognised, and changes nothing of the first."""
    await accepted(database)

    async with database.begin() as connection:
        assert not await runs.add(connection, run_like(command="release acme/api level=major"))

    assert (await stored(database)).command == "release acme/api"
    async with database.read() as connection:
        assert len(await runs.page(connection)) == 1


async def test_pages_of_500_runs_lose_and_repeat_nothing(database: Database) -> None:
    """Whatever the size of a page, and though 150 runs share each instant."""
    expected = await many(database, 500)

    for limit in (7, 50, 149, 150, 499, 500, 501):
        assert [run.id for run in await paged(database, limit)] == expected


async def test_a_page_stays_where_it_is_while_runs_arrive(database: Database) -> None:
    """Runs accepted between two pages do not push anything onto the second one again."""
    expected = await many(database, 20)
    async with database.read() as connection:
        first = await runs.page(connection, limit=10)
    await accepted(database, id="new", created_at=NOW + timedelta(days=1))

    async with database.read() as connection:
        after = (first[-1].created_at, first[-1].id)
        second = await runs.page(connection, limit=10, after=after)

    assert [run.id for run in first + second] == expected


@pytest.mark.parametrize(
    "filters",
    [
        {"state": "done"},
        {"flow": "service-health"},
        {"project": "acme/shop"},
        {"state": "failed", "flow": "release-management"},
        {"state": "queued", "project": "acme/api", "flow": "release-management"},
        {"state": "no such state"},
    ],
)
async def test_filters_hold_on_every_page(database: Database, filters: dict[str, str]) -> None:
    """A filtered list is the whole list without the others, in the same order."""
    await many(database, 60)
    whole = await paged(database, 60)

    found = await paged(database, 4, **filters)

    assert found == [
        run for run in whole if all(getattr(run, name) == value for name, value in filters.items())
    ]


async def test_active_counts_every_state_that_has_not_ended(database: Database) -> None:
    """States that nobody is in count zero; what has ended is left out."""
    await many(database, 12)

    async with database.read() as connection:
        assert await runs.active(connection) == {"queued": 2, "running": 0, "waiting": 2}


@pytest.mark.parametrize("state", ENDED)
async def test_settling_ends_a_run(database: Database, state: str) -> None:
    """The state, the line and the moment are there; nobody can take the run any more."""
    await accepted(database)

    await database.write(runs.settle("r1", state, "That was it.", NOW))

    run = await stored(database)
    assert (run.state, run.line, run.finished_at, run.ended) == (state, "That was it.", NOW, True)
    async with database.begin() as connection:
        assert not await runs.lease(connection, {"r1"}, "w1", NOW, NOW)


async def test_settling_one_run_leaves_the_others(database: Database) -> None:
    """An end belongs to one run."""
    await accepted(database, id="a")
    await accepted(database, id="b")

    await database.write(runs.settle("a", "done", "", NOW))

    assert (await stored(database, "b")).state == "queued"


async def test_a_report_round_trips_with_its_bytes(database: Database) -> None:
    """Pictures and files come back to the byte, text comes back unescaped."""
    run = await accepted(database)

    await database.write(*runs.keep(run, REPORT, NOW))

    async with database.read() as connection:
        assert await runs.report(connection, "r1") == REPORT


async def test_the_numbers_of_a_report_are_the_next_baseline(database: Database) -> None:
    """A baseline is the newest result before an instant, of this flow and this project alone."""
    ages = {"old": 3, "new": 1, "other-project": 0.5, "other-flow": 0.4, "without": 0.2}
    for name, days in ages.items():
        run = await accepted(
            database,
            id=name,
            project="acme/shop" if name == "other-project" else "acme/api",
            flow="service-health" if name == "other-flow" else "release-management",
        )
        data = {} if name == "without" else {"from": name, "hours": 1.5}
        at = NOW - timedelta(days=days)
        await database.write(*runs.keep(run, Report(name, data=data), at))

    async with database.read() as connection:
        found = await runs.baseline(connection, "release-management", "acme/api", NOW)
        before = await runs.baseline(connection, "release-management", "acme/api", LONG_AGO)
        first = NOW - timedelta(days=3)
        none = await runs.baseline(connection, "release-management", "acme/api", first)

    assert found == (LONG_AGO, {"from": "new", "hours": 1.5})
    assert before == (first, {"from": "old", "hours": 1.5})
    assert none is None
