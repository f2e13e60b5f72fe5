"""Rules of a repository as people switch them on and off in chat."""

import msgspec

from bot.admin.changes import Edit
from bot.admin.office import Place, Scene
from bot.catalogue import near
from bot.grammar import quoted
from flows.engine.house import KINDS, SENSIBLE, HouseRules, Kind
from flows.engine.tools import ProjectSettings
from flows.report import Code

RULES = "rules"
NONE = ("", "none")


async def chosen_rules(
    scene: Scene, project: ProjectSettings, number: int, value: str
) -> list[Edit]:
    """Switch these rules on, and the others off; nothing where it is so already.

    One that was not set before is as is sensible.
    """
    wanted, now = _named(scene, number, value), project.rules or HouseRules()
    if {*wanted} == {*now.kinds}:
        return []
    choice = {
        kind: msgspec.to_builtins(getattr(now, kind) or getattr(SENSIBLE, kind))
        if kind in wanted
        else None
        for kind in KINDS
    }
    was, will = (", ".join(kinds) or "none" for kinds in (now.kinds, wanted))
    told = f"Rules of {project.name}: {was} → {will}."
    place = Place(project.name, (RULES,), [choice])
    return [await scene.edit(f"project {project.name} {RULES}", told, place)]


def _named(scene: Scene, number: int, value: str) -> list[Kind]:
    """Return the rules that are named, in their order; raises Misread for one that is none."""
    words = [each for each in value.lower().replace(",", " ").split() if each not in NONE]
    for each in words:
        if each not in KINDS:
            meant = near(each, dict.fromkeys(KINDS))
            hint = f"did you mean {meant[0]}?" if meant else f"there are {', '.join(KINDS)}."
            told = f"There is no rule {quoted(each)}: {hint} Example: "
            raise scene.unread(number, told, Code("rules=labels,stale"), part="value")
    return [kind for kind in KINDS if kind in words]
