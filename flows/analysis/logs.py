"""What the log of a failed job tells: the command that failed, the line that says why, its class.

A log is text that anybody may have written: every pattern looks at one line of bounded length.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias, get_args

import msgspec

Kind: TypeAlias = Literal[
    "test",
    "lint",
    "build",
    "dependency install",
    "network or infrastructure",
    "time-out",
    "out of memory",
    "permission",
    "unknown",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST = 300  # of a line that is looked at
MOST = 4_000_000  # characters, from the end
EXCERPT = 6  # lines
UNFORMATTED = "Would reformat: "
_STAMP = re.compile(r"^\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_GROUP, _END, _ERROR = "##[group]", "##[endgroup]", "##[error]"
_RUN = f"{_GROUP}Run "
_EXIT = re.compile(r"Process completed with exit code (\d+)")

# The first rule with a line wins, so what is sure comes first: a summary of tests is about tests,
# whatever these wrote about connections.
_RULES: tuple[tuple[Kind, tuple[str, ...]], ...] = (
    (
        "out of memory",
        (r"out of memory", r"\boom-?kill", r"^Killed$", r"MemoryError", r"exit code 137\b",
         r"cannot allocate memory"),
    ),
    (
        "network or infrastructure",
        (r"lost communication with the server", r"runner has received a shutdown signal",
         r"no space left on device", r"hosted runner encountered an error"),
    ),
    (
        "test",
        (r"(?-i:^FAILED \S)", r"(?-i:^\S+::\S+ FAILED\b)", r"^--- FAIL: ", r"^\s*● .",
         r"(?-i:^test \S+ \.\.\. FAILED$)"),
    ),
    (
        "test",
        (r"\b[1-9]\d* (?:tests? )?failed(?:[,;]| in \d)", r"[,;] [1-9]\d* failed\b",
         r"Failures: [1-9]"),
    ),
    (
        "lint",
        (r"^would reformat", r"code style issues", r"^\s+\d+:\d+\s+error\s+\S",
         r"(?-i:\.\w{1,4}:\d+:\d+: [A-Z]{1,5}\d{2,5} )",
         r"(?-i:^[A-Z]{1,5}\d{3,5} (?:\[\*\] )?\S)",
         r"\.pyi?:\d+(?::\d+)?: error: ", r"\.go:\d+:\d+: .+ \(\w+\)$"),
    ),
    (
        "network or infrastructure",
        (r"\b(?:ECONNRESET|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOTFOUND)\b",
         r"could not resolve host", r"temporary failure in name resolution",
         r"connection (?:reset|refused|timed out|aborted)", r"TLS handshake",
         r"\b50[234] (?:bad gateway|service unavailable|gateway time-?out)", r"read timed out",
         r"too many requests", r"rate limit exceeded", r"remote end hung up"),
    ),
    (
        "permission",
        (r"permission denied", r"\b40[13] (?:forbidden|unauthorized)", r"access denied",
         r"not accessible by integration", r"authentication failed", r"could not read username",
         r"\bpermission to \S+ denied"),
    ),
    (
        "dependency install",
        (r"no matching distribution", r"could not find a version", r"ResolutionImpossible",
         r"\bERESOLVE\b", r"\b(?:npm|pnpm|yarn) (?:ERR!|error)", r"failed to select a version",
         r"unknown revision", r"could not resolve dependenc", r"unable to locate package",
         r"no solution found when resolving"),
    ),
    (
        "time-out",
        (r"exceeded the maximum execution time", r"operation was cancell?ed", r"\btimed out\b",
         r"deadline exceeded", r"exit code 124\b"),
    ),
    (
        "build",
        (r"\berror TS\d+", r"^error(?:\[E\d+\])?: ", r"cannot find symbol", r"SyntaxError",
         r"undefined reference", r"build failed", r"compilation (?:error|failed)",
         r"\.\w{1,4}:\d+:\d+: (?:fatal )?error: ", r"\bmake(?:\[\d+\])?: \*\*\*",
         r"\.go:\d+:\d+: (?:undefined|syntax error)"),
    ),
    ("test", (r"\bAssertionError\b", r"^panic: ", r"assertion failed")),
    ("unknown", (r"^\w*(?:Error|Exception)\b", r"^(?:fatal|error)\b")),
)  # fmt: skip
RULES = tuple((kind, re.compile("|".join(said), re.IGNORECASE)) for kind, said in _RULES)

_NORMAL: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "…"),
    (re.compile(r"\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b"), "…"),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE), "…"),
    (re.compile(r"\b0x[0-9a-f]+\b", re.IGNORECASE), "…"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b"), "…"),
    (re.compile(r"(?<![\w/.])(?:[A-Za-z]:)?(?:[\\/]?[\w.@+~-]{1,80}[\\/]){1,40}"), ""),
    (re.compile(r"(?<![\w])\d+(?:[.,]\d+)*\s?(?:ms|s|sec|seconds?|m|min|minutes?|h|%)?\b"), "#"),
)


class Cause(msgspec.Struct, frozen=True):
    """Why a job failed: the command, the line that says it as it was and as it is compared.

    `unformatted` are the files that `ruff format --check` would reformat.
    """

    kind: Kind
    step: str
    line: str
    signature: str
    excerpt: tuple[str, ...] = ()
    unformatted: tuple[str, ...] = ()


def cause_of(log: str, job: str = "") -> Cause:
    """Return why a job failed, from its log alone; `job` stands in where no command is named."""
    step, lines = _failing(list(_lines(log)))
    kind, place = _verdict(lines)
    line = _bare(lines[place]) if lines else ""
    shown = lines[max(0, place - EXCERPT // 2) :][:EXCERPT]
    return Cause(
        kind=kind,
        step=step or job,
        line=line,
        signature=normal(line) or kind,
        excerpt=tuple(map(_bare, filter(None, shown))),
        unformatted=_unformatted(lines),
    )


def normal(line: str) -> str:
    """Return a line without what differs between two failures of one kind.

    Times, hashes, identifiers, folders and numbers go; names of files and tests stay, also with
    digits in them.
    """
    for pattern, word in _NORMAL:
        line = pattern.sub(word, line)
    return " ".join(line.split())


def _lines(log: str) -> Iterator[str]:
    for line in log[-MOST:].splitlines():
        yield _COLOUR.sub("", _STAMP.sub("", line[: 2 * LONGEST]))[:LONGEST].rstrip()


def _failing(lines: Sequence[str]) -> tuple[str, list[str]]:
    """Return the command of the first step that says an error, and what that step wrote."""
    step, echo = "", False
    written: list[str] = []
    for line in lines:
        if line.startswith(_RUN):
            step, written, echo = line.removeprefix(_RUN).strip(), [], True
        elif line.startswith(_END):
            echo = False
        elif not echo and not line.startswith(_GROUP):
            written.append(line)
            if line.startswith(_ERROR) and (_EXIT.search(line) or not _is_remark(line)):
                return step, written
    return step, [line for line in written if line]


def _is_remark(line: str) -> bool:
    """Say whether an error is a remark that some tool made on a line of a file, of many."""
    return bool(re.match(r"##\[error\]\s*(?:\S+:\d+|\d+:\d+)", line))


def _verdict(lines: Sequence[str]) -> tuple[Kind, int]:
    bare = [_bare(line) for line in lines]
    for kind, pattern in RULES:
        place = next((n for n, line in enumerate(bare) if pattern.search(line)), None)
        if place is not None:
            return kind, place
    # Nothing that is known: what was written last before the end is the best that there is.
    said = [n for n, line in enumerate(bare) if line and not _EXIT.search(line)]
    return "unknown", said[-1] if said else max(0, len(lines) - 1)


def _unformatted(lines: Sequence[str]) -> tuple[str, ...]:
    """Return what ruff names; black writes the same in small letters, and is another formatter."""
    named = (each for each in map(_bare, lines) if each.startswith(UNFORMATTED))
    return tuple(dict.fromkeys(each.removeprefix(UNFORMATTED).strip() for each in named))


def _bare(line: str) -> str:
    return line.removeprefix(_ERROR).strip() if line.startswith(_ERROR) else line
