"""What people say about policies: who may do what with which flow, in words, and changing it."""

import re
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import msgspec

from bot import catalogue, grammar
from bot.admin.changes import PutBack
from bot.admin.office import Office, Place, Scene
from bot.admin.policy_words import Held, in_full, overview
from bot.chat import Actor, Origin
from bot.replies import Say
from flows.engine.access import Role
from flows.engine.freezes import freeze
from flows.engine.policy import EVERYTHING, MOST_APPROVALS, PolicySettings
from flows.engine.registry import Find
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from flows.report import Code, Line, Report, bullets
from storage import projects

ALL = ("all", EVERYTHING)
RESET, DEFAULT, NONE = "reset", "default", "none"
EXAMPLES = {
    "run": "operator",
    "approve": "maintainer",
    "cancel": "operator",
    "approvals": "2",
    "self_approval": "no",
    "deadline": "4h",
    "freezes": "fri 16:00 - mon 08:00 Europe/Berlin",
    "auto_approve": "Tag *",
    "max_running": "2",
}
EXAMPLE = Code("/flow policy acme/shop release approvals=2 deadline=4h")
FLAGS = {"yes": True, "true": True, "no": False, "false": False}
MOST_RUNNING = 1000
NUMBERS = ("approvals", "max_running")
_ENDS_IN_A_TIME = re.compile(r"\d$")
_BETWEEN = re.compile(r"\s*[,;]\s*")


class Policies:
    """Answers `policy`: shows what holds, and sets it for one flow or for all of a project."""

    verbs = frozenset({"policy"})

    def __init__(self, office: Office, find: Find, flows: Callable[[], Mapping[str, Flow]]) -> None:
        self._office = office
        self._rules = office.rules
        self._find = find
        self._flows = flows
        self.subjects: Mapping[str, PutBack] = {
            "policy": partial(office.put_back, needed=Role.ADMIN)
        }

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - saying it twice comes to the same
        """Do what was said."""
        return await self._office.decide(said, by, origin, self._do)

    async def _do(self, scene: Scene) -> Say:
        names_flow = len(scene.words) > 1 and self._alias(scene.words[1])
        project, start = (scene.here(), 1) if names_flow else scene.split(1)
        if start == len(scene.words):
            held = [
                Held(each, self._rules.policy(each, project)) for each in self._flows().values()
            ]
            return Say(overview(project, held, scene.at))
        alias = self._alias(scene.words[start])
        if not alias:
            raise self._no_flow(scene, start)
        if start + 1 == len(scene.words):
            return Say(await self._shown(scene, project, alias))
        project = await scene.changing(project, Role.ADMIN, "Setting a policy")
        if [each.lower() for each in scene.words[start + 1 :]] == [RESET]:
            return await self._reset(scene, project, alias)
        return await self._set(scene, project, alias, start + 1)

    async def _shown(self, scene: Scene, project: ProjectSettings, alias: str) -> Report:
        chosen = (await projects.chosen(scene.connection, project.name)).get("policies", {})
        flow = self._find(alias)
        mine = [*chosen.get(alias, {}), *chosen.get(EVERYTHING, {})]
        if flow:
            held = Held(flow, self._rules.policy(flow, project))
            return in_full(project, held, scene.at, list(dict.fromkeys(mine)))
        given = msgspec.to_builtins(project.policies.get(EVERYTHING) or PolicySettings())
        rows: list[Line] = [
            (Code(name), f" {_written(value)}")
            for name, value in given.items()
            if value is not None
        ]
        title = f"All flows of {project.name}"
        if not rows:
            return Report(title, "Nothing is set: each flow has its own policy.")
        return Report(
            title, "What each flow has, unless more is set for it:", blocks=(bullets(rows),)
        )

    async def _set(self, scene: Scene, project: ProjectSettings, alias: str, start: int) -> Say:
        now = msgspec.to_builtins(project.policies.get(alias) or PolicySettings())
        places, told = [], []
        for number in range(start, len(scene.words)):
            name, choice = _choice(scene, number)
            after = choice[0] if choice else None
            if choice != [now[name]]:
                places.append(Place(project.name, ("policies", alias, name), choice))
                told.append(f"{name} is now {_written(after)}, and was {_written(now[name])}")
        if not places:
            return await scene.noted()
        edit = await scene.edit(f"policy {project.name} {alias}", "", *places)
        which = "All flows" if alias == EVERYTHING else f"The policy of {alias}"
        said = f"{which} in {project.name}: {'; '.join(told)}."
        return await scene.noted(edit._replace(said=said))

    async def _reset(self, scene: Scene, project: ProjectSettings, alias: str) -> Say:
        chosen = (await projects.chosen(scene.connection, project.name)).get("policies", {})
        if alias not in chosen:
            return await scene.noted()
        which = "All flows" if alias == EVERYTHING else f"The policy of {alias}"
        were = "; ".join(f"{name}: {_written(value)}" for name, value in chosen[alias].items())
        said = f"{which} in {project.name}: what was chosen in chat is gone ({were})."
        place = Place(project.name, ("policies", alias), [])
        return await scene.noted(await scene.edit(f"policy {project.name} {alias}", said, place))

    def _alias(self, word: str) -> str:
        """Return the flow that a word names, `*` for all, "" for none."""
        if word.lower() in ALL:
            return EVERYTHING
        flow = self._find(word.lower())
        return flow.alias if flow else ""

    def _no_flow(self, scene: Scene, number: int) -> grammar.Misread:
        word = scene.words[number]
        meant = catalogue.near(word, {each.alias: each for each in self._flows().values()})
        told = f"I know no flow called {grammar.quoted(word)}. "
        if not meant:
            return scene.unread(number, told, "Example: ", EXAMPLE)
        return scene.unread(number, told, "Did you mean ", Code(meant[0]), "?")


