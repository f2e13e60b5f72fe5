"""The card of a run as one Discord message: what it is, how it stands, what is asked."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from bot.chat import Button, Card, Planned, State, Step
from bot.discord.markdown import bold, code, escape, line, link, page
from bot.discord.render import BUTTON, COLOURS, ROW, Json, Message, text_part
from bot.wording import (
    ELLIPSIS,
    PLAN_MARKS,
    STATES,
    STEP_MARKS,
    clean,
    duration,
    fit,
    is_web_address,
)

TITLE = 150
LINE = 300
COMMAND = 200
STEPS, STEP = 3, 80
PLAN, CHANGE = 12, 90
QUESTION = 200
NOTE = 300
BUTTONS, IN_A_ROW = 25, 5
LABEL = 80
CUSTOM_ID = 100
NAME = 80

PRESS = "press"
STYLES: dict[Literal["neutral", "good", "bad"], int] = {"neutral": 2, "good": 3, "bad": 4}
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
    """Return a card as a message; editing it replaces the whole."""
    texts = [_title(card)]
    if card.state in SHOW_STEPS and card.steps:
        texts.append(_steps(card.steps))
    if card.plan:
        texts.append(_plan(card.plan, card.url))
    if card.buttons and (question := bold(fit(card.question, QUESTION))):
        texts.append(question)
    if note := line(card.note, NOTE):
        texts.append(note)
    parts = [text_part(text) for text in texts]
    buttons = [each for each in enumerate(card.buttons[:BUTTONS]) if _fits(*each)]
    parts += _rows(buttons)
    if hidden := len(card.buttons) - len(buttons):
        parts.append(text_part(f"{ELLIPSIS} {hidden} more on the {page(card.url)}"))
    if decided := escape(fit(card.decided, LINE)):
        at = f" at {moment(card.decided_at, 't')}" if card.decided_at else ""
        parts.append(text_part(f"{decided}{at}"))
    parts.append(text_part(f"-# {' · '.join(_footer(card))}"))
    return Message(tuple(parts), COLOUR[card.state])


def pressed(custom_id: str) -> str | None:
    """Return the action of a button of a card; None for one that is not."""
    kind, _, rest = custom_id.partition(":")
    number, _, action = rest.partition(":")
    return action if kind == PRESS and number.isdigit() else None


def _title(card: Card) -> str:
    title, command = (" ".join(fit(t, n).split()) for t, n in _named(card))
    head = f"### {STATES[card.state]} {escape(title or command) or ELLIPSIS}"
    shown = [head]
    if command and title and title != command:
        shown.append(code(command))
    if said := line((fit(card.line, LINE),)):
        shown.append(said)
    return "\n".join(shown)


def _named(card: Card) -> tuple[tuple[str, int], tuple[str, int]]:
    return (card.title, TITLE), (card.command, COMMAND)


def _steps(steps: tuple[Step, ...]) -> str:
    """Return the last steps, one a line; those before are counted."""
    earlier, shown = steps[:-STEPS], steps[-STEPS:]
    lines = [f"✓ {len(earlier)} earlier step{'s' if len(earlier) > 1 else ''}"] if earlier else []
    lines += [f"{STEP_MARKS[step.state]} {line((fit(step.title, STEP),))}" for step in shown]
    return "\n".join(lines)


def _plan(plan: tuple[Planned, ...], url: str) -> str:
    lines = ["**Plan**"]
    lines += [f"{number}. {_change(change)}" for number, change in enumerate(plan[:PLAN], 1)]
    if len(plan) > PLAN:
        lines.append(f"{ELLIPSIS} {len(plan) - PLAN} more on the {page(url)}")
    return "\n".join(lines)


def _change(change: Planned) -> str:
    title = line((fit(change.title, CHANGE),)) or ELLIPSIS
    promise = "can be taken back" if change.undoable else "final"
    shown = f"{PLAN_MARKS[change.state]}{title}"
    return f"{shown} — *{promise}*" if change.state in ("planned", "running") else shown


def _fits(number: int, button: Button) -> bool:
    return len(_custom_id(number, button)) <= CUSTOM_ID


def _custom_id(number: int, button: Button) -> str:
    return f"{PRESS}:{number}:{button.action}"


def _rows(buttons: list[tuple[int, Button]]) -> list[Json]:
    made = [
        {
            "type": BUTTON,
            "style": STYLES[button.tone],
            "label": fit(button.label, LABEL).strip() or ELLIPSIS,
            "custom_id": _custom_id(number, button),
        }
        for number, button in buttons
    ]
    return [
        {"type": ROW, "components": made[start : start + IN_A_ROW]}
        for start in range(0, len(made), IN_A_ROW)
    ]


def _footer(card: Card) -> Iterator[str]:
    """Yield small print: where to read on, who asked, how long it took, when."""
    if is_web_address(card.url):
        yield link("Details", card.url)
    yield f"by {line((fit(card.by.name, NAME) or card.by.id,))}"
    if card.seconds is not None:
        yield escape(duration(card.seconds))
    if card.started:
        yield moment(card.started, "f")


def moment(at: datetime, style: Literal["t", "f"]) -> str:
    """Return a time that every reader sees in their own zone."""
    return f"<t:{int(at.timestamp())}:{style}>"


def command_of(card: Card) -> str:
    """Return what a thread about this card is called."""
    return " ".join(clean(card.command or card.title).split())
