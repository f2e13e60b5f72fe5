"""What a channel is told about something that it follows, as one Slack message."""

from collections.abc import Iterator

from bot.chat import Mark, Posting
from bot.slack.buttons import actions
from bot.slack.inline import (
    BRIEF,
    Json,
    escape,
    line,
    link_text,
    plain_text,
    rich_text,
    short,
    styled,
    words,
)
from bot.slack.render import FALLBACK, Message
from bot.wording import ELLIPSIS, MARKS, fit
from flows.report import Line, Link

TITLE = 600  # on the wire
LINES = 8
BUTTONS = 5
WHY = 500
PARTS = 10  # of a context block

REACTIONS: dict[Mark, str] = {
    "running": "hourglass_flowing_sand",
    "good": "white_check_mark",
    "bad": "x",
    "merged": "large_purple_circle",
    "closed": "no_entry_sign",
    "approved": "thumbsup",
}


def posting_message(posting: Posting) -> Message:
    """Return a posting as a message; editing it replaces the whole."""
    told = [posting.title, *posting.lines]
    blocks = [rich_text(*map(_section, _shown(posting)))]
    blocks += actions(posting.buttons[:BUTTONS])
    if why := _small(posting.why):
        blocks.append({"type": "context", "elements": why})
    said = " — ".join(filter(None, (words(each).strip() for each in told[:2])))
    return Message(escape(fit(f"{MARKS[posting.tone]}{said}", FALLBACK)) or ELLIPSIS, blocks)


def _shown(posting: Posting) -> Iterator[list[Json]]:
    """Yield the title and the lines; those that are too many are counted."""
    title = [_bold(each) for each in short(posting.title, TITLE)]
    mark = [styled(MARKS[posting.tone])] if MARKS[posting.tone] else []
    yield [*mark, *title] or [styled(ELLIPSIS)]
    told = [each for each in posting.lines if line(each)]
    for each in told[:LINES]:
        yield short(each, BRIEF // 3)
    if len(told) > LINES:
        yield [styled(f"{ELLIPSIS} {len(told) - LINES} more")]


def _bold(element: Json) -> Json:
    return element | {"style": {**element.get("style", {}), "bold": True}}


def _section(elements: list[Json]) -> Json:
    return {"type": "rich_text_section", "elements": elements}


def _small(parts: Line) -> list[Json]:
    """Return a line in small letters: its words as they are, and its links."""
    groups: list[Line] = [()]
    for part in parts:
        if isinstance(part, Link):
            groups += [(part,), ()]
        else:
            groups[-1] += (part,)
    shown = [each for each in groups if words(each).strip()]
    if len(shown) > PARTS:
        return [plain_text(words(parts), WHY)]
    return [
        link_text(each[0]) if isinstance(each[0], Link) else plain_text(words(each).strip(), WHY)
        for each in shown
    ]
