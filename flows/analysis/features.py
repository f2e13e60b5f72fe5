"""Features: what is done when, where the issue belongs meanwhile, and how it reads; pure."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flows.analysis.beginnings import Aim, Known, States, Target
from flows.analysis.layout import is_test
from flows.analysis.notes import plain
from flows.analysis.standing import SAID, Stage, Standing
from flows.analysis.words import counted
from flows.analysis.workdays import hours_between
from flows.engine.errors import FlowError
from flows.engine.tools import Baseline
from flows.report import (
    Block,
    Code,
    Inline,
    Line,
    Link,
    Person,
    Report,
    Tone,
    bullets,
    facts,
    table,
    text,
)
from integrations.github import Pull, Release
from integrations.trackers import Ticket

MOST_CRITERIA, LONGEST_CRITERION = 30, 300
TITLE = 60
KEPT = "Keep * in step: *", "Delete the merged branch *", "Tell * that it is in *"
_BOX = re.compile(r"^\s*[-*+]\s+\[(?P<done>[ xX])\]\s+(?P<what>\S.*)$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+(?P<what>\S.*)$")
_HEADING = re.compile(r"^\s*(?:#{1,6}\s+|\*\*)(?P<what>[^#*]+?)(?:\*\*)?:?\s*$")
_CRITERIA = re.compile(r"acceptance|criteria|done when|definition of done", re.IGNORECASE)
# Names of states, best first; the first state of its kind stands in where a team has none of them.
_NAMES: dict[Stage, tuple[str, ...]] = {
    "coding": ("in progress", "doing", "started"),
    "red": ("in progress", "doing", "started"),
    "rework": ("changes requested", "in progress", "doing", "started"),
    "review": ("in review", "review", "ready for review"),
    "approved": ("ready to merge", "reviewed", "in review", "review"),
    "merged": ("done", "merged", "completed"),
}
RELEASED = ("released", "shipped", "deployed")


class Work(NamedTuple):
    """A feature that is worked on: its issue as it was before, and its pull request."""

    ticket: Ticket
    number: int
    states: States


def aim_of(what: str, criteria: str, found: Known | None) -> Aim:
    """Return what is begun; raises FlowError for an issue that is closed."""
    if found is None:
        wanted = criteria_of("", criteria)
        return Aim(titled(what), "it", issue_body(what, wanted), wanted, Target("open", ""))
    ticket = found.ticket
    if not ticket.is_open:
        raise FlowError(f"{ticket.key} is {ticket.state}: open it again, then start it.")
    place, wanted = Target(ticket.kind, ticket.state), criteria_of(ticket.body, criteria)
    return Aim(ticket.title, ticket.key, "", wanted, place)


def criteria_of(body: str, given: str = "") -> tuple[str, ...]:
    """Return the acceptance criteria: those given, else the boxes, else the list below a heading.

    Given ones have semicolons or line breaks between them.
    """
    if given:
        found = [part.strip(" \t-*") for part in re.split(r"[;\n]", given)]
    else:
        lines = body.replace("\r", "").splitlines()
        found = [box["what"] for box in map(_BOX.match, lines) if box] or _listed(lines)
    short = [" ".join(each.split())[:LONGEST_CRITERION] for each in found if each.strip()]
    return tuple(dict.fromkeys(short))[:MOST_CRITERIA]


def open_boxes(body: str) -> tuple[list[str], int]:
    """Return the boxes of a pull request that nobody ticked, and how many boxes there are."""
    boxes = [box for box in map(_BOX.match, body.replace("\r", "").splitlines()) if box]
    return [box["what"].strip() for box in boxes if box["done"] == " "], len(boxes)


def titled(what: str) -> str:
    """Return the first line of what somebody wants, short enough for a title."""
    first = next((line.strip() for line in what.splitlines() if line.strip()), "A feature")
    return first if len(first) <= TITLE else f"{first[: TITLE - 1].rstrip()}…"


def issue_body(what: str, criteria: Sequence[str]) -> str:
    """Return the text of a new issue in Markdown."""
    boxes = "\n".join(f"- [ ] {plain(each)}" for each in criteria)
    said = "\n".join(plain(line) for line in what.splitlines())
    return f"{said}\n\n**Acceptance criteria**\n\n{boxes}" if boxes else said


def target_of(stage: Stage, states: States, before: Ticket | None = None) -> Target | None:
    """Return where an issue belongs at a stage of its pull request; None leaves it where it is.

    One whose pull request was closed goes back to where it was before.
    """
    if stage == "closed":
        return Target(before.kind, before.state) if before else None
    if stage == "merged":
        return Target("done", _named(_NAMES[stage], states.done))
    return Target("started", _named(_NAMES[stage], states.started)) if states.started else None


def released_state(states: States, ticket: Ticket) -> str:
    """Return what an issue that is out has to be called from now on, "" where it stays as it is."""
    known = {name.lower(): name for name in states.done}
    name = next((known[name] for name in RELEASED if name in known), "")
    return "" if ticket.kind == "canceled" or ticket.state == name else name


def is_misplaced(ticket: Ticket, target: Target) -> bool:
    """Say whether an issue has to move; one that somebody closed meanwhile is left alone."""
    if not ticket.is_open and target.kind != "done":
        return False
    if target.kind == "done":
        return ticket.is_open
    return (ticket.kind, ticket.state.lower()) != (target.kind, target.state.lower())


def plan(aim: Aim, states: States, days: int) -> Report:
    """Return what people read before they say yes: what is begun, and what follows by itself."""
    follows = ["the branch is deleted once it is merged", "the issue is told its release"]
    if states.started:
        at = [target_of(stage, states) for stage in ("coding", "review", "merged")]
        path = " → ".join(dict.fromkeys(each.state for each in at if each))
        follows.insert(0, f"the issue moves with the pull request: {path}")
    else:
        follows.insert(0, "the issue is closed once it is merged")
    boxes = bullets(aim.criteria, "Acceptance criteria") if aim.criteria else text(NO_CRITERIA)
    more = bullets(follows, "After that, without another yes")
    stall = text(f"I ask what to do after {counted(days, 'work day')} without news.")
    return Report(
        f"Start {'a feature' if aim.words else aim.name}", aim.title, blocks=(boxes, more, stall)
    )


NO_CRITERIA = (
    "The issue names no acceptance criteria: add boxes, or say criteria=… and start again."
)


class Told(NamedTuple):
    """What the report of a feature is made of: each stage that it went through, and its begin."""

    work: Work
    stages: tuple[Standing, ...]
    begun: datetime
    zone: str

    @property
    def last(self) -> Standing:
        return self.stages[-1]

    def then(self, found: Standing) -> "Told":
        """Return the same with one stage more."""
        return self._replace(stages=(*self.stages, found))


def left(told: Told, why: str) -> Report:
    """Return the report of a feature that is followed no longer."""
    stage = told.last
    now = text(f"{SAID[stage.stage]}{f': {stage.why}' if stage.why else ''}.")
    title = f"{told.work.ticket.key} is not merged"
    return Report(title, why, "warn", (now, _about(told), *_clock(told)))


def stuck(found: Standing, days: int) -> Report:
    """Return what people read when nothing has happened for long: whose turn it is."""
    state = found.state
    asked = state.reviewers if found.stage == "review" else (state.author,)
    turn = [part for each in asked for part in (", ", Person(each))][1:]
    rows = facts(
        pull_request=Link(f"#{state.number} {state.title}", state.url),
        stands=SAID[found.stage],
        turn=tuple(turn) or "nobody is asked for a review yet",
    )
    said = f"Nothing has happened for {counted(days, 'work day')}."
    return Report(f"#{state.number} is stuck", said, "warn", (rows,))


def finished(
    told: Told, pull: Pull, issue: Ticket, release: Release | None, last: Baseline | None
) -> Report:
    """Return the report of a feature that is merged, and out where there is a release."""
    ticket = told.work.ticket
    where = f"out in {release.tag}" if release else "merged, and in no release yet"
    lead = _work(told, told.begun, pull.merged_at or told.begun)
    rounds = sum(each.stage == "rework" for each in told.stages)
    before = last.data.get("hours") if last else None
    change = f" (the one before: {before:g})" if isinstance(before, float) else ""
    numbers = facts(
        from_start_to_merge=f"{lead:g} work hours{change}",
        rounds_of_changes=f"{rounds} in {counted(len(told.last.state.reviews), 'reviewer')}",
        red_checks=counted(sum(each.stage == "red" for each in told.stages), "time"),
    )
    found = findings(told, pull, issue)
    tone: Tone = "good" if release and not found else "warn"
    data: dict[str, Any] = {"hours": lead, "rounds": rounds, "release": release and release.tag}
    out = [bullets(found, "To look at")] if found else []
    return Report(
        f"{ticket.key} is {where}",
        ticket.title,
        tone,
        (numbers, *out, _about(told, release), *_clock(told), text(NOT_MEASURED)),
        data,
    )


NOT_MEASURED = (
    "Not measured: deployments (a release counts as out), and what happened between two looks."
)


def findings(told: Told, pull: Pull, issue: Ticket) -> list[Line]:
    """Return what is not as it should be at the merge, whose it is, and what to do."""
    undone, boxes = open_boxes(pull.body)
    author = Person(pull.author)
    found: list[Line] = []
    if undone:
        said = f"{len(undone)} of {counted(boxes, 'criterion', 'criteria')} not ticked: {undone[0]}"
        found.append((said, " – ", author, ": tick it, or file what is left."))
    if not any(map(is_test, told.last.state.paths)):
        found.append(("No test was touched – ", author, ": add one, or say why not."))
    if not told.last.state.reviews:
        merged_by = Person(told.last.state.merged_by or pull.author)
        found.append(("Nobody reviewed it – ", merged_by, ": ask somebody to look at it now."))
    if issue.kind == "canceled":
        said = f"{issue.key} was called off, and its code is merged – "
        found.append((said, author, ": open the issue again, or revert."))
    return found


def _about(told: Told, release: Release | None = None) -> Block:
    ticket, state = told.work.ticket, told.last.state
    rows: dict[str, Inline] = {
        "issue": Link(f"{ticket.key} {ticket.title}", ticket.url),
        "pull_request": Link(f"#{state.number} {state.title}", state.url),
        "branch": Code(state.head_ref),
    }
    if release:
        rows["release"] = Link(release.tag, release.url)
    return facts(**rows)


def _clock(told: Told) -> list[Block]:
    """Return how long each stage took, in hours of work."""
    rows = []
    for this, following in zip(told.stages, [*told.stages[1:], None], strict=True):
        if this.is_over or following is None:
            continue
        since = told.begun if this is told.stages[0] else this.state.updated_at
        hours = f"{_work(told, since, following.state.updated_at):g}"
        rows.append((SAID[this.stage], this.why or "–", hours))
    head = ["Stage", "Who or what", "Work hours"]
    return [table(head, rows)] if rows else []


def _work(told: Told, start: datetime, end: datetime) -> float:
    return hours_between(start, end, told.zone)


def _named(wanted: Sequence[str], names: Sequence[str]) -> str:
    known = {name.lower(): name for name in names}
    return next((known[name] for name in wanted if name in known), names[0] if names else "")


def _listed(lines: Sequence[str]) -> list[str]:
    found: list[str] = []
    inside = False
    for line in lines:
        if heading := _HEADING.match(line):
            inside = bool(_CRITERIA.search(heading["what"]))
        elif inside and (item := _ITEM.match(line)):
            found.append(item["what"])
    return found
