"""Stack traces in what people paste: the frames, and which files of a repository they are in."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST = 50_000
MOST_FRAMES = 50
_NAME = r"[^\s\"'():|<>]+"
# Chats take the quotes away now and then.
_PYTHON = re.compile(
    r"File (?P<quote>\"?)(?P<path>[^\"\n,]+)(?P=quote), line (?P<line>\d+)"
    rf"(?:, in (?P<name>{_NAME}))?"
)
_JAVA = re.compile(
    r"\bat (?P<name>[\w$.]+(?:\.<init>)?)\((?P<path>\w+\.(?:java|kt|scala)):(?P<line>\d+)\)"
)
# JavaScript `at f (a/b.js:1:2)`, Go `a/b.go:12 +0x1f`, Rust `at src/a.rs:1:2`, Ruby `a.rb:1:in`,
# and pytest `a/b.py:12: in f`.
_OTHER = re.compile(
    r"(?:\bat (?P<name>[\w$.<>\[\] ]+?) \()?"
    r"(?P<path>(?:[A-Za-z]:)?[\w@./\\+-]*[\w-]+\.(?:js|jsx|ts|tsx|mjs|cjs|go|rs|rb|php|cs|vue|py))"
    r":(?P<line>\d+)"
)
_SHAPES = (_PYTHON, _JAVA, _OTHER)
_INSTALLED = re.compile(r".*(?:site|dist)-packages/")
_OUTSIDE = ("node_modules", "/usr/lib/", "vendor/", "node:internal")


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a trace: a path as it was written, a line, and what was being run there.

    Of an installed package it is the path below the folder of packages.
    """

    path: str
    line: int
    name: str = ""
    installed: bool = False


def frames_of(text: str) -> list[Frame]:
    """Return the frames of every trace in a text, the place where it broke first.

    Python writes that one last, all others first. What is in libraries is left out, but for
    installed packages of Python: one of them may be what this repository makes.
    """
    found: list[Frame] = []
    for line in text[:LONGEST].splitlines():
        for shape in _SHAPES:
            if matches := list(shape.finditer(line)):
                found += [_frame(match, is_java=shape is _JAVA) for match in matches]
                break
    if any(each.path.endswith(".py") for each in found):
        found.reverse()
    own = [each for each in found if not any(sign in each.path for sign in _OUTSIDE)]
    return list(dict.fromkeys(own))[:MOST_FRAMES]


def _frame(match: re.Match[str], *, is_java: bool) -> Frame:
    path, name = match["path"].replace("\\", "/"), (match["name"] or "").strip()
    if is_java:  # com.acme.Cart.total(Cart.java:12) is com/acme/Cart.java
        package = name.split(".")[:-2]
        path = "/".join([*package, path])
    bare = _INSTALLED.sub("", path)
    return Frame(bare, int(match["line"]), name, installed=bare != path)


def files_of(frames: Sequence[Frame], paths: Iterable[str]) -> dict[str, Frame]:
    """Return the files of a repository that frames are in, each with its first frame.

    A frame names a file as some machine had it, so the file is the one with the longest end in
    common; a bare name counts where one file alone has it. Of an installed package the whole path
    has to be that end: other packages have an `app.py` too.
    """
    by_name: dict[str, list[str]] = {}
    for path in paths:
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    found: dict[str, Frame] = {}
    for frame in frames:
        parts = [part for part in frame.path.split("/") if part not in ("", ".", "..")]
        known = by_name.get(parts[-1], []) if parts else []
        shared = {path: _shared(parts, path.split("/")) for path in known}
        longest = max(shared.values(), default=0)
        if frame.installed and longest < len(parts):
            continue
        best = [path for path, length in shared.items() if length == longest]
        if len(best) == 1:
            found.setdefault(best[0], frame)
    return found


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    length = 0
    while length < min(len(one), len(other)) and one[-1 - length] == other[-1 - length]:
        length += 1
    return length
