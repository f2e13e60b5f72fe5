"""Security alerts: those of one day are one message, the worst first, each with what fixes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.chat import Mark, Posting
from bot.followed.things import Said, dotted, known
from bot.subscriptions.filters import Facts
from flows.report import Code, Line, Link, Tone

SEVERITIES = ("critical", "high", "medium", "moderate", "low", "")
WORST = frozenset({"critical", "high"})
STATES = {
    "fixed": "fixed",
    "resolved": "resolved",
    "dismissed": "dismissed",
    "auto_dismissed": "dismissed by a rule",
}
MOST_SHOWN = 10


def known_after(before: Mapping[str, Said], said: Sequence[Said]) -> dict[str, Said]:
    """Return each alert as it was told last, in whatever order that came."""
    found = dict(before)
    for each in said:
        last = found.get(each["alert"])
        if last is None or last["at"] <= each["at"]:
            found[each["alert"]] = dict(each)
    return found


def facts_of(repo: str, said: Said) -> Facts:
    """Return what filters know of an alert."""
    return known(
        repo=repo,
        severity=said["severity"],
        title=said["title"],
        path=said["path"],
        state=said["state"],
    )


def card(repo: str, alerts: Sequence[Said]) -> Posting:
    """Return the card of some alerts."""
    ordered = sorted(alerts, key=_rank)
    is_open = [each for each in ordered if each["state"] == "open"]
    tone: Tone = "warn" if is_open else "good"
    if any(each["severity"] in WORST for each in is_open):
        tone = "bad"
    mark: Mark = "" if is_open else "good"
    if len(ordered) == 1:
        [only] = ordered
        title: Line = (Link(f"{repo}: {only['title']}", only["url"]),)
        return Posting(title, tone, (_standing(only),), mark=mark)
    lines = [
        dotted((Link(each["title"], each["url"]),), _standing(each))
        for each in ordered[:MOST_SHOWN]
    ]
    if more := len(ordered[MOST_SHOWN:]):
        lines.append((f"… {more} more",))
    told = f"{len(is_open)} of {len(ordered)} security alerts are open"
    if len(is_open) == len(ordered):
        told = f"{len(ordered)} security alerts"
    return Posting((f"{repo}: {told}",), tone, tuple(lines), mark=mark)


def _standing(said: Said) -> Line:
    state = STATES.get(str(said["state"]), str(said["state"]))
    is_open = said["state"] == "open"
    return dotted(
        () if is_open else (state,),
        (f"{said['severity']} severity",) if said["severity"] else (),
        (Code(said["path"]),) if said["path"] else (),
        ("fixed in ", Code(said["fix"])) if said["fix"] and is_open else (),
    )


def _rank(said: Said) -> tuple[Any, ...]:
    severity = said["severity"] if said["severity"] in SEVERITIES else ""
    return said["state"] != "open", SEVERITIES.index(severity), said["alert"]
