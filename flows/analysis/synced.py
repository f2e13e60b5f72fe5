"""What a sync says: the plan, the questions, and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from flows.analysis.beside import Ask
from flows.analysis.merging import Choice, Conflict
from flows.analysis.syncing import WORDS, Look, Work
from flows.analysis.words import counted
from flows.engine.tools import Baseline, SyncSettings
from flows.report import Block, Code, Line, Link, Report, Tone, bullets, facts, text

LATELY = timedelta(days=30)
CLOCKS_APART = timedelta(minutes=10)
WHOLE_EVERY = timedelta(hours=24)
MOST, MOST_ASKED = 10, 5
SHOWN = 200  # letters of a text that is asked about
GITHUBS, LINEARS, NEITHER = "What GitHub says", "What Linear says", "Leave both as they are"
CHOICES: Mapping[str, Choice] = {GITHUBS: "github", LINEARS: "linear", NEITHER: "leave"}
NO_TEAM = (
    "{} has no team of Linear: set one with /flow project set {} linear_team=ENG, then run this."
)


def ask_of(  # noqa: PLR0913 - a look has that many sides
    repo: str,
    team: str,
    settings: SyncSettings,
    started: datetime,
    issue: str,
    last: Baseline | None,
    *,
    full: bool,
    most: int,
) -> Ask:
    """Return what to compare: one issue, else what changed since the last look at all.

    Once a day, and where the last look left something to do, it is everything.
    """
    told = last.data if last and not full else {}
    whole = datetime.fromisoformat(told["whole"]) if told.get("clean") else None
    is_fresh = whole is not None and started - whole < WHOLE_EVERY
    since = datetime.fromisoformat(told["seen"]) - CLOCKS_APART if is_fresh else None
    return Ask(repo, team, settings, started - LATELY, issue, None if issue else since, most)


def not_begun(repo: str) -> Report:
    """Return that one issue is not synced before somebody has seen what comes of all."""
    said = f"The issues of {repo} are not synced yet: see the plan first."
    return Report(f"Sync of {repo}", said, "neutral", next=(f"linear {repo}",), quiet=True)


def plan(ask: Ask, look: Look, *, begins: bool) -> Report:
    """Return what people see before they say yes."""
    to_linear = [each for each in look.works if each.made == "linear"]
    to_github = [each for each in look.works if each.made == "github"]
    pairs = [each for each in look.works if not each.made and each.needs]
    said = (
        f"{counted(len(to_linear), 'issue')} to make in Linear, {len(to_github)} on GitHub, "
        f"{counted(len(pairs), 'pair')} to bring in step."
    )
    blocks = [
        block
        for works, title in (
            (to_linear, "To be made in Linear"),
            (to_github, "To be made on GitHub"),
            (pairs, "To be brought in step"),
        )
        if (block := _listed([_line(each) for each in works], title))
    ]
    blocks += _left(look, {})
    if begins:
        policy = Code(f"/flow policy {ask.repo} linear auto_approve=none")
        blocks.append(
            text(
                "After this yes, what changes on either side goes to the other without asking; ",
                policy,
                " takes that back. Where the project has ",
                Code("triggers=linear"),
                ", webhooks do it at once, and every hour what they missed is repaired.",
            )
        )
    return Report(_title(ask), said, "warn" if begins else "neutral", tuple(blocks))


def asked(look: Look, *, again: bool) -> list[tuple[Work, Conflict]]:
    """Return the conflicts that somebody has to settle and was not asked about before."""
    found = [
        (work, each)
        for work in look.works
        for each in work.open_conflicts
        if again or each.mark not in (work.before.asked if work.before else ())
    ]
    return found[:MOST_ASKED]


def question(work: Work, conflict: Conflict) -> str:
    """Return what is asked about a conflict."""
    what = WORDS.get(conflict.field, conflict.field)
    return f"{work.name} and {work.pair.key} differ in their {what}. Which counts?"


def both(work: Work, conflict: Conflict) -> Report:
    """Return both sides of a conflict."""
    rows: Line = (Link(work.title, work.url),)
    sides = facts(issue=rows, github=_short(conflict.github), linear=_short(conflict.linear))
    return Report(f"{work.name} and {work.pair.key}", blocks=(sides,))


def outcome(
    ask: Ask, look: Look, settled: Sequence[Work], left: Mapping[str, str], last: Baseline | None,
    started: datetime,
) -> Report:  # fmt: skip
    """Return what came of it; nothing new is quiet."""
    done = [each for each in look.works if each.needs and each.name not in left]
    made = [each for each in done if each.made]
    told = [each for each in (*done, *settled) if not each.made and (each.fields or each.acts)]
    said = sum(len(each.acts) for each in done)
    conflicts = [(each, one) for each in (*look.works, *settled) for one in each.conflicts]
    ends = {(each.pair.number, one.field) for each in settled for one in each.conflicts}
    conflicts = [
        (each, one)
        for each, one in conflicts
        if one.settled or (each.pair.number, one.field) not in ends
    ]
    waiting = [one for _, one in conflicts if not one.settled]
    clean = not (left or look.more or waiting)
    pairs = look.known + sum(each.before is None for each in done)
    numbers = facts(
        pairs=f"{pairs:,}{_since(last, pairs)}",
        carried_over=_carried(made, told, said),
        conflicts=f"{len(conflicts)}, {len(waiting)} of them open" if conflicts else "none",
        looked_at=f"{counted(look.paired + len(made), 'pair')}: {_window(ask)}",
    )
    blocks = [
        numbers,
        *_some([_settled(each, one) for each, one in conflicts], "Conflicts"),
        *_some([_line(each) for each in made], "Got a twin"),
        *_some([_changed(each) for each in told], "Brought up to date"),
        *_left(look, left),
    ]
    data = {}
    if not ask.issue:
        whole = last.data["whole"] if ask.since and last else started.isoformat()
        data = {"seen": started.isoformat(), "whole": whole, "clean": clean, "pairs": pairs}
    tone: Tone = "good" if clean else "warn"
    nexts = [f"linear {ask.repo} again=yes"] if waiting else []
    nexts += [f"linear {ask.repo} full=yes"] if left or look.more or ask.since else []
    verdict = _verdict(len(made), len(told), said, len(conflicts), len(waiting), len(left))
    quiet = clean and not (made or told or said or conflicts)
    return Report(_title(ask), verdict, tone, tuple(blocks), data, tuple(nexts), quiet=quiet)


def _carried(made: Sequence[Work], told: Sequence[Work], said: int) -> str:
    """Return what went over, by what it is; only that."""
    there = sum(each.made == "github" for each in made)
    fields = sum(len(each.fields) for each in told)
    parts = [
        f"{counted(len(made), 'twin')} ({there} on GitHub)" if made else "",
        f"{counted(fields, 'field')} of {counted(len(told), 'issue')}" if fields else "",
        counted(said, "comment") if said else "",
    ]
    return ", ".join(filter(None, parts)) or "nothing"


def _verdict(made: int, told: int, said: int, conflicts: int, waiting: int, left: int) -> str:
    parts = [
        f"{counted(made, 'twin')} made" if made else "",
        f"{counted(told, 'issue')} brought up to date" if told else "",
        f"{counted(said, 'comment')} carried" if said else "",
    ]
    words = ", ".join(filter(None, parts)) or "Nothing had changed"
    ends = [
        f"{counted(conflicts - waiting, 'conflict')} settled" if conflicts > waiting else "",
        f"{counted(waiting, 'conflict')} wait{'s' * (waiting == 1)} for an answer"
        if waiting
        else "",
        f"{left} could not be synced" if left else "",
    ]
    rest = ", ".join(filter(None, ends))
    return f"{words}; {rest}." if rest else f"{words}; all pairs are in step."


def _title(ask: Ask) -> str:
    return f"{ask.issue or ask.repo} and {ask.team} in Linear"


def _window(ask: Ask) -> str:
    if ask.issue:
        return "one issue"
    if ask.since:
        return f"what changed since {ask.since:%Y-%m-%d %H:%M} UTC"
    return f"all that is open, or changed since {ask.lately:%Y-%m-%d}"


def _since(last: Baseline | None, pairs: int) -> str:
    if last is None or "pairs" not in last.data:
        return ""
    return f" ({pairs - last.data['pairs']:+,} since {last.at:%Y-%m-%d %H:%M} UTC)"


def _line(work: Work) -> Line:
    what = ", ".join(work.fields) or (counted(len(work.acts), "comment") if work.acts else "")
    words = "" if work.made or not what else f": {what}"
    return (f"{work.name} ", Link(work.title, work.url), words)


def _changed(work: Work) -> Line:
    what = list(work.fields)
    what += [counted(len(work.acts), "comment")] if work.acts else []
    return (
        f"{work.name} and {work.pair.key}, ",
        Link(work.title, work.url),
        f": {', '.join(what)}",
    )


def _settled(work: Work, conflict: Conflict) -> Line:
    what = WORDS.get(conflict.field, conflict.field)
    ends = {
        "github": "GitHub’s counts",
        "linear": "Linear’s counts",
        "leave": "both stay as they are",
        "": "waits for an answer",
    }
    said = f"GitHub “{_short(conflict.github)}”, Linear “{_short(conflict.linear)}”"
    return (f"{work.name}, {what}: {said}; {ends[conflict.settled]}.",)


def _left(look: Look, left: Mapping[str, str]) -> list[Block]:
    lines: list[Line] = [(each,) for each in look.left]
    lines += [(f"{name}: {why}",) for name, why in left.items()]
    if look.more:
        lines.append((f"{counted(look.more, 'issue')} more: the next run goes on with them",))
    return _some(lines, "Not synced, and why")


def _some(lines: Sequence[Line], title: str) -> list[Block]:
    found = _listed(lines, title)
    return [found] if found else []


def _listed(lines: Sequence[Line], title: str) -> Block | None:
    if not lines:
        return None
    more: list[Line] = [(f"… {len(lines) - MOST:,} more",)] if len(lines) > MOST else []
    return bullets([*lines[:MOST], *more], title)


def _short(words: str) -> str:
    line = " ".join(words.split()) or "nothing"
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"
