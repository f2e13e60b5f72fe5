"""Desks: each answers some verbs, to the one who said them."""

from collections.abc import Set as AbstractSet
from typing import Protocol

from bot.chat import Actor, Origin
from bot.grammar import Verb
from bot.replies import Say


class Desk(Protocol):
    """Answers what is said to the bot itself about one subject, such as schedules."""

    @property
    def verbs(self) -> AbstractSet[str]:
        """What it answers."""
        ...

    async def answer(self, said: Verb, by: Actor, origin: Origin, key: str) -> Say:
        """Do what was said; `key` names the trigger, so that a repeat changes nothing."""
        ...
