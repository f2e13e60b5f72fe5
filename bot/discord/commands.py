"""Discord's application commands, made from the catalogue of flows; and what was chosen of one.

A flow can also be in the menu of every message: such an entry is a command of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, TypeAlias

from pydantic.fields import FieldInfo

from bot.catalogue import FAMILIES, choices, near
from bot.discord.render import Json
from bot.grammar import DRY_RUN, joined
from bot.shortcuts import offered
from bot.verbs import VERBS
from bot.wording import fit
from flows.engine.spec import Flow

ROOT, TYPED = "flow", "command"
DESCRIPTION = 100
OPTIONS, CHOICES, CHOICE = 25, 25, 100
SUBCOMMANDS = 25
SIZE = 8_000  # names, descriptions and values of one command
SUBCOMMAND, STRING, INTEGER, BOOLEAN = 1, 3, 4, 5
SLASH, OF_A_MESSAGE = 1, 3
INSTALLED = {"contexts": [0, 1], "integration_types": [0]}
EVERYWHERE = {"type": SLASH, **INSTALLED}

Known: TypeAlias = Callable[[], Mapping[str, Flow]]
"""Returns the flows that there are, by slug."""


def application_commands(flows: Iterable[Flow]) -> list[Json]:
    """Return `/flow`, which takes what one types anywhere, a typed command per family, entries."""
    root = {
        "name": ROOT,
        "description": "Run a flow, or look after runs: type what you would type after !flow",
        "options": [
            {
                "type": STRING,
                "name": TYPED,
                "description": "Such as: dora acme/shop, or help",
                "required": True,
                "autocomplete": True,
            }
        ],
        **EVERYWHERE,
    }
    order = list(FAMILIES)
    known = sorted(flows, key=lambda flow: (order.index(flow.family), flow.alias))
    families = groupby(known, key=lambda flow: flow.family)
    typed = [made for family, held in families for made in _family(family, list(held))]
    entries = [
        {"name": label, "type": OF_A_MESSAGE, **INSTALLED} for label in offered(known).values()
    ]
    return [root, *typed, *entries]


def entry_of(label: str, flows: Iterable[Flow]) -> str:
    """Return the name of an entry in a message's menu; "" for one that is no more."""
    return next((name for name, shown in offered(flows).items() if shown == label), "")


def _family(family: str, flows: list[Flow]) -> Iterator[Json]:
    """Yield the commands of a family: as few as take all its flows."""
    group: list[Json] = []
    number = 1
    for flow in flows:
        made = _subcommand(flow)
        if group and (
            len(group) == SUBCOMMANDS or size(_typed(family, number, [*group, made])) > SIZE
        ):
            yield _typed(family, number, group)
            group, number = [], number + 1
        group.append(made)
    yield _typed(family, number, group)


def _typed(family: str, number: int, subcommands: list[Json]) -> Json:
    name = f"{ROOT}-{family}" + (f"-{number}" if number > 1 else "")
    said = {"name": name, "description": FAMILIES[family], "options": subcommands}
    return said | EVERYWHERE


def _subcommand(flow: Flow) -> Json:
    fields = sorted(flow.params.model_fields.items(), key=lambda each: not each[1].is_required())
    options = [_option(name, info) for name, info in fields]
    if flow.writes:
        about = "Show the plan and change nothing"
        options.append({"type": BOOLEAN, "name": DRY_RUN, "description": about})
    return {
        "type": SUBCOMMAND,
        "name": flow.alias,
        "description": fit(flow.summary, DESCRIPTION),
        "options": options[:OPTIONS],
    }


def _option(name: str, info: FieldInfo) -> Json:
    """Return one parameter as Discord asks for it; a default is what it says it is."""
    known = choices(info)
    made: Json = {
        "type": STRING,
        "name": name,
        "description": fit(info.description or name, DESCRIPTION),
    }
    if info.annotation is bool:
        made["type"] = BOOLEAN
    elif info.annotation is int:
        made["type"] = INTEGER
    elif 0 < len(known) <= CHOICES and all(0 < len(each) <= CHOICE for each in known):
        made["choices"] = [{"name": each, "value": each} for each in known]
    return made | ({"required": True} if info.is_required() else {})


def size(command: Json) -> int:
    """Return what Discord counts of a command: its names, descriptions and values."""
    own = len(command["name"]) + len(command.get("description", ""))
    values = sum(len(each["name"]) + len(each["value"]) for each in command.get("choices", []))
    return own + values + sum(map(size, command.get("options", [])))


def same(ours: Any, theirs: Any) -> bool:  # noqa: ANN401 - any JSON
    """Say whether what is registered is what we would register; what Discord adds is no matter."""
    if isinstance(ours, dict):
        return isinstance(theirs, Mapping) and all(
            same(value, theirs.get(key) or type(value)()) for key, value in ours.items()
        )
    if isinstance(ours, list):
        return (
            isinstance(theirs, list) and len(ours) == len(theirs) and all(map(same, ours, theirs))
        )
    return bool(ours == theirs)


def words_of(data: Mapping[str, Any]) -> str:
    """Return what was chosen of a command as the text that says the same; "" for none of ours."""
    options = data.get("options") or []
    if data["name"] == ROOT:
        return str(options[0].get("value") or "") if options else ""
    if len(options) != 1 or "value" in options[0]:
        return ""
    [chosen] = options
    words = [str(chosen["name"])]
    for option in chosen.get("options") or []:
        name, value = option["name"], option.get("value")
        if value is None:
            continue
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        if name == DRY_RUN:
            words += [f"--{DRY_RUN}"] if value else []
        else:
            words.append(f"{name}={shown}")
    return joined(words)


def suggestions(typed: str, flows: Iterable[Flow]) -> list[Json]:
    """Return what may be meant by a command that is still being typed: values with their names."""
    known = {flow.alias: flow for flow in flows}
    begun = typed.lstrip()
    if len(begun) > CHOICE:  # what is offered takes the place of what was typed, and is shorter
        return []
    name, space, rest = begun.partition(" ")
    if not space:
        offered = list(_flows(name.lower(), known))
    elif flow := known.get(name.lower()):
        offered = list(_parameters(flow, begun, rest))
    else:
        offered = []
    return [
        {"name": fit(shown, CHOICE), "value": value}
        for value, shown in offered
        if len(value) <= CHOICE
    ][:CHOICES]


def _flows(begun: str, known: Mapping[str, Flow]) -> Iterator[tuple[str, str]]:
    """Yield the words that begin so, then those that hold it, then those that look like it."""
    about = {alias: flow.summary for alias, flow in known.items()}
    about |= {name: verb.about for name, verb in VERBS.items()}
    first = [word for word in about if word.startswith(begun)]
    within = [word for word in about if begun in word and word not in first]
    meant = [word for word in near(begun, about) if word not in (*first, *within)]
    yield from ((word, f"{word} — {about[word]}") for word in (*first, *within, *meant))


def _parameters(flow: Flow, begun: str, rest: str) -> Iterator[tuple[str, str]]:
    """Yield how a command may go on: the values of a choice, or the names that are left."""
    *given, last = rest.split(" ")
    done = begun.removesuffix(last)
    taken = {word.partition("=")[0] for word in given}
    name, equals, value = last.partition("=")
    for each, info in flow.params.model_fields.items():
        if each in taken:
            continue
        if equals and each == name:
            for choice in choices(info):
                if choice.startswith(value):
                    yield f"{done}{each}={choice}", f"{done}{each}={choice}"
        elif not equals and each.startswith(last):
            yield f"{done}{each}=", f"{done}{each}=  {info.description or ''}"
