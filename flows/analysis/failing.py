"""What failures say as a report: the verdict, three numbers, findings with owner and action."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flows.analysis.evidence import Evidence
from flows.analysis.failures import (
    BAD,
    Cluster,
    Failure,
    Streak,
    clusters_of,
    done_with,
    flaky_commits,
    red_times,
    streaks_of,
)
from flows.analysis.filing import filing
from flows.analysis.intervals import said_share
from flows.analysis.logs import Kind
from flows.analysis.measures import durations
from flows.analysis.notes import plain
from flows.analysis.windows import Span
from flows.analysis.words import counted
from flows.engine.effects import Effect
from flows.report import (
    Block,
    Code,
    Inline,
    Line,
    Link,
    Person,
    Report,
    Snippet,
    bullets,
    facts,
    text,
)
from integrations.github import Commit, WorkflowRun
from integrations.trackers import NewTicket, Ticket, Tracker

MOST = 10
NAMED = 3  # people at once
SAME = 0.005  # a smaller change is none
LISTED = 1_000  # GitHub lists no more runs than that
SHOWN = 100  # letters of a signature
ACTIONS: Mapping[Kind, str] = {
    "test": "fix the test or the code that it checks",
    "lint": "apply what the linter says",
    "build": "make it build again",
    "dependency install": "pin or correct the dependency",
    "network or infrastructure": "run it again; cache or retry the download if it comes back",
    "time-out": "find out what hangs, and give the step a limit of its own",
    "out of memory": "let it use less at once, or take a larger runner",
    "permission": "give the workflow or its token what it needs",
    "unknown": "read the log",
}


@dataclass(frozen=True)
class Failing:
    """All that is known about the failures of a repository in a window."""

    repo: str
    branch: str
    span: Span
    runs: Sequence[WorkflowRun]
    evidence: Evidence
    brought: Mapping[str, Sequence[Commit]] = field(default_factory=dict)
    """For each red workflow what came between its last green run and the first red one."""
    only: WorkflowRun | None = None
    """The one run that was asked about; None where it is all of them."""

    @property
    def title(self) -> str:
        return _title(self.repo, self.only)

    @property
    def clusters(self) -> list[Cluster]:
        """Return the causes, those that make the default branch red first."""
        found = clusters_of(self.evidence.failures, self.runs)
        return sorted(found, key=lambda each: self.streak(each) is None)

    @property
    def streaks(self) -> list[Streak]:
        return streaks_of(self.runs, self.branch)

    def streak(self, cluster: Cluster) -> Streak | None:
        """Return the red stretch of the default branch that this cause is part of."""
        runs = {each.run for each in cluster.failures}
        return next((s for s in self.streaks if runs & {run.id for run in s.red}), None)


def report(found: Failing, before: Mapping[str, Any], tickets: Mapping[str, Ticket]) -> Report:
    """Return the report: verdict, numbers, causes, what changed, and what is not measured."""
    return Report(
        found.title,
        verdict(found),
        "bad" if found.streaks else "warn" if found.clusters else "good",
        (
            numbers(found, before),
            *findings(found, tickets),
            *([] if found.only else [changed(found, before)]),
            *not_measured(found),
        ),
        # Looking at one run is no new baseline of all of them.
        dict(before) if found.only else figures_of(found),
        next=(f"heal {found.repo}",) if found.streaks else (),
        quiet=found.only is not None and found.only.branch != found.branch,
    )


def no_failure(repo: str, run: WorkflowRun) -> Report:
    """Return what is said of a run that did not fail, or not yet."""
    said = f"It ended with {run.conclusion}." if run.conclusion else "It still goes on."
    said = f"{said} There is no failure to look into."
    return Report(_title(repo, run), said, quiet=True)


def nothing(repo: str, span: Span) -> Report:
    """Return what is said where no run ended in the window."""
    said = f"No workflow run ended in {span}: there is nothing to look into."
    return Report(_title(repo), said, "warn", next=(f"failures {repo} window=1y",))


def draft(found: Failing, wanted: Sequence[NewTicket], tickets: Mapping[str, Ticket]) -> Report:
    """Return the causes as they are shown before issues are filed for those that have none."""
    said = f"{counted(len(wanted), 'cause')} without an issue."
    return Report(found.title, said, "warn", tuple(findings(found, tickets)))


def verdict(found: Failing) -> str:
    """Return the whole in one sentence."""
    red = [each.workflow for each in found.streaks]
    clusters = found.clusters
    state = f"{found.branch} is red: {', '.join(red[:3])}" if red else f"{found.branch} is green"
    if not clusters:
        return f"{state}; nothing failed that can still be looked into."
    top = clusters[0]
    causes = counted(len(clusters), "cause")
    return f"{state}; {causes}, first {top.kind}: {top.signature[:SHOWN]}."


def numbers(found: Failing, before: Mapping[str, Any]) -> Block:
    """Return the three figures, each with its n and what it was the last time."""
    done = done_with(found.runs)
    failed = sum(run.conclusion in BAD for run in done)
    flaked, commits = len(flaky_commits(found.evidence.failures)), len({run.sha for run in done})
    red = durations(
        "time",
        red_times(found.runs, found.branch),
        missing=f"{found.branch} did not turn from red to green in the window",
    )
    return facts(
        failed_runs=_with(said_share(failed, len(done)), before.get("failed"), failed / len(done)),
        flaky_commits=_with(
            said_share(flaked, commits), before.get("flaked"), flaked / max(commits, 1)
        ),
        time_to_green=f"{red}",
        window=f"{found.span}",
    )


def figures_of(found: Failing) -> dict[str, Any]:
    """Return what the next analysis is compared with."""
    done = done_with(found.runs)
    commits = len({run.sha for run in done})
    return {
        "failed": sum(run.conclusion in BAD for run in done) / len(done),
        "flaked": len(flaky_commits(found.evidence.failures)) / max(commits, 1),
        "causes": {each.key: f"{each.kind}: {each.signature}"[:200] for each in found.clusters},
        "flaky": [each.key for each in found.clusters if each.flaked],
    }


def changed(found: Failing, before: Mapping[str, Any]) -> Block:
    """Return which causes are new and which are gone."""
    if "causes" not in before:
        return text("This is the first analysis: there is nothing to compare with.")
    old: Mapping[str, str] = before["causes"]
    new = figures_of(found)["causes"]
    lines = [f"New: {new[key]}" for key in new if key not in old]
    lines += [f"Gone: {old[key]}" for key in old if key not in new]
    if not lines:
        return text("No new cause and none gone since the last analysis.")
    return bullets(_most(lines, MOST), "Since the last analysis")


def findings(found: Failing, tickets: Mapping[str, Ticket]) -> list[Block]:
    """Return at most ten causes: what, where, how often, since when, who, and what to do."""
    clusters = found.clusters
    lines: list[Line] = [_finding(found, each, tickets) for each in clusters[:MOST]]
    if len(clusters) > MOST:
        lines.append((f"… {len(clusters) - MOST} more, each rarer than these",))
    blocks: list[Block] = [bullets(lines, f"Causes ({len(clusters)})")] if lines else []
    if clusters and clusters[0].last.cause.excerpt:
        top = clusters[0].last
        blocks += [text("From the log of the first: ", Link(top.job, top.url))]
        blocks += [Snippet("\n".join(top.cause.excerpt))]
    return blocks


def not_measured(found: Failing) -> list[Block]:
    """Return what these figures do not know, and why."""
    lines = [f"{each.count:,} {each.why}" for each in found.evidence.left_out]
    open_runs = sum(not run.conclusion for run in found.runs)
    if open_runs:
        lines.append(f"{counted(open_runs, 'run')}: not at an end yet")
    other = len(found.runs) - len(done_with(found.runs)) - open_runs
    if other:
        lines.append(f"{counted(other, 'run')}: cancelled or skipped")
    if len(found.runs) >= LISTED:
        lines.append(f"runs before the newest {LISTED:,}: GitHub lists no more")
    lines += [
        f"since when {each.workflow} is red: it was not green in the window"
        for each in found.streaks
        if each.green is None
    ]
    return [bullets(lines, "Not measured")] if lines else []


def tickets_of(
    found: Failing, key: str, since: datetime, known: Sequence[Ticket]
) -> list[NewTicket]:
    """Return an issue for each cause that has no open one."""
    titles = {each.title for each in known if each.is_open}
    return [
        NewTicket(f"{key}:{each.key}", since, title_of(each), _body(found, each), ("ci",))
        for each in found.clusters[:MOST]
        if title_of(each) not in titles
    ]


def filings(tracker: Tracker, wanted: Sequence[NewTicket]) -> list[Effect[Ticket]]:
    """Return what files these issues, one by one."""
    return [
        filing(tracker, new, f"File issue {number}: {signature_in(new.title)}")
        for number, new in enumerate(wanted, 1)
    ]


def title_of(cluster: Cluster) -> str:
    """Return the title of the issue of a cause; it is what the issue is found by."""
    return f"CI fails ({cluster.kind}): {cluster.signature[:SHOWN]}"


def signature_in(title: str) -> str:
    """Return what is the cause's own in the title of its issue."""
    return title.partition("): ")[2]


