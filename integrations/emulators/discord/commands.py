"""What somebody types after a slash, as Discord's own client reads it."""

import re
from collections.abc import Iterator
from typing import Any

from integrations.emulators.discord.model import Json
from integrations.emulators.discord.schemas import GROUP, OF_A_MESSAGE, SUBCOMMAND

STRING, INTEGER, BOOLEAN, NUMBER = 3, 4, 5, 10


class Unsendable(Exception):
    """The client does not let this be sent; the text says why."""


def chosen(commands: list[Json], line: str) -> tuple[Json, list[Json]]:
    """Return the command that a line names and its options; raises Unsendable."""
    name, _, rest = line.removeprefix("/").partition(" ")
    command = next((each for each in commands if each["name"] == name), None)
    if command is None:
        raise Unsendable(f"There is no command /{name}.")
    return command, list(_options(command.get("options") or [], rest.strip()))


def entry(commands: list[Json], label: str) -> Json:
    """Return an entry in the menu of a message, by its label; raises Unsendable."""
    held = [each for each in commands if each["type"] == OF_A_MESSAGE and each["name"] == label]
    if not held:
        raise Unsendable(f"There is no {label!r} in the menu.")
    return held[0]


def focused(commands: list[Json], line: str) -> tuple[Json, list[Json]]:
    """Return the same while the last option is still being typed: it has the focus."""
    name, _, rest = line.removeprefix("/").partition(" ")
    command = next(each for each in commands if each["name"] == name)
    options = list(_options(command.get("options") or [], rest, partial=True))
    last = options
    while last and last[-1].get("options"):
        last = last[-1]["options"]
    last[-1] |= {"focused": True, "value": str(last[-1]["value"])}
    return command, options


def _options(options: list[Json], rest: str, *, partial: bool = False) -> Iterator[Json]:
    if options and options[0]["type"] in (SUBCOMMAND, GROUP):
        word, _, rest = rest.partition(" ")
        known = next((each for each in options if each["name"] == word), None)
        if known is None:
            raise Unsendable(f"There is no {word!r} under this command.")
        held = list(_options(known.get("options") or [], rest.strip(), partial=partial))
        yield {"name": word, "type": known["type"], "options": held}
        return
    given = _given(options, rest)
    for option in options:
        if option["name"] in given:
            value = given[option["name"]]
            shown = value if partial else _value(option, value)
            yield {"name": option["name"], "type": option["type"], "value": shown}
        elif option.get("required") and not partial:
            raise Unsendable(f"This option is required: {option['name']}.")


def _given(options: list[Json], rest: str) -> dict[str, str]:
    """Return the values by name; what has no name goes to the first option."""
    names = "|".join(re.escape(option["name"]) for option in options)
    found = list(re.finditer(rf"(?:(?<=\s)|^)({names}):\s*", rest)) if names else []
    if not found:
        return {options[0]["name"]: rest} if options and rest else {}
    ends = [*(each.start() for each in found[1:]), len(rest)]
    return {each[1]: rest[each.end() : end].strip() for each, end in zip(found, ends, strict=True)}


def _value(option: Json, value: str) -> Any:  # noqa: ANN401 - a value of any type
    choices = option.get("choices") or []
    if choices and value not in [str(each["value"]) for each in choices]:
        raise Unsendable(f"Please choose one of the options for {option['name']}.")
    match option["type"]:
        case kind if kind == INTEGER:
            if not re.fullmatch(r"-?\d+", value):
                raise Unsendable(f"Input a valid integer for {option['name']}.")
            return int(value)
        case kind if kind == BOOLEAN:
            if value.lower() not in ("true", "false"):
                raise Unsendable(f"Input a valid boolean for {option['name']}.")
            return value.lower() == "true"
        case kind if kind == NUMBER:
            return float(value)
        case _:
            return value
