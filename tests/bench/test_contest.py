"""What the benchmark says of figures, without measuring any."""

from pathlib import Path

import msgspec

from tests.bench.contest import NOT_INSTALLED, Contestant, Goal, Part, Sample, measured, rows
from tests.bench.notes import END, mark, note, read
from tests.bench.table import shown, table, write


def contestant(name: str, *figures: float, absent: str = "") -> Contestant:
    """Return somebody who reaches these figures, one a round; a negative one breaks."""
    left = iter(figures)

    async def measure() -> Sample:
        figure = next(left)
        if figure < 0:
            raise ValueError("fell over")
        return {"runs/s": figure}

    return Contestant(name, measure, absent)


def goal(hold: float, peer: str = "") -> Goal:
    """Return a claim about ours."""
    return Goal("runs", "ours", "runs/s", "runs/s", "higher", hold, peer)


async def test_the_median_of_the_rounds_is_what_counts() -> None:
    """One slow round does not decide."""
    part = Part("p", [contestant("ours", 90, 5, 100)], [goal(80), goal(95)])
    found = rows(part, await measured(part, 3))

    assert [row.ours for row in found] == [90, 90]
    assert [row.verdict for row in found] == ["hold", "short"]


async def test_a_ratio_is_taken_within_the_same_run() -> None:
    """Ours is divided by the peer's median, and the claim is about that."""
    part = Part("p", [contestant("ours", 50), contestant("peer", 20)], [goal(2.5, "peer")])
    [row] = rows(part, await measured(part, 1))

    assert (row.ratio, row.verdict, row.goal) == (2.5, "hold", "≥ 2.5 ×")


async def test_a_peer_that_is_not_installed_is_named_and_not_guessed() -> None:
    """Neither a figure nor a verdict is made up."""
    peer = contestant("peer", absent=NOT_INSTALLED)
    part = Part("p", [contestant("ours", 50), peer], [goal(2, "peer")])
    [row] = rows(part, await measured(part, 1))

    assert (row.theirs, row.ratio, row.verdict) == (None, None, NOT_INSTALLED)


async def test_one_that_breaks_does_not_end_the_others() -> None:
    """The row says so, and the others have their figures."""
    part = Part("p", [contestant("ours", -1), contestant("peer", 20)], [goal(2, "peer")])
    results = await measured(part, 1)
    [row] = rows(part, results)

    assert row.verdict == "broke"
    assert results.broken == {"ours": "ValueError: fell over"}
    assert results.figures("peer") == {"runs/s": 20}


async def test_the_result_can_be_read_by_people_and_by_machines(tmp_path: Path) -> None:
    """Both hold the same row."""
    part = Part("p", [contestant("ours", 1234.5)], [goal(1000)])
    results = await measured(part, 1)
    found = rows(part, results)
    write(tmp_path / "deep" / "result.json", found, {"p": results}, 1)
    stored = msgspec.json.decode((tmp_path / "deep" / "result.json").read_bytes())

    assert "1,234 runs/s" in table(found)
    assert stored["rows"][0]["ours"] == 1234.5
    assert stored["parts"]["p"]["samples"] == {"ours": [{"runs/s": 1234.5}]}


async def test_the_observer_keeps_whole_lines_alone(tmp_path: Path) -> None:
    """A writer that was killed may leave half a line."""
    file = tmp_path / "notes"
    await mark(str(file), "r1", 0)
    note(str(file), "r1", END)
    with file.open("a") as half:
        half.write("r1 s")

    assert [(each.run, each.what) for each in read(file)] == [("r1", "s0"), ("r1", END)]


def test_numbers_show_the_digits_that_count() -> None:
    """Three of them, and all before the point."""
    assert [shown(each) for each in (None, 0.01234, 5.678, 12345.6)] == [
        "–",
        "0.0123",
        "5.68",
        "12,346",
    ]
