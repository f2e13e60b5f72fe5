"""What the settings of the installation say of a project, where it cannot be meant; pure."""

from flows.engine.policy import EVERYTHING
from flows.engine.registry import catalogue
from flows.engine.tools import ProjectSettings

WHERE = "see `python -m bot flows`"


def mistake_in(project: ProjectSettings) -> str:
    """Return what is wrong with the policies or the triggers of a project, or an empty string."""
    name = project.name
    aliases = project.policies.keys() - {EVERYTHING}
    if not aliases and not project.triggers:
        return ""
    flows = {each.alias: each for each in catalogue().values()}
    if odd := sorted(aliases - flows.keys()):
        return f"{name} has a policy for {odd[0]!r}, which is no flow's alias: {WHERE}."
    starting = sorted(alias for alias, each in flows.items() if each.on)
    if odd := [alias for alias in project.triggers if alias not in starting]:
        can = ", ".join(starting) or "no flow"
        return f"{name} has the trigger {odd[0]!r}, which no event starts. Events start {can}."
    return ""
