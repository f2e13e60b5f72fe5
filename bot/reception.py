"""The desks beside those that every bot has: each is listed once, here."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.admin.changes import Changes, PutBack
from bot.admin.channels import Channels
from bot.admin.connections import Connections
from bot.admin.office import Office
from bot.admin.policies import Policies
from bot.admin.projects import Outside, Projects
from bot.admin.roles import Roles
from bot.desks import Desk
from bot.people.household import Household
from bot.people.introduction import Introduced
from bot.rules import Rules
from bot.subscriptions.desk import Subscriptions
from bot.subscriptions.preview import Previews
from flows.engine.registry import Find, catalogue, find
from flows.engine.spec import Flow
from flows.engine.tools import System
from storage.database import Database


def desks_of(  # noqa: PLR0913, PLR0917 - what all desks need
    database: Database,
    rules: Rules,
    clock: Callable[[], datetime],
    outside: Outside,
    system: System,
    people: Household,
    find: Find = find,
    flows: Callable[[], Mapping[str, Flow]] = catalogue,
) -> tuple[Desk, ...]:
    """Return the desks; what they change can be taken back, by its subject."""
    office = Office(database, rules, clock)
    previews = Previews(database, outside.github, clock, outside.linear)
    roles = Roles(office)
    settling = (
        Projects(office, outside, flows),
        roles,
        Policies(office, find, flows),
        Subscriptions(database, rules, clock, previews, outside.linear),
    )
    subjects: dict[str, PutBack] = {**people.subjects}
    for each in settling:
        subjects |= each.subjects
    connections = Connections(database, rules, clock, system)
    channels = Channels(database, rules, clock)
    undoing = Changes(database, clock, subjects)
    by_name = Introduced(roles, people.known, rules.admins | rules.maintainers)
    others = (each for each in settling if each is not roles)
    return (by_name, *others, *people.desks, connections, channels, undoing)
