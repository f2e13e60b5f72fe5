"""Forms as Discord modals, and what came back from them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.chat import Door, Origin
from bot.discord.markdown import bold, escape, line
from bot.discord.render import BUTTON, COLOURS, ROW, Json, Message, text_part
from bot.dispatch import Field, Form
from bot.grammar import Misread, joined, split
from bot.wording import fit

TITLE = 45
PARTS = 5
LABEL = 45
HINT = 100
ASKED = 1_000
TYPED = 4_000
LINE = 80  # characters that a one-line input shows
OPTION, OPTIONS = 100, 25
CUSTOM_ID = 100
REMEMBERED = 2_000  # of a command, in a message
ERROR = 300
LABELLED, INPUT, SELECT, CHECKBOX = 18, 4, 3, 23
SHORT, LONG = 1, 2
TRUE, FALSE = "true", "false"
FORM, QUESTION, OPEN, FIX = "form", "question", "open", "fix"
MORE = "more-settings"
SMALL, PREFIX, FILLED_IN = "-# ", "/flow ", "Filled in: "
ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
BUTTONS = {OPEN: "Fill in the form", FIX: "Correct it"}


@dataclass(frozen=True, slots=True)
class Place:
    """What a button or a modal remembers: where the answer goes, and of a modal what it asks for.

    That is the slug of a flow, or the number of a question.
    """

    kind: str
    about: str
    channel: str
    thread: str
    message: str

    @property
    def custom_id(self) -> str:
        """The place in as many characters as Discord keeps."""
        message = self.message.rpartition("/")[2]
        shown = "" if message == self.thread else message
        return f"{self.kind}:{self.about}:{self.channel}:{self.thread}:{shown}"

    def origin(self, door: Door) -> Origin:
        return Origin(door, "discord", self.channel, self.thread, self.message)


def place_of(custom_id: str) -> Place | None:
    """Return what a button or modal remembers; None for one that is not ours."""
    parts = custom_id.split(":")
    if len(parts) != len(Place.__slots__) or parts[0] not in (FORM, QUESTION, OPEN, FIX):
        return None
    kind, about, channel, thread, message = parts
    named = f"{thread}/{message}" if thread and message else message or thread
    return Place(kind, about, channel, thread, named)


def place(kind: str, about: str, origin: Origin) -> Place:
    """Return the place that belongs to where a request came from."""
    return Place(kind, about, origin.channel, origin.thread, origin.message)


def modal(form: Form, origin: Origin) -> Json:
    """Return the form that asks for a flow's parameters, or for what its run wants to know.

    Discord takes five parts: of more, the needed inputs come first, and the rest share the last.
    """
    said = [text_part(escape(fit(form.text, ASKED)))] if form.text else []
    room, fields = PARTS - len(said), list(form.fields)
    rest: list[Field] = []
    if len(fields) > room:
        fields.sort(key=lambda field: not field.required)
        fields, rest = fields[: room - 1], fields[room - 1 :]
    inputs = [_labelled(field) for field in fields] + ([_more(rest)] if rest else [])
    kind, about = (QUESTION, f"{form.question}") if form.question else (FORM, form.flow)
    return {
        "title": fit(form.title, TITLE),
        "custom_id": place(kind, about, origin).custom_id,
        "components": [*said, *inputs],
    }


def _labelled(field: Field) -> Json:
    hint = {"description": fit(field.hint, HINT)} if field.hint else {}
    label = fit(field.label, LABEL)
    return {"type": LABELLED, "label": label, "component": _component(field), **hint}


def _component(field: Field) -> Json:
    named: Json = {"custom_id": field.name}
    if field.kind == "flag":
        return {"type": CHECKBOX, **named, "default": field.value.lower() == TRUE}
    if field.kind == "choice" and _fits_a_menu(field.choices):
        options = [
            {"label": each, "value": each, "default": each == field.value} for each in field.choices
        ]
        return {"type": SELECT, **named, "options": options, "required": field.required}
    typed = {"value": fit(field.value, TYPED)} if field.value else {}
    style = LONG if "\n" in field.value or len(field.value) > LINE else SHORT
    return {"type": INPUT, **named, "style": style, "required": field.required, **typed}


def _fits_a_menu(known: tuple[str, ...]) -> bool:
    return 0 < len(known) <= OPTIONS and all(0 < len(each) <= OPTION for each in known)


def _more(fields: list[Field]) -> Json:
    """Return the input that several fields share, a `name=value` each."""
    names = ", ".join(field.name for field in fields)
    given = [joined([f"{field.name}={field.value}"]) for field in fields if field.value]
    return {
        "type": LABELLED,
        "label": "More settings, as name=value",
        "description": fit(f"There are: {names}", HINT),
        "component": {
            "type": INPUT,
            "custom_id": MORE,
            "style": LONG,
            "required": any(field.required for field in fields),
            "value": fit("\n".join(given), TYPED),
        },
    }


def values(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was filled in, by field name; raises Misread for words that are no setting."""
    found = {}
    for part in data["components"]:
        for each in (part.get("component"), *part.get("components", ())):
            if each:
                found[str(each["custom_id"])] = _value(each)
    for word in split(found.pop(MORE, "")):
        name, equals, value = word.partition("=")
        if not equals:
            raise Misread("More settings are written as name=value, and this is not: ", word, ".")
        found[name.strip()] = value
    return {name: value for name, value in found.items() if value}


