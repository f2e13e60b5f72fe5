"""ruff as a process of its own, which takes nothing from the repository but the text of its code.

Settings of a repository are never read by ruff itself, since they may point anywhere: only those
of `STYLE` are passed on, one by one.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from integrations.errors import Refused, Transient
from integrations.git.child import running
from integrations.meter import permit

STYLE = frozenset(
    {
        "line-length",
        "indent-width",
        "target-version",
        "format.quote-style",
        "format.indent-style",
        "format.skip-magic-trailing-comma",
        "format.line-ending",
        "format.docstring-code-format",
        "format.docstring-code-line-length",
        "format.preview",
    }
)
WITHIN = 60.0  # seconds
MOST_OUTPUT = 32 * 1024 * 1024
AT_ONCE = 500  # files on one command line
FAULTY = 2  # what ruff ends with where it could not work; 1 is that it has found something


class Place(msgspec.Struct, frozen=True):
    row: int = 0
    column: int = 0


class Finding(msgspec.Struct, frozen=True):
    """What a rule says about a place; `path` is below the root that was looked at."""

    path: str
    line: int
    rule: str
    message: str


class _Row(msgspec.Struct, frozen=True):
    filename: str
    message: str
    code: str | None = None
    location: Place | None = None


def is_style(name: str, value: object) -> bool:
    """Say whether a setting may be passed on: one of the style, and of a plain value."""
    return name in STYLE and isinstance(value, str | int | bool)


async def formatted(path: str, text: str, style: Mapping[str, str | int | bool]) -> str | None:
    """Return Python as ruff formats it in this style; None where it cannot be parsed."""
    settings = [
        part
        for name, value in sorted(style.items())
        if is_style(name, value)
        for part in ("--config", f"{name}={msgspec.json.encode(value).decode()}")
    ]
    code, output = await _ruff(
        ["format", "--isolated", "--no-cache", *settings, "--stdin-filename", path, "-"],
        Path("/"),
        text.encode(),
    )
    return None if code else output.decode()


async def findings(root: Path, paths: Sequence[str], rules: Sequence[str]) -> list[Finding]:
    """Return what these rules say about these files below a root, in the order of the files.

    Remarks in the code that switch a rule off count, settings of the repository do not.
    """
    found: list[Finding] = []
    for start in range(0, len(paths), AT_ONCE):
        names = [f"./{path}" for path in paths[start : start + AT_ONCE]]
        code, output = await _ruff(
            ["check", "--isolated", "--no-cache", "--output-format", "json", "--exit-zero",
             "--no-force-exclude", "--no-respect-gitignore", "--select", ",".join(rules), "--",
             *names],
            root,
        )  # fmt: skip
        if code:
            raise Refused("ruff could not read this code.")
        found += [_finding(root, row) for row in msgspec.json.decode(output, type=list[_Row])]
    return found


def _finding(root: Path, row: _Row) -> Finding:
    place = row.location or Place(1)
    path = os.path.relpath(row.filename, root.resolve())
    return Finding(path, place.row, row.code or "syntax", row.message)


async def _ruff(arguments: Sequence[str], folder: Path, given: bytes = b"") -> tuple[int, bytes]:
    """Return how ruff ended and what it printed."""
    from ruff import find_ruff_bin

    permit(write=False)
    env = {"PATH": os.defpath, "HOME": os.devnull, "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    try:
        async with asyncio.timeout(WITHIN), running(
            find_ruff_bin(), *arguments, cwd=folder, env=env
        ) as child:  # fmt: skip
            printed, _, _ = await asyncio.gather(
                _all(child.stdout), _all(child.stderr), _fed(child.stdin, given)
            )
            return await child.wait(), printed
    except TimeoutError:
        raise Transient("ruff took too long; it may work later.") from None


async def _all(stream: asyncio.StreamReader) -> bytes:
    held = bytearray()
    while chunk := await stream.read(256 * 1024):
        held += chunk
        if len(held) > MOST_OUTPUT:
            raise Refused("ruff has more to say about this code than can be read.")
    return bytes(held)


async def _fed(pipe: asyncio.StreamWriter, given: bytes) -> None:
    try:
        pipe.write(given)
        await pipe.drain()
    except (BrokenPipeError, ConnectionResetError):
        return  # it ended before it had read everything
    finally:
        pipe.close()
