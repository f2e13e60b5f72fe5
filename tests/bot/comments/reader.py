"""Reads a comment as GitHub does, as far as it takes to see what it would do."""

import re
from collections.abc import Iterator

FENCES = re.compile(r"^(`{3,})\n.*?^\1$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!\\)((?:\\\\)*)\[((?:\\.|[^\]\\])*)\]\(<(https?://[^<>\s]+)>\)")
OURS = re.compile(r"</?sub>|<!-- flowbot:[0-9a-f]{32} -->")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
RAW = re.compile(r"(?<!\\)(?:\\\\)*[<\[\]]|(?<!\\)(?:\\\\)*&\w+;|(?<!\\)(?:\\\\)*&#")
ACTS = re.compile(
    r"@\w|#\d|\bgh-\d|https?:|www\.|\b[0-9a-f]{7,40}\b|:\w[\w+-]*:|\$\S.*\$", re.IGNORECASE
)


def bare(body: str) -> str:
    """Return what stands outside code and links, with backslashes as they are."""
    without = FENCES.sub("", OURS.sub("", body))
    return "\n\n".join(LINK.sub(r"\1\2", "".join(_outside(each))) for each in without.split("\n\n"))


def _outside(paragraph: str) -> Iterator[str]:
    """Yield what stands outside code spans: these end with as many backticks as they begin."""
    at = 0
    while at < len(paragraph):
        if paragraph[at] == "\\":
            yield paragraph[at : at + 2]
            at += 2
        elif paragraph[at] != "`":
            yield paragraph[at]
            at += 1
        else:
            fence = re.compile(r"`+").match(paragraph, at)
            assert fence
            end = re.compile(rf"(?<!`){fence[0]}(?!`)").search(paragraph, fence.end())
            yield "\x00" if end else fence[0]  # what is before it and behind does not touch
            at = end.end() if end else fence.end()


def read(body: str) -> str:
    """Return what a person reads outside code."""
    return ESCAPED.sub(r"\1", bare(body)).replace("\x00", "")


def assert_inert(body: str) -> None:
    """Check that a comment pings nobody, refers to nothing, and shows neither HTML nor images."""
    assert 0 < len(body) <= 65_536
    outside = bare(body)
    assert not RAW.search(outside), RAW.search(outside)
    assert not ACTS.search(ESCAPED.sub(r"\1", outside)), outside
    for *_, url in LINK.findall(body):
        assert not re.search(r"/(?:pull|issues|discussions)/\d", url)
