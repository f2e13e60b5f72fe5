"""Text to words and back, and what is said where they make no sense; pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from bot.pointing import pointed
from flows.report import Code, Line, Report, Snippet, text

Part: TypeAlias = Literal["word", "name", "value"]

SHORTEST_QUOTE = 40
PLATFORMS = {"slack": "Slack", "discord": "Discord", "github": "GitHub", "linear": "Linear"}
DRY_RUN = "dry-run"
DRY_RUN_WORDS = ("--dry-run", "dry-run", "--dry-run=true", "dry_run=true")
_CURLY = str.maketrans({"“": '"', "”": '"', "\u2018": "'", "\u2019": "'", "—": "--"})
_QUOTE = re.compile(r"[\"']")
_ALONE = re.compile(r"[^\s\"']+")  # what needs no quotes
_MENTION = re.compile(r"<@!?(\w+)(?:\|[^>]*)?>")
_LINK = re.compile(r"<((?:https?://|mailto:)[^|>]*)\|([^>]*)>|<(https?://[^|>]*)>")


class Misread(Exception):
    """What was typed makes no sense; `says` is the one sentence that helps, `shown` where it is.

    `meant` are commands that this person may have meant.
    """

    shown = ""
    meant: tuple[str, ...] = ()

    def __init__(self, *says: str | Code) -> None:
        super().__init__("".join(each.code if isinstance(each, Code) else each for each in says))
        self.says: Line = says

    @property
    def report(self) -> Report:
        """The sentence as what a person is shown."""
        marked = (Snippet(self.shown),) if self.shown else ()
        return Report("", "", "warn", (text(*self.says), *marked))

    def at(self, words: Sequence[str], number: int, part: Part = "word") -> "Misread":
        """Return this with a mark under a word, or under what it names, or under its value."""
        if len(words) == 1:
            return self
        word = _whole(words[number])
        key, equals, value = word.partition("=")
        is_named = equals and key.removeprefix("--").isidentifier()
        before, meant, after = "", word, ""
        if is_named and part == "value":
            before, meant = f"{key}=", value
        elif is_named and part == "name":
            meant, after = key, f"={value}"
        lead = "".join(f"{_whole(each)} " for each in words[:number])
        tail = "".join(f" {_whole(each)}" for each in words[number + 1 :])
        self.shown = pointed(lead + before, meant, after + tail)
        return self


def split(typed: str) -> list[str]:
    """Return the words of a command; quotes keep words together, also after `key=`.

    Within quotes, a doubled one stands for itself.
    """
    plain = _plain(typed)
    if not _QUOTE.search(plain):
        return plain.split()
    words: list[str] = []
    word, quote, closed, began = "", "", "", 0
    for position, char in enumerate(f"{plain} "):
        just_closed, closed = closed, ""
        if char == quote:
            quote, closed = "", char
        elif char == just_closed:
            word, quote = word + char, char
        elif quote:
            word += char
        elif char in "\"'" and (began == position or word.endswith("=")):
            quote = char
        elif char.isspace():
            if began < position:
                words.append(word)
            word, began = "", position + 1
        else:
            word += char
    if quote:
        misread = Misread(
            f"The quote in {quoted(plain[began:])} is never closed: add the missing {quote}."
        )
        misread.shown = pointed(plain[:began], plain[began:], "")
        raise misread
    return words


def joined(words: Iterable[str]) -> str:
    """Return words as one command, quoted where a word would fall apart."""
    return " ".join(map(_whole, words))


def without_dry_run(command: str) -> str:
    """Return a command as it is typed to run it for real."""
    return joined(word for word in split(command) if word.lower() not in DRY_RUN_WORDS)


def quoted(value: str) -> str:
    """Return a value short enough for a sentence, in quotation marks."""
    flat = " ".join(value.split())
    return f"“{flat[:SHORTEST_QUOTE]}…”" if len(flat) > SHORTEST_QUOTE else f"“{flat}”"


def _whole(word: str) -> str:
    if _ALONE.fullmatch(word):
        return word
    key, equals, value = word.partition("=")
    name, rest = (f"{key}=", value) if equals and key.isidentifier() else ("", word)
    mark = "'" if '"' in rest else '"'
    return f"{name}{mark}{rest.replace(mark, mark * 2)}{mark}"


def _plain(typed: str) -> str:
    """Return what was typed before a chat program made it pretty."""
    plain = typed
    if "<" in plain:
        plain = _LINK.sub(_address, _MENTION.sub(r"@\1", plain))
    return (plain if plain.isascii() else plain.translate(_CURLY)).strip()


def _address(link: re.Match[str]) -> str:
    """Return what stood there: chats make a link of `acme.example` and of mail addresses."""
    url, label = link[1] or link[3], link[2] or ""
    return label if label and label in url else url
