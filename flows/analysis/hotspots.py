"""Hotspots: files that change often and are hard to change."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.analysis.functions import Function, Functions, Unmeasured
from flows.analysis.sources import Skip, read_text

FORMULA = "commits in the window times the sum of the cyclomatic complexity of the file's functions"
# Together about twenty seconds of parsing; what changed less is far from being a hotspot.
MOST_FILES = 2_000
MOST_CHARACTERS = 30_000_000


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
    measure = Functions()
    ranked = sorted((p for p in commits if p in components), key=lambda p: (-commits[p], p))
    found: list[Hotspot] = []
    characters = measured = 0
    for path in ranked:
        if measured >= MOST_FILES or characters >= MOST_CHARACTERS:
            break
        if not measure.knows(path):
            continue
        try:
            text = read_text(root, path)
            functions = measure.of(path, text)
        except (Skip, Unmeasured):
            continue
        characters += len(text)
        measured += 1
        found.append(_spot(path, components[path], commits[path], functions))
    found.sort(key=lambda spot: (-spot.score, spot.path))
    return Hotspots(
        tuple(spot for spot in found[:most] if spot.complexity), measured, len(ranked) - measured
    )


def _spot(path: str, component: str, commits: int, functions: list[Function]) -> Hotspot:
    worst = max(functions, key=lambda each: each.complexity, default=Function("", 0, 0, 0))
    return Hotspot(
        path=path,
        component=component,
        commits=commits,
        complexity=sum(each.complexity for each in functions),
        functions=len(functions),
        worst=worst.name,
        worst_complexity=worst.complexity,
    )
