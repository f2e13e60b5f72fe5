"""How runs stand, as people read it; pure."""

from collections.abc import Callable, Sequence

from bot.resources import lines, used_by
from flows.engine.spec import Flow
from flows.report import Block, Code, Facts, Inline, Link, Moment, Report, facts, table, text
from storage.records import RunRecord, StepRecord

Url = Callable[[str], str]


def title_of(run: RunRecord, flow: Flow | None, report: Report | None) -> str:
    """Return what a run is called: by what came of it, else by what was asked."""
    said = f"Take back {flow.alias}" if flow and run.undoes else run.command
    if report and report.title:
        said = report.title
    return f"Dry run: {said}" if run.dry_run and run.state == "done" else said


def line_of(run: RunRecord, steps: Sequence[StepRecord], report: Report | None) -> str:
    """Say how things stand, in one sentence."""
    running = [each.title for each in steps if each.state == "running"]
    if run.ended:
        return report.summary if report else run.line
    if run.state == "queued":
        return run.line or "Queued: it starts when a worker is free"
    if run.state == "waiting":
        return run.line
    if run.stop_by:
        return f"Stops at its next step: {run.stop_by} has cancelled it"
    return f"{running[-1]} …" if running else "Working …"


def of_runs(title: str, found: Sequence[RunRecord], url: Url) -> Report:
    """Return a list of runs, in the order given."""
    if not found:
        return Report(title, "There is none.")
    rows: list[tuple[Link, Code, str, str]] = [
        (Link(each.id, url(each.id)), Code(each.command), each.state, each.actor["name"])
        for each in found
    ]
    return Report(title, blocks=(table(["Run", "Command", "State", "Asked by"], rows),))


def of_run(
    run: RunRecord,
    steps: Sequence[StepRecord],
    undone_by: RunRecord | None,
    url: Url,
    lock: str = "",
) -> Report:
    """Return how one run stands; `lock` says what it holds, or waits for."""
    ended = sum(each.state == "done" for each in steps)
    known: dict[str, Inline] = {
        "run": Link(run.id, url(run.id)),
        "state": run.state,
        "asked_by": run.actor["name"],
        "accepted": Moment(run.created_at),
        "steps_done": str(ended),
    }
    if lock and lock != run.line:
        known["lock"] = lock
    if run.finished_at:
        known["ended"] = Moment(run.finished_at)
    if undone_by:
        known["taken_back_by"] = Link(undone_by.id, url(undone_by.id))
    blocks: list[Block] = [text(run.line)] if run.line else []
    blocks.append(facts(**known))
    if steps:
        used = tuple((name, (value,)) for name, value in lines(used_by(steps)))
        blocks.append(Facts(used, "Resources"))
    return Report(run.command, blocks=tuple(blocks))
