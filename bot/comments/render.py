"""Cards, reports and postings as comments on GitHub; pure.

A comment has no buttons: what they would do is written as the command that does the same. What does
not fit ends with how much is missing and a link to the run's page, which is complete.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import assert_never

from bot.chat import Button, Card, News, Planned, Posting, State, Step
from bot.comments.markdown import FENCE, bold, code, escape, fenced, held, line, link
from bot.links import run_of
from bot.offers import CANCEL_AND_UNDO
from bot.pressing import ANSWER, FORM, TYPE
from bot.wording import (
    ELLIPSIS,
    MARKS,
    PLAN_MARKS,
    STEP_MARKS,
    clean,
    duration,
    fit,
    is_web_address,
    mark_of,
    pieces,
)
from flows.engine.run import NO, YES
from flows.report import (
    Attachment,
    Block,
    Bullets,
    Facts,
    Figure,
    Line,
    Report,
    Snippet,
    Table,
    Text,
)

BODY = 65_536
FOOT = 1_000  # of these, for where the rest is and for the mark
TITLE, LINE, COMMAND, NAME = 200, 500, 300, 80
STEPS, STEP = 3, 100
PLAN, CHANGE = 30, 200
TOLD = 20
QUESTION, NOTE = 500, 500
CONTROLS, ANSWERS = 4, 10
SUMMARY, PARAGRAPH, ITEM, CELL = 2_000, 4_000, 1_000, 300
ROWS, ITEMS = 100, 100
SNIPPET = 8_000
NEXT = 3
BAR = "¦"  # what looks like a bar

GAP = "\n\n"
MARK = re.compile(r"<!-- flowbot:[0-9a-f]{32} -->")

SHOW_STEPS: set[State] = {"running", "failed"}


def mark(key: str) -> str:
    """Return what tells the comment of this key from all others; nobody sees it."""
    return f"<!-- flowbot:{hashlib.sha256(key.encode()).hexdigest()[:32]} -->"


def marked(body: str, key: str) -> str:
    """Return a comment with its mark."""
    return f"{body}{GAP}{mark(key)}"


def with_mark_of(before: str, body: str) -> str:
    """Return a comment with the mark that it had before."""
    found = MARK.findall(before)
    return f"{body}{GAP}{found[-1]}" if found else body


def card_body(card: Card) -> str:
    """Return a card as one comment; editing it replaces the whole."""
    return "\n\n".join(filter(None, _card(card)))


def _card(card: Card) -> Iterator[str]:
    title, command = fit(card.title, TITLE), fit(card.command, COMMAND)
    called = escape(" ".join((title or command).split())) or ELLIPSIS
    yield f"### {mark_of(card.state, card.tone)} {called}"
    said = held(line((card.line,), LINE))
    yield "\n".join(filter(None, (code(f"/flow {command}") if command else "", said)))
    if card.state in SHOW_STEPS and card.steps:
        yield _steps(card.steps)
    yield _news(card.news, card.url)
    if card.plan:
        yield _plan(card.plan, card.url)
    if card.buttons:
        yield bold(fit(card.question, QUESTION))
        yield "\n".join(_answers(card))
    yield held(line(card.note, NOTE))
    if decided := held(line((card.decided,), LINE)):
        yield f"{decided}{f' at {moment(card.decided_at)}' if card.decided_at else ''}"
    yield f"<sub>{' · '.join(_footer(card))}</sub>"


def _steps(steps: tuple[Step, ...]) -> str:
    """Return the last steps, one a line; those before are counted."""
    earlier, shown = steps[:-STEPS], steps[-STEPS:]
    lines = [f"✓ {len(earlier)} earlier step{'s' if len(earlier) > 1 else ''}"] if earlier else []
    lines += [f"{STEP_MARKS[step.state]} {line((step.title,), STEP)}" for step in shown]
    return "\n".join(f"- {each}" for each in lines)


def _news(news: tuple[News, ...], url: str) -> str:
    """Return what a run has told, one a line: a comment that grows disturbs nobody."""
    lines = [
        f"- {moment(each.at)} {MARKS[each.tone]}{line(each.line, LINE)}" for each in news[-TOLD:]
    ]
    earlier = len(news) - len(lines)
    return "\n".join([*([f"- {_more(earlier, url)}"] if earlier else []), *lines])


def _plan(plan: tuple[Planned, ...], url: str) -> str:
    lines = ["**Plan**", ""]
    lines += [f"{number}. {_change(change)}" for number, change in enumerate(plan[:PLAN], 1)]
    if len(plan) > PLAN:
        lines += ["", f"{ELLIPSIS} {len(plan) - PLAN} more on the {page(url)}"]
    return "\n".join(lines)


def _change(change: Planned) -> str:
    title = line((change.title,), CHANGE) or ELLIPSIS
    shown = f"{PLAN_MARKS[change.state]}{title}"
    return f"{shown} — *{change.promise}*" if change.promise else shown


def _answers(card: Card) -> Iterator[str]:
    """Yield how each answer is given: by a comment that begins with these words."""
    run_id = run_of(card.url)
    for each in card.buttons[:ANSWERS]:
        verb, _, rest = each.action.partition(":")
        number, _, choice = rest.partition(":")
        label = line((each.label,), LINE)
        if verb == FORM:
            yield f"- {label}: fill in the form on the {page(card.url)}"
        elif verb == ANSWER and choice in (YES, NO):
            word = "approve" if choice == YES else "decline"
            yield f"- {label}: comment {code(f'/flow {word} {run_id} {number}')}"
        elif verb == ANSWER:
            yield f"- {label}: comment {code(f'/flow answer {run_id} {choice}')}"
    if len(card.buttons) > ANSWERS:
        yield f"- {ELLIPSIS} {len(card.buttons) - ANSWERS} more on the {page(card.url)}"


def _footer(card: Card) -> Iterator[str]:
    """Yield small print: where to read on, who asked, when, how long it took, what can be done."""
    if is_web_address(card.url):
        yield link("Details", card.url)
    yield f"by {line((fit(card.by.name, NAME) or card.by.id,), LINE)}"
    if card.started:
        yield moment(card.started)
    if card.seconds is not None:
        yield escape(duration(card.seconds))
    yield from map(code, said_by(card.controls))


def said_by(buttons: Iterable[Button]) -> list[str]:
    """Return the commands that do what buttons would."""
    found = []
    for each in buttons:
        verb, _, rest = each.action.partition(":")
        if verb == TYPE:
            found.append(f"/flow {rest}")
        elif verb == CANCEL_AND_UNDO:
            found.append(f"/flow cancel {rest} --undo")
        elif verb not in (ANSWER, FORM):
            found.append(f"/flow {verb} {rest}")
    return found[:CONTROLS]


def moment(at: datetime) -> str:
    """Return a time; readers of a comment are in any zone."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def page(url: str) -> str:
    """Return the link to a run's page."""
    return link("run's page", url)


