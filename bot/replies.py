"""What is said to whoever asked for something, for every door."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bot.chat import Button
from flows.report import Inline, Link, Report, Text, spoken

Kind: TypeAlias = Literal["answer", "misread", "forbidden", "unknown", "unfit"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The run is stored; its card follows by the outbox. `new` is False for a repeat.

    `note` is for the one who asked: how plain words were read.
    """

    run_id: str
    url: str
    new: bool
    note: Report | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """An answer for this person alone.

    Where it is a no, `kind` tells why: the words make no sense, policy forbids it, what is meant is
    not there, or it does not fit how things stand. `buttons` say what is worth doing next.
    """

    report: Report
    kind: Kind = "answer"
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form."""

    name: str
    label: str
    hint: str
    kind: Literal["text", "choice", "number", "flag"]
    choices: tuple[str, ...]
    required: bool
    value: str


@dataclass(frozen=True, slots=True)
class Form:
    """A required parameter is missing, or a question wants more than a choice: ask for it.

    Or plain words were read as something that writes: `text` says so, and nothing starts unseen.
    """

    flow: str
    title: str
    fields: tuple[Field, ...]
    question: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class FormErrors:
    """What was filled in does not fit: one sentence per field."""

    errors: Mapping[str, str]


def sentence(report: Report) -> str:
    """Return a short answer as plain words."""
    parts = [part for block in report.blocks if isinstance(block, Text) for part in block.parts]
    told = "".join(map(_plain, parts))
    return " ".join(filter(None, (report.title, report.summary, told)))


def _plain(part: Inline) -> str:
    return f"{part.label} ({part.url})" if isinstance(part, Link) else spoken(part)


def lack(form: Form) -> str:
    """Return why a form stands in the way, for where nobody can fill it in."""
    missing = ", ".join(each.name for each in form.fields if each.required and not each.value)
    return f"{form.title} needs {missing}." if missing or not form.text else form.text


def no(why: str, kind: Kind = "unfit") -> Say:
    """Return a no in one sentence."""
    return Say(Report("", why, "warn"), kind)
