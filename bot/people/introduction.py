"""People are known by name before anything is said about them."""

import re
from collections.abc import Set as AbstractSet

from bot.chat import Actor, Origin
from bot.desks import Desk
from bot.grammar import Verb
from bot.people.acquaintance import Acquaintance, address
from bot.replies import Say

MOST = 5  # of those who are mentioned in one command
MENTIONED = {"slack": re.compile(r"[UW][A-Z0-9]{1,30}"), "discord": re.compile(r"\d{1,30}")}


class Introduced:
    """A desk that is told who speaks, and who is mentioned."""

    def __init__(self, desk: Desk, known: Acquaintance) -> None:
        self._desk = desk
        self._known = known

    @property
    def verbs(self) -> AbstractSet[str]:
        """What the desk answers."""
        return self._desk.verbs

    async def answer(self, said: Verb, by: Actor, origin: Origin, key: str) -> Say:
        """Get to know everybody concerned, then let the desk answer."""
        shape = MENTIONED.get(origin.platform)
        named = [address(word, origin.platform) for word in said.words] if shape else []
        for place in [each for each in named if each][:MOST]:
            platform, who = place
            if shape and platform == origin.platform and shape.fullmatch(who):
                await self._known.mentioned(platform, who)
        await self._known.person(by)
        return await self._desk.answer(said, by, origin, key)
