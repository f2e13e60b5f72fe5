"""What a checkout tells about a repository: plain values that can be stored as JSON."""

from datetime import datetime
from typing import Literal

import msgspec

Kind = Literal["file", "symlink", "submodule"]


class TrackedFile(msgspec.Struct, frozen=True):
    r"""A tracked path; bytes that are no UTF-8 are written as `\xNN` in it.

    `size` is in bytes. Where `here` is false the content stayed on the server or could not be
    written, and for a file that is too large `size` is only what it has at least.
    """

    path: str
    size: int
    kind: Kind = "file"
    executable: bool = False
    here: bool = True


class Change(msgspec.Struct, frozen=True):
    """A commit that is no merge; lines are counted only in a checkout with all contents."""

    sha: str
    author: str
    email: str
    at: datetime
    subject: str
    paths: tuple[str, ...] = ()
    added: int | None = None
    deleted: int | None = None


class TagRef(msgspec.Struct, frozen=True):
    """`sha` is the commit, also where the tag is annotated."""

    name: str
    sha: str


def shown(name: bytes) -> str:
    """Return the name of a path as text that JSON can carry; each name stays itself."""
    return name.decode("utf-8", "backslashreplace")