def _choice(scene: Scene, number: int) -> tuple[str, list[Any]]:
    """Return what a word sets, and to what: nothing where it goes back to the default."""
    name, equals, value = scene.words[number].removeprefix("--").partition("=")
    name = name.lower().replace("-", "_")
    if name not in EXAMPLES or not equals:
        near = catalogue.near(name, EXAMPLES)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(EXAMPLES)}."
        quoted = grammar.quoted(name)
        told, shown = f"A policy has no setting {quoted}: {hint} Example: ", EXAMPLE
        if name in EXAMPLES:
            told, shown = f"Say what {name} should be. Example: ", Code(f"{name}={EXAMPLES[name]}")
        raise scene.unread(number, told, shown, part="name")
    if value.lower() == DEFAULT:
        return name, []
    try:
        read = _read(name, value.strip())
        msgspec.convert({name: read}, PolicySettings)  # its own errors are ValueErrors
    except ValueError as error:
        why = str(error).rstrip(".")
        end = "" if why.endswith("?") else "."
        example = grammar.joined([f"{name}={EXAMPLES[name]}"])
        raise scene.unread(
            number,
            f"{name}{_which(value, why)}: {why[:1].lower()}{why[1:]}{end} Example: ",
            Code(example),
            part="value",
        ) from error
    return name, [read]


def _which(value: str, why: str) -> str:
    """Return what cannot be, where the reason does not name it."""
    return "" if "“" in why else f" cannot be {grammar.quoted(value)}"


def _read(name: str, value: str) -> Any:  # noqa: ANN401 - JSON
    """Return a value as it is stored; raises ValueError with what would fit."""
    clears = value.lower() in ("", NONE)
    match name:
        case "self_approval":
            return FLAGS[_one_of(FLAGS, value)]
        case "freezes" | "auto_approve":
            several = [] if clears else _BETWEEN.split(value)
            return list(map(_freeze, several)) if name == "freezes" else several
        case "deadline":
            return "" if clears else value
        case "max_running" if clears:
            return None
        case _ if name in NUMBERS:
            least, most = (0, MOST_APPROVALS) if name == "approvals" else (1, MOST_RUNNING)
            if not (value.isascii() and value.isdecimal() and least <= int(value[:9]) <= most):
                raise ValueError(f"take a whole number from {least} to {most}")
            return int(value)
    return _one_of(list(Role), value)


def _one_of(known: Collection[str], value: str) -> str:
    if value.lower() not in known:
        raise ValueError(f"take {', '.join(known)}")
    return value.lower()


def _freeze(words: str) -> str:
    """Return a freeze as it is written, in UTC where it names no zone."""
    try:
        freeze(words)
    except ValueError:
        if not _ENDS_IN_A_TIME.search(words):
            raise
        freeze(f"{words} UTC")
        return f"{words} UTC"
    return words


def _written(value: object) -> str:
    if value in ("", [], None):
        return "none" if value is not None else "what the flow itself asks for"
    return catalogue.shown(value)
