"""What people say about projects: see one, list, create, set, link and remove them."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from bot import grammar
from bot.admin.changes import YES, Edit, PutBack, Regret, confirming
from bot.admin.house import RULES, chosen_rules
from bot.admin.office import Office, Place, Scene, Work, answer
from bot.admin.project_words import about, listing, shown
from bot.admin.settable import CLEARED, LINEAR, LONGEST, SET_ELSEWHERE, TEAM, label, setting
from bot.catalogue import help_for_verb, near
from bot.chat import Actor, Origin
from bot.places import is_short
from bot.replies import Say, no
from flows.engine.access import Role
from flows.engine.registry import catalogue
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from flows.report import Code, Report, text
from integrations.errors import OutsideError, Refused
from integrations.github import GitHubReader, Repository
from integrations.linear import LinearReader
from integrations.probes import Probes
from storage import projects

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
LONGEST_URL = 2000
PROBING = "Choosing what is probed"
ACTIONS = {"list", "create", "set", "link", "default", "endpoints", "component", "remove"}


@dataclass(frozen=True, slots=True)
class Outside:
    """Who is asked whether what is named exists."""

    github: GitHubReader
    linear: LinearReader | None
    probes: Probes


class Projects:
    """Answers `project`; what it changes can be taken back."""

    verbs = frozenset({"project"})

    def __init__(
        self, office: Office, outside: Outside, flows: Callable[[], Mapping[str, Flow]] = catalogue
    ) -> None:
        self._office = office
        self._outside = outside
        self._flows = flows
        self.subjects: Mapping[str, PutBack] = {
            "project": self._put_back,
            "default": partial(office.put_back, needed=Role.MAINTAINER),
        }
        self._actions: Mapping[str, Work] = {
            "list": self._list,
            "set": self._set,
            "link": self._link,
            "default": self._default,
            "component": self._component,
            "remove": self._remove,
        }

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - saying it twice comes to the same
        """Do what was said; what GitHub, Linear or a name server has to know is asked before."""
        words = [each for each in said.words if each != YES]
        first = words[0].lower() if words else ""
        if len(words) == 1 and first in ACTIONS - {"list"}:
            return Say(help_for_verb("project"))
        try:
            if first == "create":
                return await self._create(said, by, origin)
            if first in ("link", "endpoints") and len(words) > 2:  # noqa: PLR2004 - more than a look
                # Nobody is asked outside for who may not change anything.
                may = await self._office.decide(said, by, origin, _may_set_up)
                if may.kind != "answer":
                    return may
            if first == "link":
                await self._look_for_team(said)
            inside = first == "endpoints" and await self._is_inside([said.name, *words])
        except grammar.Misread as misread:
            return Say(misread.report, "misread")
        except OutsideError as error:
            return no(str(error))
        action = self._actions.get(first, self._show)
        if first == "endpoints":
            action = partial(self._endpoints, inside=inside)
        return await self._office.decide(said, by, origin, action)

    async def _show(self, scene: Scene) -> Say:
        word = "".join(scene.words[1:2])
        meant = near(word, dict.fromkeys(ACTIONS)) if is_short(word) else []
        if meant and not scene.places.meant(word):
            hint = Code("/flow help project")
            raise scene.unread(1, f"Did you mean {meant[0]}? ", hint, " shows how.")
        project, _ = scene.split(2 if scene.words[1:2] == ["show"] else 1)
        chosen = await projects.chosen(scene.connection, project.name)
        return Say(about(project, chosen, f"{scene.origin.platform}:{scene.origin.channel}"))

    async def _list(self, scene: Scene) -> Say:
        return Say(listing(scene.every, scene.places.here))

    async def _create(self, said: grammar.Verb, by: Actor, origin: Origin) -> Say:
        name = said.words[1]
        if not REPOSITORY.fullmatch(name):
            misread = grammar.Misread(
                f"{grammar.quoted(name)} names no repository with its owner. Example: ",
                Code("/flow project create acme/shop"),
            )
            return Say(misread.at([said.name, *said.words], 2).report, "misread")
        # Whether there is such a repository is for those to know who may create a project.
        refusal = await self._office.decide(said, by, origin, _may_create)
        if refusal.kind != "answer":
            return refusal
        found = await self._outside.github.repository(name)
        return await self._office.decide(said, by, origin, partial(_created, found=found))

    async def _set(self, scene: Scene) -> Say:
        project, start = scene.split(2)
        project = await scene.changing(project, Role.MAINTAINER, f"Setting up {project.name}")
        edits = []
        for number in range(start, len(scene.words)):
            name, value = setting(scene, number, project, self._flows())
            if name == RULES:
                edits += await chosen_rules(scene, project, number, value)
            else:
                edits += await _one(scene, project, name, value)
        if start == len(scene.words):
            raise scene.unread(
                start - 1, "Say what to set: ", Code("/flow project set environment=production")
            )
        return await scene.noted(*edits)

    async def _link(self, scene: Scene) -> Say:
        project, start = scene.split(2)
        project = await scene.changing(project, Role.MAINTAINER, f"Setting up {project.name}")
        team = _team_in(scene.words[start:])
        if team is None:
            number = min(start, len(scene.words) - 1)
            example = Code("/flow project link acme/shop linear=ENG")
            raise scene.unread(number, "Say which team in Linear: ", example)
        return await scene.noted(*await _one(scene, project, LINEAR, team))

    async def _default(self, scene: Scene) -> Say:
        if not scene.origin.channel:
            return no("Say this in the channel that it is for.")
        place = f"{scene.origin.platform}:{scene.origin.channel}"
        clears = scene.words[2].lower() in CLEARED
        project = None if clears else scene.project(2)
        had = [each for each in scene.every if place in each.channels]
        concerned = {each.name: each for each in [*had, *([project] if project else [])]}
        for _, each in sorted(concerned.items()):
            await scene.changing(each, Role.MAINTAINER, "Choosing what a channel is about")
        if had == ([project] if project else []):
            return await scene.noted()
        places = [Place(each.name, ("channels", place), [None]) for each in had if each != project]
        if project:
            places.append(Place(project.name, ("channels", place), [True]))
        before = " and ".join(each.name for each in had) or "nothing"
        after = project.name if project else "nothing"
        told = f"This channel is about {after}, and was about {before}."
        if project:
            told += " Here its name can be left out."
        return await scene.noted(await scene.edit(f"default {place}", told, *places))

    async def _endpoints(self, scene: Scene, *, inside: bool = False) -> Say:
        project, start = scene.split(2)
        rest = scene.words[start:]
        if not rest:
            chosen = await projects.chosen(scene.connection, project.name)
            return Say(about(project, chosen, "", only="endpoints"))
        if len(rest) != 2 or rest[0].lower() not in ("add", "remove"):  # noqa: PLR2004 - the action and the address
            example = Code(f"/flow {SET_ELSEWHERE['endpoints']}")
            raise scene.unread(start, "Say what to do with which address: ", example)
        adds, url = rest[0].lower() == "add", rest[1]
        project = await scene.changing(project, Role.MAINTAINER, PROBING)
        if adds and url in project.endpoints:
            return await scene.noted()
        if not adds and url not in project.endpoints:
            known = ", ".join(project.endpoints) or "none"
            raise scene.unread(start + 1, f"That is no endpoint of {project.name}: it has {known}.")
        is_open = inside or not url.lower().startswith("https://")
        if adds and is_open:
            scene.require(Role.ADMIN, project, "Opening an address like this one")
            if not scene.sure:
                why = "is on a private network" if inside else "is not encrypted"
                asked = f"{url} {why}. Everybody who may run `health` here sees how it answers."
                return confirming(asked, "Open it", scene.words)
        mark = (projects.PRIVATE if inside else True) if adds else None
        told = f"{project.name} {'now watches' if adds else 'no longer watches'} {url}."
        path = (projects.ENDPOINTS, url)
        what = f"project {project.name} {' '.join(path)}"
        return await scene.noted(await scene.edit(what, told, Place(project.name, path, [mark])))

    async def _component(self, scene: Scene) -> Say:
        project, start = scene.split(2)
        project = await scene.changing(project, Role.MAINTAINER, f"Setting up {project.name}")
        match scene.words[start:]:
            case ["add" | "set", glob, name] if len(name) <= LONGEST and len(glob) <= LONGEST:
                choice: str | None = name
            case ["remove", glob] if glob in project.components:
                choice = None
            case ["remove", glob]:
                known = ", ".join(project.components) or "none"
                raise scene.unread(
                    start + 1, f"{project.name} has no component for that: it has {known}."
                )
            case _:
                example = Code(f"/flow {SET_ELSEWHERE['components']}")
                number = min(start, len(scene.words) - 1)
                raise scene.unread(number, "Say which folder is which component: ", example)
        before = project.components.get(glob)
        if before == choice:
            return await scene.noted()
        told = f"{glob} of {project.name}: {before or 'no component'} → {choice or 'no component'}."
        what, path = f"project {project.name} components {glob}", ("components", glob)
        return await scene.noted(await scene.edit(what, told, Place(project.name, path, [choice])))

    async def _remove(self, scene: Scene) -> Say:
        project = scene.project(2)
        await scene.changing(project, Role.ADMIN, f"Removing {project.name}")
        if not scene.sure:
            asked = (
                f"{project.name} is forgotten then: what is set for it, its endpoints, policies "
                "and roles no longer hold. Its runs and GitHub stay as they are."
            )
            return confirming(asked, "Remove it", scene.words)
        told = f"{project.name} is removed."
        place = Place(project.name, (projects.REMOVED,), [True])
        return await scene.noted(await scene.edit(f"project {project.name}", told, place))

    async def _look_for_team(self, said: grammar.Verb) -> None:
        """Raise where Linear has no such team."""
        team = _team_in(said.words[1:])
        if team and self._outside.linear:
            await self._outside.linear.team(team)

    async def _is_inside(self, words: Sequence[str]) -> bool:
        """Say whether the address that is added is on a private network; raises Misread."""
        last = len(words) - 1
        if words[last - 1].lower() != "add":
            return False
        if len(words[last]) > LONGEST_URL:
            raise Refused(f"An address has at most {LONGEST_URL:,} characters.")
        try:
            return await self._outside.probes.is_inside(words[last])
        except Refused as error:
            example = Code(f"/flow {SET_ELSEWHERE['endpoints']}")
            raise grammar.Misread(f"{error} Example: ", example).at(words, last) from error

    async def _put_back(self, regret: Regret) -> Say | None:
        [(_, path, choice), *_] = regret.change.before
        opens = path[0] == projects.ENDPOINTS and choice == [projects.PRIVATE]
        needed = Role.ADMIN if opens or path[0] == projects.REMOVED else Role.MAINTAINER
        return await self._office.put_back(regret, needed)


async def _may_set_up(scene: Scene) -> Say:
    project, _ = scene.split(2)
    what = PROBING if scene.words[1].lower() == "endpoints" else f"Setting up {project.name}"
    scene.require(Role.MAINTAINER, project, what)
    return Say(Report(""))


async def _may_create(scene: Scene) -> Say:
    known = next((each for each in scene.every if each.name == scene.words[2]), None)
    if known:
        return answer("unfit", f"{known.name} is a project already: ", Code("/flow project"))
    scene.require(Role.ADMIN, ProjectSettings(""), "Creating a project")
    return Say(Report(""))


async def _created(scene: Scene, found: Repository) -> Say:
    name = found.full_name
    if any(each.name == name for each in scene.every):
        return await scene.noted()
    before = await scene.edit(
        f"project {name}", f"{name} is a project now.", Place(name, (projects.REMOVED,), [])
    )
    # Taking it back removes it, whether it was there before or not.
    edit = Edit(before.what, before.said, [(name, [projects.REMOVED], [True])], before.after)
    said = await scene.noted(edit)
    rights = {
        True: "I can read and write there.",
        False: "I can only read there: give the bot write access before it releases.",
        None: "I can read there; GitHub does not tell whether I can write.",
    }[found.can_write]
    blocks = (
        text(rights, *([" It is archived."] if found.archived else [])),
        text("Next: ", Code(f"/flow project default {name}"), " makes this channel about it."),
    )
    return Say(msgspec.structs.replace(said.report, blocks=blocks), buttons=said.buttons)


async def _one(scene: Scene, project: ProjectSettings, name: str, value: Any) -> list[Edit]:  # noqa: ANN401 - of any setting
    """Set one value; nothing where it is so already."""
    before = msgspec.to_builtins(getattr(project, name))
    if before == value:
        return []
    told = f"{label(name)} of {project.name}: {shown(before)} → {shown(value)}."
    what, place = f"project {project.name} {name}", Place(project.name, (name,), [value])
    return [await scene.edit(what, told, place)]


def _team_in(words: Sequence[str]) -> str | None:
    """Return the team that these words link a project to, "" for none any more."""
    for word in words:
        name, equals, value = word.removeprefix("--").partition("=")
        if equals and name.lower() in ("linear", LINEAR):
            if value.lower() in CLEARED:
                return ""
            return value.upper() if TEAM.fullmatch(value.upper()) else None
    return None
