"""What people read about a deployment: the plan before it, and the verdict after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flows.analysis.cargo import Shipping
from flows.analysis.releases import changes
from flows.analysis.rollouts import Course, Outcome, is_well, said
from flows.analysis.words import counted
from flows.engine.tools import Baseline
from flows.report import (
    Block,
    Code,
    Inline,
    Line,
    Link,
    Report,
    Text,
    Tone,
    bullets,
    facts,
    table,
    text,
)
from integrations.github import Commit, Deployment
from integrations.probes import Probe

MOST = 10
WORDS = {
    "good": "done",
    "refused": "refused by GitHub",
    "failed": "failed",
    "ill": "done, and unwell",
    "silent": "no report",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What a deployment is about: the commit, what it replaces, and all that comes with it."""

    repo: str
    environment: str
    head: Commit
    live: Deployment | None
    ships: Shipping
    against: Sequence[Line] = ()
    green: str = ""
    is_back: bool = False

    @property
    def size(self) -> str:
        """How much is shipped, in words."""
        if self.live is None:
            return "first deployment that GitHub knows of"
        if not self.ships.known:
            return f"unknown: {self.live.sha[:7]}, which is deployed, is gone from GitHub"
        brings, loses = len(self.ships.brings), len(self.ships.loses)
        if self.is_back:
            return f"takes back {counted(loses, 'commit')}"
        more = f", takes back {counted(loses, 'commit')}" if loses else ""
        return (
            f"{counted(brings, 'commit')}, {counted(len(self.ships.pulls), 'pull request')}{more}"
        )


def plan(order: Order, health: Probe | None, back: str) -> Report:
    """Return what people read before they say yes."""
    verb = "Roll back" if order.is_back else "Deploy"
    loses = order.ships.loses
    rows = facts(
        commit=_commit(order.head),
        replaces=Code(order.live.sha[:7]) if order.live else "nothing",
        ships=order.size,
        checks="not looked at, as this was deployed before" if order.is_back else order.green,
        health=f"now {said(health)}" if health else "no address is set, so nobody looks",
        if_it_fails=_otherwise(order, back),
    )
    blocks: list[Block] = [rows]
    if order.against:
        blocks.insert(0, bullets(order.against, "This stands against it"))
    if loses and not order.is_back:
        blocks.insert(0, bullets(map(_commit, loses[:MOST]), "Only the deployed version has these"))
    if order.live and order.ships.brings:
        blocks.append(changes(order.ships.pulls, order.ships.brings))
    if order.is_back and loses:
        blocks.append(bullets(map(_commit, loses[::-1][:MOST]), "Taken back, the newest first"))
    blocks += _issues(order)
    ill = health is not None and not is_well(health)
    tone: Tone = "warn" if order.against or ill or loses else "neutral"
    title = f"{verb} {order.repo} {order.head.sha[:7]} on {order.environment}"
    return Report(title, order.head.title, tone, tuple(blocks))


def verdict(order: Order, course: Course, by: str, before: Baseline | None) -> Report:
    """Return how a deployment ended: the verdict, three numbers, then each place."""
    last, sha, where = course.going[-1], order.head.sha[:7], order.environment
    broken = [each for each in course.returns if each.state != "good"]
    state, tone = "live", "good"
    title = f"{order.repo} {sha} is on {where}"
    summary = order.head.title
    if last.state == "silent":
        state, tone = "unknown", "warn"
        title = f"Nobody knows whether {sha} is on {last.place}"
        summary = f"{last.why} Look at what deploys to {last.place}, then deploy or roll back."
    elif broken:
        state, tone = "broken", "bad"
        names = " and ".join(each.place for each in broken)
        title = f"{names} may be broken: the rollback of {sha} failed"
        summary = f"{_cause(last)} {' '.join(map(_cause, broken))} Somebody has to act now."
    elif course.returns:
        state, tone = "rolled back", "bad"
        title = f"{sha} was rolled back on {' and '.join(each.place for each in course.returns)}"
        summary = _cause(last)
    elif last.state != "good" and order.is_back:
        state, tone = "broken", "bad"
        title = f"{last.place} may be broken: the rollback to {sha} failed"
        summary = f"{_cause(last)} Somebody has to act now."
        broken = [last]
    elif last.state != "good":
        state, tone = "failed", "bad"
        title, summary = f"{sha} failed on {last.place}", _cause(last)
    deployment = last.deployment
    rows = facts(
        shipped=order.size,
        took=_took(course, before),
        health=_health(course.going),
        approved_by=by,
        replaces=Code(order.live.sha[:7]) if order.live else "nothing",
    )
    blocks: list[Block] = [*_todo(order, course, broken), rows, _places(course)]
    if order.live and order.ships.brings:
        blocks.append(changes(order.ships.pulls, order.ships.brings))
    blocks += _issues(order)
    blocks += _unmeasured(order, course)
    data: dict[str, Any] = {
        "state": state,
        "sha": order.head.sha,
        "environment": where,
        "deployment": deployment.id if deployment else 0,
        "minutes": _minutes(course),
        "commits": len(order.ships.brings),
    }
    offers: tuple[str, ...] = (f"dora {order.repo}",)
    if state != "rolled back":
        offers = (f"deploy {order.repo} {where} rollback", *offers)
    return Report(title, summary, tone, tuple(blocks), data, next=offers)  # type: ignore[arg-type] # one of the tones above


