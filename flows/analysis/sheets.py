"""Rows behind a report, as a file that a spreadsheet opens."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from flows.report import Attachment


def sheet(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Attachment:
    """Return rows as a CSV file of this name."""
    out = StringIO()
    lines = csv.writer(out)
    lines.writerow(head)
    lines.writerows(safe(*row) for row in rows)
    return Attachment(f"{name}.csv", "text/csv", out.getvalue().encode())


def safe(*cells: object) -> list[str]:
    """Return cells that no spreadsheet takes for a formula."""
    return [f"'{cell}" if str(cell)[:1] in "=+-@\t\r" else str(cell) for cell in cells]
