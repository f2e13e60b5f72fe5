"""What Discord refuses in messages: lengths, counts, and what may stand where."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from integrations.emulators.discord.faults import Faults, Place, count, one_of, refuse, size
from integrations.emulators.discord.model import COMPONENTS_V2, DiscordError, Json

CONTENT = 2_000
EMBEDS = 10
EMBED_TOTAL = 6_000
TITLE, DESCRIPTION, FOOTER, AUTHOR = 256, 4_096, 2_048, 256
FIELDS, FIELD_NAME, FIELD_VALUE = 25, 256, 1_024
ROWS, BUTTONS = 5, 5
COMPONENTS = 40
DISPLAYED = 4_000
LABEL, CUSTOM_ID, URL, ALT = 80, 100, 512, 1_024
OPTIONS, OPTION = 25, 100
PLACEHOLDER = 150
GALLERY = 10
FILES, FILE_SIZE = 10, 10 * 1024 * 1024
NONCE = 25
LINK, PREMIUM = 5, 6
ATTACHMENT = "attachment://"

ROW, BUTTON, SELECT, TEXT, MEDIA, FILE, SEPARATOR, CONTAINER = 1, 2, 3, 10, 12, 13, 14, 17
IN_CONTAINER = {ROW, TEXT, MEDIA, FILE, SEPARATOR}
AT_THE_TOP = IN_CONTAINER | {CONTAINER}
Check = Callable[[Json, Place, Collection[str]], Faults]


def check_message(body: Json, files: Mapping[str, bytes], *, edit: bool = False) -> None:
    """Raise DiscordError unless this is a message that Discord takes."""
    v2 = bool((body.get("flags") or 0) & COMPONENTS_V2)
    found = list(_plain(body))
    found += _embeds(body.get("embeds") or [])
    found += count(body.get("attachments") or [], ("attachments",), 0, FILES)
    components = body.get("components") or []
    if v2:
        found += _legacy(body)
        found += _components(components, files)
    else:
        found += _rows(components)
    refuse(found)
    if any(len(content) > FILE_SIZE for content in files.values()):
        raise DiscordError(413, 40005, "Request entity too large")
    said = body.get("content") or body.get("embeds") or components or files
    if not edit and not said:
        raise DiscordError(400, 50006, "Cannot send an empty message")


def _plain(body: Json) -> Faults:
    yield from size(body.get("content"), ("content",), 0, CONTENT)
    if body.get("nonce") is not None:
        yield from size(str(body["nonce"]), ("nonce",), 0, NONCE)
    allowed = body.get("allowed_mentions") or {}
    for number, kind in enumerate(allowed.get("parse") or []):
        if kind not in ("everyone", "roles", "users"):
            place = ("allowed_mentions", "parse", number)
            yield place, "BASE_TYPE_CHOICES", "Value must be one of ('users', 'roles', 'everyone')."


def _legacy(body: Json) -> Faults:
    for key in ("content", "embeds", "poll", "sticker_ids"):
        if body.get(key):
            said = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            yield (key,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", said


def _embeds(embeds: Any) -> Faults:  # noqa: ANN401 - what the app sent
    yield from count(embeds, ("embeds",), 0, EMBEDS)
    total = 0
    for number, embed in enumerate(embeds):
        place: Place = ("embeds", number)
        yield from size(embed.get("title"), (*place, "title"), 0, TITLE)
        yield from size(embed.get("description"), (*place, "description"), 0, DESCRIPTION)
        footer = (embed.get("footer") or {}).get("text")
        yield from size(footer, (*place, "footer", "text"), 0, FOOTER)
        author = (embed.get("author") or {}).get("name")
        yield from size(author, (*place, "author", "name"), 0, AUTHOR)
        fields = embed.get("fields") or []
        yield from count(fields, (*place, "fields"), 0, FIELDS)
        texts = [embed.get("title"), embed.get("description"), footer, author]
        for index, each in enumerate(fields):
            here = (*place, "fields", index)
            yield from size(each.get("name"), (*here, "name"), 1, FIELD_NAME)
            yield from size(each.get("value"), (*here, "value"), 1, FIELD_VALUE)
            texts += [each.get("name"), each.get("value")]
        total += sum(len(each or "") for each in texts)
    if total > EMBED_TOTAL:
        said = f"Embed size exceeds maximum size of {EMBED_TOTAL}"
        yield ("embeds",), "MAX_EMBED_SIZE_EXCEEDED", said


def _rows(components: Any) -> Faults:  # noqa: ANN401 - what the app sent
    yield from count(components, ("components",), 0, ROWS)
    for number, row in enumerate(components if isinstance(components, list) else []):
        place = ("components", number)
        if row.get("type") != ROW:
            yield from one_of(row.get("type"), (*place, "type"), {ROW})
        else:
            yield from _row(row, place, ())
    yield from _unique(list(everything(components)), "custom_id")


def _components(components: Any, files: Collection[str]) -> Faults:  # noqa: ANN401 - what the app sent
    every = list(everything(components))
    yield from count(every, ("components",), 1, COMPONENTS)
    for number, each in enumerate(components):
        yield from _checked(each, ("components", number), files, AT_THE_TOP)
    shown = sum(len(str(each.get("content") or "")) for each in every if each.get("type") == TEXT)
    if shown > DISPLAYED:
        said = f"The total number of displayable text characters exceeds {DISPLAYED}"
        yield ("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", said
    yield from _unique(every, "custom_id")
    yield from _unique(every, "id")


def everything(components: Any) -> Iterator[Json]:  # noqa: ANN401 - what the app sent
    """Yield all components, nested ones too."""
    for each in components if isinstance(components, list) else []:
        yield each
        yield from everything(each.get("components") or [])


def _unique(components: list[Json], key: str) -> Faults:
    given = [each[key] for each in components if each.get(key)]
    if len(given) > len(set(given)):
        said = f"Component {key.replace('_', ' ')} cannot be duplicated"
        yield ("components",), f"COMPONENT_{key.upper()}_DUPLICATED", said


def _checked(each: Json, place: Place, files: Collection[str], known: set[int]) -> Faults:
    if each.get("type") not in known:
        yield from one_of(each.get("type"), (*place, "type"), known)
    else:
        yield from CHECKS[each["type"]](each, place, files)


def _row(row: Json, place: Place, _: Collection[str]) -> Faults:
    held = row.get("components") or []
    yield from count(held, (*place, "components"), 1, BUTTONS)
    kinds = {each.get("type") for each in held}
    if SELECT in kinds and len(held) > 1:
        said = "The specified component exceeds the maximum width"
        yield (*place, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", said
    for number, each in enumerate(held):
        yield from _checked(each, (*place, "components", number), (), {BUTTON, SELECT})


def _button(button: Json, place: Place, _: Collection[str]) -> Faults:
    style = button.get("style")
    yield from one_of(style, (*place, "style"), {1, 2, 3, 4, LINK, PREMIUM})
    yield from size(button.get("label"), (*place, "label"), 0, LABEL)
    if not button.get("label") and not button.get("emoji"):
        yield place, "BUTTON_COMPONENT_REQUIRES_LABEL_OR_EMOJI", "A button needs a label or emoji"
    if style == LINK:
        yield from size(button.get("url"), (*place, "url"), 1, URL)
    else:
        yield from size(button.get("custom_id"), (*place, "custom_id"), 1, CUSTOM_ID)


def check_select(select: Json, place: Place, _: Collection[str] = ()) -> Faults:
    """Find what is wrong with a select menu."""
    yield from size(select.get("custom_id"), (*place, "custom_id"), 1, CUSTOM_ID)
    yield from size(select.get("placeholder"), (*place, "placeholder"), 0, PLACEHOLDER)
    options = select.get("options") or []
    yield from count(options, (*place, "options"), 1, OPTIONS)
    for number, option in enumerate(options):
        here = (*place, "options", number)
        yield from size(option.get("label"), (*here, "label"), 1, OPTION)
        yield from size(option.get("value"), (*here, "value"), 1, OPTION)
        yield from size(option.get("description"), (*here, "description"), 0, OPTION)
    values = [option.get("value") for option in options]
    if len(values) > len(set(values)):
        said = "The specified option value is already used"
        yield (*place, "options"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", said


def _text(text: Json, place: Place, _: Collection[str]) -> Faults:
    yield from size(text.get("content"), (*place, "content"), 1, DISPLAYED)


def _media(gallery: Json, place: Place, files: Collection[str]) -> Faults:
    items = gallery.get("items") or []
    yield from count(items, (*place, "items"), 1, GALLERY)
    for number, item in enumerate(items):
        here = (*place, "items", number)
        yield from size(item.get("description"), (*here, "description"), 0, ALT)
        yield from _attached(item.get("media") or {}, (*here, "media", "url"), files)


def _file(file: Json, place: Place, files: Collection[str]) -> Faults:
    yield from _attached(file.get("file") or {}, (*place, "file", "url"), files)


def _attached(media: Json, place: Place, files: Collection[str]) -> Faults:
    url = str(media.get("url") or "")
    yield from size(url, place, 1, 2_048)
    if url.startswith(ATTACHMENT) and url.removeprefix(ATTACHMENT) not in files:
        said = "The referenced attachment was not found"
        yield place, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", said


def _separator(separator: Json, place: Place, _: Collection[str]) -> Faults:
    yield from one_of(separator.get("spacing", 1), (*place, "spacing"), {1, 2})


def _container(container: Json, place: Place, files: Collection[str]) -> Faults:
    held = container.get("components") or []
    yield from count(held, (*place, "components"), 1, COMPONENTS)
    for number, each in enumerate(held):
        yield from _checked(each, (*place, "components", number), files, IN_CONTAINER)


CHECKS: dict[int, Check] = {
    ROW: _row,
    BUTTON: _button,
    SELECT: check_select,
    TEXT: _text,
    MEDIA: _media,
    FILE: _file,
    SEPARATOR: _separator,
    CONTAINER: _container,
}
