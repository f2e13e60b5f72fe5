"""Writes what is generated: parts of the README, Slack's manifest, a page of all messages."""

import re
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from bot.catalogue import FAMILIES
from bot.settings import Settings
from flows.engine.registry import catalogue
from flows.engine.spec import Flow

README = Path(__file__).parent.parent / "README.md"
MANIFEST = Path(__file__).parent / "slack" / "manifest.yaml"
MESSAGES = Path(__file__).parent / "MESSAGES.md"


def docs(
    *, check: bool, path: Path = README, manifest: Path = MANIFEST, messages: Path = MESSAGES
) -> int:
    """Write the pages; with `check` only say whether they are up to date (exit code 1: not)."""
    from bot.gallery.pages import messages_page
    from bot.slack.manifest import page

    text = path.read_text(encoding="utf-8")
    fresh = text
    for name, content in (("settings", settings_table()), ("flows", flows_table())):
        begin, end = f"<!-- {name}: generated -->", f"<!-- end of {name} -->"
        part = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not part.search(fresh):
            sys.stderr.write(f"{path.name} has no part between {begin} and {end}.\n")
            return 2
        fresh = part.sub(lambda _, c=content, b=begin, e=end: f"{b}\n{c}\n{e}", fresh)  # type: ignore[misc] # defaults bind now
    pages = ((path, fresh), (manifest, page()), (messages, messages_page()))
    stale = [each for each in pages if _text_of(each[0]) != each[1]]
    for place, content in stale:
        if check:
            sys.stderr.write(f"{place.name} is out of date: run `make docs`.\n")
        else:
            place.write_text(content, encoding="utf-8")
            sys.stdout.write(f"{place.name} is up to date now.\n")
    return int(check and bool(stale))


def _text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def settings_table() -> str:
    """Return every setting with its default and meaning, as Markdown."""
    rows = ["| Setting | Default | Meaning |", "| --- | --- | --- |"]
    for name, info in Settings.model_fields.items():
        default = f"`{_default(info.default)}`" if _default(info.default) else ""
        rows.append(f"| `FLOWBOT_{name.upper()}` | {default} | {info.description} |")
    return "\n".join(rows)


def flows_table() -> str:
    """Return every flow by family, as Markdown."""
    rows = ["| Type | What people get | Changes things | Calls |", "| --- | --- | --- | --- |"]
    rows += [
        f"| `/flow {each.examples[0]}` | {each.summary} | {_changes(each)} | {_calls(each)} |"
        for family in FAMILIES
        for each in catalogue().values()
        if each.family == family
    ]
    return "\n".join(rows)


def _calls(flow: Flow) -> str:
    return f"≤ {each}" if (each := flow.budget) else "none"


def _changes(flow: Flow) -> str:
    return "after a yes" if flow.writes else "no"


def _default(value: Any) -> str:  # noqa: ANN401 - the default of any setting
    match value:
        case SecretStr() | None:
            return ""
        case _ if value is PydanticUndefined:
            return ""
        case frozenset() | list():
            return "[]"
        case bool():
            return str(value).lower()
        case _:
            return str(value)
