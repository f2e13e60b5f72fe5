"""What can be set for a project in the chat, and how each of it is typed."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from bot import grammar
from bot.admin.house import RULES
from bot.admin.office import Scene
from bot.catalogue import near
from flows.engine.spec import Flow
from flows.engine.tools import EnvironmentSettings, ProjectSettings
from flows.report import Code

TEAM = re.compile(r"[A-Z][A-Z0-9]{0,9}")
LONGEST = 255
LONGEST_ENVIRONMENT = 100
LINEAR, TRIGGERS, ORDER = "linear_team", "triggers", "environments"
CLEARED = ("", "none")
FLAGS = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
SET_ELSEWHERE = {
    "endpoints": "project endpoints acme/shop add https://shop.acme.example/health",
    "components": "project component acme/shop add web/** web",
    "policies": "policy acme/shop release approvals=2",
    "roles": "role @ada maintainer acme/shop",
    "channels": "project default acme/shop",
}
OF_A_CHANNEL = {"zone": "channel zone Europe/Berlin"}
EXAMPLES = {
    "version_file": "version_file=pyproject.toml",
    LINEAR: "linear_team=ENG",
    ORDER: "environments=staging,production",
    TRIGGERS: "triggers=review",
    RULES: "rules=labels,stale",
    "tell_approvers": "tell_approvers=yes",
    "released_state": "released_state=Released",
}
IN_SETTINGS = "sync"  # too much for one word: it stands in FLOWBOT_PROJECTS
SETTABLE = tuple(
    each.name
    for each in msgspec.structs.fields(ProjectSettings)
    if each.name not in {"name", IN_SETTINGS, *SET_ELSEWHERE}
)


def setting(
    scene: Scene, number: int, project: ProjectSettings, flows: Mapping[str, Flow]
) -> tuple[str, Any]:
    """Return the setting that a word names, and its value as it is stored; raises Misread.

    The rules of `gh` are returned as they are typed.
    """
    name, equals, value = scene.words[number].removeprefix("--").partition("=")
    name = name.lower().replace("-", "_")
    if name not in SETTABLE or not equals:
        raise _not_settable(scene, number, name)
    if name == RULES:
        return name, value
    if name == TRIGGERS:
        return name, _starting(scene, number, value, flows)
    if name == ORDER:
        return name, _in_order(scene, number, value, project.environments)
    if isinstance(getattr(project, name), bool):
        return name, _flag(scene, number, name, value)
    return name, "" if value.lower() in CLEARED else _fitting(scene, number, name, value)


def label(name: str) -> str:
    """Return a setting as the beginning of a sentence."""
    words = name.replace("_", " ").replace("linear", "Linear")
    return words[:1].upper() + words[1:]


def _not_settable(scene: Scene, number: int, name: str) -> grammar.Misread:
    if name in SET_ELSEWHERE:
        how = Code(f"/flow {SET_ELSEWHERE[name]}")
        return scene.unread(number, f"{name} have a command of their own: ", how, part="name")
    if name == IN_SETTINGS:
        how = Code("FLOWBOT_PROJECTS")
        return scene.unread(
            number, f"{name} is set where the bot is started, in ", how, part="name"
        )
    if name in SETTABLE:
        shown = EXAMPLES.get(name, f"{name}=production")
        return scene.unread(
            number, f"Say what {name} should be. Example: ", Code(shown), part="name"
        )
    if name in OF_A_CHANNEL:
        how = Code(f"/flow {OF_A_CHANNEL[name]}")
        told = f"{name} is set for a channel, and by each person for themselves: "
        return scene.unread(number, told, how, part="name")
    known = ", ".join(SETTABLE)
    short = [each for each in SETTABLE if name and each.startswith(name)]
    meant = short or near(name, dict.fromkeys(SETTABLE))
    hint = f"did you mean {meant[0]}?" if meant else f"it has {known}."
    shown = EXAMPLES.get(meant[0] if meant else "", "environment=production")
    example = Code(f"/flow project set acme/shop {shown}")
    return scene.unread(
        number,
        f"A project has no setting {grammar.quoted(name)}: {hint} Example: ",
        example,
        part="name",
    )


def _unfit(
    scene: Scene, number: int, name: str, value: str, wanted: str, example: str
) -> grammar.Misread:
    told = f"{name} cannot be {grammar.quoted(value)}: it takes {wanted}, such as "
    return scene.unread(number, told, Code(f"{name}={example}"), part="value")


def _fitting(scene: Scene, number: int, name: str, value: str) -> str:
    """Return a value that fits its setting; raises Misread with what would."""
    wanted, example, fits = "", "", len(value) <= LONGEST and value.isprintable()
    if name == LINEAR:
        value = value.upper()
        wanted, example, fits = "the key of a team", "ENG", bool(TEAM.fullmatch(value))
    elif name == "version_file":
        wanted, example = "the path of a file in the repository", "pyproject.toml"
        fits = fits and not value.startswith("/") and ".." not in value.split("/")
    else:
        wanted, example = f"at most {LONGEST} characters in one line", "production"
    if not fits:
        raise _unfit(scene, number, name, value, wanted, example)
    return value


def _flag(scene: Scene, number: int, name: str, value: str) -> bool:
    if value.lower() in CLEARED:
        return False
    if value.lower() not in FLAGS:
        raise _unfit(scene, number, name, value, "yes or no", "yes")
    return FLAGS[value.lower()]


def _in_order(
    scene: Scene, number: int, value: str, before: list[EnvironmentSettings]
) -> list[Any]:
    """Return the environments that are named, each with what was set for it before."""
    if value.lower() in CLEARED:
        return []
    names = [each.strip() for each in value.split(",")]
    known = {each.name: each for each in before}
    for each in names:
        if not 0 < len(each) <= LONGEST_ENVIRONMENT or not each.isprintable():
            wanted = "names with commas between them, in the order that a commit goes through them"
            raise _unfit(scene, number, ORDER, value, wanted, "staging,production")
        if names.count(each) > 1:
            told = f"{grammar.quoted(each)} can only stand there once, such as "
            example = Code(f"{ORDER}=staging,production")
            raise scene.unread(number, told, example, part="value")
    return [msgspec.to_builtins(known.get(each, EnvironmentSettings(each))) for each in names]


def _starting(scene: Scene, number: int, value: str, flows: Mapping[str, Flow]) -> list[str]:
    """Return the aliases that are named; raises Misread for one that no event starts."""
    wanted = [each for each in value.lower().replace(",", " ").split() if each not in CLEARED]
    known = sorted(each.alias for each in flows.values() if each.on)
    for each in wanted:
        if each not in known:
            told = f"No event starts {grammar.quoted(each)}. Events start {', '.join(known)}: "
            example = Code(f"triggers={known[0]}" if known else "triggers=none")
            raise scene.unread(number, told, example, part="value")
    return sorted(set(wanted))
