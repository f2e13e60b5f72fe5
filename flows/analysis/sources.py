"""Source files of a checkout: which count, what language they are in, how many lines they have."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol, TypeAlias

Reason: TypeAlias = Literal[
    "a binary file",
    "a submodule",
    "a symbolic link",
    "generated",
    "in a vendored or built directory",
    "larger than 1 MB",
    "minified: lines over 5,000 characters",
    "missing from the checkout",
    "nested too deeply",
    "not parsable",
]

LARGEST = 1_000_000
LONGEST_LINE = 5_000
DEEPEST = 200
VENDORED = frozenset(
    {
        ".git", ".gradle", ".idea", ".mypy_cache", ".next", ".nox", ".nuxt", ".tox", ".venv",
        "__pycache__", "_vendor", "bower_components", "build", "coverage", "dist", "eggs",
        "generated", "htmlcov", "node_modules", "out", "site-packages", "target", "third-party",
        "third_party", "thirdparty", "vendor", "vendored", "venv",
    }
)  # fmt: skip
_GENERATED_NAME = re.compile(
    r".*(?:\.min\.(?:js|css)|_pb2(?:_grpc)?\.pyi?|\.pb\.(?:go|cc|h)|\.g\.(?:dart|cs)|\.d\.ts\.map)"
)
_GENERATED_HEAD = re.compile(
    r"@generated\b|\bcode generated\b[^\n]{0,200}\bdo not edit\b", re.IGNORECASE
)
_HEAD = 600
_BRACKETS = re.compile(r"[()\[\]{}]")

# Comments and the strings in which the same signs mean nothing; strings are tried in order.
# One that is never closed ends with its line, so that no text takes more than linear time.
_TEXT = r'"(?:\\.|[^"\\\n])*+"?+'
_CHAR = r"'(?:\\.|[^'\\\n])*+'?+"
_C_COMMENT = r"(?P<comment>//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))"
_STYLES: dict[str, re.Pattern[str]] = {
    "c": re.compile(rf"{_TEXT}|{_CHAR}|{_C_COMMENT}"),
    "tick": re.compile(rf"{_TEXT}|{_CHAR}|`(?:\\.|[^`\\])*+(?:`|\Z)|{_C_COMMENT}", re.DOTALL),
    # A lone quote begins a lifetime in Rust, not a string.
    "rust": re.compile(rf"{_TEXT}|'(?:\\.|[^'\\\n])'|{_C_COMMENT}"),
    "python": re.compile(
        rf'"""(?:\\.|(?!""").)*+(?:"""|\Z)|\'\'\'(?:\\.|(?!\'\'\').)*+(?:\'\'\'|\Z)'
        rf"|{_TEXT}|{_CHAR}|(?P<comment>#[^\n]*+)",
        re.DOTALL,
    ),
    "hash": re.compile(rf"{_TEXT}|{_CHAR}|(?P<comment>(?<!\S)#[^\n]*+)"),
    "dash": re.compile(rf"{_TEXT}|{_CHAR}|(?P<comment>--[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))"),
    "html": re.compile(r"(?P<comment><!--(?:[^-]|-(?!->))*+(?:-->|\Z))"),
    "css": re.compile(rf"{_TEXT}|{_CHAR}|(?P<comment>/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))"),
}  # fmt: skip
_LANGUAGES = {
    "C": ("c", "c h"),
    "C#": ("c", "cs"),
    "C++": ("c", "cc cpp cxx hh hpp hxx"),
    "CSS": ("css", "css less scss"),
    "Dart": ("c", "dart"),
    "Elixir": ("hash", "ex exs"),
    "Go": ("tick", "go"),
    "Groovy": ("c", "gradle groovy"),
    "HTML": ("html", "html htm vue svelte"),
    "Java": ("c", "java"),
    "JavaScript": ("tick", "cjs js jsx mjs"),
    "Kotlin": ("c", "kt kts"),
    "Lua": ("dash", "lua"),
    "Objective-C": ("c", "m mm"),
    "PHP": ("c", "php"),
    "Perl": ("hash", "pl pm"),
    "Python": ("python", "py pyi pyx"),
    "R": ("hash", "r"),
    "Ruby": ("hash", "rake rb"),
    "Rust": ("rust", "rs"),
    "SQL": ("dash", "sql"),
    "Scala": ("c", "sc scala"),
    "Shell": ("hash", "bash sh zsh"),
    "Swift": ("c", "swift"),
    "Terraform": ("hash", "tf"),
    "TypeScript": ("tick", "cts mts ts tsx"),
    "Zig": ("c", "zig"),
}
_BY_SUFFIX = {
    f".{suffix}": (language, style)
    for language, (style, suffixes) in _LANGUAGES.items()
    for suffix in suffixes.split()
}


