"""What a person's client does by itself: find the button, fill in the form, check it."""

from collections.abc import Mapping

from integrations.emulators.discord.limits import BUTTON, LINK, ROW, SELECT, everything
from integrations.emulators.discord.model import Json, Message
from integrations.emulators.discord.schemas import CHECKBOX, LABELLED, inputs


def pressed(message: Message, button: str) -> Json:
    """Return what pressing a button sends; `button` is its label or custom id."""
    offered = []
    for each in everything(message.components):
        if each["type"] == BUTTON and each["style"] != LINK and not each.get("disabled"):
            offered.append(each["label"])
            if button in (each["label"], each["custom_id"]):
                number = each.get("id") or len(offered) + 1
                return {"component_type": BUTTON, "custom_id": each["custom_id"], "id": number}
    raise LookupError(f"There is no button {button!r}; there are: {', '.join(offered) or 'none'}.")


def chosen(message: Message, option: str) -> Json:
    """Return what choosing from a menu sends; `option` is its label or value."""
    offered = []
    for each in everything(message.components):
        for one in each["options"] if each["type"] == SELECT and not each.get("disabled") else ():
            offered.append(one["label"])
            if option in (one["label"], one["value"]):
                told = {"custom_id": each["custom_id"], "id": each.get("id") or 1}
                return {"component_type": SELECT, "values": [one["value"]], **told}
    raise LookupError(f"There is no option {option!r}; there are: {', '.join(offered) or 'none'}.")


def filled(modal: Json, values: Mapping[str, str]) -> Json:
    """Return what submitting a form sends; raises ValueError or LookupError where it cannot be."""
    known = {name for each in inputs(modal) for name in (each["custom_id"], each["label"])}
    if unknown := set(values) - known:
        raise LookupError(f"The form has no field {', '.join(sorted(unknown))}.")
    parts = []
    for number, part in enumerate(modal["components"], 1):
        shown: Json = {"type": part["type"], "id": number}
        if part["type"] == LABELLED:
            shown["component"] = _state(part["component"], part["label"], values)
        elif part["type"] == ROW:
            shown["components"] = [
                _state(each, each["label"], values) for each in part["components"]
            ]
        parts.append(shown)
    return {"custom_id": modal["custom_id"], "components": parts}


def _state(each: Json, label: str, values: Mapping[str, str]) -> Json:
    name = each["custom_id"]
    value = values.get(name, values.get(label))
    shown: Json = {"type": each["type"], "id": 1, "custom_id": name}
    if each["type"] == CHECKBOX:
        ticked = value == "true" if value is not None else bool(each.get("default"))
        return shown | {"value": ticked}
    if each["type"] == SELECT:
        return shown | {"values": _chosen(each, label, value)}
    typed = (each.get("value") or "") if value is None else value
    if each.get("required", True) and not typed:
        raise ValueError(f"This field is required: {label}.")
    if len(typed) > each.get("max_length", 4_000):
        raise ValueError(f"{label} takes at most {each['max_length']} characters.")
    return shown | {"value": typed}


def _chosen(each: Json, label: str, value: str | None) -> list[str]:
    options = each["options"]
    if value is None:
        return [option["value"] for option in options if option.get("default")]
    found = [option["value"] for option in options if value in (option["value"], option["label"])]
    if value and not found:
        raise LookupError(f"There is no option {value!r} for {label}.")
    return found
