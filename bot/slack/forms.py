"""Forms as Slack modals, and what came back from them."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from bot.chat import Origin
from bot.dispatch import Field, Form
from bot.slack.inline import Json, escape, plain_text, section, styled
from bot.slack.newer import plainer
from bot.slack.render import Message, report_messages
from bot.wording import fit, storable
from flows.report import Report

VIEW_TITLE = 24
LABEL = 150
HINT = 500
TYPED = 3_000
OPTION = 75
OPTIONS = 100
BUTTON_VALUE = 2_000
ERROR = 300
VIEW_BLOCKS = 100
TRUE = "true"
NUMBER = re.compile(r"(-?[0-9]+(\.[0-9]+)?)?")
INPUT = "value"
FORM = "form"
TOO_LONG = "What you typed is too long for me to fill in: copy it from your message."
OPEN = "open-form"


class FormPlace(msgspec.Struct, frozen=True):
    """What a modal remembers: the flow or the question it asks for, and where the answer goes."""

    flow: str
    channel: str
    thread: str = ""
    message: str = ""
    question: Annotated[int, msgspec.Meta(ge=0, le=2**62)] = 0


class Offer(msgspec.Struct, frozen=True):
    """What a "Fill in the form" button remembers: the command that lacked something."""

    command: str
    door: str
    channel: str
    thread: str = ""
    message: str = ""


def modal(form: Form, origin: Origin) -> Json:
    """Return the view that asks for a flow's parameters, or for what its run wants to know."""
    place = FormPlace(form.flow, origin.channel, origin.thread, origin.message, form.question)
    said = [section([styled(fit(form.text, HINT))])] if form.text else []
    inputs = [_input(field) for field in form.fields]
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": msgspec.json.encode(place).decode(),
        "title": plain_text(form.title, VIEW_TITLE),
        "submit": plain_text("Answer" if form.question else "Run", VIEW_TITLE),
        "close": plain_text("Cancel", VIEW_TITLE),
        "blocks": [*said, *inputs][:VIEW_BLOCKS],
    }


def _input(field: Field) -> Json:
    hint = {"hint": plain_text(field.hint, HINT)} if field.hint else {}
    return {
        "type": "input",
        "block_id": field.name,
        "label": plain_text(field.label, LABEL),
        "optional": not field.required or field.kind == "flag",
        "element": {"action_id": INPUT, **_element(field)},
        **hint,
    }


def _element(field: Field) -> Json:
    typed = {"initial_value": fit(field.value, TYPED)} if field.value else {}
    match field.kind:
        case "choice" if _fits_a_menu(field.choices):
            return _menu(field)
        case "flag":
            box = {"text": plain_text("Yes", OPTION), "value": TRUE}
            ticked = {"initial_options": [box]} if field.value.lower() == TRUE else {}
            return {"type": "checkboxes", "options": [box], **ticked}
        case "number" if NUMBER.fullmatch(field.value):  # Slack opens no form with another one
            return {"type": "number_input", "is_decimal_allowed": True, **typed}
        case _:
            return {"type": "plain_text_input", **typed}


def _fits_a_menu(choices: tuple[str, ...]) -> bool:
    return 0 < len(choices) <= OPTIONS and all(0 < len(choice) <= OPTION for choice in choices)


def _menu(field: Field) -> Json:
    options = {name: {"text": plain_text(name, OPTION), "value": name} for name in field.choices}
    menu: Json = {"type": "static_select", "options": list(options.values())}
    chosen = options.get(field.value)
    return menu | ({"initial_option": chosen} if chosen else {})


def values(view: Mapping[str, Any]) -> dict[str, str]:
    """Return what was filled in, by field name; what was left empty is left out."""
    found = {}
    for name, elements in view["state"]["values"].items():
        for state in elements.values():
            value = _value(state)
            if value:
                found[name] = value
    return found


def _value(state: Mapping[str, Any]) -> str:
    match state["type"]:
        case "static_select":
            return storable((state.get("selected_option") or {}).get("value") or "")
        case "checkboxes":
            return TRUE if state.get("selected_options") else ""
        case _:
            return storable(state.get("value") or "")


def place_of(view: Mapping[str, Any]) -> FormPlace:
    """Return what a modal remembers; raises msgspec.ValidationError for one that is not ours."""
    return msgspec.json.decode(storable(view["private_metadata"]), type=FormPlace)


def answered(found: Mapping[str, str], view: Mapping[str, Any]) -> Json:
    """Return what a modal answers to these errors: at its fields, so that all stays as typed."""
    if at := errors(found, view):
        return {"response_action": "errors", "errors": at}
    said = Report("", " ".join(found.values()), "warn")
    return {"response_action": "update", "view": notice(said, view["title"]["text"])}


def errors(found: Mapping[str, str], view: Mapping[str, Any]) -> dict[str, str]:
    """Return the sentences by block; what belongs to no field is shown at the first, if any."""
    fields = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    if not fields:
        return {}
    shown = {name: fit(said, ERROR) for name, said in found.items() if name in fields}
    for name, said in found.items():
        if name not in fields:
            shown.setdefault(fields[0], fit(f"{name}: {said}" if name else said, ERROR))
    return shown


def notice(report: Report, title: str) -> Json:
    """Return a view that says something, where a form was or in a window of its own."""
    blocks = [block for message in report_messages(report, "") for block in message.blocks]
    return {
        "type": "modal",
        "title": plain_text(title, VIEW_TITLE),
        "close": plain_text("Close", VIEW_TITLE),
        "blocks": plainer(blocks)[:VIEW_BLOCKS],
    }


def offer(form: Form, command: str, origin: Origin) -> Message:
    """Return the message whose button opens the form, for where no form can open by itself."""
    missing = [field.label for field in form.fields if field.required and not field.value]
    needs = f"{form.title} needs {' and '.join(missing) or 'a few details'}."
    asked = fit(form.text, HINT).strip() or fit(needs, HINT)
    made = Offer(command, origin.door, origin.channel, origin.thread, origin.message)
    value = msgspec.json.encode(made).decode()
    if len(value) > BUTTON_VALUE:
        value = msgspec.json.encode(msgspec.structs.replace(made, command=form.flow)).decode()
        asked = f"{asked} {TOO_LONG}"
    button = {
        "type": "button",
        "action_id": OPEN,
        "style": "primary",
        "text": plain_text("Fill in the form", OPTION),
        "value": value,
    }
    said = section([styled(asked)])
    return Message(escape(asked), [said, {"type": "actions", "elements": [button]}])
