"""Text to a flow and its parameters; pure, and the same for every door."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.catalogue import VERBS, choices, near
from flows.engine.registry import Find, find
from flows.engine.spec import Flow, Params
from flows.report import Code, Line, Report, text

A = TypeVar("A", bound=Params)

NEEDED = "This is needed."
LONGEST = 4000
SHORTEST_QUOTE = 40
LONGEST_SUGGESTION = 200
DRY_RUN = "dry-run"
DRY_RUN_WORDS = ("--dry-run", "dry-run", "--dry-run=true", "dry_run=true")
_CURLY = str.maketrans({"“": '"', "”": '"', "\u2018": "'", "\u2019": "'", "—": "--"})
_SLACK_LINK = re.compile(r"<(?:https?://|mailto:)[^|>]*\|([^>]*)>|<(https?://[^|>]*)>")


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
class HelpWanted:
    topic: str


@dataclass(frozen=True, slots=True)
class Verb:
    """Something said to the bot itself, about runs or schedules; `words` are not read yet."""

    name: str
    words: tuple[str, ...]


class Misread(Exception):
    """What was typed makes no sense; `says` is the one sentence that helps."""

    def __init__(self, *says: str | Code) -> None:
        super().__init__("".join(each.code if isinstance(each, Code) else each for each in says))
        self.says: Line = says

    @property
    def report(self) -> Report:
        """The sentence as what a person is shown."""
        return Report("", "", "warn", (text(*self.says),))


def parse(typed: str, find: Find = find) -> Order | Incomplete | HelpWanted | Verb:
    """Read a command, without its prefix; raises Misread. `find` knows the flows."""
    if len(typed) > LONGEST:
        raise Misread(
            f"That was {len(typed):,} characters; a command has at most {LONGEST:,}. Start with ",
            Code("/flow help"),
            ".",
        )
    words = split(typed)
    if not words or words[0].lower() == "help":
        return HelpWanted(" ".join(words[1:2]))
    name, *rest = words
    if name.lower() in VERBS:
        return HelpWanted(name.lower()) if _asks_for_help(rest) else Verb(name.lower(), tuple(rest))
    flow = find(name.lower())
    if flow is None:
        raise _unknown(name, rest)
    if _asks_for_help(rest):
        return HelpWanted(flow.alias)
    given, dry_run = _arguments(flow, rest)
    return checked(flow, given, dry_run=dry_run, command=joined(words))


def checked(
    flow: Flow, given: Mapping[str, str], *, dry_run: bool, command: str
) -> Order | Incomplete:
    """Return the order that these values make; raises Misread for a value that does not fit."""
    fields = flow.params.model_fields
    missing = tuple(
        name for name, info in fields.items() if info.is_required() and not given.get(name)
    )
    if missing:
        return Incomplete(flow, given, missing, dry_run)
    values: dict[str, Any] = {name: value for name, value in given.items() if value != ""}
    try:
        return Order(flow, flow.params(**values), dry_run, command)
    except ValidationError as error:
        problem = next(iter(problems(flow.params, error).values()))
        raise Misread(problem, " Example: ", Code(f"/flow {flow.examples[0]}")) from error


def filled(model: type[A], given: Mapping[str, Any]) -> A | dict[str, str]:
    """Return what these values make, or one helpful sentence for each that does not fit."""
    missing = {
        name: NEEDED
        for name, info in model.model_fields.items()
        if info.is_required() and name not in given
    }
    if missing:
        return missing
    try:
        return model.model_validate(given)
    except ValidationError as error:
        return problems(model, error)


def problems(model: type[Params], error: ValidationError) -> dict[str, str]:
    """Return one helpful sentence per parameter that does not fit."""
    found: dict[str, str] = {}
    for each in error.errors(include_url=False, include_context=True):
        name = str(each["loc"][0]) if each["loc"] else ""
        info = model.model_fields.get(name)
        value = quoted(str(each["input"]))
        known = choices(info) if info else ()
        reason = each.get("ctx", {}).get("error")
        if known:
            sentence = f"{name} cannot be {value}: take {_either(known)}."
        elif reason is not None:
            sentence = f"{name}: {str(reason).rstrip('.')}."
        else:
            sentence = f"{name} cannot be {value}: {each['msg'][:1].lower()}{each['msg'][1:]}."
        found.setdefault(name, sentence)
    return found


def split(typed: str) -> list[str]:
    """Return the words of a command; quotes keep words together, also after `key=`.

    Within quotes, a doubled one stands for itself.
    """
    plain = _SLACK_LINK.sub(lambda link: link[1] or link[2], typed).translate(_CURLY).strip()
    words: list[str] = []
    word, quote, closed, began = "", "", "", 0
    for position, char in enumerate(f"{plain} "):
        just_closed, closed = closed, ""
        if char == quote:
            quote, closed = "", char
        elif char == just_closed:
            word, quote = word + char, char
        elif quote:
            word += char
        elif char in "\"'" and (began == position or word.endswith("=")):
            quote = char
        elif char.isspace():
            if began < position:
                words.append(word)
            word, began = "", position + 1
        else:
            word += char
    if quote:
        raise Misread(
            f"The quote in {quoted(plain[began:])} is never closed: add the missing {quote}."
        )
    return words


def joined(words: Iterable[str]) -> str:
    """Return words as one command, quoted where a word would fall apart."""
    return " ".join(map(_whole, words))


def without_dry_run(command: str) -> str:
    """Return a command as it is typed to run it for real."""
    return joined(word for word in split(command) if word.lower() not in DRY_RUN_WORDS)


def quoted(value: str) -> str:
    """Return a value short enough for a sentence, in quotation marks."""
    flat = " ".join(value.split())
    return f"“{flat[:SHORTEST_QUOTE]}…”" if len(flat) > SHORTEST_QUOTE else f"“{flat}”"


def _asks_for_help(rest: list[str]) -> bool:
    return rest in (["help"], ["--help"])


def _arguments(flow: Flow, words: list[str]) -> tuple[dict[str, str], bool]:
    fields = flow.params.model_fields
    given: dict[str, str] = {}
    dry_run = False
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        name = name.lower().replace("-", "_")
        if word.lower() in DRY_RUN_WORDS:
            dry_run = True
            continue
        if name == "since" and equals and name not in fields and "window" in fields:
            name, value = "window", f"since={value}"  # a window of its own
        named = word.startswith("--") or (equals and name.isidentifier())
        if not named:
            name, value = _next_position(flow, given, word), word
        elif name not in fields:
            raise _unknown_parameter(flow, name)
        elif not equals:
            is_flag = fields[name].annotation is bool
            value = "true" if is_flag else (rest.pop(0) if rest else "")
        if name in given:
            raise Misread(f"{name} is there twice: {quoted(given[name])} and {quoted(value)}.")
        given[name] = value
    return given, dry_run


def _next_position(flow: Flow, given: Mapping[str, str], word: str) -> str:
    for name in flow.params.model_fields:
        if name not in given:
            return name
    raise Misread(
        f"{quoted(word)} is one word too many for {flow.alias}. Example: ",
        Code(f"/flow {flow.examples[0]}"),
    )


def _unknown(name: str, rest: list[str]) -> Misread:
    meant = near(name)
    if not meant:
        return Misread(
            f"I know no flow called {quoted(name)}. ", Code("/flow help"), " lists them."
        )
    suggestion = joined(["/flow", meant[0], *rest])
    if len(suggestion) > LONGEST_SUGGESTION:
        suggestion = f"/flow {meant[0]}"
    return Misread(f"I know no flow called {quoted(name)}. Did you mean ", Code(suggestion), "?")


def _unknown_parameter(flow: Flow, name: str) -> Misread:
    fields = flow.params.model_fields
    meant = near(name, fields)
    known = _either(tuple(fields), "and") if fields else "none"
    hint = f"did you mean {meant[0]}?" if meant else f"it has {known}."
    return Misread(
        f"{flow.alias} has no parameter {quoted(name)}: {hint} ", Code(f"/flow help {flow.alias}")
    )


def _either(words: tuple[str, ...], last: str = "or") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _whole(word: str) -> str:
    if word and not any(char.isspace() or char in "\"'" for char in word):
        return word
    key, equals, value = word.partition("=")
    name, rest = (f"{key}=", value) if equals and key.isidentifier() else ("", word)
    mark = "'" if '"' in rest else '"'
    return f"{name}{mark}{rest.replace(mark, mark * 2)}{mark}"
