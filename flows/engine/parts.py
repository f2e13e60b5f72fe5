"""Plans in parts: what is refused costs its own part, and the others go on."""

from collections.abc import Sequence
from typing import Any

from flows.engine.effects import Effect
from flows.engine.errors import FlowError
from integrations.errors import OutsideError


class Parts:
    """Which parts of a plan were left, by why; a plan of which none is left over has failed."""

    def __init__(self, effects: Sequence[Effect[Any]]) -> None:
        self.left: dict[str, str] = {}
        self._effects = effects
        self._all = {each.part for each in effects if each.part}

    def leave(self, position: int, error: Exception) -> list[Effect[Any]] | None:
        """Leave the part whose effect failed; return what is to be taken back of it.

        None: the plan cannot go on without it.
        """
        part = self._effects[position].part
        others = self._all - self.left.keys() - {part}
        if not part or not others or not isinstance(error, FlowError | OutsideError):
            return None
        self.left[part] = str(error)
        return [each for each in self._effects[:position] if each.part == part]

    def made(self, position: int) -> list[Effect[Any]]:
        """Return what was done before and not taken back yet."""
        return [each for each in self._effects[:position] if each.part not in self.left]

    def keep(self, position: int, stays: Sequence[str]) -> None:
        """Note what could not be taken back of a part that was left."""
        if stays:
            part = self._effects[position].part
            self.left[part] += f" These changes stay and need a hand: {'; '.join(stays)}."
