"""What people say about roles: who has which and why, and giving somebody another one."""

from collections.abc import Mapping, Sequence

from bot import catalogue, grammar
from bot.admin.changes import PutBack, Regret, confirming
from bot.admin.office import Office, Place, Scene
from bot.chat import Actor, Origin
from bot.people.persons import Unknown, known
from bot.people.whereabouts import account
from bot.replies import Say, no
from bot.rules import Rules
from flows.engine.access import Role
from flows.engine.policy import EVERYTHING
from flows.engine.tools import ProjectSettings
from flows.report import Code, Inline, Report, table
from storage import names, projects

EVERYBODY = ("everybody", "everyone", "all", EVERYTHING)
FILLERS = frozenset({"as", "in", "to", "for", "is", "a", "an", "the", "role"})
NO_ROLE = ("none", "default")
EXAMPLE = Code("/flow role @ada maintainer acme/shop")
ROLES = ", ".join(Role)


class Roles:
    """Answers `roles` and `role`; nobody gets more by it than the one who gives has."""

    verbs = frozenset({"roles", "role"})

    def __init__(self, office: Office) -> None:
        self._office = office
        self._rules = office.rules
        self.subjects: Mapping[str, PutBack] = {"role": self._put_back}

    async def answer(self, said: grammar.Verb, by: Actor, origin: Origin, key: str) -> Say:  # noqa: ARG002 - saying it twice comes to the same
        """Do what was said."""
        if said.name == "role" and not said.words:
            return Say(catalogue.help_for_verb("role"))
        if said.name == "role":
            said = grammar.Verb(said.name, _ordered(said.words))
        work = self._list if said.name == "roles" else self._give
        return await self._office.decide(said, by, origin, work)

    async def _list(self, scene: Scene) -> Say:
        # Without a project, what counts everywhere.
        nowhere = len(scene.words) == 1 and not scene.places.here
        project = ProjectSettings("") if nowhere else scene.split(1)[0]
        chosen = (await projects.chosen(scene.connection, project.name)).get("roles", {})
        why = _reasons(self._rules, project, chosen)
        called = await names.of(scene.connection, why)
        order = sorted(why, key=lambda each: (-list(Role).index(why[each][0]), each))
        rows: list[tuple[Inline, ...]] = [
            (_called(each, called), str(why[each][0]), why[each][1]) for each in order
        ]
        others = project.roles.get(EVERYTHING, self._rules.default)
        source = f"set for {project.name}" if EVERYTHING in project.roles else "as everywhere"
        if EVERYTHING in chosen:
            source += ", chosen in chat"
        rows.append(("everybody else", str(others), source))
        yours = f"You are {scene.role(project)}."
        title = f"Roles in {project.name}" if project.name else "Roles"
        return Say(Report(title, yours, blocks=(table(("Who", "Role", "Why"), rows),)))

    async def _give(self, scene: Scene) -> Say:
        if len(scene.words) < 3:  # noqa: PLR2004 - the verb, a person, a role
            raise scene.unread(
                len(scene.words) - 1, f"Say who gets which role ({ROLES}): ", EXAMPLE
            )
        person = await self._person(scene)
        role = _role(scene)
        project = await projects.alone(scene.connection, scene.split(3)[0].name)
        who = await self._named(scene, person)
        if person in self._rules.admins:
            return no(f"{who} is an admin of the installation: FLOWBOT_ADMINS says who is.")
        before = _held(self._rules, project, person)
        place = Place(project.name, ("roles", person), [role])
        edit = await scene.edit(f"role {project.name} {person}", "", place)
        then = await projects.find(scene.connection, project.name)
        after = _held(self._rules, then, person)
        told = f"{before} → {after}"
        if before is after:
            told = f"still {after}, now by a setting of {project.name}"
        scene.refuse(self._objection(scene.by, project, person, who, after))
        if before is after and project.roles.get(person) == role:
            return await scene.noted()
        asked = "" if scene.sure else _danger(self._rules, project, then, person, who)
        scene.refuse(confirming(asked, "Do it", scene.words) if asked else None)
        return await scene.noted(edit._replace(said=f"{who} in {project.name}: {told}."))

    async def _put_back(self, regret: Regret) -> Say | None:
        project_name, (_, person), _ = regret.change.before[0]
        before = await projects.find(regret.connection, project_name)
        if refusal := await self._office.put_back(regret, Role.MAINTAINER):
            return refusal
        then = await projects.find(regret.connection, project_name)
        after = _held(self._rules, then, person)
        who = (await names.of(regret.connection, [person])).get(person) or account(person)
        return self._objection(regret.by, before, person, who, after)

    def _objection(
        self, by: Actor, project: ProjectSettings, person: str, who: str, after: Role
    ) -> Say | None:
        """Return why somebody may not give a person this role."""
        subject = self._rules.subject(by, project)
        has, before = subject.role, _held(self._rules, project, person)
        if not has.covers(Role.MAINTAINER):
            told = f"Giving roles needs the role maintainer in {project.name}; yours is {has}."
            return no(told, "forbidden")
        if not has.covers(after):
            whose = "Nobody can raise themselves" if subject.id == person else "That is too much"
            return no(f"{whose}: your role is {has}, so you can give that at most.", "forbidden")
        if not has.covers(before):
            return no(
                f"{who} is {before}: only somebody with that role can change it.", "forbidden"
            )
        is_last = before is Role.ADMIN and after is not Role.ADMIN and person != EVERYTHING
        if is_last and not (_admins(project) - {person} or self._rules.admins):
            told = f"{who} is the last admin of {project.name}: make somebody else one first."
            return no(told)
        return None

    async def _person(self, scene: Scene) -> str:
        word = scene.words[1]
        if word.lower().removeprefix("@") in EVERYBODY:
            return EVERYTHING
        try:
            return await known(scene.connection, word, scene.origin.platform)
        except Unknown as unknown:
            raise scene.unread(1, *unknown.says) from unknown

    async def _named(self, scene: Scene, person: str) -> str:
        if person == EVERYTHING:
            return "Everybody else"
        return (await names.of(scene.connection, [person])).get(person) or account(person)


