"""How people read things on any chat: nothing hidden, nothing too long, the same marks."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Literal
from urllib.parse import urlsplit

from bot.chat import State
from flows.report import Tone

URL = 3_000
ELLIPSIS = "…"
HIDDEN = {"Cc", "Cf", "Cs"}  # control, format (bidi, zero-width) and halves of characters
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
KEPT = {"\n", "\t"}
SKIN_TONES = range(0x1F3FB, 0x1F400)
FLAGS = range(0x1F1E6, 0x1F200)
ENDS_OF_SYLLABLES = range(
    0x1160, 0x1200
)  # vowels and last letters of Hangul, where it is spelt out
JOINS_THE_NEXT = 9  # the class of the signs that join letters in the scripts of India

MARKS: dict[Tone, str] = {"neutral": "", "good": "✅ ", "warn": "⚠️ ", "bad": "🔴 "}
STATES: dict[State, str] = {
    "queued": "🕓",
    "running": "⏳",
    "waiting": "✋",
    "done": "✅",
    "stopped": "⏹️",
    "failed": "❌",
    "cancelled": "🚫",
}
STEP_MARKS: dict[Literal["running", "done", "failed"], str] = {
    "running": "⏳",
    "done": "✓",
    "failed": "✗",
}
PLAN_MARKS: dict[Literal["planned", "running", "done", "failed", "undone"], str] = {
    "planned": "",
    "running": "⏳ ",
    "done": "✓ ",
    "failed": "✗ ",
    "undone": "↩ ",
}
PREFIX = re.compile(r"\s*[!/]flow\b[:,]?\s*", re.IGNORECASE)


def mark_of(state: State, tone: Tone) -> str:
    """Return the mark of a run: one that is done and has bad news is not marked as good."""
    return MARKS[tone].strip() if state == "done" and tone in ("warn", "bad") else STATES[state]


def storable(text: str) -> str:
    """Return `text` without the characters that no database keeps."""
    return text if text.isascii() and "\0" not in text else UNSTORABLE.sub("", text)


def clean(text: str) -> str:
    """Return `text` without characters that cannot be seen but change what is."""
    if text.isascii() and text.isprintable():
        return text
    lines = text.replace("\r\n", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(c for c in lines if c in KEPT or unicodedata.category(c) not in HIDDEN)


def fit(text: str, limit: int) -> str:
    """Return clean text of at most `limit` characters, cut between words with an ellipsis."""
    text = clean(text)
    if len(text) <= limit:
        return text
    return text[: _cut(text, limit - len(ELLIPSIS))].rstrip() + ELLIPSIS


def pieces(text: str, limit: int) -> Iterator[str]:
    """Yield `text` in parts of at most `limit` characters, cut between words."""
    while len(text) > limit:
        end = _cut(text, limit)
        yield text[:end]
        text = text[end:]
    yield text


def _cut(text: str, limit: int) -> int:
    """Return where to cut: after a space near the end, never inside a visible character."""
    if text[limit].isspace():
        return limit
    space = max(text.rfind(" ", 0, limit), text.rfind("\n", 0, limit)) + 1
    if space > limit * 3 // 4 and not _continues(text, space):
        return space
    end = limit
    while end > 1 and _continues(text, end):
        end -= 1
    return end


def _continues(text: str, at: int) -> bool:
    """Say whether the character at `at` belongs to the one before it."""
    code = ord(text[at])
    if code in FLAGS:
        before = 0
        while before < at and ord(text[at - 1 - before]) in FLAGS:
            before += 1
        return before % 2 == 1
    if code in SKIN_TONES or code in ENDS_OF_SYLLABLES:
        return True
    return unicodedata.category(text[at]).startswith("M") or _is_joined(text[at - 1], text[at])


def _is_joined(before: str, letter: str) -> bool:
    return unicodedata.combining(before) == JOINS_THE_NEXT and unicodedata.category(letter) == "Lo"


def columns(text: str) -> int:
    """Return how many columns a text takes where all letters are as wide."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.category(char).startswith("M") for char in text)


def is_web_address(url: str) -> bool:
    """Say whether this is an address that a chat can link to."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and len(url) <= URL


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units, such as `3 min 5 s`."""
    whole = round(seconds)
    if whole < 1:
        return "< 1 s"
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    shown: list[tuple[int, str]] = []
    for unit, length in units:
        count, whole = divmod(whole, length)
        if count or shown:
            shown.append((count, unit))
    return " ".join(f"{count} {unit}" for count, unit in shown[:2] if count)


def slug(title: str) -> str:
    """Return a title as the stem of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "report"


def file_name(name: str) -> str:
    """Return a name without folders, which Slack and every system can store."""
    return re.sub(r"[^\w.-]+", "-", clean(name)).strip("-.")[:100] or "file"


def has_prefix(text: str) -> bool:
    """Say whether a message starts with `!flow`."""
    return text.lstrip()[:1] == "!" and PREFIX.match(text) is not None


def without_prefix(text: str) -> str:
    """Return a command without its `!flow` or `/flow`."""
    found = PREFIX.match(text)
    return text[found.end() :] if found else text
