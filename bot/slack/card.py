"""The card of a run as one Slack message: what it is, how it stands, what is asked."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from bot.chat import Button, Card, Planned, State, Step
from bot.slack.inline import (
    Json,
    bold,
    escape,
    line,
    link,
    listing,
    plain_text,
    rich_text,
    section,
    short,
    styled,
)
from bot.slack.render import FALLBACK, Message
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
LINE = 500
COMMAND = 200
STEPS = 3
STEP = 80
PLAN = 12
CHANGE = 120
QUESTION = 300
BUTTONS = 25
LABEL = 75
NAME = 80
CONTROLS = 5
CONFIRM_TITLE = 100
CONFIRM_TEXT = 200
CONFIRM_LABEL = 30

STYLES: dict[Literal["neutral", "good", "bad"], Json] = {
    "neutral": {},
    "good": {"style": "primary"},
    "bad": {"style": "danger"},
}
SHOW_STEPS: set[State] = {"running", "failed"}


def card_message(card: Card) -> Message:
    """Return a card as a message; editing it replaces the whole."""
    blocks = [section(_title(card))]
    if card.state in SHOW_STEPS and card.steps:
        blocks.append(section(_steps(card.steps)))
    if card.plan:
        blocks.append(_plan(card.plan, card.url))
    if card.buttons and (question := fit(card.question, QUESTION)):
        blocks.append(section([bold(question)]))
    if line(card.note):
        blocks.append(section(short(card.note)))
    if card.buttons:
        blocks.append(_buttons((*card.buttons[: BUTTONS - CONTROLS], *card.controls[:CONTROLS])))
    if decided := fit(card.decided, LINE):
        at = [styled(" at "), clock(card.decided_at)] if card.decided_at else []
        blocks.append(section([styled(decided), *at]))
    if card.controls and not card.buttons:
        blocks.append(_buttons(card.controls[:CONTROLS]))
    blocks.append({"type": "context", "elements": list(_footer(card))})
    said = card.question if card.buttons and card.question else card.line
    text = fit(": ".join(part for part in (card.title, said) if part), FALLBACK)
    return Message(escape(text) or ELLIPSIS, blocks)


def _title(card: Card) -> list[Json]:
    title, command = fit(card.title, TITLE), fit(card.command, COMMAND)
    elements = [styled(f"{STATES[card.state]} ")]
    if title and title != command:
        elements += [bold(title), styled("  ")]
    if command:
        elements.append(styled(command, "code"))
    if clean(card.line):
        elements.append(styled(f"\n{fit(card.line, LINE)}"))
    return elements


def _steps(steps: tuple[Step, ...]) -> list[Json]:
    """Return the last steps, one a line; those before are counted."""
    earlier, shown = steps[:-STEPS], steps[-STEPS:]
    lines = [f"✓ {len(earlier)} earlier step{'s' if len(earlier) > 1 else ''}"] if earlier else []
    lines += [f"{STEP_MARKS[step.state]} {fit(step.title, STEP)}" for step in shown]
    return [styled("\n".join(lines))]


def _plan(plan: tuple[Planned, ...], url: str) -> Json:
    items = [_change(change) for change in plan[:PLAN]]
    head = {"type": "rich_text_section", "elements": [bold("Plan")]}
    parts = [head, listing(items, "ordered")]
    if len(plan) > PLAN:
        more = [styled(f"{ELLIPSIS} {len(plan) - PLAN} more on the "), link("run's page", url)]
        parts.append({"type": "rich_text_section", "elements": more})
    return rich_text(*parts)


def _change(change: Planned) -> list[Json]:
    promise = "can be taken back" if change.undoable else "cannot be taken back"
    title = fit(change.title, CHANGE) or ELLIPSIS
    shown = [styled(f"{PLAN_MARKS[change.state]}{title}")]
    if change.undoable is not None and change.state in ("planned", "running"):
        shown.append(styled(f" — {promise}", "italic"))
    return shown


def _buttons(buttons: tuple[Button, ...]) -> Json:
    return {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": f"press:{number}",
                "text": plain_text(button.label, LABEL),
                "value": button.action,
                **STYLES[button.tone],
                **_confirm(button),
            }
            for number, button in enumerate(buttons)
        ],
    }


def _confirm(button: Button) -> Json:
    """Return the dialogue that asks once more, where there is something to think of."""
    if not button.warns:
        return {}
    dialogue = {
        "title": plain_text(f"{button.label}?", CONFIRM_TITLE),
        "text": plain_text(button.warns, CONFIRM_TEXT),
        "confirm": plain_text(button.label, CONFIRM_LABEL),
        "deny": plain_text("Not now", CONFIRM_LABEL),
    }
    return {"confirm": dialogue}


def _footer(card: Card) -> Iterator[Json]:
    """Yield small print: where to read on, who asked, when, how long it took."""
    if is_web_address(card.url):
        yield {"type": "mrkdwn", "text": f"<{escape(card.url).replace('|', '%7C')}|Details>"}
    facts = [f"by {fit(card.by.name, NAME) or card.by.id}"]
    if card.seconds is not None:
        facts.append(duration(card.seconds))
    yield plain_text(" · ".join(facts), LINE)
    if card.started:
        yield {"type": "mrkdwn", "text": moment(card.started)}


def moment(at: datetime) -> str:
    """Return a time that every reader sees in their own zone."""
    shown = at.strftime("%Y-%m-%d %H:%M %Z").strip()
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{shown}>"


def clock(at: datetime) -> Json:
    """Return a time of day that every reader sees in their own zone."""
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{time}",
        "fallback": f"{at:%H:%M %Z}".strip(),
    }
