"""Somebody's Home tab: what waits for them first, then what is theirs; pure."""

import hashlib
from collections.abc import Callable, Iterator, Sequence

import msgspec

from bot import home
from bot.chat import MessageRef
from bot.home import Decision, Home, Project, Scheduled, Seen
from bot.pressing import typing
from bot.slack.buttons import actions
from bot.slack.card import moment
from bot.slack.inline import (
    Json,
    bold,
    escape,
    link,
    listing,
    plain_text,
    rich_text,
    section,
    short,
    styled,
)
from bot.wording import ELLIPSIS, STATES, fit, is_web_address

BLOCKS = 100
HEADER = 150
TITLE = 150
LINE = 200
COMMAND = 150
NAME = 80

Permalink = Callable[[MessageRef], str]


def home_view(seen: Home, permalink: Permalink) -> Json:
    """Return the view; its metadata marks what it says, so that the same is not sent twice."""
    blocks = list(_blocks(seen, permalink))[:BLOCKS]
    mark = hashlib.sha256(msgspec.json.encode(blocks)).hexdigest()[:32]
    return {"type": "home", "private_metadata": mark, "blocks": blocks}


def _blocks(seen: Home, permalink: Permalink) -> Iterator[Json]:
    yield _header("Waits for you")
    for decision in seen.decisions:
        yield from _decision(decision, permalink)
    if not seen.decisions:
        yield _said(home.NOTHING_WAITS)
    yield from _more(seen.more_decisions, seen.url)
    yield _header("Your newest runs")
    yield _list([_run(each) for each in seen.runs], home.NO_RUNS)
    yield _header("Projects")
    yield _list([_project(each) for each in seen.projects], home.NO_PROJECTS)
    yield from _more(seen.more_projects, seen.url)
    yield _header("Your schedules")
    yield _list([_schedule(each) for each in seen.schedules], home.NO_SCHEDULES)
    yield from _more(seen.more_schedules, seen.url)
    yield _header("What you can type")
    typed = [[styled(f"/flow {fit(each, COMMAND)}", "code")] for each in seen.examples]
    yield _list([*typed, [styled("in a thread: "), styled("!flow …", "code")]], "")
    yield from actions((typing("help", "All that I can do"), typing("runs", "Newest runs")))
    if is_web_address(seen.url):
        yield section([link("Open the status page", seen.url)])


def _header(title: str) -> Json:
    return {"type": "header", "text": plain_text(title, HEADER)}


def _said(sentence: str) -> Json:
    return section([styled(sentence, "italic")])


def _list(items: Sequence[list[Json]], nothing: str) -> Json:
    return rich_text(listing(list(items), "bullet")) if items else _said(nothing)


def _more(count: int, url: str) -> Iterator[Json]:
    if count:
        yield section([styled(f"{ELLIPSIS} {count:,} more on the "), link("status page", url)])


def _decision(decision: Decision, permalink: Permalink) -> Iterator[Json]:
    title = link(fit(decision.run.title, TITLE) or ELLIPSIS, decision.run.url)
    asked = fit(decision.question, LINE)
    strong = title | {"style": {"bold": True}}
    yield section([styled("✋ "), strong, *([styled(f"\n{asked}")] if asked else [])])
    asker = fit(decision.asker, NAME) or ELLIPSIS
    yield section(short((f"Asked by {asker}. ", *decision.note)))
    yield from actions(decision.buttons)
    yield {"type": "context", "elements": list(_about(decision, permalink))}


def _about(decision: Decision, permalink: Permalink) -> Iterator[Json]:
    place = permalink(decision.message) if decision.message else ""
    if is_web_address(place):
        yield {"type": "mrkdwn", "text": f"<{escape(place).replace('|', '%7C')}|Open the thread>"}
    yield {"type": "mrkdwn", "text": moment(decision.run.started)}


def _run(run: Seen) -> list[Json]:
    title = link(fit(run.title, TITLE) or ELLIPSIS, run.url)
    said = fit(run.line, LINE)
    return [styled(f"{STATES[run.state]} "), title, *([styled(f" — {said}")] if said else [])]


def _project(project: Project) -> list[Json]:
    name = bold(fit(project.name, NAME) or ELLIPSIS)
    return [name, styled(" — "), *(_run(project.last) if project.last else [styled("no run yet")])]


def _schedule(each: Scheduled) -> list[Json]:
    command = styled(fit(f"/flow {each.command}", COMMAND), "code")
    if each.next_at is None:
        return [command, styled(f" {fit(each.when, LINE)} — {fit(each.trouble, LINE)}")]
    at = {
        "type": "date",
        "timestamp": int(each.next_at.timestamp()),
        "format": "{date_short_pretty} {time}",
        "fallback": f"{each.next_at:%Y-%m-%d %H:%M %Z}".strip(),
    }
    return [command, styled(f" {fit(each.when, LINE)} — next "), at]
