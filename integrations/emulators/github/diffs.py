"""Read what `git diff-tree` prints into changes and sizes."""

import re
from dataclasses import dataclass

_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied"}
_COUNT = re.compile(rb"(\d+) (file|insertion|deletion)")
PATCH_LIMIT = 100_000  # characters; beyond it GitHub leaves the patch out


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a diff; counts are 0 for binary files, `patch` is empty where git has none."""

    path: str
    status: str
    sha: str
    additions: int
    deletions: int
    previous: str = ""
    patch: str | None = None


def changes_from(out: bytes) -> list[Change]:
    """Read `--raw --numstat [-p] -z` output: all raw rows, then all numbers, then the patches."""
    fields, patch = _split(out)
    rows, at = [], 0
    while at < len(fields) and fields[at].startswith(b":"):
        _, _, _, sha, status = fields[at].decode().split(" ")
        wide = status[0] in "RC"
        rows.append((status[0], sha, fields[at + 1], fields[at + 2] if wide else fields[at + 1]))
        at += 3 if wide else 2
    numbers = []
    while at < len(fields):
        added, deleted, path = fields[at].split(b"\t", 2)
        numbers.append((_number(added), _number(deleted)))
        at += 1 if path else 3
    patches = _patches(patch)
    if len(patches) != len(rows):  # a file that became a symlink has two patches
        patches = []
    return [
        Change(
            path=new.decode(errors="replace"),
            status=_STATUS.get(status, "changed"),
            sha=sha,
            additions=added,
            deletions=deleted,
            previous=old.decode(errors="replace") if old != new else "",
            patch=patches[index] if index < len(patches) else None,
        )
        for index, ((status, sha, old, new), (added, deleted)) in enumerate(
            zip(rows, numbers, strict=True)
        )
    ]


def _split(out: bytes) -> tuple[list[bytes], bytes]:
    """Part the NUL-separated rows from the patch text that follows an empty field."""
    rows, gap, patch = out.partition(b"\0\0diff --git ")
    text = b"diff --git " + patch if gap else b""
    return [field for field in rows.split(b"\0") if field] if not gap else rows.split(b"\0"), text


def _number(field: bytes) -> int:
    return int(field) if field.isdigit() else 0


def _patches(text: bytes) -> list[str | None]:
    found: list[str | None] = []
    for part in re.split(rb"(?m)^(?=diff --git )", text):
        if not part:
            continue
        start = re.search(rb"(?m)^@@ ", part)
        body = part[start.start() :].decode(errors="replace").rstrip("\n") if start else None
        found.append(body if body is not None and len(body) <= PATCH_LIMIT else None)
    return found


def sizes_from(out: bytes, heads: list[str]) -> list[tuple[int, int, int]]:
    """Read `--stdin --shortstat` output: the head's name, then one line of counts if any."""
    sizes: list[tuple[int, int, int]] = []
    lines = out.splitlines()
    at = 0
    for head in heads:
        if at < len(lines) and lines[at].strip() == head.encode():
            at += 1
        counts = {"file": 0, "insertion": 0, "deletion": 0}
        if at < len(lines) and lines[at].startswith(b" "):
            counts.update((kind.decode(), int(n)) for n, kind in _COUNT.findall(lines[at]))
            at += 1
        sizes.append((counts["insertion"], counts["deletion"], counts["file"]))
    return sizes
