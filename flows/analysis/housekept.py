"""A round through a repository as people read it; pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from flows.analysis.housework import Work
from flows.analysis.patrol import Look, Scope
from flows.analysis.upkeep import Act
from flows.analysis.words import counted
from flows.engine.house import KINDS, HouseRules, Kind
from flows.report import Block, Code, Line, Link, Person, Report, Tone, bullets, facts, text
from integrations.github.watched import Watched

MOST = 10
MANY = 40  # where one rule alone is asked about
TITLES: dict[Kind, str] = {
    "labels": "Labels",
    "stale": "Stale",
    "rebase": "Conflicts",
    "reviewers": "Reviewers",
    "merge": "Merge",
    "branches": "Branches of what was merged",
    "greet": "First contributions",
}
NIGHTLY = 'schedule "daily 2:00 UTC" gh {}'


class Round(NamedTuple):
    """All that a report is about; `rule` is the one that was asked about alone, `last` its data."""

    repo: str
    scope: Scope
    look: Look
    work: Work
    acts: Sequence[Act]
    last: dict[str, Any]
    house: HouseRules
    is_set: bool = True
    rule: str = ""


def report(of: Round, by: str | None = None) -> Report:
    """Return what rules want, or what was done: then `by` is who said yes, "" where nobody had to.

    A number is compared with that of the last round of the same kind.
    """
    repo, scope, acts, unmerged = of.repo, of.scope, of.acts, of.work.unmerged
    done, meant = by is not None, len(unmerged) + sum(each.deed == "merge" for each in acts)
    counts = Counter(each.rule for each in acts)
    numbers = {"changes": len(acts), "unmerged": len(unmerged)}
    label = "changes" if of.is_set else "would_change"
    blocks: list[Block] = [
        facts(
            **{label: _with_change(numbers, of.last, "changes")},
            not_merged_yet=f"{_with_change(numbers, of.last, 'unmerged')} (of {meant} to merge)",
            looked_at=_seen(of.look),
        )
    ]
    most = MANY if of.rule else MOST
    for kind in KINDS:
        mine = [each for each in acts if each.rule == kind]
        if mine:
            lines = _lines(repo, mine, most, done=done)
            blocks.append(bullets(lines, f"{TITLES[kind]}: {len(mine)}"))
    if unmerged:
        said: list[Line] = [(*_named(each), why) for each, why in unmerged]
        blocks.append(bullets(_cut(said, most), f"Not merged yet: {len(unmerged)}"))
    if of.work.notes:
        left: list[Line] = [(each,) for each in of.work.notes]
        blocks.append(bullets(_cut(left, most), "Left alone, and why"))
    if not of.is_set:
        blocks += _how(repo, of.house)
    elif by:
        blocks.append(text(f"Approved by {by}."))
    is_round = scope.is_whole and of.is_set and not of.rule
    return Report(
        f"Rules of {repo}" if scope.is_whole else f"Rules of {repo}: {scope}",
        _verdict(of, done=done),
        _tone(of, done=done),
        tuple(blocks),
        {**numbers, "rules": dict(counts)} if is_round else {},
        _next(repo, of.rule, counts) if scope.is_whole else (),
        quiet=not acts or not (of.is_set or scope.is_whole),
    )


def nothing(repo: str, scope: Scope) -> Report:
    """Return what is said where no rule is about what happened."""
    said = f"No rule of {repo} is about {scope}."
    return Report(f"Rules of {repo}", said, quiet=True)


def _tone(of: Round, *, done: bool) -> Tone:
    if done or not of.acts:
        return "good"
    return "neutral" if of.is_set else "warn"


def _verdict(of: Round, *, done: bool) -> str:
    many = counted(len(of.acts), "change")
    if not of.look.about.default_branch and of.scope.is_whole:
        return "It has no commit yet: there is nothing to keep in order."
    if not of.is_set:
        what = f"The rule {of.rule} is not set" if of.rule else "No rules are set"
        would = f"make {many}. Nothing was changed." if of.acts else "change nothing."
        return f"{what}; {'a sensible one' if of.rule else 'sensible ones'} would {would}"
    if not of.acts:
        waits = len(of.work.unmerged)
        rest = f" {waits} wait{'s' if waits == 1 else ''} to be merged." if waits else ""
        return f"All rules are kept.{rest}"
    merged = [f"#{each.number}" for each in of.acts if each.deed == "merge"]
    also = f"; {', '.join(merged)} {'is' if done else 'would be'} merged" if merged else ""
    return f"{many} made{also}." if done else f"{many} to make{also}."


def _seen(look: Look) -> str:
    seen = [counted(len(look.pulls), "open pull request"), counted(len(look.issues), "open issue")]
    seen += [counted(len(look.branches), "branch", "branches")] if look.branches else []
    return ", ".join(seen)


def _with_change(numbers: dict[str, int], last: dict[str, Any], name: str) -> str:
    now, before = numbers[name], last.get(name)
    if not isinstance(before, int) or before == now:
        return f"{now}" if before is None else f"{now}, as last time"
    return f"{now}, {abs(now - before)} {'more' if now > before else 'fewer'} than last time"


def _lines(repo: str, found: Sequence[Act], most: int, *, done: bool) -> list[Line]:
    """Return one line for each thing, with all that is done to it; whose it is, and why."""
    things: dict[tuple[int, str], list[Act]] = {}
    for each in found:
        same = each.value if each.deed == "delete branch" else each.why
        things.setdefault((each.number, same), []).append(each)
    lines: list[Line] = []
    for mine in [*things.values()][:most]:
        what = " and ".join(each.said(done=done) for each in mine)
        lines.append((*_named(mine[0]), f"{what}, because {mine[0].why}"))
    left = len(things) - most
    if left > 0:
        only = Code(f"/flow gh {repo} rule={found[0].rule} --dry-run")
        lines.append((f"… and {left} more: ", only))
    return lines


def _named(thing: Act | Watched) -> Line:
    """Return what it is about, with its link, and whose it is."""
    name, owner = (
        (thing.name, thing.owner) if isinstance(thing, Act) else (thing.title, thing.author)
    )
    return Link(f"#{thing.number}", thing.url), f" {name} (", Person(owner), "): "


def _cut(lines: list[Line], most: int) -> list[Line]:
    left = len(lines) - most
    return [*lines[:most], *([(f"… and {left} more",)] if left > 0 else [])]


def _how(repo: str, house: HouseRules) -> list[Block]:
    """Return how rules are set."""
    chosen = f"/flow project set {repo} rules={','.join(house.kinds)}"
    return [
        text("To have it done: ", Code(chosen), ", with those that you want."),
        text(
            "What each of them says is set in ",
            Code("FLOWBOT_PROJECTS"),
            ", see flows/README.md. Events start them after ",
            Code(f"/flow project set {repo} triggers=gh"),
            ".",
        ),
    ]


def _next(repo: str, rule: str, counts: Counter[Kind]) -> tuple[str, ...]:
    if rule:
        return (f"gh {repo} --dry-run",)
    named = [f"gh {repo} rule={kind} --dry-run" for kind, _ in counts.most_common(1)]
    return (*named, NIGHTLY.format(repo))
