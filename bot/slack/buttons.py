"""Buttons as Slack elements: what is pressed comes back as the value."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Literal

from bot.chat import Button
from bot.slack.inline import Json, plain_text, weigh
from bot.wording import storable

MOST = 25  # in one block
LABEL = 75
VALUE = 2_000
SIZE = 8_000  # on the wire, of the 13,200 that all of a message may have
CONFIRM_TITLE = 100
CONFIRM_TEXT = 200
CONFIRM_LABEL = 30
PRESS, CHOOSE = "press", "choose"
BESIDE = 5  # more answers than that would hide the question
OPTIONS, OPTION = 100, 150

STYLES: dict[Literal["neutral", "good", "bad"], Json] = {
    "neutral": {},
    "good": {"style": "primary"},
    "bad": {"style": "danger"},
}


def actions(buttons: Sequence[Button]) -> list[Json]:
    """Return the block of these buttons; none where there is no button that Slack takes."""
    fitting = [each for each in buttons if len(each.action) <= VALUE][:MOST]
    elements = [_button(number, each) for number, each in enumerate(fitting)]
    sizes = accumulate(map(weigh, elements))
    elements = [each for each, size in zip(elements, sizes, strict=True) if size <= SIZE]
    return [{"type": "actions", "elements": elements}] if elements else []


def answers(buttons: Sequence[Button], controls: Sequence[Button]) -> tuple[list[Json], int]:
    """Return the answers of a question beside what else can be pressed, and how many are left out.

    More of them than fit beside each other are a menu.
    """
    if len(buttons) <= BESIDE:
        return actions((*buttons, *controls)), 0
    unique = {each.action: each for each in buttons if len(each.action) <= OPTION}
    options = [
        {"text": plain_text(each.label, LABEL), "value": each.action} for each in unique.values()
    ][:OPTIONS]
    sizes = accumulate(map(weigh, options))
    options = [each for each, size in zip(options, sizes, strict=True) if size <= SIZE // 2]
    elements = [element for block in actions(controls) for element in block["elements"]]
    if options:
        placeholder = plain_text("Choose an answer", LABEL)
        menu = {"type": "static_select", "action_id": CHOOSE, "placeholder": placeholder}
        elements.insert(0, {**menu, "options": options})
    shown = [{"type": "actions", "elements": elements}] if elements else []
    return shown, len(buttons) - len(options)


def pressed_of(action: Mapping[str, Any]) -> str:
    """Return what a button stands for, or what was chosen from a menu."""
    chosen = action.get("selected_option") or action
    return storable(chosen.get("value") or "")


def _button(number: int, button: Button) -> Json:
    return {
        "type": "button",
        "action_id": f"{PRESS}:{number}",
        "text": plain_text(button.label, LABEL),
        "value": button.action,
        **STYLES[button.tone],
        **_confirm(button),
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
