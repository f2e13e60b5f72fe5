"""Functions of source files in many languages: how long they are, and how many paths they have."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows.analysis.sources import code_of, language_of

if TYPE_CHECKING:
    pass

# Some of lizard's readers slow down with the square of a file's length.
MOST_OF_ONE_FILE = 300_000
# For each comment that is never closed lizard searches the whole rest of the file.
MOST_OPEN = 200
_NAMELESS = re.compile(r"^anonymous__\d+$")
_DECLARATIONS = re.compile(r"\.d\.[cm]?ts$|\.d\.\w+\.ts$|\.test-d\.ts$")


class Unmeasured(Exception):
    """The functions of this file cannot be counted."""


@dataclass(frozen=True, slots=True)
class Function:
    """`complexity` is McCabe's: one more than there are decisions; `lines` are those of code."""

    name: str
    complexity: int
    line: int
    lines: int


class Functions:
    """Counts the functions of a file, by lizard."""

    def __init__(self) -> None:
        from lizard import FileAnalyzer, get_extensions

        self._analyzer: FileAnalyzer = FileAnalyzer(get_extensions([]))

    def knows(self, path: str) -> bool:
        """Say whether it is written in a language whose functions can be counted."""
        from lizard import get_reader_for

        # Declarations of types run nothing, however many question marks they have.
        return get_reader_for(path) is not None and not _DECLARATIONS.search(path)

    def of(self, path: str, text: str) -> list[Function]:
        """Return the functions of a source file; raises Unmeasured where it is too large or odd."""
        code = code_of(text, language_of(path))
        if len(code) > MOST_OF_ONE_FILE or code.count("/*") - code.count("*/") > MOST_OPEN:
            raise Unmeasured
        try:
            found = self._analyzer.analyze_source_code(path, code).function_list
        except Exception:  # noqa: BLE001 - lizard's readers fail in many ways on unexpected code
            raise Unmeasured from None
        return [
            Function(
                _NAMELESS.sub("(anonymous)", str(each.name)),
                int(each.cyclomatic_complexity),
                int(each.start_line),
                int(each.nloc),
            )
            for each in found
        ]
