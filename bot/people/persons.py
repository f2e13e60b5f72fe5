"""Who is meant by a name: in the words of a command, and in the inputs of a flow."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot import grammar
from flows.engine.named import PLATFORMS, inputs_of, is_known, person
from flows.report import Code
from storage import names
from storage.database import Database

MOST_OFFERED = 5


class Unknown(Exception):
    """A name that is nobody's here, or several people's; `says` is the sentence that helps."""

    def __init__(self, *says: str | Code) -> None:
        super().__init__("".join(each.code if isinstance(each, Code) else each for each in says))
        self.says = says


async def known(connection: AsyncConnection, words: str, platform: str) -> str:
    """Return who is meant, as `platform:id`; raises Unknown."""
    try:
        name = person(words)
    except ValueError as error:
        raise Unknown(f"{error}.") from error
    if is_known(name):
        return name
    found = await names.called(connection, name.removeprefix("@"), platform)
    if len(found) == 1:
        return found[0]
    if not found:
        raise Unknown(
            f"I know nobody called {grammar.quoted(name)} here: mention them, or take their id, "
            "such as ",
            Code(f"{platform if platform in PLATFORMS else PLATFORMS[0]}:U123"),
            ".",
        )
    offered = ", ".join(found[:MOST_OFFERED])
    raise Unknown(f"{len(found)} people are called {grammar.quoted(name)}: take one of {offered}.")


async def found(
    database: Database, understood: grammar.Understood, platform: str
) -> grammar.Understood:
    """Return what was understood with its people known by id; raises Misread."""
    meant = understood.meant if isinstance(understood, grammar.Heard) else understood
    if not isinstance(meant, grammar.Order) or not names_people(meant):
        return understood
    async with database.read() as connection:
        order = await resolved(connection, meant, platform)
    return replace(understood, meant=order) if isinstance(understood, grammar.Heard) else order


def names_people(order: grammar.Order) -> bool:
    """Say whether an order names anybody."""
    given = (getattr(order.params, name) for name in inputs_of(order.flow.params, "person"))
    return any(map(_several, given))


async def resolved(
    connection: AsyncConnection, order: grammar.Order, platform: str
) -> grammar.Order:
    """Return an order whose people are all known by id; raises Misread.

    Its command names them as people do, where that is the same to whoever types it again.
    """
    who: dict[str, object] = {}
    for name in inputs_of(order.flow.params, "person"):
        given = getattr(order.params, name)
        found = []
        for each in _several(given):
            try:
                found.append(await known(connection, each, platform))
            except Unknown as unknown:
                raise _marked(order, each, unknown) from unknown
        if isinstance(given, str):
            who |= {name: found[0]} if found else {}
        elif given is not None:
            who[name] = type(given)(found)
    ids = {each for given in who.values() for each in _several(given)}
    readable = await _readable(connection, ids, platform)
    command = grammar.joined(_said(each, readable) for each in grammar.split(order.command))
    return replace(order, params=order.params.model_copy(update=who), command=command)


async def _readable(
    connection: AsyncConnection, ids: Collection[str], platform: str
) -> Mapping[str, str]:
    """Return the names of those whom nobody else on this platform shares theirs with."""
    here = [each for each in ids if each.startswith(f"{platform}:")]
    called = await names.of(connection, here)
    return {
        who: f"@{name}"
        for who, name in called.items()
        if _is_name(name) and await names.called(connection, name, platform) == [who]
    }


def _is_name(name: str) -> bool:
    """Say whether somebody can be named so in a command."""
    try:
        return "," not in name and person(f"@{name}") == f"@{name}"
    except ValueError:
        return False


def _said(word: str, readable: Mapping[str, str]) -> str:
    """Return a word of a command with names in the place of ids."""
    key, equals, value = word.rpartition("=")
    parts = []
    for each in value.split(","):
        try:
            parts.append(readable.get(person(each.strip()), each))
        except ValueError:
            parts.append(each)
    return f"{key}{equals}{','.join(parts)}"


def _several(given: object) -> Sequence[str]:
    if isinstance(given, str):
        return [given] if given else []
    return (
        [str(each) for each in given] if isinstance(given, list | tuple | set | frozenset) else []
    )


def _marked(order: grammar.Order, who: str, unknown: Unknown) -> grammar.Misread:
    """Return the sentence with a mark under the word that names this person."""
    words, misread = grammar.split(order.command), grammar.Misread(*unknown.says)
    wanted = who.removeprefix("@")
    for number, word in enumerate(words):
        value = word.partition("=")[2] or word
        if number and wanted in (each.strip().removeprefix("@") for each in value.split(",")):
            return misread.at(words, number, "value")
    return misread
