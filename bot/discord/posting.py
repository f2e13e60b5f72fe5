"""What a channel is told about something that it follows, as one Discord message."""

from collections.abc import Iterator

from bot.chat import Mark, Posting
from bot.discord.buttons import button_rows, pressable
from bot.discord.markdown import line, plain, weigh
from bot.discord.render import COLOURS, DISPLAYED, Json, Message, text_part
from bot.wording import ELLIPSIS, MARKS
from flows.report import Line, Person

TITLE = 600
LINES, LINE = 8, 600
BUTTONS = 5
WHY = 500
SHARES, SMALLEST = (1, 2), 4

REACTIONS: dict[Mark, str] = {
    "running": "⏳",
    "good": "✅",
    "bad": "❌",
    "merged": "🟣",
    "closed": "🚫",
    "approved": "👍",
}


def posting_message(posting: Posting) -> Message:
    """Return a posting as a message; editing it replaces the whole.

    Where all of it together is too much, each line is cut shorter.
    """
    colour, told = COLOURS[posting.tone], (posting.title, *posting.lines, posting.why)
    known = tuple(each for said in told for each in said if isinstance(each, Person) and each.id)
    for share in SHARES:
        parts = tuple(_parts(posting, share))
        if sum(weigh(part.get("content", "")) for part in parts) <= DISPLAYED:
            return Message(parts, colour, known=known)
    return Message(tuple(_parts(posting, SMALLEST)), colour, known=known)


def name_of(posting: Posting) -> str:
    """Return what a thread below a posting is called."""
    return "".join(each if isinstance(each, str) else plain(each) for each in posting.title)


def _parts(posting: Posting, share: int) -> Iterator[Json]:
    yield text_part("\n".join(_lines(posting, share)))
    yield from button_rows(pressable(posting.buttons)[:BUTTONS])
    if why := line(posting.why, WHY // share).strip():
        yield text_part(f"-# {why}")


def _lines(posting: Posting, share: int) -> Iterator[str]:
    """Yield the title and the lines; those that are too many are counted."""
    yield f"{MARKS[posting.tone]}{_bold(posting.title, TITLE // share)}"
    told = [shown for each in posting.lines if (shown := line(each, LINE // share).strip())]
    yield from told[:LINES]
    if len(told) > LINES:
        yield f"{ELLIPSIS} {len(told) - LINES} more"


def _bold(parts: Line, most: int) -> str:
    shown = line(parts, most).strip()
    return f"**{shown}**" if shown else ELLIPSIS
