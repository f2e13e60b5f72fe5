"""People are known by name before anything is said about them."""

import asyncio
import re
from collections.abc import Set as AbstractSet

from bot.chat import Actor, Origin
from bot.desks import Desk
from bot.grammar import Verb
from bot.people.acquaintance import Acquaintance, address
from bot.replies import Say

MOST = 5  # of those who are mentioned in one command, and of those who are set
MENTIONED = {"slack": re.compile(r"[UW][A-Z0-9]{1,30}"), "discord": re.compile(r"\d{1,30}")}


class Introduced:
    """A desk that is told who speaks, who is mentioned, and who is `set` for the installation."""

    def __init__(
        self, desk: Desk, known: Acquaintance, set_: AbstractSet[str] = frozenset()
    ) -> None:
        self._desk = desk
        self._known = known
        self._set = set_

    @property
    def verbs(self) -> AbstractSet[str]:
        """What the desk answers."""
        return self._desk.verbs

    async def answer(self, said: Verb, by: Actor, origin: Origin, key: str) -> Say:
        """Get to know everybody concerned, then let the desk answer."""
        named = [address(word, origin.platform) for word in said.words]
        here = [each for each in named if each and each[0] == origin.platform][:MOST]
        known = [address(each, "") for each in sorted(self._set)[:MOST]]
        concerned = [each for each in (*here, *known) if each and _is_account(*each)]
        await asyncio.gather(*(self._known.mentioned(*each) for each in dict.fromkeys(concerned)))
        await self._known.person(by)
        return await self._desk.answer(said, by, origin, key)


def _is_account(platform: str, who: str) -> bool:
    shape = MENTIONED.get(platform)
    return bool(shape and shape.fullmatch(who))
