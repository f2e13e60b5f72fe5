"""The catalogue as people see it: lists, help and near misses."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from itertools import starmap
from operator import attrgetter
from typing import Any

from pydantic.fields import FieldInfo

from bot.verbs import OF_A_RUN, VERBS
from bot.words import PLATFORMS, quoted
from flows.engine.access import Role
from flows.engine.registry import catalogue
from flows.engine.spec import Flow
from flows.report import Block, Code, Facts, Line, Report, bullets, table, text

FAMILIES = {
    "core": "Analyse what is there",
    "development": "Ship software",
    "project": "Plan and tell",
    "collaboration": "Work together",
    "integration": "Keep other services in step",
    "advanced": "Go carefully, step by step",
    "analytics": "Measure delivery",
    "recovery": "Repair what broke",
    "system": "Look after the bot",
}
ACTIONS = {"synchronize": "pushed to"}
MOST_ACTIONS = 3


def listing() -> list[dict[str, Any]]:
    """Return every flow as JSON: what `flows --json` prints."""
    return [
        {
            "slug": each.slug,
            "alias": each.alias,
            "family": each.family,
            "summary": each.summary,
            "writes": each.writes,
            "role": str(each.role),
            "weight": each.weight,
            "params": [
                {
                    "name": name,
                    "required": info.is_required(),
                    "default": None if info.is_required() else info.get_default(),
                    "description": info.description or "",
                    "choices": list(choices(info)),
                }
                for name, info in each.params.model_fields.items()
            ],
            "examples": list(each.examples),
            "phrases": list(each.phrases),
            "on": list(each.on),
            "every": each.every,
            "budget": each.budget,
        }
        for each in catalogue().values()
    ]


def choices(info: FieldInfo) -> tuple[str, ...]:
    """Return the words that a parameter takes, where it takes only some."""
    return tuple(str(each) for each in _literals(info.annotation))


def near(word: str, known: Mapping[str, Any] | None = None) -> list[str]:
    """Return up to three words that may have been meant."""
    names = known if known is not None else {**_names(), **VERBS}
    meant = get_close_matches(word.lower(), list(names), n=3, cutoff=0.6)
    return [each for each in meant if abs(len(each) - len(word)) < len(each)]


def grouped(
    role: Role, needed: Callable[[Flow], Role] = attrgetter("role")
) -> dict[str, list[tuple[str, str]]]:
    """Return what somebody with this role can type, and what it does, by groups in their order.

    `needed` tells who may run a flow.
    """
    groups: dict[str, list[tuple[str, str]]] = {title: [] for title in FAMILIES.values()}
    for flow in catalogue().values():
        if role.covers(needed(flow)):
            groups[FAMILIES[flow.family]].append((flow.alias, flow.summary))
    for name, verb in VERBS.items():
        if role.covers(verb.role):
            groups.setdefault(verb.group, []).append((name, verb.about))
    return {title: members for title, members in groups.items() if members}


def overview(groups: Mapping[str, Sequence[tuple[str, str]]]) -> Report:
    """Return the first screen of the help: the names of each group, and how to learn more."""
    flows: list[tuple[str, Line]] = []
    verbs: list[tuple[str, Line]] = []
    for title, members in groups.items():
        named = tuple(part for name, _ in members for part in (Code(name), " "))[:-1]
        (flows if title in FAMILIES.values() else verbs).append((title, named))
    shown = [Facts(tuple(rows)) for rows in (flows, verbs) if rows]
    how = bullets(
        [
            ("What each of them does: ", Code("/flow help all")),
            ("Those of one line: ", Code("/flow help ship")),
            ("How one is used: ", Code("/flow help release")),
            ("See a plan and change nothing: add ", Code("--dry-run")),
            ("Within a thread of Slack: ", Code("!flow"), ", or mention me"),
        ]
    )
    return Report("What I can do", blocks=(*shown, how))


def details(groups: Mapping[str, Sequence[tuple[str, str]]]) -> Report:
    """Return what everything in these groups does, a line for each."""
    blocks = [
        bullets([(Code(name), f" {about}") for name, about in members], title)
        for title, members in groups.items()
    ]
    how = text("How one is used: ", Code("/flow help release"))
    return Report("What I can do", blocks=(*blocks, how))


def unknown(topic: str) -> Report:
    """Return what may have been meant by a word that is neither a flow nor a verb."""
    meant = near(topic)
    hint: Line = (" ", Code("/flow help"), " lists them.")
    if meant:
        hint = (" Did you mean ", Code(f"/flow help {meant[0]}"), "?")
    return Report("", "", "warn", (text(f"I know no flow called {quoted(topic)}.", *hint),))


def help_for_verb(name: str) -> Report:
    """Return how one verb is used."""
    how: list[Line] = [(Code(f"/flow {name}"),)]
    if name in OF_A_RUN:
        how = [(Code(f"/flow {name} RUN"),), (Code(f"!flow {name}"), " in the thread of the run")]
    verb = VERBS[name]
    if verb.uses:
        how = [(Code(f"/flow {each}"),) for each in verb.uses]
    needs = () if verb.role is Role.VIEWER else (text(f"Needs the role {verb.role}."),)
    about = f"{verb.about[:1].upper()}{verb.about[1:]}."
    return Report(f"/flow {name}", about, blocks=(bullets(how), *needs))


def help_for(flow: Flow, here: Sequence[Block] = ()) -> Report:
    """Return how one flow is used: `here` tells who may run it in this place, and its rules."""
    rows: list[tuple[Code, str, str]] = []
    for name, info in flow.params.model_fields.items():
        known = choices(info)
        default = "it is required" if info.is_required() else _left_out(info.get_default())
        words = f"{info.description or ''}" + (f" ({', '.join(known)})" if known else "")
        rows.append((Code(name), words, default))
    kind = "Only looks, changes nothing."
    if flow.writes:
        approved = "somebody else approves it." if flow.approvals else "nobody has to approve it."
        kind = f"Shows its plan first; {approved}"
    about = here or (text(f"{kind} Needs the role {flow.role}."),)
    if flow.on:
        how = Code(f"/flow project set triggers={flow.alias}")
        where = f"Starts by itself on events of {_events(flow)} in a project that has "
        rhythm = f", and there {flow.every}." if flow.every else "."
        starts = text(where, how, rhythm)
        about = (*about, starts)
    if flow.budget:
        calls = f"A run takes at most {flow.budget} calls of what GitHub allows in an hour."
        about = (*about, text(calls))
    examples: list[Line] = [(Code(f"/flow {each}"),) for each in flow.examples]
    return Report(
        f"/flow {flow.alias}",
        flow.summary,
        blocks=(
            *about,
            bullets(examples, "Examples"),
            *([bullets(flow.phrases, "Or in plain words")] if flow.phrases else []),
            *([table(["Parameter", "What it is", "If left out"], rows)] if rows else []),
        ),
    )


def _events(flow: Flow) -> str:
    """Return what starts a flow, by service and thing; many actions of one go without saying."""
    told: dict[str, dict[str, list[str]]] = {}
    for each in flow.on:
        service, _, event = each.partition(":")
        thing, _, action = event.partition(".")
        actions = told.setdefault(PLATFORMS[service], {}).setdefault(thing, [])
        actions += [ACTIONS.get(action, action.replace("_", " "))] if action else []
    return " and ".join(
        f"{service} ({', '.join(starmap(_event, things.items()))})"
        for service, things in told.items()
    )


def _event(thing: str, actions: Sequence[str]) -> str:
    word = thing.replace("_", " ").lower().removesuffix("s")
    return f"{word} {' or '.join(actions)}" if 0 < len(actions) <= MOST_ACTIONS else word


def _left_out(value: object) -> str:
    """Return what holds without a value: a number of 0 is one that nobody gave."""
    return "none" if value == 0 and value is not False else shown(value)


def shown(value: object) -> str:
    """Return a default as a person would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return written(value) or "none"


def written(value: object) -> str:
    """Return a value as the text that makes it again; several have commas between them."""
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _names() -> dict[str, Flow]:
    return {name: each for each in catalogue().values() for name in (each.alias, each.slug)}


def _literals(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any annotation of any field
    from typing import Literal, get_args, get_origin

    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return tuple(value for part in get_args(annotation) for value in _literals(part))
