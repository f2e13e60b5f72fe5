"""Components of a repository: sizes, coupling, cycles, owners, bus factor and hotspots."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from flows.analysis.hotspots import Hotspots, hotspots_of
from flows.analysis.imports import Unit, has_grammar, unit_from
from flows.analysis.layout import Kind, Layout, kind_of, layout_of, manifests_of
from flows.analysis.ownership import (
    CODEOWNERS_PATHS,
    Change,
    Codeowners,
    bus_factor,
    codeowners_from,
    is_bot,
    most_active,
    people_of,
)
from flows.analysis.sources import (
    Reason,
    Skip,
    Skipped,
    Tracked,
    check,
    language_of,
    read_plain,
    read_text,
    skipped_from,
    source_lines,
    vendored_in,
)
from flows.analysis.targets import Targets

OwnersFrom: TypeAlias = Literal["CODEOWNERS", "recent changes", "nobody"]
_MOST_OWNERS = 3
_MOST_FOLDERS = 20


@dataclass(frozen=True, slots=True)
class Component:
    """One component.

    `afferent` counts the code components that import it, `efferent` those that it imports;
    `instability` is efferent / (afferent + efferent), None if both are 0. `commits`, `people` and
    `bus_factor` are those of the window, bots left out.
    """

    name: str
    kind: Kind
    files: int
    lines: int
    languages: tuple[tuple[str, int], ...]
    public: int
    afferent: int
    efferent: int
    instability: float | None
    owners: tuple[str, ...]
    owners_from: OwnersFrom
    commits: int
    people: int
    bus_factor: int | None


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` imports `target` from `files` of its files; `example` is one of them."""

    source: str
    target: str
    files: int
    example: str


@dataclass(frozen=True, slots=True)
class ComponentAnalysis:
    """All that `analyse` found; `languages` are source lines by language, most first."""

    components: tuple[Component, ...]
    edges: tuple[Edge, ...]
    cycles: tuple[tuple[str, ...], ...]
    hotspots: Hotspots
    languages: tuple[tuple[str, int], ...]
    files: int
    lines: int
    commits: int
    skipped: tuple[Skipped, ...]
    excluded: tuple[str, ...]
    wrong_owner_lines: tuple[int, ...] = ()


@dataclass(slots=True)
class _Read:
    """What reading the files gave: source lines per path, parsed units, and what was left out."""

    lines: dict[str, int]
    units: list[Unit]
    left_out: list[tuple[str, Reason]]


@dataclass(slots=True)
class _Churn:
    """Who changed each component, how many commits touched it, and how many touched each file."""

    people: dict[str, Counter[str]]
    commits: Counter[str]
    files: Counter[str]
    total: int


def analyse(
    root: Path,
    files: Sequence[Tracked],
    history: Iterable[Change],
    *,
    since: datetime | None = None,
    configured: Mapping[str, str] | None = None,
) -> ComponentAnalysis:
    """Analyse the checkout at `root`, whose tracked paths are `files`.

    Only commits of `history` from `since` on count. `configured` maps directories to component
    names and replaces detection. Blocks for seconds on a big repository: call it in a thread.
    """
    read = _read(root, files)
    tracked = [f.path for f in files if f.kind == "file"]
    manifests = manifests_of(root, tracked)
    layout = layout_of(sorted(read.lines), manifests, configured)
    targets = Targets(read.units, tracked, manifests)
    edges = _edges(read.units, targets, layout, read.lines)
    churn = _churn([c for c in history if since is None or c.at >= since], layout, read.lines)
    owners = _codeowners(root, tracked)
    component_of = {path: layout.component_of(path) for path in read.lines}
    return ComponentAnalysis(
        components=_components(read, layout, edges, churn, owners),
        edges=edges,
        cycles=_cycles(edges, _kinds(layout)),
        hotspots=hotspots_of(root, churn.files, component_of),
        languages=_languages(read.lines, read.lines),
        files=len(read.lines),
        lines=sum(read.lines.values()),
        commits=churn.total,
        skipped=skipped_from(read.left_out),
        excluded=_excluded(tracked),
        wrong_owner_lines=owners.wrong_lines,
    )


def _read(root: Path, files: Sequence[Tracked]) -> _Read:
    read = _Read({}, [], [])
    for file in sorted(files, key=lambda f: f.path):
        language = language_of(file.path)
        if not language and file.kind != "submodule":
            continue
        try:
            check(file)
            text = read_text(root, file.path)
            if has_grammar(file.path):
                read.units.append(unit_from(file.path, text))
        except Skip as skip:
            read.left_out.append((file.path, skip.reason))
            continue
        read.lines[file.path] = source_lines(text, language)
    return read