def report_body(report: Report, url: str) -> str:
    """Return a report as one comment; `url` is the run's page, "" if there is none."""
    shown, size = "", BODY - FOOT
    for part in _report(report, url):
        room = size - len(shown) - len(GAP)
        if len(part) > room:
            if not part.startswith(FENCE):
                whole, _, _ = part[: max(room, 0)].rpartition("\n")
                shown = f"{shown}{GAP}{whole}".strip()
            rest = f"{ELLIPSIS} the rest is on the {page(url)}." if url else ELLIPSIS
            return f"{shown}{GAP}{rest}".strip()
        shown = f"{shown}{GAP}{part}".strip()
    return shown or ELLIPSIS


def _report(report: Report, url: str) -> Iterator[str]:
    head = MARKS[report.tone]
    if title := escape(fit(" ".join(clean(report.title).split()), TITLE)):
        yield f"### {head}{title}"
        head = ""
    if summary := line((report.summary,), SUMMARY):
        yield f"{head}{summary}" if head else held(summary)
    for block in report.blocks:
        yield from filter(None, _block(block, url))
    if commands := [code(f"/flow {fit(each, COMMAND)}") for each in report.next if clean(each)]:
        yield f"Next: {' or '.join(commands[:NEXT])}"


def _block(block: Block, url: str) -> Iterator[str]:
    match block:
        case Text(parts):
            yield held(line(parts, PARAGRAPH))
        case Facts(rows, title):
            facts = [f"- {bold(f'{label}:')} {_value(value)}" for label, value in rows]
            yield _listed(facts, title, url)
        case Bullets(items, title):
            yield _listed([f"- {_value(item)}" for item in items], title, url)
        case Snippet(lines):
            yield from map(fenced, filter(str.strip, pieces(clean(lines), SNIPPET)))
        case Table():
            yield _table(block, url)
        case Figure(title, alt, _):
            yield held(line((f"{title}: {alt}" if title else alt,), ITEM))
            yield f"The picture is on the {page(url)}." if url else ""
        case Attachment(name, _, _):
            yield f"{code(name)} is on the {page(url)}." if url else code(name)
        case _:
            assert_never(block)


def _value(value: Line) -> str:
    return held(line(value, ITEM)) or "—"


def _listed(lines: list[str], title: str, url: str) -> str:
    shown = [bold(fit(title, TITLE)), ""] if clean(title).strip() else []
    shown += lines[:ITEMS]
    if len(lines) > ITEMS:
        shown += ["", _more(len(lines) - ITEMS, url)]
    return "\n".join(shown)


def _table(table: Table, url: str) -> str:
    if not table.head:
        return ""
    shown = [bold(fit(table.title, TITLE)), ""] if clean(table.title).strip() else []
    shown.append(_row([line((each,), CELL) for each in table.head]))
    shown.append(_row(["---"] * len(table.head)))
    shown += [_row([line((each,), CELL) for each in row]) for row in table.rows[:ROWS]]
    if len(table.rows) > ROWS:
        shown += ["", _more(len(table.rows) - ROWS, url)]
    return "\n".join(shown)


def _row(cells: Iterable[str]) -> str:
    """Return a row of a table; a bar would end its cell, even one in code."""
    shown = (each.replace("\\|", BAR).replace("|", BAR) for each in cells)
    return f"| {' | '.join(shown)} |"


def _more(count: int, url: str) -> str:
    where = f" on the {page(url)}" if url else ""
    return f"{ELLIPSIS} {count:,} more{where}"


def posting_body(posting: Posting) -> str:
    """Return what is told about something that is followed as one comment."""
    title = line(posting.title, LINE)
    told = [f"{MARKS[posting.tone]}**{title}**" if title else ELLIPSIS]
    told += [f"- {_value(each)}" for each in posting.lines[:ITEMS]]
    why = line(posting.why, NOTE)
    small = [*([why] if why else []), *map(code, said_by(posting.buttons))]
    return "\n\n".join(["\n".join(told), *([f"<sub>{' · '.join(small)}</sub>"] if small else [])])
