"""A table as Discord shows it best: aligned in a code block, or as a list where it has links."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.discord.markdown import FENCE, QUOTE, bold, line, plain, weigh
from bot.wording import ELLIPSIS, columns, fit
from flows.report import Code, Inline, Link, Table

ROOM = 2_100
ROWS = 60
COLUMNS = 8
WIDEST = 96  # columns of text that a desktop shows without wrapping
NARROWEST = 6
CELL = 60
LISTED = 120  # of a cell where rows are a list, which wraps
ROOM_OF_CELL = 800

GAP = "  "
NUMBER = re.compile(r"[+\u2212-]?\d[\d.,:\u202f]{0,20}\s?(%|\u00d7|[a-zµ]{1,5}|€|\$)?")


@dataclass(frozen=True, slots=True)
class Shown:
    """A table as a text, and how many of its rows and columns are not there."""

    text: str
    rows: int
    columns: int


def table_text(table: Table) -> Shown:
    """Return as much of a table as one message takes; "" where it has nothing to show."""
    width = min(len(table.head), COLUMNS)
    if not width:
        return Shown("", len(table.rows), 0)
    head, rows = table.head[:width], [row[:width] for row in table.rows[:ROWS]]
    if any(isinstance(cell, Link) for row in rows for cell in row):
        text, shown = _listed(head, rows)
    else:
        text, shown = _aligned(head, rows)
    return Shown(text, len(table.rows) - shown, len(table.head) - width)


def _listed(head: Sequence[str], rows: Sequence[Sequence[Inline]]) -> tuple[str, int]:
    """Return a line per row, with its links; the head says what stands where."""
    lines = [" · ".join(filter(None, (bold(fit(name, CELL)) for name in head))) or ELLIPSIS]
    size = weigh(lines[0])
    for row in rows:
        cells = [line((_short(cell),), ROOM_OF_CELL) for cell in row]
        said = " · ".join(cell for cell in cells if cell.strip()) or "—"
        size += weigh(said) + len("- \n")
        if size > ROOM:
            break
        lines.append(f"- {said}")
    return "\n".join(lines), len(lines) - 1


def _short(cell: Inline) -> Inline:
    match cell:
        case Link(label, url):
            return Link(fit(label, LISTED), url)
        case Code(code):
            return Code(fit(code, LISTED))
        case str():
            return fit(cell, LISTED)
        case _:
            return cell


def _aligned(head: Sequence[str], rows: Sequence[Sequence[Inline]]) -> tuple[str, int]:
    """Return the rows in columns; numbers end where numbers end."""
    cells = [[_cell(name, "") for name in head], *([_cell(cell) for cell in row] for row in rows)]
    widths = _widths(cells)
    right = [
        any(row[at] not in ("—", "-") for row in cells[1:])
        and all(row[at] in ("—", "-") or NUMBER.fullmatch(row[at]) for row in cells[1:])
        for at in range(len(head))
    ]
    lines: list[str] = []
    size = len(FENCE) * 2
    for number, row in enumerate(cells):
        padded = (_padded(*each) for each in zip(row, widths, right, strict=True))
        made = GAP.join(padded).rstrip()
        size += weigh(made) + 1
        if size > ROOM and number:
            break
        lines.append(made)
        if not number:
            lines.append(GAP.join("─" * width for width in widths))
            size += weigh(lines[-1]) + 1
    return f"{FENCE}\n" + "\n".join(lines) + f"\n{FENCE}", len(lines) - 2


def _cell(cell: Inline, otherwise: str = "—") -> str:
    """Return a cell without what would end the block."""
    return fit(plain(cell).replace("`", QUOTE), CELL) or otherwise


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column is; the widest give way until the row fits."""
    widths = [max(map(columns, column)) for column in zip(*cells, strict=True)]
    room = WIDEST - len(GAP) * (len(widths) - 1)
    while sum(widths) > room and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _padded(text: str, width: int, is_right: bool) -> str:
    while columns(text) > width:
        text = text[: -2 if text.endswith(ELLIPSIS) else -1].rstrip() + ELLIPSIS
    blank = " " * (width - columns(text))
    return blank + text if is_right else text + blank
