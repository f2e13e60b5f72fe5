"""Text to a flow and its parameters; pure, and the same for every door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeAlias

from pydantic import ValidationError

from bot.catalogue import choices, near
from bot.courtesy import is_greeting, read_kindly, united, without_please
from bot.links import linked, run_of
from bot.phrases import hear
from bot.places import PROJECT, Places, is_short
from bot.values import NEEDED, either, filled, lists_of, problems, values
from bot.verbs import ELSEWHERE, OF_A_RUN, VERBS
from bot.words import DRY_RUN, DRY_RUN_WORDS, Misread, joined, quoted, split, without_dry_run
from flows.engine.registry import Find, find
from flows.engine.spec import Flow, Params
from flows.report import Code

__all__ = [
    "DRY_RUN",
    "NEEDED",
    "Heard",
    "HelpWanted",
    "Incomplete",
    "Misread",
    "Order",
    "Understood",
    "Verb",
    "filled",
    "is_vague",
    "joined",
    "lists_of",
    "parse",
    "quoted",
    "split",
    "without_dry_run",
]

LONGEST = 4000
LONGEST_SUGGESTION = 200
MOST_OFFERED = 5  # repositories that may be meant


@dataclass(frozen=True, slots=True)
class Order:
    """Something to run: the flow, its checked parameters, and the text it came from."""

    flow: Flow
    params: Params
    dry_run: bool
    command: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A flow whose required parameters are not all there: a form can ask for them."""

    flow: Flow
    given: Mapping[str, str]
    missing: tuple[str, ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """Plain words that a flow knows as a phrase: the command that they stand for."""

    command: str
    meant: Order | Incomplete


@dataclass(frozen=True, slots=True)
class HelpWanted:
    topic: str


@dataclass(frozen=True, slots=True)
class Verb:
    """Something said to the bot itself, about runs or schedules; `words` are not read yet."""

    name: str
    words: tuple[str, ...]


Understood: TypeAlias = Order | Incomplete | Heard | HelpWanted | Verb


def parse(typed: str, find: Find = find, places: Places | None = None) -> Understood:
    """Read a command, without its prefix; raises Misread. `find` knows the flows.

    Without `places` a repository's short name stays as it is: see `is_vague`.
    """
    if len(typed) > LONGEST:
        raise Misread(
            f"That was {len(typed):,} characters; a command has at most {LONGEST:,}. Start with ",
            Code("/flow help"),
            ".",
        )
    words = _begun(split(typed), find)
    if not words or words[0].lower() == "help":
        return HelpWanted(" ".join(words[1:2]))
    name, *rest = words
    if name.lower() in VERBS:
        return _verb(name.lower(), rest)
    flow = find(name.lower())
    if flow is None:
        return _heard(words, find, places)
    if _asks_for_help(rest):
        return HelpWanted(flow.alias)
    rest = read_kindly(rest, flow.params)
    if "://" in typed or "#" in typed:
        rest = linked(rest, flow.params)
    said = _arguments(flow, [name, *rest])
    if places is not None and PROJECT in flow.params.model_fields:
        said = _placed(flow, said, places)
    return _checked(flow, said)


def _begun(words: list[str], find: Find) -> list[str]:
    """Return the words of a command without the courtesies around it; none where that is all."""
    if is_greeting(words):
        return []
    kept = without_please(words)
    if kept == words:
        return words
    is_command = kept and (kept[0].lower() in VERBS or find(kept[0].lower()))
    return kept if is_command else words


def is_vague(understood: Understood) -> bool:
    """Say whether the places that are known decide what a command means."""
    match understood:
        case Order(params=params):
            return _is_vague(getattr(params, PROJECT, ""))
        case Heard(meant=meant):
            return is_vague(meant)
        case Incomplete(given=given, missing=missing):
            return PROJECT in missing or _is_vague(given.get(PROJECT))
        case _:
            return False


def _is_vague(repository: object) -> bool:
    """Say whether what is known may spell a repository in another way."""
    if not isinstance(repository, str):
        return False
    return is_short(repository) or repository != repository.lower()


def _checked(flow: Flow, said: "_Said") -> Order | Incomplete:
    """Return the order that these values make; raises Misread for a value that does not fit."""
    given = said.given
    # What writes starts with nothing that nobody has typed: its form shows it first.
    typed = said.where if flow.writes else given
    missing = tuple(
        name for name in _needed(flow.params) if not (given.get(name) and name in typed)
    )
    if missing:
        return Incomplete(flow, given, missing, said.dry_run)
    try:
        params = flow.params(**values(flow.params, given))
    except ValidationError as error:
        name, problem = next(iter(problems(flow.params, error).items()))
        misread = Misread(problem, " Example: ", Code(f"/flow {_example(flow, name)}"))
        at = said.where.get(name)
        raise (misread if at is None else misread.at(said.words, at, "value")) from error
    return Order(flow, params, said.dry_run, joined(said.words))


def _example(flow: Flow, name: str) -> str:
    """Return an example of a flow that has this parameter, or could have it."""
    first = flow.examples[0]
    info = flow.params.model_fields.get(name)
    known = choices(info) if info else ()
    more = f"{first} {name}={known[0]}" if known else first
    return next((each for each in flow.examples if f" {name}=" in each), more)


@cache
def _needed(model: type[Params]) -> tuple[str, ...]:
    return tuple(name for name, info in model.model_fields.items() if info.is_required())


def _asks_for_help(rest: list[str]) -> bool:
    return rest in (["help"], ["--help"])


@dataclass(frozen=True, slots=True)
class _Said:
    """The values of a command as they were typed, and the number of the word with each."""

    words: list[str]
    given: dict[str, str]
    where: dict[str, int]
    dry_run: bool


def _heard(words: list[str], find: Find, places: Places | None) -> Understood:
    """Return the command that plain words ask for; raises Misread where there is none."""
    rehearsing = [word for word in words if word.lower() in DRY_RUN_WORDS]
    said = hear([word for word in words if word not in rehearsing])
    if said is None or find(said[0]) is None:
        raise _unknown(words[0], words[1:]).at(words, 0)
    command = joined([*said, *rehearsing[:1]])
    meant = parse(command, find, places)
    if not isinstance(meant, Order | Incomplete):
        return meant  # help: `ship help`
    return Heard(meant.command if isinstance(meant, Order) else command, meant)


def _verb(name: str, rest: list[str]) -> HelpWanted | Verb:
    if _asks_for_help(rest):
        return HelpWanted(name)
    return Verb(name, tuple(map(run_of, rest) if name in OF_A_RUN else united(rest)))


def _arguments(flow: Flow, words: list[str]) -> _Said:
    lists = lists_of(flow.params)
    given: dict[str, str] = {}
    where: dict[str, int] = {}
    dry_run, waits = False, ""  # the input whose value is the next word
    for number, word in enumerate(words):
        if not number:
            continue
        name, value = waits, word
        if not waits and word.lower() in DRY_RUN_WORDS:
            dry_run = True
            continue
        if not waits:
            name, found = _taken(flow, words, number)
            if found is None and number + 1 < len(words):
                waits = name
                continue
            name = name or _next_position(flow, words, number, where)
            value = found or ""
        waits = ""
        if name in given and name not in lists:
            twice = f"{name} is there twice: {quoted(given[name])} and {quoted(value)}."
            raise Misread(twice).at(words, number)
        given[name] = f"{given[name]},{value}" if name in given else value
        where[name] = number
    return _Said(words, given, where, dry_run)


def _taken(flow: Flow, words: list[str], number: int) -> tuple[str, str | None]:
    """Return what a word names, "" where its position does, and its value; None: it comes next."""
    word, fields = words[number], flow.params.model_fields
    has_dashes = word.startswith("--")
    if not has_dashes and "=" not in word:
        return "", word
    key, equals, value = word.removeprefix("--").partition("=")
    name = key.lower().replace("-", "_")
    if not has_dashes and not name.isidentifier():
        return "", word
    if name == "since" and equals and name not in fields and "window" in fields:
        return "window", f"since={value}"  # a window of its own
    if name not in fields:
        raise _unknown_parameter(flow, name).at(words, number, "name")
    if equals:
        return name, value
    return name, "true" if fields[name].annotation is bool else None


def _next_position(flow: Flow, words: list[str], number: int, where: Mapping[str, int]) -> str:
    # What is several words is no repository, where that is named later.
    later = f"{PROJECT}=" if " " in words[number] else ""
    is_later = later and any(each.removeprefix("--").startswith(later) for each in words[number:])
    for name in flow.params.model_fields:
        if name not in where and not (is_later and name == PROJECT):
            return name
    if several := lists_of(flow.params) & where.keys():
        return max(several, key=where.__getitem__)
    raise Misread(
        f"{quoted(words[number])} is one word too many for {flow.alias}. Example: ",
        Code(f"/flow {flow.examples[0]}"),
    ).at(words, number)


def _placed(flow: Flow, said: _Said, places: Places) -> _Said:
    """Return what was said with the whole name of the repository, where the places tell it."""
    short = said.given.get(PROJECT, "")
    if not short:
        if not places.here or not flow.params.model_fields[PROJECT].is_required():
            return said
        return replace(
            said,
            given=said.given | {PROJECT: places.here},
            words=[*said.words, f"{PROJECT}={places.here}"],
        )
    if not is_short(short):
        return _spelt(said, short, places)
    number, found = said.where[PROJECT], places.meant(short)
    before, after = said.words[:number], said.words[number + 1 :]
    wholes = [
        [*before, said.words[number].removesuffix(short) + each, *after]
        for each in found or places.known[:MOST_OFFERED]
    ]
    if len(found) != 1:
        raise _which(short, [Code(joined(["/flow", *each])) for each in wholes], found).at(
            said.words, number, "value"
        )
    return replace(said, given=said.given | {PROJECT: found[0]}, words=wholes[0])


def _spelt(said: _Said, name: str, places: Places) -> _Said:
    """Return what was said with a repository as it is spelt where it is known."""
    known = next((each for each in places.known if each.lower() == name.lower()), name)
    if known == name:
        return said
    number = said.where[PROJECT]
    word = said.words[number].removesuffix(name) + known
    words = [*said.words[:number], word, *said.words[number + 1 :]]
    return replace(said, given=said.given | {PROJECT: known}, words=words)


def _which(short: str, commands: list[Code], found: Sequence[str]) -> Misread:
    """Ask which repository is meant, or say how one is named."""
    offered: list[str | Code] = []
    for each in commands[:MOST_OFFERED]:
        offered += [" or " if offered else "", each]
    if len(found) > 1:
        misread = Misread(f"Which {quoted(short)} do you mean? ", *offered)
        misread.meant = tuple(each.code.removeprefix("/flow ") for each in commands[:MOST_OFFERED])
        return misread
    known = (" Known are: ", *offered) if offered else (" Example: ", Code("acme/shop"))
    return Misread(f"I know no repository {quoted(short)}: name its owner too.", *known)


def _unknown(name: str, rest: list[str]) -> Misread:
    elsewhere = [ELSEWHERE[name.lower()]] if name.lower() in ELSEWHERE else []
    meant = elsewhere or [(each,) for each in near(name)]
    if not meant:
        return Misread(
            f"I know no flow called {quoted(name)}. ", Code("/flow help"), " lists them."
        )
    suggestion = joined([*meant[0], *rest])
    if len(suggestion) > LONGEST_SUGGESTION:
        suggestion = joined(meant[0])
    shown = Code(f"/flow {suggestion}")
    misread = Misread(f"I know no flow called {quoted(name)}. Did you mean ", shown, "?")
    misread.meant = (suggestion,)
    return misread


def _unknown_parameter(flow: Flow, name: str) -> Misread:
    fields = flow.params.model_fields
    meant = near(name, fields)
    known = either(tuple(fields), "and") if fields else "none"
    hint = f"did you mean {meant[0]}?" if meant else f"it has {known}."
    return Misread(
        f"{flow.alias} has no parameter {quoted(name)}: {hint} ", Code(f"/flow help {flow.alias}")
    )
