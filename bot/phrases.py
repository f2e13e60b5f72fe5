"""Plain words to a command: phrases of the flows, compared word by word; nothing is guessed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bot.catalogue import choices
from bot.places import PROJECT
from flows.engine.registry import catalogue
from flows.engine.spec import Flow
from flows.engine.spoken import SINCE, place_of, words_of

_REPOSITORY = re.compile(r"(?:https?://\S+|\w[\w.-]*(?:/[\w.-]+)?)")
_SHORT = {"what's": "what is", "how's": "how is", "who's": "who is", "where's": "where is"}
_GREETINGS = {"please", "hey", "hi", "hello", "ok", "okay", "so", "now", "flowbot"}
_ASKING = {("can", "you"), ("could", "you"), ("would", "you"), ("will", "you")}
_THANKS = {"please", "thanks", "now", "today"}


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to ask for a flow, in words that are compared one by one."""

    flow: Flow
    words: tuple[str, ...]

    def command(self, said: Sequence[str]) -> list[str] | None:
        """Return the words of the command that is meant, None where something else is."""
        given: dict[str, str] = {}
        for word, heard in zip(self.words, said, strict=True):
            place = place_of(word)
            if place:
                given[place] = heard
            elif word != heard.lower():
                return None
        if not all(self._takes(place, value) for place, value in given.items()):
            return None
        repository = [given.pop(PROJECT)] if PROJECT in given else []
        return [self.flow.alias, *repository, *(f"{name}={each}" for name, each in given.items())]

    def _takes(self, place: str, value: str) -> bool:
        """Say whether a value is one for this place; what else it has to be the grammar knows."""
        if place == PROJECT:
            return _REPOSITORY.fullmatch(value) is not None
        known = () if place == SINCE else choices(self.flow.params.model_fields[place])
        return value in known if known else bool(value)


def hear(words: Sequence[str]) -> list[str] | None:
    """Return the command that plain words ask for, None where no flow knows them."""
    said = _plain(words)
    commands = (each.command(said) for each in _by_length().get(len(said), ()))
    return next((command for command in commands if command), None)


def phrases_of(flows: Iterable[Flow]) -> list[Phrase]:
    """Return every phrase of these flows."""
    return [Phrase(flow, words_of(phrase)) for flow in flows for phrase in flow.phrases]


@cache
def _by_length() -> Mapping[int, Sequence[Phrase]]:
    found: dict[int, list[Phrase]] = {}
    for phrase in phrases_of(catalogue().values()):
        found.setdefault(len(phrase.words), []).append(phrase)
    return found


def _plain(words: Sequence[str]) -> list[str]:
    """Return what was said without marks, courtesies and short forms."""
    said = [word.strip(",;:") if "://" not in word else word for word in words]
    said[-1:] = [word.rstrip("?!.") for word in said[-1:]]
    said = [part for word in said for part in _long(word) if part]
    while said and (said[0].lower() in _GREETINGS or _asks(said)):
        said = said[2:] if _asks(said) else said[1:]
    while said and said[-1].lower().rstrip("?!.,") in _THANKS:
        said = said[:-1]
    return [*said[:-1], *(word.rstrip("?!.,") for word in said[-1:])]


def _long(word: str) -> list[str]:
    return _SHORT.get(word.lower(), word).split()


def _asks(said: Sequence[str]) -> bool:
    return tuple(map(str.lower, said[:2])) in _ASKING