def _title(repo: str, run: WorkflowRun | None = None) -> str:
    return f"{run.name} {run.id} of {repo}" if run else f"Failures of {repo}"


def _body(found: Failing, cluster: Cluster) -> str:
    last = cluster.last
    said = "\n".join(f"    {line}" for line in last.cause.excerpt)
    return (
        f"{counted(cluster.runs, 'run')} of {found.repo} failed on "
        f"{counted(cluster.commits, 'commit')} in {found.span}.\n\n"
        f"The last one: [{plain(last.job)}]({last.url}) on {plain(last.branch)}.\n\n{said}\n\n"
        f"To do: {ACTIONS[cluster.kind]}."
    )


def _finding(found: Failing, cluster: Cluster, tickets: Mapping[str, Ticket]) -> Line:
    last, streak = cluster.last, found.streak(cluster)
    parts: list[Inline] = [
        f"{cluster.kind}: ",
        Code(cluster.signature[:SHOWN]),
        _place(last),
        f"{counted(cluster.runs, 'run')} on {counted(cluster.commits, 'commit')}, last ",
        Link(f"{last.at:%d %b}", last.url),
    ]
    if cluster.flaked:
        parts.append(f"; flaky on {said_share(cluster.flaked, cluster.ran)}")
    parts += _since(found, streak) if streak else [f", on {last.branch}. Owner: ", _who(last.actor)]
    ticket = tickets.get(title_of(cluster))
    action = "make it steady, or set it aside" if cluster.flaked else ACTIONS[cluster.kind]
    parts += [". To do: ", Link(ticket.key, ticket.url) if ticket else action]
    return tuple(parts)


