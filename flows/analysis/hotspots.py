"""Hotspots: files that change often and are hard to change."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.analysis.sources import Skip, code_of, language_of, read_text

if TYPE_CHECKING:
    from lizard import FileAnalyzer

FORMULA = "commits in the window times the sum of the cyclomatic complexity of the file's functions"
# Together about twenty seconds of parsing; what changed less is far from being a hotspot.
MOST_FILES = 2_000
MOST_CHARACTERS = 30_000_000
# Some of lizard's readers slow down with the square of a file's length.
MOST_OF_ONE_FILE = 300_000
# For each comment that is never closed lizard searches the whole rest of the file.
MOST_OPEN = 200


@dataclass(frozen=True, slots=True)
class Hotspot:
    """One file; `worst` is its most complex function and `worst_complexity` that one's figure."""

    path: str
    component: str
    commits: int
    complexity: int
    functions: int
    worst: str
    worst_complexity: int

    @property
    def score(self) -> int:
        """Commits times complexity."""
        return self.commits * self.complexity


@dataclass(frozen=True, slots=True)
class Hotspots:
    """The worst files, worst first, and how many changed files were and were not measured."""

    files: tuple[Hotspot, ...]
    measured: int
    not_measured: int


def hotspots_of(
    root: Path, commits: Counter[str], components: Mapping[str, str], most: int = 10
) -> Hotspots:
    """Return the worst of the changed files; `components` maps each readable path to its own.

    Files over 300,000 characters, files in languages whose functions nobody here can count, and
    files of less frequent change beyond the budget are counted as not measured.
    """
    from lizard import FileAnalyzer, get_extensions, get_reader_for

    analyzer = FileAnalyzer(get_extensions([]))

    ranked = sorted((p for p in commits if p in components), key=lambda p: (-commits[p], p))
    found: list[Hotspot] = []
    characters = measured = 0
    for path in ranked:
        if measured >= MOST_FILES or characters >= MOST_CHARACTERS:
            break
        if get_reader_for(path) is None:
            continue
        try:
            text = code_of(read_text(root, path), language_of(path))
            if len(text) > MOST_OF_ONE_FILE or text.count("/*") - text.count("*/") > MOST_OPEN:
                continue
            functions = _functions(analyzer, path, text)
        except Skip:
            continue
        characters += len(text)
        measured += 1
        found.append(_spot(path, components[path], commits[path], functions))
    found.sort(key=lambda spot: (-spot.score, spot.path))
    return Hotspots(
        tuple(spot for spot in found[:most] if spot.complexity), measured, len(ranked) - measured
    )


def _functions(analyzer: "FileAnalyzer", path: str, text: str) -> list[tuple[str, int]]:
    """Return name and cyclomatic complexity of each function; lizard ships no types."""
    try:
        found = analyzer.analyze_source_code(path, text).function_list
    except Exception:  # noqa: BLE001 - lizard's readers fail in many ways on unexpected code
        raise Skip("not parsable") from None
    return [(str(each.name), int(each.cyclomatic_complexity)) for each in found]


def _spot(path: str, component: str, commits: int, functions: list[tuple[str, int]]) -> Hotspot:
    name, complexity = max(functions, key=lambda each: each[1], default=("", 0))
    return Hotspot(
        path=path,
        component=component,
        commits=commits,
        complexity=sum(each[1] for each in functions),
        functions=len(functions),
        worst=name,
        worst_complexity=complexity,
    )
