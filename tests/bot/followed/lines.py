"""Lines of a posting as people read them."""

from bot.chat import Posting
from flows.report import Inline, Line, Person, spoken


def words(line: Line) -> str:
    """Return a line as plain words; people have an @."""
    return "".join(map(_word, line))


def all_words(posting: Posting) -> list[str]:
    """Return a posting, line by line."""
    return [words(posting.title), *map(words, posting.lines)]


def _word(part: Inline) -> str:
    return f"@{part.login}" if isinstance(part, Person) else spoken(part)
