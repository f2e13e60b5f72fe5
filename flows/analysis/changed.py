"""Changed lines: those that a comparison adds or changes, read from its patches."""

import re
from collections.abc import Iterable

from integrations.github import ChangedFile

_HUNK = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")


def changed_lines(files: Iterable[ChangedFile]) -> dict[str, set[int]]:
    """Return the numbers of the new lines of each file; GitHub leaves out patches that are large.

    A file whose patch is left out has no changed lines here.
    """
    return {each.path: lines for each in files if (lines := _added(each.patch))}


def _added(patch: str) -> set[int]:
    found: set[int] = set()
    number = 0
    for line in patch.splitlines():
        if hunk := _HUNK.match(line):
            number = int(hunk[1])
        elif line.startswith("+"):
            found.add(number)
            number += 1
        elif not line.startswith(("-", "\\")):
            number += 1
    return found
