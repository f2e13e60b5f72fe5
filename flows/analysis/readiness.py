"""Whether a commit may be released: what stands against it, in words."""

from collections.abc import Sequence

from flows.analysis.words import counted
from flows.report import Inline, Line, Link
from integrations.github import CheckRun, Checks, Issue, Milestone

SHOWN = 5
GREEN = {"success", "neutral", "skipped"}


def obstacles(checks: Checks, blockers: Sequence[Issue], milestone: Milestone | None) -> list[Line]:
    """Return one line per reason against a release; none means ready."""
    pending = [run for run in checks.runs if not run.conclusion]
    failed = [run for run in checks.runs if run.conclusion and run.conclusion not in GREEN]
    found: list[Line] = []
    for runs, word in ((failed, "failed"), (pending, "not finished")):
        if runs:
            found.append(
                (f"{counted(len(runs), 'check')} {word}: ", *joined(list(map(named, runs))))
            )
    if blockers:
        links = [Link(f"#{issue.number} {issue.title}", issue.url) for issue in blockers]
        found.append((f"{counted(len(blockers), 'open blocker')}: ", *joined(links)))
    if milestone and milestone.open_issues:
        left = milestone.open_issues
        what = Link(milestone.title, milestone.url)
        found.append(("Milestone ", what, f" has {counted(left, 'open issue')}"))
    return found


def unopposed(checks: Checks) -> Line:
    """Say what was looked at when nothing stands against the release."""
    count = len(checks.runs)
    green = f"{counted(count, 'check')} green" if count else "this commit has no checks"
    return (f"Nothing stands against it: {green}, no open blocker.",)


def said(against: Sequence[Line]) -> str:
    """Return the reasons as sentences."""
    lines = ("".join(p.label if isinstance(p, Link) else str(p) for p in line) for line in against)
    return " ".join(f"{line}." for line in lines)


def milestone_of(tag: str, milestones: Sequence[Milestone]) -> Milestone | None:
    """Return the milestone that is named after this version, whatever its prefix."""
    names = {tag.lower(), tag.lower().lstrip("v")}
    return next((each for each in milestones if each.title.lower().strip() in names), None)


def named(run: CheckRun) -> Inline:
    """Return a check by its name, with a link to what it says."""
    return Link(run.name, run.url) if run.url else run.name


def joined(parts: Sequence[Inline]) -> list[Inline]:
    """Return the first few with commas between, and how many more there are."""
    line: list[Inline] = []
    for part in parts[:SHOWN]:
        line += [", ", part] if line else [part]
    return [*line, f", … {len(parts) - SHOWN} more"] if len(parts) > SHOWN else line
