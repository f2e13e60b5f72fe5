"""Everything a flow's author imports."""

from flows.engine.access import Role
from flows.engine.effects import effect
from flows.engine.errors import Declined, FlowError
from flows.engine.named import IssueKey, PersonName
from flows.engine.registry import flow
from flows.engine.run import ReadRun, Run
from flows.engine.spec import Params, Shortcut
from flows.report import (
    Attachment,
    Block,
    Bullets,
    Channel,
    Code,
    Facts,
    Figure,
    Inline,
    Line,
    Link,
    Moment,
    Person,
    Report,
    Table,
    Text,
    bullets,
    facts,
    table,
    text,
)

__all__ = [
    "Attachment",
    "Block",
    "Bullets",
    "Channel",
    "Code",
    "Declined",
    "Facts",
    "Figure",
    "FlowError",
    "Inline",
    "IssueKey",
    "Line",
    "Link",
    "Moment",
    "Params",
    "Person",
    "PersonName",
    "ReadRun",
    "Report",
    "Role",
    "Run",
    "Shortcut",
    "Table",
    "Text",
    "bullets",
    "effect",
    "facts",
    "flow",
    "table",
    "text",
]
