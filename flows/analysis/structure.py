"""What a component analysis says as blocks of a report, and how it differs from the last one."""

from typing import Any

from flows.analysis.components import Component, ComponentAnalysis
from flows.analysis.hotspots import FORMULA
from flows.analysis.windows import Span
from flows.analysis.words import counted
from flows.engine.tools import Baseline
from flows.report import Block, Code, Figure, Link, Report, bullets, facts, table, text

SHOWN_CYCLES = 10


def report(
    repo: str,
    found: ComponentAnalysis,
    span: Span,
    commit: Link,
    before: Baseline | None,
    *picture: Figure,
) -> Report:
    """Return the report: cycles and what changed first, then each component, then hotspots."""
    languages = ", ".join(f"{name} {lines:,}" for name, lines in found.languages[:5])
    return Report(
        f"Components of {repo}",
        verdict(found),
        "warn" if found.cycles else "good",
        (
            facts(
                source_lines=f"{found.lines:,} in {counted(found.files, 'file')} ({languages})",
                window=f"{span}, {counted(found.commits, 'commit')}",
                commit=commit,
            ),
            cycles(found),
            changed(found, before),
            components_table(found),
            *left_out(found),
            hotspots_table(found),
            *picture,
        ),
        data=figures_of(found),
    )


def nothing(repo: str, found: ComponentAnalysis) -> Report:
    """Return what is said of a repository without source code."""
    none = "None of its files is in a language that I know."
    return Report(f"{repo} has no source code to analyse", none, "warn", left_out(found))


def figures_of(analysis: ComponentAnalysis) -> dict[str, Any]:
    """Return what the next analysis is compared with."""
    return {
        "lines": analysis.lines,
        "components": {each.name: each.lines for each in analysis.components},
        "cycles": [sorted(cycle) for cycle in analysis.cycles],
    }


def cycles(found: ComponentAnalysis) -> Block:
    """Return the import cycles, or one sentence where there are none."""
    if not found.cycles:
        return text("No import cycles: no component imports itself through others.")
    lines = [" ↔ ".join(cycle) for cycle in found.cycles[:SHOWN_CYCLES]]
    return bullets(lines, f"Import cycles ({len(found.cycles)})")


def changed(found: ComponentAnalysis, before: Baseline | None) -> Block:
    """Return what changed since the last analysis."""
    if before is None:
        return text("This is the first analysis: there is nothing to compare with.")
    since = f"since {before.at:%Y-%m-%d}"
    changes = changes_between(before.data, figures_of(found))
    return bullets(changes, f"Changed {since}") if changes else text(f"No change {since}.")


def changes_between(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return one sentence per change that matters: components, cycles, size."""
    old, new = before["components"], after["components"]
    found = [f"New component {name}" for name in sorted(new.keys() - old.keys())]
    found += [f"Component {name} is gone" for name in sorted(old.keys() - new.keys())]
    earlier, now = ({tuple(c) for c in each["cycles"]} for each in (before, after))
    found += [f"New import cycle: {' ↔ '.join(cycle)}" for cycle in sorted(now - earlier)]
    found += [f"Import cycle broken: {' ↔ '.join(cycle)}" for cycle in sorted(earlier - now)]
    grown = after["lines"] - before["lines"]
    if grown:
        found.append(f"{abs(grown):,} source lines {'more' if grown > 0 else 'less'}")
    return found


def verdict(found: ComponentAnalysis) -> str:
    """Return the whole in one sentence."""
    count = counted(len(found.components), "component")
    tangled = counted(len(found.cycles), "import cycle")
    worst = found.hotspots.files[:1]
    hot = f"; the hottest file is {worst[0].path}" if worst else ""
    return f"{count}, {tangled if found.cycles else 'no import cycle'}{hot}."


def components_table(found: ComponentAnalysis) -> Block:
    """Return one row per component; Ca, Ce and I as Martin defined them: I = Ce / (Ca + Ce)."""
    head = ["Component", "Lines", "Public", "Ca", "Ce", "I", "Owners", "Bus factor"]
    return table(head, [_row(each) for each in found.components], "Components")


def _row(each: Component) -> list[str]:
    unstable = "–" if each.instability is None else f"{each.instability:.2f}"
    bus = "–" if each.bus_factor is None else str(each.bus_factor)
    owners = ", ".join(each.owners[:3]) or "nobody in the window"
    counts = [f"{n:,}" for n in (each.lines, each.public, each.afferent, each.efferent)]
    return [each.name, *counts, unstable, owners, bus]


def hotspots_table(found: ComponentAnalysis) -> Block:
    """Return where change meets complexity."""
    spots = found.hotspots
    if not spots.files:
        return text("No hotspots: nothing that can be measured changed in the window.")
    rows = [
        (Code(each.path), f"{each.commits}", f"{each.complexity}", f"{each.score:,}", each.worst)
        for each in spots.files
    ]
    title = f"Hotspots of {counted(spots.measured, 'changed file')} ({FORMULA})"
    return table(["File", "Commits", "Complexity", "Product", "Worst function"], rows, title)


def left_out(found: ComponentAnalysis) -> tuple[Block, ...]:
    """Return what the figures do not count, and why."""
    lines = [
        f"{each.files:,} × {each.reason}, such as {each.examples[0]}" for each in found.skipped
    ]
    if found.excluded:
        lines.append(f"vendored or generated: {', '.join(found.excluded[:5])}")
    return (bullets(lines, "Left out"),) if lines else ()


def said(found: ComponentAnalysis) -> str:
    """Return the picture of the dependencies in words."""
    busiest = sorted(found.edges, key=lambda edge: -edge.files)[:3]
    arrows = ", ".join(f"{edge.source} → {edge.target}" for edge in busiest)
    return f"{counted(len(found.edges), 'dependency', 'dependencies')}; the strongest: {arrows}."
