"""The result, for people as a table and for machines as JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from tests.bench.contest import Results, Row

HEAD = ("", "what", "ours", "peer or limit", "", "ratio", "goal", "")
RIGHT = frozenset({2, 4, 5})


def table(rows: Sequence[Row]) -> str:
    """Return the rows, one line each, with a line between the parts."""
    lines = [_cells(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(HEAD, *lines, strict=True)]
    shown = [_line(HEAD, widths), "  ".join("─" * each for each in widths)]
    part = ""
    for row, line in zip(rows, lines, strict=True):
        shown.append(_line(("" if row.part == part else row.part, *line[1:]), widths))
        part = row.part
    return "\n".join(shown)


def everybody(results: Mapping[str, Results]) -> str:
    """Return the medians of every contestant, ours and the peers'."""
    lines = []
    for part, found in results.items():
        lines.append(part)
        for name in found.samples:
            figures = ", ".join(
                f"{figure} {shown(value)}" for figure, value in found.figures(name).items()
            )
            lines.append(f"  {name}: {figures}")
        lines += [f"  {name} broke: {why}" for name, why in found.broken.items()]
    return "\n".join(lines)


def write(file: Path, rows: Sequence[Row], results: Mapping[str, Results], rounds: int) -> None:
    """Write everything that was measured."""
    file.parent.mkdir(parents=True, exist_ok=True)
    body = msgspec.json.encode({"rounds": rounds, "rows": rows, "parts": results})
    file.write_bytes(msgspec.json.format(body) + b"\n")


def shown(value: float | None) -> str:
    """Return a number with three digits that count."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _cells(row: Row) -> tuple[str, ...]:
    ours = f"{shown(row.ours)} {row.unit}" if row.ours is not None else "–"
    theirs = f"{shown(row.theirs)} {row.unit}" if row.theirs is not None else "–"
    ratio = f"{shown(row.ratio)} ×" if row.ratio is not None else "–"
    return (row.part, row.what, ours, row.against, theirs, ratio, row.goal, row.verdict)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    placed = [
        cell.rjust(width) if number in RIGHT else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(placed).rstrip()
