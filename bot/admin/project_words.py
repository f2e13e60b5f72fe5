"""Projects as people read them: what is set for one, and which of it was chosen in chat; pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from flows.engine.policy import EVERYTHING
from flows.engine.tools import ProjectSettings
from flows.report import Block, Channel, Code, Inline, Line, Report, bullets, facts, table, text

MOST_CHANNELS = 10  # that are named
CHOSEN = " (chosen in chat)"


def about(
    project: ProjectSettings, chosen: Mapping[str, Any], place: str, only: str = ""
) -> Report:
    """Return what is set for a project; `place` is where that is asked."""
    watched = {url: url for url in project.endpoints}
    folders = {glob: f"{glob} is {name}" for glob, name in project.components.items()}
    lists = {
        "endpoints": _listed("Endpoints", watched, chosen.get("endpoints", {})),
        "components": _listed("Components", folders, chosen.get("components", {})),
    }
    if only:
        nothing = text(f"{project.name} has no {only}.")
        return Report(project.name, blocks=(lists[only] or nothing,))
    rows: dict[str, Line] = {
        name: _value(getattr(project, name), name in chosen)
        for name in ("environment", "version_file", "linear_team", "released_state")
    }
    for name in ("environments", "tell_approvers", "triggers"):
        value = msgspec.to_builtins(getattr(project, name))
        rows[name] = _value(shown(value), name in chosen)
    kept = project.rules.kinds if project.rules else ()
    rows["rules"] = _value(", ".join(kept), "rules" in chosen)
    rows["channels"] = (*_channels(project.channels, place), *_value("", "channels" in chosen, ""))
    rules = ["all flows" if alias == EVERYTHING else alias for alias in sorted(project.policies)]
    rows["policies"] = _value(", ".join(rules) or "", "policies" in chosen, "as the flows say")
    people = len(project.roles.keys() - {EVERYTHING})
    others = project.roles.get(EVERYTHING)
    roles = f"{people} {'person' if people == 1 else 'people'}" if people else ""
    if others:
        roles = ", ".join(filter(None, (roles, f"everybody else is {others}")))
    rows["roles"] = _value(roles, "roles" in chosen, "as everywhere")
    found = [each for each in lists.values() if each]
    more = text(
        "Change it: ",
        Code(f"/flow project set {project.name} environment=production"),
        ". More: ",
        Code("/flow policy"),
        ", ",
        Code("/flow roles"),
        ", ",
        Code("/flow help project"),
        ".",
    )
    return Report(project.name, blocks=(facts(**rows), *found, more))


def shown(value: Any) -> str:  # noqa: ANN401 - of any setting
    """Return the value of a setting as it is read; environments stand in their order."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        names = [each["name"] if isinstance(each, dict) else each for each in value]
        return ", then ".join(names) if names != value else ", ".join(names) or "none"
    return str(value) or "none"


def listing(every: Sequence[ProjectSettings], here: str) -> Report:
    """Return all projects."""
    if not every:
        how = text(
            "There is no project yet. ", Code("/flow project create acme/shop"), " adds one."
        )
        return Report("Projects", blocks=(how,))
    rows: list[tuple[Inline, ...]] = [
        (
            each.name + (" (here)" if each.name == here else ""),
            each.environment or "none",
            each.linear_team or "none",
            f"{len(each.endpoints)}",
            f"{len(each.channels)}",
        )
        for each in every
    ]
    head = ("Project", "Environment", "Linear team", "Endpoints", "Channels")
    return Report("Projects", blocks=(table(head, rows),))


def _channels(channels: Sequence[str], here: str) -> Line:
    """Return the channels of a project by their names, this one first."""
    if not channels:
        return ("none",)
    shown: list[Inline] = ["this one"] if here in channels else []
    others = [each for each in channels if each != here]
    shown += [Channel(*each.split(":", 1)) for each in others[:MOST_CHANNELS]]
    if (more := len(others) - MOST_CHANNELS) > 0:
        shown.append(f"{more} more")
    return tuple(part for each in shown for part in (", ", each))[1:]


def _value(value: str, is_chosen: bool, otherwise: str = "none") -> Line:
    return (f"{value or otherwise}{CHOSEN if is_chosen else ''}",)


def _listed(title: str, entries: Mapping[str, str], chosen: Collection[str]) -> Block | None:
    """Return a list of what is set, with a mark on what was chosen in chat."""
    lines = [f"{said}{CHOSEN if key in chosen else ''}" for key, said in entries.items()]
    return bullets(lines, title) if lines else None