def _edges(
    units: Sequence[Unit], targets: Targets, layout: Layout, known: Mapping[str, int]
) -> tuple[Edge, ...]:
    importing: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    components = {layout.component_of(path) for path in known}
    for unit in units:
        source = layout.component_of(unit.path)
        for path in targets.of(unit):
            target = layout.component_of(path)
            if target != source and target in components:
                importing[source, target].setdefault(unit.path)
    return tuple(
        Edge(source, target, len(paths), next(iter(paths)))
        for (source, target), paths in sorted(importing.items())
    )


def _kinds(layout: Layout) -> dict[str, Kind]:
    return {name: kind_of(root) for root, name in layout.roots.items()}


def _cycles(edges: Sequence[Edge], kinds: Mapping[str, Kind]) -> tuple[tuple[str, ...], ...]:
    from networkx import DiGraph, strongly_connected_components

    graph: DiGraph[str] = DiGraph()
    graph.add_edges_from(
        (e.source, e.target)
        for e in edges
        if kinds.get(e.source, "code") == kinds.get(e.target, "code") == "code"
    )
    rings = (tuple(sorted(ring)) for ring in strongly_connected_components(graph))
    return tuple(sorted(ring for ring in rings if len(ring) > 1))


def _churn(history: Sequence[Change], layout: Layout, known: Mapping[str, int]) -> _Churn:
    names = people_of(history)
    churn = _Churn(defaultdict(Counter), Counter(), Counter(), 0)
    for change in history:
        if is_bot(change):
            continue
        churn.total += 1
        paths = {path for path in change.paths if path in known}
        churn.files.update(paths)
        person = names[change.email.casefold()]
        touched = Counter(layout.component_of(path) for path in paths)
        churn.commits.update(touched.keys())
        for component, count in touched.items():
            churn.people[component][person] += count
    return churn


def _codeowners(root: Path, tracked: Sequence[str]) -> Codeowners:
    listed = frozenset(tracked)
    for path in CODEOWNERS_PATHS:
        if path in listed:
            try:
                return codeowners_from(read_plain(root, path))
            except Skip:
                return Codeowners()
    return Codeowners()


def _components(
    read: _Read, layout: Layout, edges: Sequence[Edge], churn: _Churn, owners: Codeowners
) -> tuple[Component, ...]:
    kinds = _kinds(layout)
    members: dict[str, list[str]] = defaultdict(list)
    for path in read.lines:
        members[layout.component_of(path)].append(path)
    public: Counter[str] = Counter()
    for unit in read.units:
        public[layout.component_of(unit.path)] += unit.public
    found = []
    for name, paths in members.items():
        # Tests and examples import everything; counting them would call all code stable.
        afferent = sum(e.target == name and kinds.get(e.source, "code") == "code" for e in edges)
        efferent = sum(e.source == name and kinds.get(e.target, "code") == "code" for e in edges)
        both = afferent + efferent
        people = churn.people.get(name, Counter())
        theirs, source = _owners(paths, owners, people)
        found.append(
            Component(
                name=name,
                kind=kinds.get(name, "code"),
                files=len(paths),
                lines=sum(read.lines[path] for path in paths),
                languages=_languages(paths, read.lines),
                public=public[name],
                afferent=afferent,
                efferent=efferent,
                instability=efferent / both if both else None,
                owners=theirs,
                owners_from=source,
                commits=churn.commits[name],
                people=len(people),
                bus_factor=bus_factor(people),
            )
        )
    return tuple(sorted(found, key=lambda c: (-c.lines, c.name)))


def _owners(
    paths: Sequence[str], codeowners: Codeowners, people: Counter[str]
) -> tuple[tuple[str, ...], OwnersFrom]:
    ruled = Counter(owner for path in paths for owner in codeowners.owners_of(path))
    if ruled:
        return most_active(ruled, _MOST_OWNERS), "CODEOWNERS"
    if people:
        return most_active(people, _MOST_OWNERS), "recent changes"
    return (), "nobody"


def _languages(paths: Iterable[str], lines: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    sums: Counter[str] = Counter()
    for path in paths:
        sums[language_of(path)] += lines[path]
    return tuple(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def _excluded(tracked: Sequence[str]) -> tuple[str, ...]:
    folders = {vendored_in(path) for path in tracked} - {""}
    return tuple(sorted(folders)[:_MOST_FOLDERS])
