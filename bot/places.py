"""Which repository is meant where somebody leaves out its owner, or says nothing of it."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from bot.rules import GITHUB
from flows.engine.tools import ProjectSettings
from storage.records import RunRecord

PROJECT = "repo"  # the input that names the project of a run


@dataclass(frozen=True, slots=True)
class Places:
    """The repositories that are known, and the one that the channel is about ("" for none)."""

    known: tuple[str, ...] = ()
    here: str = ""

    def meant(self, short: str) -> tuple[str, ...]:
        """Return the repositories with this short name; the channel's own comes before others."""
        found = [each for each in self.known if each.rpartition("/")[2].lower() == short.lower()]
        return (self.here,) if self.here in found else tuple(found)


def places_of(projects: Iterable[ProjectSettings], platform: str, channel: str) -> Places:
    """Return what can be meant in a channel; one that several projects name is about none.

    A pull request or an issue on GitHub, such as `acme/shop#12`, is about its repository
    alone: who reads there need not know what others there are.
    """
    if platform == GITHUB and channel:
        here = channel.partition("#")[0]
        return Places((here,), here)
    every = list(projects)
    known = tuple(each.name for each in every)
    place = f"{platform}:{channel}"
    about = [each.name for each in every if place in each.channels]
    return Places(known, about[0] if len(about) == 1 else "")


def placed(run: RunRecord, project: ProjectSettings) -> RunRecord:
    """Return a run of a project by its own name, however that was spelt: locks are taken by it."""
    if run.project == project.name:
        return run
    params = {**run.params, PROJECT: project.name}
    return msgspec.structs.replace(run, project=project.name, params=params)


def is_short(repository: object) -> bool:
    """Say whether this names a repository without its owner."""
    return isinstance(repository, str) and bool(repository) and "/" not in repository
