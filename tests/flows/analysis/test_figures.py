"""Pictures are small PNG files, the same each time, whatever the names in them are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise

from PIL import Image

from flows.analysis.figures import Arrow, Series, dependency_graph, legible, trend

START = datetime(2026, 1, 5, tzinfo=UTC)
LIMIT = 100_000


def weekly(name: str, *values: float | None) -> Series:
    """Return a series with one point a week."""
    return Series(name, tuple((START + timedelta(weeks=n), v) for n, v in enumerate(values)))


def width_of(picture: bytes) -> int:
    """Return the width in pixels; fails if it is no picture."""
    with Image.open(BytesIO(picture)) as image:
        image.load()
        return image.width


def test_a_trend_is_a_small_picture() -> None:
    """Gaps, goals and names that look like formulas are no problem."""
    lines = [weekly("$x_{", 3, None, 4.5), weekly("<!channel> \u6f22\U0001f600", 1, 2, 3)]
    picture = trend("Lead $time$", lines, unit="hours", goal=2)
    assert width_of(picture) == 960
    assert len(picture) < LIMIT
    assert width_of(trend("Nothing", [])) == 960
    assert width_of(trend("Nothing yet", [weekly("a", None, None)])) == 960


def test_a_graph_is_a_small_picture_of_the_largest_components() -> None:
    """Forty components in rings and chains still fit into a message."""
    names = {f"component-with-a-long-name-{n}": n * 100 for n in range(40)}
    order = list(names)
    arrows = [Arrow(a, b, n) for n, (a, b) in enumerate(pairwise(order))]
    ring = [order[-3:], order[:2]]
    picture = dependency_graph("All", names, [*arrows, Arrow(order[-1], order[-3])], ring)
    assert width_of(picture) == 960
    assert len(picture) < LIMIT
    assert width_of(dependency_graph("None", {}, [])) == 960


def test_pictures_drawn_at_the_same_time_do_not_mix() -> None:
    """Threads share no drawing state, and the same input gives the same bytes."""
    lines = [weekly("a", 3, 1, 2)]
    sizes, arrows = {"web": 3, "api": 2, "data": 1}, [Arrow("web", "api"), Arrow("api", "data")]
    alone = trend("Trend", lines), dependency_graph("Graph", sizes, arrows)
    with ThreadPoolExecutor(4) as pool:
        trends = [pool.submit(trend, "Trend", lines) for _ in range(4)]
        graphs = [pool.submit(dependency_graph, "Graph", sizes, arrows) for _ in range(4)]
        assert {f.result() for f in trends} == {alone[0]}
        assert {f.result() for f in graphs} == {alone[1]}


def test_long_names_are_shortened_in_the_middle() -> None:
    """Both ends tell names apart; what the font lacks is a question mark."""
    assert legible("integrations/emulators", 15) == "integra\u2026ulators"
    assert legible("a\u202eb\n\u6f22", 9) == "ab ?"
