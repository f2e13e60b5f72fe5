"""The card of a run as one Slack message: what it is, how it stands, what is asked."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.chat import Card, News, Planned, State
from bot.slack.buttons import actions, answers
from bot.slack.inline import (
    Json,
    bold,
    date,
    escape,
    inline,
    line,
    link,
    listing,
    plain_text,
    rich_text,
    section,
    short,
    styled,
    weigh,
)
from bot.slack.newer import progress
from bot.slack.render import FALLBACK, SIZE, Message
from bot.wording import (
    ELLIPSIS,
    MARKS,
    PLAN_MARKS,
    clean,
    duration,
    fit,
    is_web_address,
    mark_of,
)
from flows.report import Moment

TITLE = 150
LINE = 500
COMMAND = 200
PLAN = 12
CHANGE = 120
QUESTION = 300
NAME = 80
CONTROLS = 8  # three that look after the run, five that may come next

# What a card can do without, the first first.
SPARED: tuple[Mapping[str, Any], ...] = (
    {"controls": ()},
    {"news": ()},
    {"note": ()},
    {"plan": ()},
)
SHOW_STEPS: set[State] = {"running", "failed"}


def card_message(card: Card) -> Message:
    """Return a card as a message; editing it replaces the whole.

    Where it would be too large, what its page tells as well is left out until it fits.
    """
    blocks = _blocks(card)
    for spared in SPARED:
        if sum(map(weigh, blocks)) < SIZE:
            break
        card = replace(card, **spared)
        blocks = _blocks(card)
    said = card.question if card.buttons and card.question else card.line
    text = fit(": ".join(part for part in (card.title, said) if part), FALLBACK)
    return Message(escape(text) or ELLIPSIS, blocks)


def _blocks(card: Card) -> list[Json]:
    blocks = [section(_title(card))]
    if card.latest:
        blocks.append(section(_news(card.latest)))
    if card.state in SHOW_STEPS and card.steps:
        blocks.append(progress(card.steps))
    if card.plan:
        blocks.append(_plan(card.plan, card.url))
    if card.buttons and (question := fit(card.question, QUESTION)):
        blocks.append(section([bold(question)]))
    if line(card.note):
        blocks.append(section(short(card.note)))
    if card.buttons:
        shown, hidden = answers(card.buttons, card.controls[:CONTROLS])
        blocks += shown
        if hidden:
            more = [styled(f"{ELLIPSIS} {hidden} more on the "), link("run's page", card.url)]
            blocks.append(section(more))
    if decided := fit(card.decided, LINE):
        at = [styled(" at "), clock(card.decided_at)] if card.decided_at else []
        blocks.append(section([styled(decided), *at]))
    if not card.buttons:
        blocks += actions(card.controls[:CONTROLS])
    blocks.append({"type": "context", "elements": list(_footer(card))})
    return blocks


def _title(card: Card) -> list[Json]:
    title, command = fit(card.title, TITLE), fit(card.command, COMMAND)
    elements = [styled(f"{mark_of(card.state, card.tone)} ")]
    if title and title != command:
        elements += [bold(title), styled("  ")]
    if command:
        elements.append(styled(command, "code"))
    if clean(card.line):
        elements.append(styled(f"\n{fit(card.line, LINE)}"))
    return elements


def _news(news: News) -> list[Json]:
    return [
        *line((MARKS[news.tone],)),
        *(short(news.line, LINE) or [styled(ELLIPSIS)]),
        styled(" · "),
        inline(Moment(news.at)),
    ]


def _plan(plan: tuple[Planned, ...], url: str) -> Json:
    items = [_change(change) for change in plan[:PLAN]]
    head = {"type": "rich_text_section", "elements": [bold("Plan")]}
    parts = [head, listing(items, "ordered")]
    if len(plan) > PLAN:
        more = [styled(f"{ELLIPSIS} {len(plan) - PLAN} more on the "), link("run's page", url)]
        parts.append({"type": "rich_text_section", "elements": more})
    return rich_text(*parts)


def _change(change: Planned) -> list[Json]:
    title = fit(change.title, CHANGE) or ELLIPSIS
    shown = [styled(f"{PLAN_MARKS[change.state]}{title}")]
    if change.promise:
        shown.append(styled(f" — {change.promise}", "italic"))
    return shown


def _footer(card: Card) -> Iterator[Json]:
    """Yield small print: where to read on, who asked, when, how long it took."""
    if is_web_address(card.url):
        yield {"type": "mrkdwn", "text": f"<{escape(card.url).replace('|', '%7C')}|Details>"}
    facts = [f"by {fit(card.by.name, NAME) or card.by.id}"]
    if card.seconds is not None:
        facts.append(duration(card.seconds))
    yield plain_text(" · ".join(facts), LINE)
    if card.started:
        yield {"type": "mrkdwn", "text": moment(card.started)}


def moment(at: datetime) -> str:
    """Return a time that every reader sees in their own zone."""
    shown = at.strftime("%Y-%m-%d %H:%M %Z").strip()
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{shown}>"


def clock(at: datetime) -> Json:
    """Return a time of day that every reader sees in their own zone."""
    return date(at, "{time}", f"{at:%H:%M %Z}".strip())
