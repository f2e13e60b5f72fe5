"""Pictures as steps: drawn in a thread, because drawing would hold up every other run."""

from collections.abc import Iterable, Mapping, Sequence

from flows.analysis.figures import Arrow, Series, dependency_graph, trend
from integrations.meter import in_thread


async def graph_picture(
    title: str,
    sizes: Mapping[str, int],
    arrows: Sequence[Arrow],
    cycles: Iterable[Iterable[str]] = (),
) -> bytes:
    """Return the PNG of a dependency graph."""
    return await in_thread(dependency_graph, title, sizes, arrows, cycles)


async def trend_picture(title: str, series: Sequence[Series], unit: str = "") -> bytes:
    """Return the PNG of lines over time."""
    return await in_thread(lambda: trend(title, series, unit=unit))
