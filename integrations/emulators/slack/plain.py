"""A message as text: what somebody would read who has a terminal instead of Slack."""

import re
from collections.abc import Iterator
from datetime import datetime
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from integrations.emulators.slack.model import Json, Message, SlackError
from integrations.emulators.slack.workspace import Workspace

CONTROL = re.compile(r"<([^<>]+)>")
DATE_WORDS = {
    "{date_short_pretty}": "%d %b %Y",
    "{date_pretty}": "%d %B %Y",
    "{date_long}": "%A, %d %B %Y",
    "{date_num}": "%Y-%m-%d",
    "{date_short}": "%d %b %Y",
    "{date}": "%d %B %Y",
    "{time_secs}": "%H:%M:%S",
    "{time}": "%H:%M",
}
TASKS = {"pending": "○", "in_progress": "◐", "complete": "●", "error": "✗"}
PICTURES = (".png", ".jpg", ".jpeg", ".gif")


def plain(space: Workspace, message: Message) -> str:
    """Return the readable text of a message, its buttons, files and reactions."""
    lines = [line for block in message.blocks for line in _block(space, block)]
    if not lines and message.text:
        lines = [_mrkdwn(space, message.text)]
    for shown in message.unfurls.values():
        quoted = [line for block in shown.get("blocks", []) for line in _block(space, block)]
        lines += [f"│ {line}" for line in "\n".join(quoted).splitlines()]
    for name in message.files:
        file = space.files[name]
        kind = "picture" if file.name.lower().endswith(PICTURES) else "file"
        lines.append(f"[{kind}: {file.title}{f' — {file.alt}' if file.alt else ''}]")
    if message.reactions:
        marks = (f":{name}: {len(users)}" for name, users in message.reactions.items())
        lines.append(" ".join(marks))
    return "\n".join(lines)


def _block(space: Workspace, block: Json) -> Iterator[str]:  # noqa: C901, PLR0912 - one per kind
    match block["type"]:
        case "header":
            text = block["text"]["text"]
            yield from (text, "=" * len(text))
        case "section":
            for item in [block[k] for k in ("text",) if k in block] + block.get("fields", []):
                yield _text(space, item)
            if "accessory" in block:
                yield _button(block["accessory"])
        case "context":
            yield "  ".join(_text(space, e) for e in block["elements"] if e["type"] != "image")
        case "rich_text":
            yield from _rich_text(space, block)
        case "table":
            yield from _table(space, block["rows"])
        case "plan":
            yield block["title"]
            yield from (f"  {TASKS[task['status']]} {task['title']}" for task in block["tasks"])
        case "task_card":
            yield f"{TASKS[block['status']]} {block['title']}"
        case "actions":
            yield " ".join(_button(element) for element in block["elements"])
        case "divider":
            yield "─" * 40
        case "markdown":
            yield block["text"]
        case "image":
            yield f"[picture: {block['alt_text']}]"
        case "input":
            yield f"{block['label']['text']}: {block['element'].get('initial_value') or '…'}"
        case other:
            yield f"[{other}]"


def _button(element: Json) -> str:
    if element["type"] == "button":
        return f"[ {element['text']['text']} ]"
    options = " | ".join(option["text"]["text"] for option in element.get("options", []))
    return f"[ {element['placeholder']['text']} ▾ {options} ]" if options else "[ … ]"


def _text(space: Workspace, item: Json) -> str:
    text: str = item["text"]
    return text if item["type"] == "plain_text" else _mrkdwn(space, text)


def _mrkdwn(space: Workspace, text: str) -> str:
    shown = CONTROL.sub(lambda found: _control(space, found[1]), text)
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _control(space: Workspace, inside: str) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        return f"@{label or _name(space, target[1:])}"
    if target.startswith("#"):
        return f"#{label or _channel(space, target[1:])}"
    if target.startswith("!date^"):
        _, seconds, form, *_rest = target.split("^")
        return _date(int(seconds), form)
    if target.startswith("!"):
        return f"@{label or target[1:]}"
    return f"{label} ({target})" if label and label != target else target


def _date(seconds: int, form: str) -> str:
    moment = datetime.fromtimestamp(seconds, ZoneInfo("UTC"))
    for word, code in DATE_WORDS.items():
        form = form.replace(word, moment.strftime(code))
    return form


def _name(space: Workspace, user: str) -> str:
    try:
        return space.user(user).name
    except SlackError:
        return user


def _channel(space: Workspace, channel: str) -> str:
    try:
        return space.channel(channel).name
    except SlackError:
        return channel


def _rich_text(space: Workspace, block: Json) -> Iterator[str]:
    for part in block["elements"]:
        match part["type"]:
            case "rich_text_list":
                ordered, indent = part["style"] == "ordered", "  " * part.get("indent", 0)
                for number, item in enumerate(part["elements"], 1 + part.get("offset", 0)):
                    mark = f"{number}." if ordered else "•"
                    yield f"{indent}{mark} {_inlines(space, item)}"
            case "rich_text_quote":
                yield "> " + _inlines(space, part).replace("\n", "\n> ")
            case _:
                yield _inlines(space, part).rstrip("\n")


def _inlines(space: Workspace, part: Json) -> str:
    return "".join(_inline(space, element) for element in part["elements"])


def _inline(space: Workspace, element: Json) -> str:  # noqa: PLR0911 - one per kind
    match element["type"]:
        case "text":
            text: str = element["text"]
            return f"`{text}`" if element.get("style", {}).get("code") else text
        case "link":
            label = element.get("text") or element["url"]
            return label if label == element["url"] else f"{label} ({element['url']})"
        case "user":
            return f"@{_name(space, element['user_id'])}"
        case "channel":
            return f"#{_channel(space, element['channel_id'])}"
        case "broadcast":
            return f"@{element['range']}"
        case "emoji":
            return f":{element['name']}:"
        case "date":
            return _date(element["timestamp"], element["format"])
        case other:
            return f"[{other}]"


def _cell(space: Workspace, cell: Json) -> str:
    """Return what a cell shows: of a link, its label."""
    if cell["type"] != "rich_text":
        return str(cell.get("text") or cell.get("value"))
    parts = [element for part in cell["elements"] for element in part["elements"]]
    return "".join(e.get("text") or _inline(space, e) for e in parts)


def _width(text: str) -> int:
    """Return how many columns a terminal takes for a text."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def _table(space: Workspace, rows: list[list[Json]]) -> Iterator[str]:
    cells = [[_cell(space, cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        padded = (text + " " * (w - _width(text)) for text, w in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()
        if number == 0:
            yield "  ".join("─" * width for width in widths)