class Tracked(Protocol):
    """A path that git tracks; `size` is in bytes, `kind` is file, symlink or submodule."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Skipped:
    """How many files were left out for one reason, and some of them."""

    reason: Reason
    files: int
    examples: tuple[str, ...]


class Skip(Exception):
    """A file does not count, for the reason given."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def language_of(path: str) -> str:
    """Return the programming language that a path is written in, or an empty string."""
    return _BY_SUFFIX.get(PurePosixPath(path).suffix.lower(), ("", ""))[0]


def vendored_in(path: str) -> str:
    """Return the directory that makes a path somebody else's or a machine's, or an empty string."""
    parts = path.split("/")[:-1]
    return next(("/".join(parts[: n + 1]) for n, part in enumerate(parts) if part in VENDORED), "")


def check(file: Tracked) -> None:
    """Raise Skip if the listing alone tells that this file does not count."""
    if file.kind != "file":
        raise Skip("a submodule" if file.kind == "submodule" else "a symbolic link")
    if vendored_in(file.path):
        raise Skip("in a vendored or built directory")
    if _GENERATED_NAME.fullmatch(file.path):
        raise Skip("generated")
    if file.size > LARGEST:
        raise Skip("larger than 1 MB")


def read_text(root: Path, path: str) -> str:
    """Return the text of a tracked file; raise Skip for what no parser should be given.

    Nothing outside of `root` is ever read: neither links nor `..` are followed.
    """
    text = read_plain(root, path)
    if _GENERATED_HEAD.search(text[:_HEAD]):
        raise Skip("generated")
    if any(len(line) > LONGEST_LINE for line in text.splitlines()):
        raise Skip("minified: lines over 5,000 characters")
    if _depth(text) > DEEPEST:
        raise Skip("nested too deeply")
    return text


def read_plain(root: Path, path: str) -> str:
    """Return the text of a tracked file of at most 1 MB, whatever is in it; Skip as `read_text`."""
    parts = path.split("/")
    if "" in parts or ".." in parts or "." in parts:
        raise Skip("missing from the checkout")
    folder = root.joinpath(*parts[:-1])
    # A tracked path never passes through a link; only a checkout that was tampered with has one.
    if folder.resolve() != root.resolve().joinpath(*parts[:-1]):
        raise Skip("a symbolic link")
    try:
        # Without O_NONBLOCK a pipe in place of the file would wait for a writer for ever.
        handle = os.open(folder / parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise Skip("missing from the checkout") from None
    with os.fdopen(handle, "rb") as file:
        try:
            content = file.read(LARGEST + 1)
        except OSError:
            raise Skip("missing from the checkout") from None
    if len(content) > LARGEST:
        raise Skip("larger than 1 MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Skip("a binary file") from None
    if "\0" in text:
        raise Skip("a binary file")
    return text


def code_of(text: str, language: str) -> str:
    """Return the text with its comments blanked and its lines kept."""
    return _STYLES[_LANGUAGES[language][0]].sub(_without_comment, text)


def source_lines(text: str, language: str) -> int:
    """Return how many lines hold something else than blanks and comments.

    Docstrings are strings and so count as source.
    """
    return sum(1 for line in code_of(text, language).splitlines() if line.strip())


def skipped_from(reasons: Iterable[tuple[str, Reason]]) -> tuple[Skipped, ...]:
    """Return (path, reason) pairs by reason, the most frequent first."""
    groups: dict[Reason, list[str]] = {}
    for path, reason in reasons:
        groups.setdefault(reason, []).append(path)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Skipped(reason, len(paths), tuple(paths[:3])) for reason, paths in ordered)


def _without_comment(found: re.Match[str]) -> str:
    comment = found["comment"]
    return found[0] if comment is None else "\n" * comment.count("\n")


def _depth(text: str) -> int:
    depth = deepest = 0
    for bracket in _BRACKETS.findall(text):
        depth += 1 if bracket in "([{" else -1
        deepest = max(deepest, depth)
    return deepest
