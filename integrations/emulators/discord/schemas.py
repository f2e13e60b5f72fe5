"""What Discord refuses in modals and application commands."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from integrations.emulators.discord.faults import Faults, Place, count, one_of, refuse, size
from integrations.emulators.discord.limits import CUSTOM_ID, ROW, SELECT, TEXT, check_select
from integrations.emulators.discord.model import Json

MODAL_TITLE = 45
MODAL_PARTS = 5
LABEL, LABEL_DESCRIPTION = 45, 100
TYPED, PLACEHOLDER = 4_000, 100
INPUT, LABELLED, CHECKBOX = 4, 18, 23

NAME = re.compile(r"[-_'\w]{1,32}")
DESCRIPTION = 100
OPTIONS, CHOICES, CHOICE = 25, 25, 100
COMMAND_SIZE = 8_000
COMMANDS = 100
SUBCOMMAND, GROUP = 1, 2
OPTION_TYPES = set(range(1, 12))
CHAT_INPUT, OF_A_USER, OF_A_MESSAGE = 1, 2, 3
ENTRIES, ENTRIES_OF_A_KIND = (OF_A_USER, OF_A_MESSAGE), 15


def check_modal(modal: Json) -> None:
    """Raise DiscordError unless this is a modal that Discord would open."""
    found = list(size(modal.get("title"), ("data", "title"), 1, MODAL_TITLE))
    found += size(modal.get("custom_id"), ("data", "custom_id"), 1, CUSTOM_ID)
    parts = modal.get("components") or []
    found += count(parts, ("data", "components"), 1, MODAL_PARTS)
    for number, part in enumerate(parts):
        found += _part(part, ("data", "components", number))
    names = [each.get("custom_id") for each in inputs(modal)]
    if len(names) > len(set(names)):
        said = "Component custom id cannot be duplicated"
        found.append((("data", "components"), "COMPONENT_CUSTOM_ID_DUPLICATED", said))
    refuse(found)


def inputs(modal: Json) -> Iterator[Json]:
    """Yield what can be filled in, each with its label."""
    for part in modal["components"]:
        if part.get("type") == LABELLED:
            yield part["component"] | {"label": part["label"]}
        else:
            yield from part.get("components", [])


def _part(part: Json, place: Place) -> Faults:
    kind = part.get("type")
    yield from one_of(kind, (*place, "type"), {ROW, TEXT, LABELLED})
    if kind == LABELLED:
        yield from size(part.get("label"), (*place, "label"), 1, LABEL)
        yield from size(part.get("description"), (*place, "description"), 0, LABEL_DESCRIPTION)
        yield from _input(part.get("component") or {}, (*place, "component"))
    for number, each in enumerate(part.get("components") or []):
        yield from size(each.get("label"), (*place, "components", number, "label"), 1, LABEL)
        yield from _input(each, (*place, "components", number))


def _input(each: Json, place: Place) -> Faults:
    kind = each.get("type")
    yield from one_of(kind, (*place, "type"), {SELECT, INPUT, CHECKBOX})
    if kind == SELECT:
        yield from check_select(each, place)
    yield from size(each.get("custom_id"), (*place, "custom_id"), 1, CUSTOM_ID)
    if kind == INPUT:
        yield from one_of(each.get("style"), (*place, "style"), {1, 2})
        yield from size(each.get("value"), (*place, "value"), 0, TYPED)
        yield from size(each.get("placeholder"), (*place, "placeholder"), 0, PLACEHOLDER)


def check_commands(commands: Any) -> None:  # noqa: ANN401 - what the app sent
    """Raise DiscordError unless these are commands that Discord would register."""
    found = list(count(commands, (), 0, COMMANDS))
    for number, command in enumerate(commands if isinstance(commands, list) else []):
        place: Place = (number,)
        if command.get("type", CHAT_INPUT) in ENTRIES:
            found += _entry(command, place)
            continue
        found += _described(command, place)
        found += _options(command.get("options") or [], (*place, "options"))
        if command_size(command) > COMMAND_SIZE:
            said = f"Command exceeds maximum size ({COMMAND_SIZE})"
            found.append((place, "APPLICATION_COMMAND_TOO_LARGE", said))
    names = [(command.get("name"), command.get("type", CHAT_INPUT)) for command in commands]
    for kind in ENTRIES:
        of_kind = [name for name, each in names if each == kind]
        found += count(of_kind, (), 0, ENTRIES_OF_A_KIND)
    if len(names) > len(set(names)):
        said = "Application command names must be unique"
        found.append(((), "APPLICATION_COMMANDS_DUPLICATE_NAME", said))
    refuse(found)


def _entry(command: Json, place: Place) -> Faults:
    yield from size(command.get("name"), (*place, "name"), 1, 32)
    for name in ("description", "options"):
        if command.get(name):
            said = f"Context menu commands cannot have {name}"
            yield (*place, name), "APPLICATION_COMMAND_CONTEXT_MENU_INVALID", said


def _described(thing: Json, place: Place) -> Faults:
    name = thing.get("name")
    yield from size(name, (*place, "name"), 1, 32)
    if isinstance(name, str) and (not NAME.fullmatch(name) or name != name.lower()):
        said = "Command name is invalid"
        yield (*place, "name"), "APPLICATION_COMMAND_INVALID_NAME", said
    yield from size(thing.get("description"), (*place, "description"), 1, DESCRIPTION)


def _options(options: list[Json], place: Place) -> Faults:
    yield from count(options, place, 0, OPTIONS)
    names = [option.get("name") for option in options]
    if len(names) > len(set(names)):
        said = "Option names must be unique"
        yield place, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", said
    is_required = [bool(option.get("required")) for option in options]
    if is_required != sorted(is_required, reverse=True):
        said = "Required options must be placed before non-required options"
        yield place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", said
    for number, option in enumerate(options):
        here = (*place, number)
        yield from one_of(option.get("type"), (*here, "type"), OPTION_TYPES)
        yield from _described(option, here)
        choices = option.get("choices") or []
        yield from count(choices, (*here, "choices"), 0, CHOICES)
        yield from check_choices(choices, (*here, "choices"))
        if choices and option.get("autocomplete"):
            said = "Autocomplete cannot be used together with choices"
            yield here, "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE", said
        yield from _options(option.get("options") or [], (*here, "options"))


def check_choices(choices: list[Json], place: Place) -> Faults:
    """Find what is wrong with choices, of a command or of an autocompletion."""
    for number, choice in enumerate(choices):
        yield from size(choice.get("name"), (*place, number, "name"), 1, CHOICE)
        if isinstance(choice.get("value"), str):
            yield from size(choice["value"], (*place, number, "value"), 1, CHOICE)


def command_size(command: Json) -> int:
    """Count the characters of a command as Discord does: names, descriptions and values."""
    own = len(command.get("name") or "") + len(command.get("description") or "")
    choices = sum(
        len(str(choice["name"])) + len(str(choice["value"]))
        for choice in command.get("choices") or []
    )
    return own + choices + sum(map(command_size, chain(command.get("options") or [])))
