"""The card of a run as one Discord message: what it is, how it stands, what is asked."""

from collections.abc import Iterator

from bot.chat import Card, News, Planned, State, Step
from bot.discord.buttons import IN_A_ROW, button_rows, choosable, menu_row, pressable
from bot.discord.markdown import bold, code, escape, line, link, moment, page, weigh
from bot.discord.render import COLOURS, DISPLAYED, Json, Message, text_part
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
)

TITLE = 150
LINE = 300
COMMAND = 200
STEPS, STEP = 3, 80
PLAN, CHANGE = 12, 120
QUESTION = 200
NOTE = 300
CONTROLS = 8  # three that look after the run, five that may come next
NAME = 80
SHARES, SMALLEST = (1, 2), 4

SHOW_STEPS: set[State] = {"running", "failed"}
COLOUR: dict[State, int] = {
    "queued": COLOURS["neutral"],
    "running": COLOURS["neutral"],
    "waiting": COLOURS["warn"],
    "done": COLOURS["good"],
    "stopped": 0x80848E,
    "failed": COLOURS["bad"],
    "cancelled": 0x80848E,
}


def card_message(card: Card) -> Message:
    """Return a card as a message; editing it replaces the whole.

    Where all of it together is too much, each part is cut shorter.
    """
    for share in SHARES:
        parts = tuple(_parts(card, share))
        if sum(weigh(part.get("content", "")) for part in parts) <= DISPLAYED:
            return Message(parts, _colour(card))
    return Message(tuple(_parts(card, SMALLEST)), _colour(card))


def _parts(card: Card, share: int) -> Iterator[Json]:
    """Yield what a card shows; `share` is by how much its longer parts are cut."""
    yield text_part(_title(card, share))
    if card.latest:
        yield text_part(_news(card.latest, share))
    if card.state in SHOW_STEPS and card.steps:
        yield text_part(_steps(card.steps, STEP // share))
    if card.plan:
        yield text_part(_plan(card.plan, card.url, PLAN // share))
    if card.buttons and (question := bold(fit(card.question, QUESTION // share))):
        yield text_part(question)
    if note := line(card.note, NOTE // share):
        yield text_part(note)
    yield from _answers(card)
    if decided := escape(fit(card.decided, LINE // share)):
        at = f" at {moment(card.decided_at, 't')}" if card.decided_at else ""
        yield text_part(f"{decided}{at}")
    yield from button_rows(pressable(card.controls)[:CONTROLS], IN_A_ROW)
    yield text_part(f"-# {' · '.join(_footer(card))}")


def _answers(card: Card) -> Iterator[Json]:
    """Yield the answers of a question: a row of buttons, or a menu where there are more."""
    if len(card.buttons) <= IN_A_ROW:
        shown = pressable(card.buttons)
        yield from button_rows(shown)
    elif shown := choosable(card.buttons):
        yield menu_row(shown)
    if hidden := len(card.buttons) - len(shown):
        yield text_part(f"{ELLIPSIS} {hidden} more on the {page(card.url)}")


def _colour(card: Card) -> int:
    is_bad_news = card.state == "done" and card.tone in ("warn", "bad")
    return COLOURS[card.tone] if is_bad_news else COLOUR[card.state]


def _title(card: Card, share: int) -> str:
    title = " ".join(fit(card.title, TITLE).split())
    command = " ".join(fit(card.command, COMMAND // share).split())
    head = f"### {mark_of(card.state, card.tone)} {escape(title or command) or ELLIPSIS}"
    shown = [head]
    if command and title and title != command:
        shown.append(code(command))
    if said := line((fit(card.line, LINE // share),)):
        shown.append(said)
    return "\n".join(shown)


def _news(news: News, share: int) -> str:
    return (
        f"{MARKS[news.tone]}{line(news.line, LINE // share) or ELLIPSIS} · {moment(news.at, 'f')}"
    )


def _steps(steps: tuple[Step, ...], most: int) -> str:
    """Return the last steps, one a line; those before are counted."""
    earlier, shown = steps[:-STEPS], steps[-STEPS:]
    lines = [f"✓ {len(earlier)} earlier step{'s' if len(earlier) > 1 else ''}"] if earlier else []
    lines += [f"{STEP_MARKS[step.state]} {line((fit(step.title, most),))}" for step in shown]
    return "\n".join(lines)


def _plan(plan: tuple[Planned, ...], url: str, most: int) -> str:
    lines = ["**Plan**"]
    lines += [f"{number}. {_change(change)}" for number, change in enumerate(plan[:most], 1)]
    if len(plan) > most:
        lines.append(f"{ELLIPSIS} {len(plan) - most} more on the {page(url)}")
    return "\n".join(lines)


def _change(change: Planned) -> str:
    title = line((fit(change.title, CHANGE),)) or ELLIPSIS
    shown = f"{PLAN_MARKS[change.state]}{title}"
    return f"{shown} — *{change.promise}*" if change.promise else shown


def _footer(card: Card) -> Iterator[str]:
    """Yield small print: where to read on, who asked, how long it took, when."""
    if is_web_address(card.url):
        yield link("Details", card.url)
    yield f"by {line((fit(card.by.name, NAME) or card.by.id,))}"
    if card.seconds is not None:
        yield escape(duration(card.seconds))
    if card.started:
        yield moment(card.started, "f")


def command_of(card: Card) -> str:
    """Return what a thread about this card is called."""
    return " ".join(clean(card.command or card.title).split())
