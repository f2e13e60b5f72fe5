"""Kinds of block that not every workspace takes yet, and the same in those that all take; pure."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from bot.chat import Step
from bot.slack.inline import Json, preformatted, rich_text, section, styled
from bot.wording import STEP_MARKS, columns, fit

NEWER = frozenset({"plan", "table"})
TASKS = 12
SHOWN = 3
TITLE = 80
WIDEST = 90  # columns that a line of a preformatted block has on most screens
GAP = "  "
HEAD = 20
EARLIER = "earlier"
STATUS = {"running": "in_progress", "done": "complete", "failed": "error"}
MARKS = {STATUS[state]: mark for state, mark in STEP_MARKS.items()}


def progress(steps: Sequence[Step]) -> Json:
    """Return the block that shows how far a run is: its last steps, and how many came before."""
    before = len(steps[:-TASKS])
    states = [step.state for step in steps]
    done, failed = states.count("done"), states.count("failed")
    title = f"{_count(done, 'step')} done" if done else "No step done yet"
    tasks = [_task(f"step:{number}", step) for number, step in enumerate(steps)][before:]
    if before:
        earlier = Step(_earlier(before), "done")
        tasks.insert(0, _task(f"{EARLIER}:{before}", earlier))
    return {
        "type": "plan",
        "title": f"{title}, {failed} failed" if failed else title,
        "tasks": tasks,
    }


def _task(name: str, step: Step) -> Json:
    title = fit(step.title, TITLE).strip() or "…"
    return {"type": "task_card", "task_id": name, "title": title, "status": STATUS[step.state]}


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _earlier(number: int) -> str:
    return _count(number, "earlier step")


def newer_in(blocks: Sequence[Json]) -> set[str]:
    """Return which of the newer kinds are among these blocks."""
    return {block["type"] for block in blocks} & NEWER


def plainer(blocks: Sequence[Json], without: Collection[str] = NEWER) -> list[Json]:
    """Return the same blocks, with plain ones for the kinds to be gone without."""
    return [_plain(block) if block["type"] in without else block for block in blocks]


def _plain(block: Json) -> Json:
    if block["type"] == "table":
        return _table(block["rows"])
    return section([styled("\n".join(_lines(block["tasks"])))])


def _lines(tasks: Sequence[Json]) -> Iterator[str]:
    before, shown = tasks[:-SHOWN], tasks[-SHOWN:]
    kind, _, number = before[0]["task_id"].partition(":") if before else ("", "", "")
    earlier = len(before) - 1 + int(number) if kind == EARLIER else len(before)
    if earlier:
        yield f"{MARKS['complete']} {_earlier(earlier)}"
    yield from (f"{MARKS[task['status']]} {task['title']}" for task in shown)


def _table(rows: Sequence[Sequence[Json]]) -> Json:
    """Return a table as text: in columns where they fit a screen, else an entry for each row.

    Either takes no more room than the table did.
    """
    texts = [[_words(cell) for cell in row] for row in rows]
    widths = [max(map(columns, column)) for column in zip(*texts, strict=True)]
    if sum(widths) + len(GAP) * (len(widths) - 1) <= WIDEST and not _breaks(texts):
        lines = [_aligned(row, widths) for row in texts]
        lines.insert(1, GAP.join("─" * width for width in widths))
        return rich_text(preformatted("\n".join(lines)))
    names, *entries = texts
    shown = [_entry([fit(name, HEAD) for name in names], entry) for entry in entries]
    return section([styled("\n".join(shown or [GAP.join(names)]))])


def _breaks(texts: Sequence[Sequence[str]]) -> bool:
    return any("\n" in text for row in texts for text in row)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (text + " " * (width - columns(text)) for text, width in zip(row, widths, strict=True))
    return GAP.join(padded).rstrip()


def _entry(names: Sequence[str], cells: Sequence[str]) -> str:
    first, *rest = cells
    said = " · ".join(f"{name}: {text}" for name, text in zip(names[1:], rest, strict=True))
    return f"• {first} — {said}" if said else f"• {first}"


def _words(cell: Any) -> str:  # noqa: ANN401 - a cell of either kind
    if cell["type"] == "raw_text":
        return str(cell["text"])
    return "".join(
        str(element.get("text") or "") for part in cell["elements"] for element in part["elements"]
    )
