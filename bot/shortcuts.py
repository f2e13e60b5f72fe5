"""Entries in the menu of every message: each opens the form of a flow, filled in from it; pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.grammar import Incomplete
from bot.places import PROJECT
from bot.wording import clean, slug
from flows.engine.registry import Find
from flows.engine.spec import Flow, Shortcut

GONE = "This entry belongs to an older version of the bot."


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that somebody wants to make something of: its words, address and author."""

    text: str
    link: str
    author: str


def offered(flows: Iterable[Flow]) -> dict[str, str]:
    """Return what the menu of a message offers: the labels, by the names they come back under."""
    return {_name(flow, shortcut): shortcut.label for flow in flows for shortcut in flow.shortcuts}


def meant(name: str, posted: Posted, here: str, find: Find) -> Incomplete | None:
    """Return what came back under a name, as a form can ask for the rest of it; None: no entry.

    `here` is the repository that the channel is about.
    """
    flow = find(name.partition(":")[0])
    wanted = [each for each in flow.shortcuts if _name(flow, each) == name] if flow else []
    if flow is None or not wanted:
        return None
    given = {PROJECT: here} if here and PROJECT in flow.params.model_fields else {}
    return Incomplete(flow, given | _values(wanted[0], posted), (), dry_run=False)


def _values(shortcut: Shortcut, posted: Posted) -> dict[str, str]:
    taken = (
        (shortcut.text, posted.text),
        (shortcut.link, posted.link),
        (shortcut.author, posted.author),
    )
    return {name: clean(value).strip() for name, value in taken if name and value.strip()}


def _name(flow: Flow, shortcut: Shortcut) -> str:
    return f"{flow.slug}:{slug(shortcut.label)}"
