"""What the go.mod of a module's latest version says about all of its versions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from integrations.registries.order import place

MAX_LINES = 10_000
_COMMENT = re.compile(r"(?P<code>[^/]*(?:/(?!/)[^/]*)*)(?://\s*(?P<words>.*))?")
_SPAN = re.compile(r"\[\s*(?P<low>[^\s,\]]+)\s*,\s*(?P<high>[^\s,\]]+)\s*\]|(?P<only>[^\s,\[\]]+)")
_DEPRECATED = "Deprecated:"


@dataclass(frozen=True, slots=True)
class Retraction:
    """Versions from `low` to `high` that their author took back, both included."""

    low: str
    high: str
    why: str

    def covers(self, number: str) -> bool:
        return place("Go", self.low) <= place("Go", number) <= place("Go", self.high)


@dataclass(frozen=True, slots=True)
class GoMod:
    """The retracted versions, and what to use instead where the whole module is deprecated."""

    retractions: tuple[Retraction, ...] = ()
    deprecated: str = ""

    def retracted(self, number: str) -> Retraction | None:
        """Return the retraction of a version, or None."""
        return next((each for each in self.retractions if each.covers(number)), None)


def go_mod(text: str) -> GoMod:
    """Return what a go.mod says; what cannot be understood says nothing."""
    lines = [_parts(line) for line in text.splitlines()[:MAX_LINES]]
    return GoMod(tuple(_retractions(lines)), _deprecation(lines))


def _parts(line: str) -> tuple[str, str]:
    """Return the code of a line, and its comment."""
    found = _COMMENT.fullmatch(line.strip())
    return (found["code"].strip(), (found["words"] or "").strip()) if found else ("", "")


def _retractions(lines: list[tuple[str, str]]) -> Iterator[Retraction]:
    is_inside, above = False, ""
    for code, words in lines:
        if not code:
            above = words
            continue
        if is_inside and code == ")":
            is_inside = False
        elif re.fullmatch(r"retract\s*\(", code):
            is_inside = True
        elif is_inside or re.match(r"retract[\s\[]", code):
            span = _SPAN.fullmatch(code if is_inside else code.removeprefix("retract").strip())
            if span:
                low, high = span["low"] or span["only"], span["high"] or span["only"]
                yield Retraction(low, high, words or above)
        above = ""


def _deprecation(lines: list[tuple[str, str]]) -> str:
    """Return what stands in the comment of the module's own line, or in the lines above it."""
    said = ""
    for code, words in lines:
        if re.match(r"module\s", code):
            said = words or said
            return said.removeprefix(_DEPRECATED).strip() if said.startswith(_DEPRECATED) else ""
        if code or not words:
            said = ""
        elif words.startswith(_DEPRECATED) or not said:
            said = words
        else:
            said = f"{said} {words}"
    return ""
