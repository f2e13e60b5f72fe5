"""What all mutations have in common: ids that callers choose, and the word to the webhooks."""

from collections.abc import Mapping
from typing import Any, TypeAlias
from uuid import UUID

from integrations.emulators.linear.access import Grant
from integrations.emulators.linear.lists import Trouble, moment_of
from integrations.emulators.linear.records import Entity
from integrations.emulators.linear.roots import Query
from integrations.emulators.linear.world import LinearWorld

Input: TypeAlias = Mapping[str, Any]
Payload: TypeAlias = dict[str, object]
FOREVER = "The identifier is already in use."


class Acts:
    """The ends of every mutation; `find` looks things up as a query does."""

    def __init__(self, world: LinearWorld, grant: Grant) -> None:
        self.world = world
        self.viewer = grant.user
        self.find = Query(world, grant)

    def free(self, given: Input) -> str:
        """Return the id that the caller chose, as long as nothing has it."""
        wanted: str = given.get("id") or ""
        if not wanted:
            return ""
        try:
            is_fit = UUID(wanted).version == 4  # noqa: PLR2004 - the one that Linear documents
        except ValueError:
            is_fit = False
        if not is_fit:
            raise Trouble("Argument Validation Error: id must be a UUID", "id must be a UUID")
        if wanted in self.world.known:
            raise Trouble(f"Entity {wanted} exists already", FOREVER)
        return wanted

    def told(self, action: str, thing: Entity, mutation: str, field: str) -> Payload:
        self.world.note(action, thing, mutation, self.viewer)
        return {"success": True, "last_sync_id": float(len(self.world.writes)), field: thing}

    def updated(
        self, thing: Entity, before: dict[str, object], mutation: str, field: str
    ) -> Payload:
        thing.updated_at = self.world.clock
        self.world.note("update", thing, mutation, self.viewer, before)
        return {"success": True, "last_sync_id": float(len(self.world.writes)), field: thing}

    def removed(self, thing: Entity, mutation: str) -> Payload:
        del self.world.known[thing.id]
        self.world.note("remove", thing, mutation, self.viewer)
        sync = float(len(self.world.writes))
        return {"success": True, "last_sync_id": sync, "entity_id": thing.id}


def given_to(thing: Entity, given: Input) -> dict[str, object]:
    """Set what was given and is not null; return the earlier values of what is another one now."""
    return put(thing, {name: value for name, value in given.items() if value is not None})


def put(thing: Entity, values: Input) -> dict[str, object]:
    """Set these values; return the earlier ones of what is another one now."""
    before: dict[str, object] = {"updated_at": thing.updated_at}
    for name, value in values.items():
        if value != (earlier := getattr(thing, name)):
            before[name] = earlier
            setattr(thing, name, value)
    return before


def made_at(given: Input) -> dict[str, Any]:
    """Return when something is to have been made, where that was given."""
    moment = given.get("created_at")
    return {"created_at": moment_of(moment)} if moment else {}
