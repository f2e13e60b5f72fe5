"""What a person's client does by itself: find the button, fill in the form, check it."""

from collections.abc import Mapping
from typing import Any

from integrations.emulators.slack.model import Json


def chosen(blocks: list[Json], button: str) -> Json:
    """Return the action that pressing a button, or choosing from a menu, sends.

    `button` is its text, action id or value.
    """
    offered = []
    for block in blocks:
        for element in _buttons(block):
            offered.append(element["text"]["text"])
            if button in (element["text"]["text"], element.get("action_id"), element.get("value")):
                keys = ("action_id", "type", "text", "value", "style")
                action = {key: element[key] for key in keys if key in element}
                action["text"] = {"emoji": True, **element["text"]}
                return {**action, "block_id": block.get("block_id") or "b1"}
        for menu in (each for each in _elements(block) if each["type"] == "static_select"):
            for option in menu["options"]:
                offered.append(option["text"]["text"])
                if button in (option["text"]["text"], option["value"]):
                    told = {key: menu[key] for key in ("action_id", "type", "placeholder")}
                    block_id = block.get("block_id") or "b1"
                    return {**told, "selected_option": option, "block_id": block_id}
    raise LookupError(f"There is no button {button!r}; there are: {', '.join(offered) or 'none'}.")


def _buttons(block: Json) -> list[Json]:
    return [element for element in _elements(block) if element["type"] == "button"]


def _elements(block: Json) -> list[Json]:
    elements = [*block.get("elements", [])] if block["type"] == "actions" else []
    return [*elements, block["accessory"]] if "accessory" in block else elements


def filled(blocks: list[Json], values: Mapping[str, str]) -> dict[str, Json]:
    """Return the state of a modal with these values; raise ValueError where one is missing."""
    state: dict[str, Json] = {}
    known = set()
    for block in blocks:
        if block["type"] != "input":
            continue
        name, label = block["block_id"], block["label"]["text"]
        known |= {name, label}
        element = block["element"]
        value = values.get(name, values.get(label))
        shown = _state(element, value)
        if _empty(shown) and not block.get("optional"):
            raise ValueError(f"Please complete the required field {label!r}.")
        state[name] = {element["action_id"]: shown}
    if unknown := set(values) - known:
        raise LookupError(f"The modal has no field {', '.join(sorted(unknown))}.")
    return state


def _state(element: Json, value: str | None) -> Json:
    kind = element["type"]
    match kind:
        case "static_select" | "radio_buttons":
            return {"type": kind, "selected_option": _option(element, value)}
        case "checkboxes":
            return {"type": kind, "selected_options": _ticked(element, value)}
        case _:
            typed = element.get("initial_value") if value is None else value
            return {"type": kind, "value": typed or None}


def _option(element: Json, value: str | None) -> Any:  # noqa: ANN401 - an option, or nothing
    if value is None:
        return element.get("initial_option")
    for option in element["options"]:
        if value in (option["value"], option["text"]["text"]):
            return option
    raise LookupError(f"There is no option {value!r}.")


def _ticked(element: Json, value: str | None) -> list[Json]:
    if value is None:
        return list(element.get("initial_options", []))
    wanted = [part for part in value.split(",") if part]
    return [option for option in element["options"] if option["value"] in wanted]


def _empty(state: Json) -> bool:
    return not (state.get("value") or state.get("selected_option") or state.get("selected_options"))