def _value(each: Mapping[str, Any]) -> str:
    match each["type"]:
        case kind if kind == CHECKBOX:
            return TRUE if each.get("value") else FALSE
        case kind if kind == SELECT:
            return str(next(iter(each.get("values") or []), ""))
        case _:
            return str(each.get("value") or "")


def offer(form: Form, command: str, origin: Origin) -> Message:
    """Return the message whose button opens the form, for where no form can open by itself."""
    missing = [field.label for field in form.fields if field.required and not field.value]
    asked = form.text or f"{form.title} needs {' and '.join(missing) or 'a few details'}."
    small, otherwise = f"{PREFIX}{command}", f"{PREFIX}{form.flow}"
    return _offer([escape(fit(asked, ERROR))], small, otherwise, place(OPEN, "", origin))


def correction(
    errors: Mapping[str, str], where: Place, given: Mapping[str, str], origin: Origin
) -> Message:
    """Return the message that says what was wrong in a form, and opens it again as it was."""
    said = []
    for name, error in list(errors.items())[:OPTIONS]:
        lead = f"{bold(name)} " if name and not error.startswith(name) else ""
        said.append(f"- {lead}{line((fit(error, ERROR),))}")
    filled = joined(f"{name}={value}" for name, value in given.items())
    if where.about.isdecimal():  # a question: its number is for the button alone
        small = f"{FILLED_IN}{filled}"
        return _offer(["\n".join(said)], small, FILLED_IN, place(FIX, where.about, origin))
    small = f"{PREFIX}{where.about} {filled}".rstrip()
    return _offer(["\n".join(said)], small, f"{PREFIX}{where.about}", place(FIX, "", origin))


def _offer(said: list[str], small: str, otherwise: str, where: Place) -> Message:
    """Return a message with a button; its small print is what it remembers."""
    kept = SMALL + escape(small)
    if len(kept) > REMEMBERED:
        kept = SMALL + escape(otherwise)
    button = {
        "type": BUTTON,
        "style": 1,
        "label": BUTTONS[where.kind],
        "custom_id": where.custom_id,
    }
    parts = [*map(text_part, said), text_part(kept), {"type": ROW, "components": [button]}]
    return Message(tuple(parts), COLOURS["warn"])


def remembered(texts: Iterator[str]) -> str:
    """Return the command, or the values, that an offer remembers in the texts of its message."""
    kept = next((text for text in texts if text.startswith(SMALL)), "")
    plain = ESCAPED.sub(r"\1", kept.removeprefix(SMALL))
    return plain.removeprefix(PREFIX).removeprefix(FILLED_IN)


def refilled(kept: str, question: str) -> tuple[str, dict[str, str]]:
    """Return what a form asked for, and the values that were filled in, right or wrong.

    That is the number of a question, else what the first of the words that were kept names.
    """
    words = split(kept)
    about = question or words.pop(0)
    return about, dict(word.partition("=")[::2] for word in words)


def with_values(form: Form, given: Mapping[str, str]) -> Form:
    """Return a form with these values in place of its own."""
    fields = (replace(field, value=given.get(field.name, field.value)) for field in form.fields)
    return replace(form, fields=tuple(fields))
