"""The desks about people and their time, and what has to be looked at for them, wired together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.admin.changes import PutBack
from bot.desks import Desk
from bot.home import Homes
from bot.passes import Passes
from bot.people.acquaintance import Acquaintance, Profiles
from bot.people.introduction import Introduced
from bot.people.linking import Linking, Logins
from bot.people.me import Me
from bot.people.naming import Naming
from bot.people.pulls import Pulls
from bot.people.summons import Permalink, Summons
from bot.people.waiting import Waiting
from bot.rules import Rules
from bot.upkeep import Look
from flows.engine.registry import Find, find
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Contacts:
    """What tells of people outside: the chats by their platform, GitHub, and Linear if it is on.

    `github_at` is the page where people can sign in at GitHub, "" where that is not set up.
    """

    pulls: Pulls
    profiles: Mapping[str, Profiles] = field(default_factory=dict)
    permalinks: Mapping[str, Permalink] = field(default_factory=dict)
    linear: Logins | None = None
    github_at: str = ""


@dataclass(frozen=True, slots=True)
class Household:
    """`subjects` put back what was changed by these desks, `looks` are the leader's to make.

    `known` gets to know whom other desks are told of.
    """

    known: Acquaintance
    desks: tuple[Desk, ...]
    linking: Linking
    subjects: Mapping[str, PutBack]
    looks: tuple[Look, ...]


def household(
    database: Database,
    rules: Rules,
    clock: Callable[[], datetime],
    passes: Passes,
    contacts: Contacts,
    find: Find = find,
) -> Household:
    """Return all that is about people."""
    known, naming = Acquaintance(database, clock, contacts.profiles), Naming(database, rules, clock)
    homes = Homes(database, rules, clock, find)
    waiting = Waiting(database, rules, clock, homes, contacts.pulls)
    summons = Summons(database, homes, clock, rules.url, contacts.permalinks)
    linking = Linking(
        database,
        naming,
        clock,
        known,
        passes,
        linear=contacts.linear,
        github_at=contacts.github_at,
    )
    return Household(
        known=known,
        linking=linking,
        desks=(
            Introduced(Me(database, clock, known, waiting), known),
            Introduced(linking, known),
            naming,
            summons,
        ),
        subjects={"identity": naming.put_back, "team": naming.put_team_back},
        looks=(summons.look, waiting.look),
    )
