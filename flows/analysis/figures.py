"""Pictures for a thread: trends and dependency graphs as PNG, legible at 800 pixels."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NODES = 25
MOST_SERIES = 6
_DPI = 200
_LONGEST_NAME = 22
# So many names of so many letters fit side by side.
_MOST_IN_ROW = 4
_LONGEST_NODE = 16
_LONGEST_TITLE = 70
_INK, _MUTED, _GRID, _ALARM = "#24292f", "#6e7781", "#e6e8eb", "#c2410c"
# Okabe and Ito's colours without the yellow, which is too pale on white.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#8a6d00")
_MARKERS = ("o", "s", "^", "D", "v", "P")


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a trend: a value for each instant, None where nothing was measured."""

    name: str
    points: tuple[tuple[datetime, float | None], ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """`source` depends on `target`; `weight` makes the line thicker."""

    source: str
    target: str
    weight: int = 1


def trend(
    title: str,
    series: Sequence[Series],
    *,
    unit: str = "",
    goal: float | None = None,
) -> bytes:
    """Return a PNG of at most six lines over time; `goal` is a dashed line."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    figure, axes = _canvas(title, height=2.6)
    # matplotlib annotates its dates only in part, hence the ignores.
    for index, line in enumerate(series[:MOST_SERIES]):
        values = [float("nan") if value is None else value for _, value in line.points]
        axes.plot(
            [float(date2num(at)) for at, _ in line.points],  # type: ignore[no-untyped-call]
            values,
            color=_COLOURS[index],
            marker=_MARKERS[index],
            markersize=3.2,
            linewidth=1.5,
            label=legible(line.name, _LONGEST_NAME),
        )
    if goal is not None:
        axes.axhline(goal, color=_MUTED, linewidth=1, linestyle=(0, (4, 3)), label="goal")
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_fontsize(7.5)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.margins(x=0.02)
    axes.set_ylabel(legible(unit, _LONGEST_NAME), color=_MUTED, fontsize=8, parse_math=False)
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_MUTED, labelsize=7.5, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(_GRID)
    if len(series) + (goal is not None) > 1:
        legend = axes.legend(
            loc="upper left",
            bbox_to_anchor=(0, -0.13),
            ncols=4,
            frameon=False,
            fontsize=7.5,
            labelcolor=_INK,
            borderaxespad=0,
        )
        for text in legend.get_texts():
            text.set_parse_math(False)
    return _png(figure)


def dependency_graph(
    title: str,
    sizes: Mapping[str, int],
    arrows: Sequence[Arrow],
    cycles: Iterable[Iterable[str]] = (),
) -> bytes:
    """Return a PNG of who depends on whom: what depends on others stands above them.

    `sizes` (any unit) are the nodes; beyond 25 only the largest are drawn and the rest counted.
    Arrows between members of one of the `cycles` are red.
    """
    shown = sorted(sizes, key=lambda name: (-sizes[name], name))[:MOST_NODES]
    drawn = [a for a in arrows if a.source in shown and a.target in shown and a.source != a.target]
    ring = {name: number for number, names in enumerate(cycles) for name in names}
    rows = _rows(shown, drawn)
    places = {
        name: (_across(index, len(row)), -float(depth))
        for depth, row in enumerate(rows)
        for index, name in enumerate(row)
    }
    figure, axes = _canvas(title, height=1.0 + 0.78 * max(len(rows), 2))
    axes.set_axis_off()
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(0.25 - max(len(rows), 1), 0.4)
    heaviest = max((a.weight for a in drawn), default=1)
    for arrow in drawn:
        circular = arrow.source in ring and ring[arrow.source] == ring.get(arrow.target)
        _draw_arrow(axes, places, arrow, heaviest, circular=circular)
    largest = max((sizes[name] for name in shown), default=1) or 1
    widest = max((len(row) for row in rows), default=1)
    for name in shown:
        x, y = places[name]
        colour = _ALARM if name in ring else _COLOURS[0]
        area = 60 + 340 * sqrt(max(sizes[name], 0) / largest)
        axes.scatter([x], [y], s=area, color=colour, edgecolors="white", linewidths=1.2, zorder=3)
        axes.annotate(
            legible(name, _LONGEST_NAME if widest < _MOST_IN_ROW else _LONGEST_NODE),
            (x, y),
            xytext=(0, -sqrt(area) / 2 - 3),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=8,
            color=_INK,
            zorder=4,
            parse_math=False,
            bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.85},
        )
    figure.supxlabel(
        _caption(len(sizes) - len(shown), ring), x=0.02, ha="left", fontsize=7.5, color=_MUTED
    )
    return _png(figure)


def legible(text: str, longest: int) -> str:
    """Return text that the font can draw, shortened in the middle: `integra…emulators`."""
    visible = "".join(c if ord(c) in _glyphs() else "?" for c in _composed(text))
    if len(visible) <= longest:
        return visible
    head = (longest - 1) // 2
    return f"{visible[:head]}…{visible[-(longest - 1 - head) :]}"


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())


def _composed(text: str) -> str:
    visible = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(c for c in visible if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"})


def _canvas(title: str, height: float) -> "tuple[Figure, Axes]":
    """Return an empty picture 4.8 inches wide; no pyplot, whose state belongs to one thread."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.8, height), dpi=_DPI, facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(
        legible(title, _LONGEST_TITLE),
        loc="left",
        fontsize=10,
        fontweight="bold",
        color=_INK,
        pad=10,
        parse_math=False,
    )
    return figure, axes


