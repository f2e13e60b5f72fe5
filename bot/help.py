"""Help for one person in one place: what they may do there, under the rules that hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from string import Formatter
from typing import TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import catalogue
from bot.admin.policy_words import Held, rules_of
from bot.chat import Actor, Origin
from bot.places import PROJECT, Places, places_of
from bot.rules import Rules
from bot.schedules import HELP
from bot.verbs import VERBS
from flows.engine.access import Role
from flows.engine.policy import EVERYTHING, names
from flows.engine.registry import Find
from flows.engine.spec import Flow
from flows.engine.tools import ProjectSettings
from flows.report import Block, Code, Report, facts, text
from storage import names as called
from storage import projects

SCHEDULING = ("schedule", "schedules")
MOST_NAMED = 3  # admins
EVERYTHING_THERE_IS = "all"
Groups: TypeAlias = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for help, where and when; `called` has the names of people by `platform:id`."""

    rules: Rules
    every: Sequence[ProjectSettings]
    places: Places
    by: Actor
    at: datetime
    called: Mapping[str, str] = field(default_factory=dict)

    @property
    def project(self) -> ProjectSettings:
        """Return what is set for the project of this place; what holds everywhere without one."""
        here = self.places.here
        return next((each for each in self.every if each.name == here), ProjectSettings(here))

    @property
    def role(self) -> Role:
        """Return the role here; the highest anywhere where the place is about no project."""
        if self.places.here:
            return self.rules.subject(self.by, self.project).role
        return self.rules.highest(self.by, self.every)

    @property
    def admins(self) -> list[str]:
        """Return who can give somebody a role here, as `platform:id`, those of this chat first."""
        own = {who for who, role in self.project.roles.items() if role is Role.ADMIN}
        found = (own | self.rules.admins) - {EVERYTHING}
        return sorted(found, key=lambda each: (not each.startswith(self.by.platform), each))

    def held(self, flow: Flow) -> Held:
        """Return a flow with the policy that it has here."""
        return Held(flow, self.rules.policy(flow, self.project))


async def asked(
    connection: AsyncConnection, rules: Rules, by: Actor, origin: Origin, at: datetime
) -> Asked:
    """Return who asks, with what is set and the names of whom they can be sent to."""
    every = await projects.every(connection)
    known = places_of(every, origin.platform, origin.channel)
    here = Asked(rules, every, known, by, at)
    return replace(here, called=await called.of(connection, here.admins))


def answer(topic: str, asked: Asked, find: Find) -> Report:
    """Return what this person may do here, or how one flow or verb is used."""
    word = topic.lower()
    if not word or word == EVERYTHING_THERE_IS:
        groups = _groups(asked)
        return catalogue.details(groups) if word else catalogue.overview(groups)
    if word in SCHEDULING:
        return HELP
    if word in VERBS:
        report = catalogue.help_for_verb(word)
        lacks = _lack(VERBS[word].role, asked)
        return Report(report.title, report.summary, blocks=(*report.blocks, *lacks))
    flow = find(word)
    if flow is None and (groups := _called(word, _groups(asked))):
        return catalogue.details(groups)
    return catalogue.help_for(flow, _here(flow, asked)) if flow else catalogue.unknown(topic)


def _groups(asked: Asked) -> Groups:
    return catalogue.grouped(asked.role, lambda flow: asked.held(flow).policy.run)


def _called(word: str, groups: Groups) -> Groups:
    """Return the groups that have this word in their title."""
    return {title: each for title, each in groups.items() if word in title.lower().split()}


def _here(flow: Flow, asked: Asked) -> list[Block]:
    """Return what holds for a flow in this place."""
    held, project = asked.held(flow), asked.project
    rows = rules_of(project, held, asked.at)
    if flow.lock:
        same = [name for _, name, _, _ in Formatter().parse(flow.lock) if name]
        rows["one_at_a_time"] = (f"for the same {names(same)}; others wait for ", Code(flow.lock))
    if asked.places.here and PROJECT in flow.params.model_fields:
        rows["repo_left_out"] = (f"{asked.places.here}, in this channel",)
    kind = "Shows its plan before it changes anything." if flow.writes else "It only looks."
    title = f"Rules in {project.name}" if project.name else "Rules"
    return [text(kind), facts(title, **rows), *_lack(held.policy.run, asked)]


def _lack(needed: Role, asked: Asked) -> list[Block]:
    """Say whom to ask where somebody has not got the role that is needed."""
    if asked.role.covers(needed):
        return []
    called = [f"@{asked.called.get(each, each)}" for each in asked.admins[:MOST_NAMED]]
    whom = names(called) or "whoever runs this bot"
    return [text(f"You need the role {needed}, yours is {asked.role}: ask {whom}.")]
