"""What somebody is told of a thing as it stands, and the words that all kinds share; pure."""

from typing import NamedTuple

from bot.wording import fit
from flows.report import Code, Line, Link, Report, Tone, text

LONGEST_TITLE = 120
STOP = Code("/flow me news off")


class Turn(NamedTuple):
    """A message about a thing; people hear of each `name` once, after that it is only kept true.

    One without a name is never sent anew.
    """

    name: str
    report: Report


def called(home: str, number: int, title: str) -> str:
    """Return what a pull request or an issue is called."""
    return fit(f"{home}#{number} {title}", LONGEST_TITLE)


def message(what: str, tone: Tone, about: Line, url: str, why: str) -> Report:
    """Return a message: what happened, how the thing stands, and how to get no more of these."""
    more = text(*about, *((" ",) if about else ()), Link("Open it", url))
    return Report("", what, tone, (more, text(f"You get this because {why}: ", STOP, " stops it.")))


def quiet(turn: Turn) -> Turn:
    """Return the same message for somebody who wants to hear of nothing new."""
    return turn._replace(name="")


def in_words(names: list[str], last: str = "and") -> str:
    """Return names in a row: `ada, bo and cy`."""
    if len(names) < 2:  # noqa: PLR2004 - one has no neighbours
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