def _ordered(words: Sequence[str]) -> tuple[str, ...]:
    """Return who gets which role, in this order; words that only hold them together are left out.

    `maintainer @ada` is turned round.
    """
    kept = [each for each in words if each.lower() not in FILLERS]
    roles = {*Role, *NO_ROLE}
    if len(kept) > 1 and kept[0].lower() in roles and kept[1].lower() not in roles:
        kept[:2] = kept[1], kept[0]
    return tuple(kept)


def _called(person: str, names: Mapping[str, str]) -> str:
    """Return the name of somebody, with the platform where it stands for several accounts."""
    name = names.get(person)
    if name is None:
        return account(person)
    is_shared = sum(each == name for each in names.values()) > 1
    return account(f"{person.partition(':')[0]}:{name}") if is_shared else name


def _reasons(
    rules: Rules, project: ProjectSettings, chosen: Mapping[str, object]
) -> dict[str, tuple[Role, str]]:
    """Return everybody who is named somewhere, with their role here and why they have it."""
    found = dict.fromkeys(rules.maintainers, (Role.MAINTAINER, "a maintainer everywhere"))
    for each, role in project.roles.items():
        if each != EVERYTHING:
            mark = ", chosen in chat" if each in chosen else ""
            found[each] = (role, f"set for {project.name}{mark}")
    return found | dict.fromkeys(rules.admins, (Role.ADMIN, "an admin everywhere"))


def _held(rules: Rules, project: ProjectSettings, person: str) -> Role:
    """Return the role that somebody has in a project; of everybody else, for `*`."""
    if person == EVERYTHING:
        return project.roles.get(EVERYTHING, rules.default)
    platform, _, account = person.partition(":")
    return rules.subject(Actor(platform, account, person), project).role


def _admins(project: ProjectSettings) -> set[str]:
    return {each for each, role in project.roles.items() if role is Role.ADMIN}


def _danger(
    rules: Rules, before: ProjectSettings, then: ProjectSettings, person: str, who: str
) -> str:
    """Return what to think of before this change, "" where nothing is hard to repair."""
    if person == EVERYTHING and _held(rules, then, person) is Role.ADMIN:
        return f"Everybody can do everything in {then.name} then, and make others admins."
    if _admins(before) == {person} and not _admins(then) and rules.admins:
        left = "after that only admins of the installation are left"
        return f"{who} is the last admin that {then.name} has of its own: {left}."
    return ""


def _role(scene: Scene) -> str | None:
    """Return the role that is given, None for the one that somebody has without any."""
    word = scene.words[2].lower()
    if word in NO_ROLE:
        return None
    if word not in set(Role):
        near = catalogue.near(word, dict.fromkeys(Role))
        hint = f"did you mean {near[0]}?" if near else f"take {ROLES} or none."
        raise scene.unread(2, f"{grammar.quoted(word)} is no role: {hint} Example: ", EXAMPLE)
    return word