def _png(figure: "Figure") -> bytes:
    from PIL import Image

    raw = BytesIO()
    figure.savefig(raw, format="png", metadata={"Software": None})
    # A palette of 64 colours looks the same and is a third of the size.
    small = BytesIO()
    with Image.open(raw) as picture:
        reduced = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
    reduced.save(small, format="png", optimize=True)
    return small.getvalue()


def _rows(names: Sequence[str], arrows: Sequence[Arrow]) -> list[list[str]]:
    """Return the nodes in rows: each stands above what it depends on, rings stand side by side."""
    from networkx import DiGraph, condensation, topological_sort

    graph: DiGraph[str] = DiGraph()
    graph.add_nodes_from(names)
    graph.add_edges_from((a.source, a.target) for a in arrows)
    groups = condensation(graph)
    depth: dict[int, int] = {}
    for group in topological_sort(groups):
        depth[group] = max((depth[above] + 1 for above in groups.predecessors(group)), default=0)
    rows: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for group, level in depth.items():
        rows[level] += groups.nodes[group]["members"]
    balanced = [part for row in rows for part in _folded(sorted(row))]
    return _untangled(balanced, arrows)


def _folded(row: list[str]) -> list[list[str]]:
    """Return a row in lines of as many names as fit side by side, none much shorter than others."""
    count = -(-len(row) // _MOST_IN_ROW)
    size = -(-len(row) // count)
    return [row[start : start + size] for start in range(0, len(row), size)]


def _untangled(rows: list[list[str]], arrows: Sequence[Arrow]) -> list[list[str]]:
    """Return the rows ordered so that few lines cross: each node near its neighbours' mean."""
    near: dict[str, list[str]] = {name: [] for row in rows for name in row}
    for arrow in arrows:
        near[arrow.source].append(arrow.target)
        near[arrow.target].append(arrow.source)
    for _ in range(8):
        place = {n: _across(i, len(row)) for row in rows for i, n in enumerate(row)}

        def mean(name: str, place: dict[str, float] = place) -> tuple[float, str]:
            others = [place[other] for other in near[name]]
            return (sum(others) / len(others) if others else place[name], name)

        rows = [sorted(row, key=mean) for row in rows]
    return rows


def _across(index: int, count: int) -> float:
    return (index + 0.5) / count


def _draw_arrow(
    axes: "Axes",
    places: Mapping[str, tuple[float, float]],
    arrow: Arrow,
    heaviest: int,
    *,
    circular: bool,
) -> None:
    from matplotlib.patches import FancyArrowPatch

    start, end = places[arrow.source], places[arrow.target]
    # Lines along a row, over several rows or back would cover nodes if they were straight.
    rows = abs(start[1] - end[1])
    bend = 0.3 if not rows else min(0.1 * rows, 0.4)
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=8,
            connectionstyle=f"arc3,rad={bend}",
            shrinkA=8,
            shrinkB=9,
            linewidth=0.8 + 1.4 * arrow.weight / heaviest,
            color=_ALARM if circular else "#9aa4af",
            zorder=2 if circular else 1,
        )
    )


def _caption(hidden: int, ring: Mapping[str, int]) -> str:
    parts = ["an arrow points at what is imported"]
    if ring:
        parts.append("red: import cycle")
    if hidden > 0:
        parts.append(f"{hidden} smaller ones not shown")
    return " · ".join(parts)