def _otherwise(order: Order, back: str) -> str:
    """Say what happens where the deployment fails."""
    if back:
        return f"back to {back[:7]}"
    if order.is_back:
        return "you are told at once: nothing else is tried"
    return "it stays: there is nothing to go back to"


def _cause(outcome: Outcome) -> str:
    return f"{outcome.place}: {outcome.why}"


def _todo(order: Order, course: Course, broken: Sequence[Outcome]) -> list[Block]:
    """Return what somebody has to do now, and where to look."""
    last = course.going[-1]
    if last.state == "good":
        return []
    log: Inline = "its log"
    if last.deployment and last.deployment.url:
        log = Link("its log", last.deployment.url)
    lines: list[Line] = []
    for each in broken:
        back = each.sha[:7]
        again = Code(f"/flow deploy {order.repo} {each.place} rollback ref={each.sha[:12]}")
        lines += [
            (f"Bring {back} back on {each.place} by hand, or try again: ", again),
            ("Tell whoever is affected, and open an incident",),
        ]
    if not order.is_back:
        why = "there was no good deployment before to go back to"
        lines += [(f"{each} stays as it is: {why}",) for each in course.stays]
    who = f"{order.head.author}: " if order.head.author else ""
    lines.append((f"{who}find out why on {last.place}: ", log))
    return [bullets(lines, "What to do")]


def _places(course: Course) -> Block:
    rows = []
    for each in (*course.going, *course.returns):
        minutes = "–" if each.minutes is None else f"{each.minutes:.0f} min"
        state: Inline = WORDS[each.state]
        if each.deployment and each.deployment.url:
            state = Link(WORDS[each.state], each.deployment.url)
        rows.append((each.place, Code(each.sha[:7]), state, minutes))
    return table(["Where", "Commit", "Result", "Took"], rows)


def _took(course: Course, before: Baseline | None) -> str:
    minutes = _minutes(course)
    if minutes is None:
        return "not measured: it has not ended"
    count = counted(len(course.going), "deployment")
    took = f"{minutes:.0f} min for {count}"
    last = before.data.get("minutes") if before else None
    return f"{took} (last time {last:.0f} min)" if isinstance(last, int | float) else took


def _minutes(course: Course) -> float | None:
    spans = [each.minutes for each in course.going]
    known = [each for each in spans if each is not None]
    return sum(known) if len(known) == len(spans) else None


def _health(going: Sequence[Outcome]) -> str:
    looks = [look for each in going for look in each.looks]
    if not looks:
        return "not measured"
    well = sum(map(is_well, looks))
    slowest = max((each.latency_ms or 0 for each in looks if is_well(each)), default=0)
    tail = f", the slowest in {slowest:.0f} ms" if well else f": {said(looks[-1])}"
    return f"{well} of {counted(len(looks), 'look')} well{tail}"


def _unmeasured(order: Order, course: Course) -> list[Text]:
    """Return what nobody looked at, and why."""
    lines = []
    if not any(each.looks for each in course.going):
        came = course.going[-1].state == "good"
        why = "no address is set for it" if came else "it did not come that far"
        lines.append(f"the health, as {why}")
    if order.live is None:
        lines.append("what is new, as GitHub knows of no deployment before")
    return [text("Not measured: ", "; ".join(lines), ".")] if lines else []


def _issues(order: Order) -> list[Block]:
    links = [Link(f"{each.key} {each.title}", each.url) for each in order.ships.tickets]
    return [bullets(links, "Issues in it")] if links else []


def _commit(commit: Commit) -> Inline:
    words = f"{commit.sha[:7]} {commit.title}"
    return Link(words, commit.url) if commit.url else words
