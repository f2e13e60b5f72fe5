"""Buttons as Slack elements: what is pressed comes back as the value."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Literal

from bot.chat import Button
from bot.slack.inline import Json, plain_text, weigh

MOST = 25  # in one block
LABEL = 75
VALUE = 2_000
SIZE = 8_000  # on the wire, of the 13,200 that all of a message may have
CONFIRM_TITLE = 100
CONFIRM_TEXT = 200
CONFIRM_LABEL = 30
PRESS = "press"

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
