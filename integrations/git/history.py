"""The history of a repository, read from one `git log` while it runs."""

import re
from asyncio import StreamReader
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

from integrations.git.models import Change, shown

# With -z every field ends in NUL, so that no name of a person or file can be mistaken.
FORMAT: Final = "%H%x00%aN%x00%aE%x00%ct%x00%s"
FIELDS: Final = 5
CHUNK: Final = 256 * 1024
_SHA = re.compile(rb"[0-9a-f]{40,64}")


async def changes_in(output: StreamReader) -> AsyncIterator[Change]:
    """Yield the commits of `git log -z --raw` or `--numstat` in `FORMAT`, in its order."""
    tokens: list[bytes] = []
    async for token in _tokens(output):
        if len(tokens) >= FIELDS and _starts_commit(tokens, token):
            yield _change(tokens)
            tokens = []
        tokens.append(token)
    if len(tokens) >= FIELDS:
        yield _change(tokens)


async def _tokens(output: StreamReader) -> AsyncIterator[bytes]:
    rest = b""
    while chunk := await output.read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\0")
        for token in whole:
            yield token
    if rest.strip():
        yield rest


def _starts_commit(tokens: list[bytes], token: bytes) -> bool:
    """Return whether a token is the next commit's name and not a path called like one."""
    after_raw = tokens[-1].lstrip(b"\n").startswith(b":") and len(tokens) > FIELDS
    expects_path = after_raw and (len(tokens) - FIELDS) % 2 == 1
    return not expects_path and _SHA.fullmatch(token) is not None


def _change(tokens: list[bytes]) -> Change:
    sha, author, email, at, subject = tokens[:FIELDS]
    entries = tokens[FIELDS:]
    paths: list[bytes] = []
    added = deleted = None
    if entries and entries[0].lstrip(b"\n").startswith(b":"):
        paths = entries[1::2]
    elif entries:
        added = deleted = 0
        for entry in entries:
            plus, minus, path = entry.lstrip(b"\n").split(b"\t", 2)
            paths.append(path)
            # Binary files have a dash instead of numbers.
            added += int(plus) if plus.isdigit() else 0
            deleted += int(minus) if minus.isdigit() else 0
    return Change(
        sha=sha.decode(),
        author=shown(author),
        email=shown(email),
        at=datetime.fromtimestamp(int(at), UTC),
        subject=shown(subject),
        paths=tuple(map(shown, paths)),
        added=added,
        deleted=deleted,
    )
