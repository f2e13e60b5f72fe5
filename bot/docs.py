"""Writes the generated parts of the documentation, between their marks in the README."""

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


def docs(*, check: bool, path: Path = README) -> int:
    """Write the parts; with `check` only say whether they are up to date (exit code 1: not)."""
    text = path.read_text(encoding="utf-8")
    fresh = text
    for name, content in (("settings", settings_table()), ("flows", flows_table())):
        begin, end = f"<!-- {name}: generated -->", f"<!-- end of {name} -->"
        part = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not part.search(fresh):
            sys.stderr.write(f"{path.name} has no part between {begin} and {end}.\n")
            return 2
        fresh = part.sub(lambda _, c=content, b=begin, e=end: f"{b}\n{c}\n{e}", fresh)  # type: ignore[misc] # defaults bind now
    if fresh == text:
        return 0
    if check:
        sys.stderr.write(f"{path.name} is out of date: run `make docs`.\n")
        return 1
    path.write_text(fresh, encoding="utf-8")
    sys.stdout.write(f"{path.name} is up to date now.\n")
    return 0


def settings_table() -> str:
    """Return every setting with its default and meaning, as Markdown."""
    rows = ["| Setting | Default | Meaning |", "| --- | --- | --- |"]
    for name, info in Settings.model_fields.items():
        default = f"`{_default(info.default)}`" if _default(info.default) else ""
        rows.append(f"| `FLOWBOT_{name.upper()}` | {default} | {info.description} |")
    return "\n".join(rows)


def flows_table() -> str:
    """Return every flow by family, as Markdown."""
    rows = ["| Type | What people get | Changes things |", "| --- | --- | --- |"]
    rows += [
        f"| `/flow {each.examples[0]}` | {each.summary} | {_changes(each)} |"
        for family in FAMILIES
        for each in catalogue().values()
        if each.family == family
    ]
    return "\n".join(rows)


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
