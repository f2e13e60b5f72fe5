"""What a report on requirements says: the coverage, the orphans, and the matrix itself; pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from flows.analysis.mentions import Mention
from flows.analysis.requirements import Change, Trace
from flows.analysis.sheets import sheet
from flows.analysis.windows import Span
from flows.analysis.words import counted
from flows.report import Attachment, Block, Facts, Inline, Line, Link, Report, Tone, bullets, table

MOST, SHOWN = 10, 30


def matrix(
    repo: str,
    traces: Sequence[Trace],
    changes: Sequence[Change],
    tests: Sequence[Mention],
    before: Mapping[str, Any] | None,
    notes: Sequence[str],
) -> Report:
    """Return the report: what is missing comes before what is there."""
    found = findings(repo, traces)
    loose = orphans(traces, changes, tests)
    untold = [each for each in traces if each.edited]
    tone: Tone = "bad" if untold else "warn" if found else "good"
    blocks: list[Block] = [coverage(traces, before)]
    if found:
        over = [(f"… {len(found) - MOST} more",)] if len(found) > MOST else []
        blocks.append(bullets([*found[:MOST], *over], "What to do"))
    if before is not None:
        blocks.append(
            bullets(_news(traces, before) or ["Nothing changed."], "Since the last report")
        )
    blocks.append(_table(traces))
    if loose:
        blocks.append(bullets(loose, "Without a requirement"))
    blocks += [bullets(notes, "How it is measured, and what is not"), _rows(repo, traces)]
    return Report(
        f"Requirements of {repo}", verdict(traces), tone, tuple(blocks), figures_of(traces)
    )


def notes_on(where: str, label: str, span: Span, *, has_history: bool) -> list[str]:
    """Return how it is measured, and what is not; `has_history` where a tracker keeps old words."""
    edits = (
        "What was edited after approval is what Linear's history tells."
        if has_history
        else "GitHub does not tell bots when words were edited: they are compared with those of "
        "the first report that saw them approved."
    )
    return [
        f"Requirements are issues of {where} with the label {label}. Window: {span}.",
        "A pull request counts where its branch, title, text or attachment names the key.",
        "A test counts where its name, marker or text names the key; no test was run.",
        edits,
    ]


def verdict(traces: Sequence[Trace]) -> str:
    """Return how many requirements are built, tested and out."""
    full = sum(each.built and bool(each.tests) for each in traces)
    edited = sum(bool(each.edited) for each in traces)
    said = f"{full} of {counted(len(traces), 'requirement')} built and tested"
    return f"{said}; {edited} changed after approval." if edited else f"{said}."


def figures_of(traces: Sequence[Trace]) -> dict[str, Any]:
    """Return what the next report is compared with; the digests come from elsewhere."""
    return {
        "total": len(traces),
        "built": sorted(each.requirement.ticket.key for each in traces if each.built),
        "tested": sorted(each.requirement.ticket.key for each in traces if each.tests),
        "released": sorted(each.requirement.ticket.key for each in traces if each.releases),
    }


def coverage(traces: Sequence[Trace], before: Mapping[str, Any] | None) -> Facts:
    """Return three numbers: with a merged pull request, with a test, in a release."""
    now = figures_of(traces)

    def row(name: str, key: str) -> tuple[str, Line]:
        n, total = len(now[key]), len(traces)
        share = f" ({n / total:.0%})" if total else ""
        was = f", before {len(before[key])} of {before['total']}" if before else ""
        return name, (f"{n} of {total}{share}{was}",)

    return Facts((row("Built", "built"), row("Tested", "tested"), row("Released", "released")))


def findings(repo: str, traces: Sequence[Trace]) -> list[Line]:
    """Return what is wrong with requirements, the worst first, with who should do what."""
    lines: list[tuple[int, Line]] = []
    for each in traces:
        ticket = each.requirement.ticket
        who = ", ".join(ticket.people) or "nobody has it"
        link = _link(each)

        def say(rank: int, what: str, who: str = who, link: Link = link) -> None:
            lines.append((rank, (link, f", {who}: {what}")))

        if each.edited:
            say(0, f"{each.edited}; approve it again.")
        if ticket.kind == "done" and not each.changes:
            say(1, f"done, and no pull request of {repo} names it; name it in one, or reopen it.")
        if each.built and not each.tests:
            say(2, "built, and no test names it; name its key in one.")
        if ticket.is_open and each.releases:
            say(3, f"is in {each.releases[0]} and still open; close it.")
        if ticket.is_open and not each.changes:
            say(4, "nobody works on it; plan it.")
    return [line for _, line in sorted(lines, key=lambda found: found[0])]


def orphans(
    traces: Sequence[Trace], changes: Sequence[Change], tests: Sequence[Mention]
) -> list[Line]:
    """Return merged pull requests and tests that belong to no requirement."""
    known = {each.requirement.ticket.key for each in traces}
    merged = [each for each in changes if each.sha and not each.is_bot]
    loose = [each for each in merged if not known & set(each.keys)]
    lines: list[Line] = []
    if loose:
        lines.append((f"{len(loose)} of {counted(len(merged), 'merged pull request')}, such as",))
        lines += [(Link(f"#{each.number} {each.title}", each.url),) for each in loose[:3]]
    strange = [each for each in tests if each.key not in known]
    if strange:
        lines.append((f"{counted(len(strange), 'mention')} of another issue in tests, such as",))
        lines += [(f"{each.key} in {each.path}, {each.test}",) for each in strange[:3]]
    return lines


def _news(traces: Sequence[Trace], before: Mapping[str, Any]) -> list[str]:
    now = figures_of(traces)
    told = []
    for key in ("built", "tested", "released"):
        new = [name for name in now[key] if name not in before[key]]
        gone = [name for name in before[key] if name not in now[key]]
        told += [f"{key.capitalize()} since then: {', '.join(new[:MOST])}."] if new else []
        told += [f"No longer {key}: {', '.join(gone[:MOST])}."] if gone else []
    return told


def _table(traces: Sequence[Trace]) -> Block:
    rows: list[tuple[Inline, ...]] = [
        (
            Link(
                f"{each.requirement.ticket.key} {each.requirement.ticket.title}",
                each.requirement.ticket.url,
            ),
            each.requirement.ticket.state + (", approved" if each.requirement.approved else ""),
            ", ".join(f"#{change.number}" for change in each.changes) or "–",
            f"{len(each.tests)}" if each.tests else "–",
            ", ".join(each.releases) or "–",
        )
        for each in traces[:SHOWN]
    ]
    more = f", the first {SHOWN} of {len(traces)}" if len(traces) > SHOWN else ""
    return table(
        ["Requirement", "State", "Pull requests", "Tests", "Release"], rows, f"Matrix{more}"
    )


def _rows(repo: str, traces: Sequence[Trace]) -> Attachment:
    head = [
        "requirement",
        "title",
        "state",
        "approved",
        "pull requests",
        "tests",
        "releases",
        "note",
    ]
    rows = [
        (
            each.requirement.ticket.key,
            each.requirement.ticket.title,
            each.requirement.ticket.state,
            "yes" if each.requirement.approved else "no",
            " ".join(f"#{change.number}" for change in each.changes),
            " ".join(f"{test.path}:{test.line}" for test in each.tests),
            " ".join(each.releases),
            each.edited,
        )
        for each in traces
    ]
    return sheet(f"requirements-{repo.replace('/', '-')}", head, rows)


def _link(each: Trace) -> Link:
    ticket = each.requirement.ticket
    return Link(f"{ticket.key} {ticket.title}", ticket.url)
