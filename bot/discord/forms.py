"""Forms as Discord modals, and what came back from them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.chat import Door, Origin
from bot.discord.markdown import bold, escape, line, weigh
from bot.discord.render import BUTTON, COLOURS, FILE, ROW, Json, Message, Upload, text_part
from bot.dispatch import Field, Form
from bot.grammar import Misread, joined, split
from bot.wording import ELLIPSIS, clean, fit

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
ERROR, SAID = 300, 1_700
LABELLED, INPUT, SELECT, CHECKBOX = 18, 4, 3, 23
SHORT, LONG = 1, 2
TRUE, FALSE = "true", "false"
FORM, QUESTION, OPEN, FIX = "form", "question", "open", "fix"
MORE = "more-settings"
SMALL, PREFIX, FILLED_IN = "-# ", "/flow ", "Filled in: "
NUMBER = re.compile(r"[0-9]{1,18}")
PLACE = re.compile(
    rf"(?P<kind>{FORM}|{QUESTION}|{OPEN}|{FIX}):(?P<about>[\w-]*)"
    r":([0-9]{0,20}):([0-9]{0,20}):([0-9]{0,20})"
)
ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
OLD = "This form belongs to an older version of the bot. Open it once more, by its command."
IN_A_FILE = "That is too long to be filled in for you: it is in this file."
FILE_NAME = "filled-in.txt"
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
    found = PLACE.fullmatch(custom_id)
    if not found or (found["kind"] == QUESTION and not NUMBER.fullmatch(found["about"])):
        return None
    kind, about, channel, thread, message = found.groups()
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
    label = fit(field.label, LABEL).strip() or field.name
    return {"type": LABELLED, "label": label, "component": _component(field), **hint}


def _component(field: Field) -> Json:
    named: Json = {"custom_id": field.name}
    if field.kind == "flag":
        return {"type": CHECKBOX, **named, "default": field.value.lower() == TRUE}
    if field.kind == "choice" and _fits_a_menu(field.choices):
        options = [
            {
                "label": fit(each, OPTION).strip() or ELLIPSIS,
                "value": each,
                "default": each == field.value,
            }
            for each in field.choices
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


def inputs(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was filled in, by the input that it stands in."""
    found = {}
    for part in data["components"]:
        for each in (part.get("component"), *(part.get("components") or ())):
            if each:
                found[str(each["custom_id"])] = _value(each)
    return {name: value for name, value in found.items() if value}


def values(data: Mapping[str, Any]) -> dict[str, str]:
    """Return what was filled in, by field name; raises Misread for words that are no setting."""
    found = inputs(data)
    for word in split(found.pop(MORE, "")):
        name, equals, value = word.partition("=")
        if not equals:
            raise Misread("More settings are written as name=value, and this is not: ", word, ".")
        found[name.strip()] = value
    return {name: value for name, value in found.items() if value}


def outdated(given: Mapping[str, str]) -> Message:
    """Return what is said of a form that is ours no more: nobody has to type it all again."""
    kept = joined(f"{name}={value}" for name, value in given.items())
    return _kept([escape(OLD)], f"{FILLED_IN}{kept}" if kept else "")


def misread(why: Misread, where: Place, given: Mapping[str, str], origin: Origin) -> Message:
    """Return what is said where the last input of a large form is no list of settings."""
    more = given.get(MORE, "")
    named = {name: value for name, value in given.items() if name != MORE}
    return correction({"": f"{why}", "You typed there": more}, where, named, origin)


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
    said: list[str] = []
    for name, error in errors.items():
        lead = f"{bold(name)} " if name and not error.startswith(name) else ""
        said.append(f"- {lead}{line((fit(error, ERROR),))}")
        if weigh("\n".join(said)) > SAID:
            said[-1] = f"{ELLIPSIS} {len(errors) - len(said) + 1} more"
            break
    filled = joined(f"{name}={value}" for name, value in given.items())
    if where.about.isdecimal():  # a question: its number is for the button alone
        small = f"{FILLED_IN}{filled}"
        return _offer(["\n".join(said)], small, FILLED_IN, place(FIX, where.about, origin))
    small = f"{PREFIX}{where.about} {filled}".rstrip()
    return _offer(["\n".join(said)], small, f"{PREFIX}{where.about}", place(FIX, "", origin))


def _offer(said: list[str], small: str, otherwise: str, where: Place) -> Message:
    """Return a message with a button; its small print is what it remembers."""
    button = {
        "type": BUTTON,
        "style": 1,
        "label": BUTTONS[where.kind],
        "custom_id": where.custom_id,
    }
    message = _kept(said, small, otherwise)
    return replace(message, parts=(*message.parts, {"type": ROW, "components": [button]}))


def _kept(said: list[str], small: str, otherwise: str = "") -> Message:
    """Return a message with small print; where that is too long, the whole goes along as a file."""
    told, kept = [*map(text_part, said)], SMALL + escape(small)
    if weigh(kept) <= REMEMBERED:
        return Message((*told, *([text_part(kept)] if small else [])), COLOURS["warn"])
    file = Upload(FILE_NAME, clean(small).encode())
    shown = {"type": FILE, "file": {"url": f"attachment://{file.name}"}}
    rest = [text_part(SMALL + escape(otherwise))] if otherwise else []
    return Message((*told, text_part(IN_A_FILE), shown, *rest), COLOURS["warn"], (file,))


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
    about = question or (words.pop(0) if words else "")
    return about, dict(word.partition("=")[::2] for word in words)


def with_values(form: Form, given: Mapping[str, str]) -> Form:
    """Return a form with these values in place of its own."""
    fields = (replace(field, value=given.get(field.name, field.value)) for field in form.fields)
    return replace(form, fields=tuple(fields))
