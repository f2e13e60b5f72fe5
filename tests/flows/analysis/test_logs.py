"""What the log of a failed job tells: the step, the line that says why, its class."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.analysis.logs import LONGEST, cause_of, normal

HEAD = "2026-03-02T11:58:01.1234567Z "


def log(*lines: str, step: str = "pytest -q", code: int = 1) -> str:
    """Return a log as GitHub gives it, with these lines written by one failing step."""
    every = [
        "##[group]Run actions/checkout@v4",
        "with:",
        "  token: ***",
        "##[endgroup]",
        "Syncing repository",
        f"##[group]Run {step}",
        f"\x1b[36;1m{step}\x1b[0m",
        "env:",
        "  FAILED: timed out",
        "##[endgroup]",
        *lines,
        f"##[error]Process completed with exit code {code}.",
        "##[group]Run actions/upload-artifact@v4",
        "##[endgroup]",
        "Permission denied while uploading",
    ]
    return "\r\n".join(f"{HEAD}{line}" for line in every)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("FAILED tests/test_cart.py::test_total - assert 3 == 4", "test"),
        ("--- FAIL: TestTotal (0.01s)", "test"),
        ("  ● cart adds up", "test"),
        ("test result: FAILED. 3 passed; 1 failed; 0 ignored", "test"),
        ("Would reformat: shop/cart.py", "lint"),
        ("shop/cart.py:3:8: F401 `os` imported but unused", "lint"),
        ("shop/cart.py:3: error: Incompatible types in assignment  [assignment]", "lint"),
        ("src/cart.ts(3,8): error TS2304: Cannot find name 'x'.", "build"),
        ("error[E0425]: cannot find value `x` in this scope", "build"),
        ("ERROR: No matching distribution found for flask==99", "dependency install"),
        ("npm ERR! code ERESOLVE", "dependency install"),
        ("error: failed to select a version for the requirement `x`", "dependency install"),
        ("npm ERR! code ECONNRESET", "network or infrastructure"),
        ("curl: (6) Could not resolve host: pkg.acme", "network or infrastructure"),
        ("The runner has received a shutdown signal.", "network or infrastructure"),
        ("Error: Connection timed out", "network or infrastructure"),
        ("remote: Permission to acme/api denied to github-actions[bot].", "permission"),
        ("Error: Resource not accessible by integration", "permission"),
        ("The operation was canceled.", "time-out"),
        ("FATAL ERROR: JavaScript heap out of memory", "out of memory"),
        ("Something nobody has seen before", "unknown"),
    ],
)
def test_each_class_is_known_by_its_line(line: str, kind: str) -> None:
    """What was echoed of the command, and what later steps wrote, does not count."""
    cause = cause_of(log("collecting", line, "done"), "job")

    assert cause.kind == kind
    assert cause.step == "pytest -q"
    assert cause.line == (line if kind != "unknown" else "done")


def test_a_summary_of_tests_is_about_tests() -> None:
    """Whatever the tests wrote about connections: a run again would not help for sure."""
    cause = cause_of(log("E  ConnectionError: connection refused", "FAILED t.py::test_mail - E"))

    assert (cause.kind, cause.line) == ("test", "FAILED t.py::test_mail - E")
    assert cause.excerpt[0] == "E  ConnectionError: connection refused"


def test_the_exit_code_tells_that_memory_was_short() -> None:
    """The kernel kills without a word."""
    assert cause_of(log("building", code=137)).kind == "out of memory"


def test_remarks_on_lines_do_not_end_a_step() -> None:
    """A tool may mark many lines as errors before the step itself fails."""
    cause = cause_of(log("##[error]src/a.js:1:2 oops", "FAILED a::b - why"))

    assert cause.kind == "test"


@pytest.mark.parametrize("text", ["", "\n\n", "no marks at all", "##[error]", "##[group]Run x"])
def test_any_text_is_a_log(text: str) -> None:
    """A log that was cut off still has a class, and the job stands in for the step."""
    cause = cause_of(text, "test")

    assert cause.kind == "unknown"
    assert cause.signature
    assert cause.step in {"test", "x"}


@given(st.text(max_size=400))
def test_no_log_breaks_the_reader(text: str) -> None:
    """Whoever may push can write what they like into it."""
    assert cause_of(text).signature
    assert len(cause_of(text).line) <= LONGEST


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("took 12.5s at 2026-03-02T10:00:00Z", "took 9s at 2027-04-03 11:22:33.123"),
        ("/srv/agent/api/api/cart.py:12: no", "/build/x/cart.py:345: no"),
        ("commit 3f2a1bc9d0 is gone", "commit ffe12345678 is gone"),
        ("object at 0x7f00aa12bb", "object at 0x1"),
        ("id 6f9619ff-8b86-d011-b42d-00cf4fc964ff", "id 00000000-0000-0000-0000-000000000001"),
        ("expected 3 rows, 25% done", "expected 4,711 rows, 5% done"),
    ],
)
def test_what_differs_each_time_is_normalised_away(one: str, other: str) -> None:
    """Times, folders, hashes, addresses, identifiers and numbers."""
    assert normal(one) == normal(other)


def test_names_stay() -> None:
    """Two tests are two causes, also where only a digit in their names differs."""
    assert normal("FAILED tests/a/test_x.py::test_31") == "FAILED test_x.py::test_31"
    assert normal("see https://docs.example/x") == "see https://docs.example/x"


def test_only_our_formatter_says_what_to_format() -> None:
    """Ruff and black write almost the same."""
    said = log("Would reformat: shop/cart.py", "Would reformat: b.py", "would reformat c.py")

    assert cause_of(said).unformatted == ("shop/cart.py", "b.py")