def _since(found: Failing, streak: Streak) -> list[Inline]:
    """Return since when it is red, after which commits, and whose they are."""
    brought = found.brought.get(streak.workflow, ())
    first = streak.first
    told: list[Inline] = [f"; {found.branch} is red since {first.created_at:%d %b %H:%M} UTC"]
    if len(brought) == 1:
        (only,) = brought
        named = Link(f"{only.sha[:7]} {only.title}", only.url)
        return [*told, ", first bad commit ", named, ". Owner: ", _who(only.author)]
    if brought:
        people = list(dict.fromkeys(each.author for each in brought))
        told += [
            f", one of {counted(len(brought), 'commit')} up to {first.sha[:7]}. Owner: one of "
        ]
        names: list[Inline] = [part for who in people[:NAMED] for part in (", ", _who(who))][1:]
        return [
            *told,
            *names,
            *([f" and {len(people) - NAMED} more"] if len(people) > NAMED else []),
        ]
    return [*told, f", at {first.sha[:7]}. Owner: ", _who(first.actor)]


def _place(failure: Failure) -> str:
    step = failure.cause.step
    return f" in {failure.job}. " if step == failure.job else f" in {failure.job}: {step[:SHOWN]}. "


def _who(login: str) -> Inline:
    return Person(login) if login else "nobody known"


def _with(said: str, before: float | None, now: float) -> str:
    if before is None:
        return said
    change = now - before
    return f"{said}, {'same as' if abs(change) < SAME else 'was'} {before:.0%} before"


def _most(lines: Sequence[str], most: int) -> list[str]:
    more = [f"… {len(lines) - most} more"] if len(lines) > most else []
    return [*lines[:most], *more]
