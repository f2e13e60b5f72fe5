"""An emulated Linear in a file: things refer to each other by id, so circles do no harm."""

from collections.abc import Callable
from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from integrations.emulators.linear import issues, plans, records
from integrations.emulators.linear.courier import Delivery
from integrations.emulators.linear.records import Entity, Webhook

if TYPE_CHECKING:
    from integrations.emulators.linear.world import LinearWorld

Json: TypeAlias = Any
KINDS: dict[str, type[Entity]] = {
    name: kind
    for module in (records, plans, issues)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and issubclass(kind, Entity) and kind is not Entity
}
LISTS = ("users", "teams", "labels", "projects", "project_statuses", "documents", "issues")


class _Kept(msgspec.Struct):
    """The file: `known` can be found by its id, `things` are all that anything refers to."""

    made: int
    sent: int
    lists: dict[str, list[str]]
    hooks: list[str]
    known: list[str]
    things: dict[str, tuple[str, dict[str, Json]]]
    waiting: list[dict[str, Json]]


def written(world: "LinearWorld") -> bytes:
    """Return the state of a workspace as the content of a file."""
    writer = _Writer()
    kept = _Kept(
        made=world.made,
        sent=world.courier.sent,
        lists={name: [each.id for each in getattr(world, name)] for name in LISTS},
        hooks=[hook.id for hook in world.courier.hooks],
        known=list(world.known),
        things=writer.every(list(world.known.values())),
        waiting=[
            {"hook": each.hook.id, "body": each.body.decode()}
            | {name: getattr(each, name) for name in ("id", "kind", "due", "statuses")}
            for each in world.courier.waiting
            if each.hook.id in world.known
        ],
    )
    return msgspec.json.encode(kept)


def restore(world: "LinearWorld", content: bytes) -> None:
    """Let a new workspace be as the one that was written."""
    kept = msgspec.json.decode(content, type=_Kept)
    things = {name: object.__new__(KINDS[kind]) for name, (kind, _) in kept.things.items()}
    for name, (_, parts) in kept.things.items():
        thing = things[name]
        thing.world, thing.id = world, name
        for part, value in parts.items():
            setattr(thing, part, _read(value, things))
    world.made = kept.made
    world.known = {name: things[name] for name in kept.known}
    for name in LISTS:
        setattr(world, name, [things[each] for each in kept.lists[name]])
    world.organization = next(
        each for each in things.values() if isinstance(each, records.Organization)
    )
    courier = world.courier
    courier.sent = kept.sent
    courier.hooks = [hook for name in kept.hooks if isinstance(hook := things[name], Webhook)]
    by_id = {hook.id: hook for hook in courier.hooks}
    courier.waiting = [
        Delivery(
            hook=by_id[each["hook"]],
            id=each["id"],
            kind=each["kind"],
            body=each["body"].encode(),
            due=datetime.fromisoformat(each["due"]),
            statuses=each["statuses"],
        )
        for each in kept.waiting
        if each["hook"] in by_id
    ]
    world.sign_in()


class _Writer:
    """Writes things, and whatever they refer to."""

    def __init__(self) -> None:
        self._left: list[Entity] = []
        self._things: dict[str, tuple[str, dict[str, Json]]] = {}

    def every(self, things: list[Entity]) -> dict[str, tuple[str, dict[str, Json]]]:
        self._left = things
        while self._left:
            thing = self._left.pop()
            if thing.id not in self._things:
                parts: dict[str, Json] = {}
                self._things[thing.id] = (type(thing).__name__, parts)
                for part in fields(thing):
                    if part.name not in ("world", "id"):
                        parts[part.name] = self._value(getattr(thing, part.name))
        return self._things

    def _value(self, value: object) -> Json:
        if isinstance(value, Entity):
            self._left.append(value)
            return {"thing": value.id}
        if isinstance(value, date):  # a datetime is one, too
            return {"at" if isinstance(value, datetime) else "on": value.isoformat()}
        if isinstance(value, list | tuple):
            told = [self._value(each) for each in value]
            return told if isinstance(value, list) else {"pair": told}
        if isinstance(value, dict):
            return {"map": {name: self._value(each) for name, each in value.items()}}
        return value


def _read(value: Json, things: dict[str, Entity]) -> Json:
    if isinstance(value, list):
        return [_read(each, things) for each in value]
    if not isinstance(value, dict):
        return value
    [(kind, held)] = value.items()
    return _READERS[kind](held, things)


_READERS: dict[str, Callable[[Any, dict[str, Entity]], Json]] = {
    "thing": lambda held, things: things[held],
    "at": lambda held, _: datetime.fromisoformat(held),
    "on": lambda held, _: date.fromisoformat(held),
    "pair": lambda held, things: tuple(_read(each, things) for each in held),
    "map": lambda held, things: {name: _read(each, things) for name, each in held.items()},
}
