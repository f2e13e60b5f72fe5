"""What can be pressed or chosen under a message of Discord, and what a press stands for; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from msgspec import structs

from bot.chat import Button
from bot.discord.markdown import bold, line
from bot.discord.render import (
    BUTTON,
    COLOURS,
    COMPONENTS,
    ROW,
    SELECT,
    Json,
    Message,
    report_messages,
    text_part,
)
from bot.offers import Offer
from bot.pressing import TYPE
from bot.replies import Say
from bot.wording import ELLIPSIS, fit
from flows.report import Bullets, Code, Line

IN_A_ROW = 5
MOST = 5 * IN_A_ROW
LABEL = 80
CUSTOM_ID = 100
OPTIONS, OPTION = 25, 100

NUMBER = re.compile(r"[0-9]{0,20}")  # none: what only one person sees bears no thread

PRESS, ASK, SURE, CHOOSE = "press", "ask", "sure", "choose"
CHOICE = "Choose an answer"
STYLES: dict[Literal["neutral", "good", "bad"], int] = {"neutral": 2, "good": 3, "bad": 4}


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button that was pressed: `at` is the message of the card, once that has to be known."""

    kind: str
    at: str
    action: str


def pressed(custom_id: str, chosen: Sequence[str] = ()) -> Pressed | None:
    """Return what a button stands for, or what was chosen of a menu; None for one of neither."""
    kind, _, rest = custom_id.partition(":")
    number, _, action = rest.partition(":")
    if kind == CHOOSE and chosen:
        return Pressed(PRESS, "", chosen[0])
    if kind not in (PRESS, ASK, SURE) or not NUMBER.fullmatch(number):
        return None
    return Pressed(kind, number if kind == SURE else "", action)


def button_rows(buttons: Sequence[Button], first: int = 0) -> list[Json]:
    """Return buttons in rows; they are numbered from `first`, so that each is another one."""
    made = [
        {
            "type": BUTTON,
            "style": STYLES[button.tone],
            "label": fit(button.label, LABEL).strip() or ELLIPSIS,
            "custom_id": _custom_id(number, button),
        }
        for number, button in enumerate(buttons, first)
    ]
    return [_row(made[start : start + IN_A_ROW]) for start in range(0, len(made), IN_A_ROW)]


def menu_row(buttons: Sequence[Button], number: int = 0) -> Json:
    """Return the menu that stands for so many buttons that they would hide the message."""
    options = [
        {"label": fit(each.label, OPTION).strip() or ELLIPSIS, "value": each.action}
        for each in buttons
    ]
    menu = {"type": SELECT, "custom_id": f"{CHOOSE}:{number}", "placeholder": CHOICE}
    return _row([menu | {"options": options}])


def pressable(buttons: Sequence[Button]) -> list[Button]:
    """Return the buttons that Discord can keep: what they stand for is in few characters."""
    return [each for each in buttons if fits(each)]


def choosable(buttons: Sequence[Button]) -> list[Button]:
    """Return what fits into a menu; the same answer is in it once."""
    unique = {each.action: each for each in buttons if 0 < len(each.action) <= OPTION}
    return list(unique.values())[:OPTIONS]


def fits(button: Button) -> bool:
    """Say whether Discord can keep what a button stands for, whichever it is."""
    return len(_custom_id(MOST, button)) <= CUSTOM_ID


def doubt(offer: Offer, action: str, at: str) -> Message:
    """Return the question whether somebody means it, for what there is to think of before."""
    button = {
        "type": BUTTON,
        "style": STYLES["bad"],
        "label": fit(offer.label, LABEL),
        "custom_id": f"{SURE}:{at}:{action}",
    }
    said = f"{bold(f'{offer.label}?')} {line((offer.warns,))}"
    return Message((text_part(said), _row([button])), COLOURS["warn"])


def said_messages(say: Say) -> list[Message]:
    """Return what is said to one person, with its buttons under the last message.

    What does not fit into a button can be typed instead.
    """
    shown = pressable(say.buttons)[:MOST]
    rest = tuple(_typable(each) for each in say.buttons if each not in shown)
    blocks = (*say.report.blocks, Bullets(rest)) if rest else say.report.blocks
    *first, last = report_messages(structs.replace(say.report, blocks=blocks), "")
    if not shown:
        return [*first, last]
    rows = button_rows(shown)
    if len(last.parts) + len(rows) + len(shown) < COMPONENTS:
        return [*first, replace(last, parts=(*last.parts, *rows))]
    return [*first, last, Message(tuple(rows), last.colour)]


def _typable(button: Button) -> Line:
    return (f"{button.label}: ", Code(f"/flow {button.action.removeprefix(f'{TYPE}:')}"))


def _custom_id(number: int, button: Button) -> str:
    return f"{ASK if button.warns else PRESS}:{number}:{button.action}"


def _row(held: list[Json]) -> Json:
    return {"type": ROW, "components": held}
