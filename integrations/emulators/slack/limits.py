"""What Slack refuses in blocks, messages and views: one check per block type."""

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

from integrations.emulators.slack.model import Json, SlackError

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_SIZE = 13_200
TEXT = 40_000
SECTION = 3_000
HEADER = 150
MARKDOWN = 12_000
METADATA = 16_000
TABLE_ROWS = 100
TABLE_CELLS = 20
FIELDS = 10
TASKS = 50
CONTEXT = 10
ACTIONS = 25
IDENTIFIER = 255
VIEW_TITLE = 24
PRIVATE_METADATA = 3_000

ONLY_ON = {
    "markdown": {"message"},
    "table": {"message", "home"},
    "file": {"message"},
    "plan": {"message"},
    "task_card": {"message"},
}
RICH_TEXT_PARTS = {
    "rich_text_section",
    "rich_text_list",
    "rich_text_quote",
    "rich_text_preformatted",
}
INLINE_KEYS = {
    "text": "text",
    "link": "url",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "emoji": "name",
    "broadcast": "range",
    "date": "format",
    "color": "value",
}

Faults = Iterator[tuple[str, str]]


def check_message(blocks: Any) -> None:  # noqa: ANN401 - what the app sent
    """Raise SlackError unless these are blocks that a message takes."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    _refuse(list(_faults(blocks, MESSAGE_BLOCKS, "message")), "invalid_blocks")
    if len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > MESSAGE_SIZE:
        raise SlackError("msg_blocks_too_long")


def check_kinds(blocks: Any, unsupported: Collection[str]) -> None:  # noqa: ANN401 - what the app sent
    """Raise SlackError for kinds of block that this workspace does not take yet."""
    found = [each.get("type") for each in blocks or [] if isinstance(each, dict)]
    faults = [
        (f"/blocks/{number}", f"unsupported type: {kind}")
        for number, kind in enumerate(found)
        if kind in unsupported
    ]
    _refuse(faults, "invalid_blocks")


def check_view(view: Any) -> None:  # noqa: ANN401 - what the app sent
    """Raise SlackError unless this is a view that Slack would open."""
    if not isinstance(view, dict) or view.get("type") not in {"modal", "home"}:
        raise SlackError("invalid_arguments")
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        raise SlackError("invalid_arguments")
    faults = list(_faults(blocks, VIEW_BLOCKS, view["type"]))
    if view["type"] == "modal":
        faults += _text(view.get("title"), "/title", VIEW_TITLE, plain=True)
        for key in ("submit", "close"):
            if key in view:
                faults += _text(view[key], f"/{key}", VIEW_TITLE, plain=True)
        if "submit" not in view and any(b.get("type") == "input" for b in blocks):
            faults.append(("/submit", "missing required field: submit"))
    faults += _length(view.get("private_metadata", ""), "/private_metadata", PRIVATE_METADATA)
    faults += _length(view.get("callback_id", ""), "/callback_id", IDENTIFIER)
    _refuse(faults, "invalid_arguments")


def check_metadata(metadata: Any) -> None:  # noqa: ANN401 - what the app sent
    """Raise SlackError unless this is message metadata."""
    shape = isinstance(metadata, dict) and metadata.keys() == {"event_type", "event_payload"}
    if not shape or not isinstance(metadata["event_payload"], dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata)) > METADATA:
        raise SlackError("metadata_too_large")


def _refuse(faults: list[tuple[str, str]], error: str) -> None:
    if faults:
        messages = [f"[ERROR] {what} [json-pointer:{where}]" for where, what in faults]
        raise SlackError(error, response_metadata={"messages": messages})


def _faults(blocks: list[Any], most: int, surface: str) -> Faults:
    if len(blocks) > most:
        yield "/blocks", f"no more than {most} items allowed"
    ids = [b.get("block_id") for b in blocks if isinstance(b, dict) and b.get("block_id")]
    if len(ids) != len(set(ids)):
        yield "/blocks", "block_id already exists"
    for i, block in enumerate(blocks):
        where = f"/blocks/{i}"
        kind = block.get("type") if isinstance(block, dict) else None
        if kind not in CHECKS or surface not in ONLY_ON.get(str(kind), {surface}):
            yield where, f"unsupported type: {kind}"
            continue
        yield from _length(block.get("block_id", ""), f"{where}/block_id", IDENTIFIER)
        yield from CHECKS[kind](block, where)
    tables = sum(1 for b in blocks if isinstance(b, dict) and b.get("type") == "table")
    if tables > 1:
        yield "/blocks", "only one table is allowed in a message"
    written = (
        b.get("text", "") for b in blocks if isinstance(b, dict) and b.get("type") == "markdown"
    )
    if sum(map(len, written)) > MARKDOWN:
        yield "/blocks", f"markdown must be no more than {MARKDOWN} characters in all"


def _length(value: Any, where: str, most: int, least: int = 0) -> list[tuple[str, str]]:  # noqa: ANN401
    if not isinstance(value, str):
        return [(where, "must be a string")]
    if len(value) > most:
        return [(where, f"must be less than {most + 1} characters")]
    if len(value) < least:
        return [(where, f"must be more than {least - 1} characters")]
    return []


def _text(value: Any, where: str, most: int, *, plain: bool = False) -> list[tuple[str, str]]:  # noqa: ANN401
    if not isinstance(value, dict):
        return [(where, "missing required field")]
    if value.get("type") not in ({"plain_text"} if plain else {"plain_text", "mrkdwn"}):
        return [(f"{where}/type", "must be a valid enum value")]
    return _length(value.get("text"), f"{where}/text", most, 1)


def _section(block: Json, where: str) -> Faults:
    if "text" not in block and "fields" not in block:
        yield where, "missing required field: text or fields"
    if "text" in block:
        yield from _text(block["text"], f"{where}/text", SECTION)
    fields = block.get("fields", [])
    if len(fields) > FIELDS:
        yield f"{where}/fields", f"no more than {FIELDS} items allowed"
    for i, item in enumerate(fields):
        yield from _text(item, f"{where}/fields/{i}", 2_000)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{where}/accessory")


def _header(block: Json, where: str) -> Faults:
    yield from _text(block.get("text"), f"{where}/text", HEADER, plain=True)


def _context(block: Json, where: str) -> Faults:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= CONTEXT:
        yield f"{where}/elements", f"1 to {CONTEXT} items allowed"
    for i, item in enumerate(elements):
        if item.get("type") != "image":
            yield from _text(item, f"{where}/elements/{i}", SECTION)


def _actions(block: Json, where: str) -> Faults:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= ACTIONS:
        yield f"{where}/elements", f"1 to {ACTIONS} items allowed"
    ids = [e.get("action_id") for e in elements]
    if len(ids) != len(set(ids)):
        yield f"{where}/elements", "action_id already exists"
    for i, item in enumerate(elements):
        yield from _element(item, f"{where}/elements/{i}")


def _input(block: Json, where: str) -> Faults:
    yield from _text(block.get("label"), f"{where}/label", 2_000, plain=True)
    if "hint" in block:
        yield from _text(block["hint"], f"{where}/hint", 2_000, plain=True)
    yield from _element(block.get("element"), f"{where}/element")


def _element(element: Any, where: str) -> Faults:  # noqa: ANN401 - what the app sent
    kind = element.get("type") if isinstance(element, dict) else None
    if kind not in ELEMENTS:
        yield where, f"unsupported type: {kind}"
        return
    yield from _length(element.get("action_id", ""), f"{where}/action_id", IDENTIFIER)
    if "placeholder" in element:
        yield from _text(element["placeholder"], f"{where}/placeholder", 150, plain=True)
    yield from ELEMENTS[kind](element, where)


def _button(element: Json, where: str) -> Faults:
    yield from _text(element.get("text"), f"{where}/text", 75, plain=True)
    yield from _length(element.get("value", ""), f"{where}/value", 2_000)
    yield from _length(element.get("url", ""), f"{where}/url", 3_000)
    if element.get("style", "primary") not in {"primary", "danger"}:
        yield f"{where}/style", "must be a valid enum value"
    if "confirm" in element:
        yield from _confirm(element["confirm"], f"{where}/confirm")


def _confirm(dialogue: Any, where: str) -> Faults:  # noqa: ANN401 - what the app sent
    if not isinstance(dialogue, dict):
        yield where, "must be an object"
        return
    for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        yield from _text(dialogue.get(name), f"{where}/{name}", most, plain=name != "text")


def _options(most: int) -> Callable[[Json, str], Faults]:
    def check(element: Json, where: str) -> Faults:
        options = element.get("options", [])
        if not 1 <= len(options) <= most:
            yield f"{where}/options", f"1 to {most} items allowed"
        for i, option in enumerate(options):
            yield from _text(option.get("text"), f"{where}/options/{i}/text", 75)
            yield from _length(option.get("value"), f"{where}/options/{i}/value", 150, 1)
        chosen = element.get("initial_options", [])
        chosen = [*chosen, element["initial_option"]] if "initial_option" in element else chosen
        if any(option not in options for option in chosen):
            yield where, "initial option must be one of the options"

    return check


def _typed(element: Json, where: str) -> Faults:
    yield from _length(element.get("initial_value", ""), f"{where}/initial_value", SECTION)
    if not 1 <= element.get("max_length", SECTION) <= SECTION:
        yield f"{where}/max_length", f"must be 1 to {SECTION}"


def _number(element: Json, where: str) -> Faults:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        yield f"{where}/is_decimal_allowed", "missing required field"


def _rich_text(block: Json, where: str) -> Faults:
    if not isinstance(block.get("elements"), list) or not block["elements"]:
        yield f"{where}/elements", "missing required field"
        return
    for i, part in enumerate(block["elements"]):
        yield from _rich_part(part, f"{where}/elements/{i}")


def _rich_part(part: Json, where: str) -> Faults:
    kind = part.get("type")
    if kind not in RICH_TEXT_PARTS:
        yield where, f"unsupported type: {kind}"
        return
    if kind == "rich_text_list":
        if part.get("style") not in {"bullet", "ordered"}:
            yield f"{where}/style", "must be a valid enum value"
        for i, item in enumerate(part["elements"]):
            yield from _rich_part(item, f"{where}/elements/{i}")
        return
    for i, item in enumerate(part["elements"]):
        key = INLINE_KEYS.get(item.get("type"))
        if key is None:
            yield f"{where}/elements/{i}", f"unsupported type: {item.get('type')}"
        else:
            yield from _length(item.get(key), f"{where}/elements/{i}/{key}", MESSAGE_SIZE, 1)


def _table(block: Json, where: str) -> Faults:
    rows = block.get("rows", [])
    if not 1 <= len(rows) <= TABLE_ROWS:
        yield f"{where}/rows", f"1 to {TABLE_ROWS} items allowed"
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        yield f"{where}/rows", "every row must have the same number of cells"
    if widths and not 1 <= max(widths) <= TABLE_CELLS:
        yield f"{where}/rows", f"1 to {TABLE_CELLS} cells allowed"
    if len(block.get("column_settings", [])) > TABLE_CELLS:
        yield f"{where}/column_settings", f"no more than {TABLE_CELLS} items allowed"
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            place = f"{where}/rows/{r}/{c}"
            match cell.get("type"):
                case "raw_text":
                    yield from _length(cell.get("text"), place, MESSAGE_SIZE, 1)
                case "rich_text":
                    yield from _rich_text(cell, place)
                case "raw_number":
                    pass
                case other:
                    yield place, f"unsupported type: {other}"


def _image(block: Json, where: str) -> Faults:
    if ("image_url" in block) == ("slack_file" in block):
        yield where, "exactly one of image_url and slack_file is required"
    yield from _length(block.get("alt_text"), f"{where}/alt_text", 2_000, 1)


def _markdown(block: Json, where: str) -> Faults:
    yield from _length(block.get("text"), f"{where}/text", MARKDOWN, 1)


def _plan(block: Json, where: str) -> Faults:
    yield from _length(block.get("title"), f"{where}/title", TEXT, 1)
    tasks = block.get("tasks", [])
    if len(tasks) > TASKS:
        yield f"{where}/tasks", f"no more than {TASKS} items allowed"
    if len({task.get("task_id") for task in tasks}) < len(tasks):
        yield f"{where}/tasks", "task_id already exists"
    for i, task in enumerate(tasks):
        if task.get("type") != "task_card":
            yield f"{where}/tasks/{i}", f"unsupported type: {task.get('type')}"
        else:
            yield from _task_card(task, f"{where}/tasks/{i}")


def _task_card(block: Json, where: str) -> Faults:
    yield from _length(block.get("task_id"), f"{where}/task_id", IDENTIFIER, 1)
    yield from _length(block.get("title"), f"{where}/title", TEXT, 1)
    if block.get("status") not in {"pending", "in_progress", "complete", "error"}:
        yield f"{where}/status", "must be a valid enum value"
    for key in {"details", "output"} & block.keys():
        yield from _rich_text(block[key], f"{where}/{key}")


def _nothing(_: Json, __: str) -> Faults:
    yield from ()


CHECKS: dict[str | None, Callable[[Json, str], Faults]] = {
    "actions": _actions,
    "context": _context,
    "divider": _nothing,
    "file": _nothing,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "plan": _plan,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
    "task_card": _task_card,
}
ELEMENTS: dict[str | None, Callable[[Json, str], Faults]] = {
    "button": _button,
    "checkboxes": _options(10),
    "multi_static_select": _options(100),
    "number_input": _number,
    "overflow": _options(5),
    "plain_text_input": _typed,
    "radio_buttons": _options(10),
    "static_select": _options(100),
}
