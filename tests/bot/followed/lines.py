"""Lines of a posting as people read them."""

from typing import assert_never

from bot.chat import Posting
from flows.report import Code, Inline, Line, Link, Person


def words(line: Line) -> str:
    """Return a line as plain words; people have an @."""
    return "".join(map(_word, line))


def all_words(posting: Posting) -> list[str]:
    """Return a posting, line by line."""
    return [words(posting.title), *map(words, posting.lines)]


def _word(part: Inline) -> str:
    match part:
        case str():
            return part
        case Link(label):
            return label
        case Code(code):
            return code
        case Person(login):
            return f"@{login}"
    assert_never(part)
