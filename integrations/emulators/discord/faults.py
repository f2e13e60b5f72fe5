"""What Discord says about a body that does not fit: errors by place, in its own words."""

from collections.abc import Iterator
from typing import TypeAlias

from integrations.emulators.discord.model import DiscordError, Json

Place: TypeAlias = tuple[str | int, ...]
Fault: TypeAlias = tuple[Place, str, str]
Faults: TypeAlias = Iterator[Fault]

INVALID_FORM_BODY = 50035


def refuse(found: list[Fault]) -> None:
    """Raise DiscordError where something is wrong."""
    if not found:
        return
    errors: Json = {}
    for place, code, message in found:
        node = errors
        for key in place:
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": code, "message": message})
    raise DiscordError(400, INVALID_FORM_BODY, "Invalid Form Body", errors)


def size(text: object, place: Place, least: int, most: int) -> Faults:
    """Find a text that is missing, no text, too short or too long."""
    if text is None or text == "":
        if least:
            yield place, "BASE_TYPE_REQUIRED", "This field is required"
    elif not isinstance(text, str):
        yield place, "STRING_TYPE_CONVERT", f'Could not interpret "{text}" as string.'
    elif not least <= len(text) <= most:
        if least:
            said = f"Must be between {least} and {most} in length."
            yield place, "BASE_TYPE_BAD_LENGTH", said
        else:
            yield place, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length."


def count(items: object, place: Place, least: int, most: int) -> Faults:
    """Find a list that is none, or has too few or too many items."""
    if not isinstance(items, list):
        yield place, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"
    elif not least <= len(items) <= most:
        if least:
            said = f"Must be between {least} and {most} in length."
            yield place, "BASE_TYPE_BAD_LENGTH", said
        else:
            yield place, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length."


def one_of(value: object, place: Place, known: set[int]) -> Faults:
    """Find a number that is not among those known."""
    if value not in known:
        shown = ", ".join(map(str, sorted(known)))
        yield place, "BASE_TYPE_CHOICES", f"Value must be one of ({shown})."
