"""Quality: what is counted, how it is graded, and what is new or fixed."""

import pytest

from flows.analysis.changed import changed_lines
from flows.analysis.duplicates import BLOCK, duplicates_in
from flows.analysis.ownership import codeowners_from
from flows.analysis.quality import Problem, Quality, measured, news
from integrations.github import ChangedFile
from integrations.linting import Finding

BRANCHES = "".join(f"    if x == {n}:\n        return {n}\n" for n in range(12))
KNOT = f"def knot(x):\n{BRANCHES}    return x\n"


def test_a_knot_is_complex() -> None:
    """Twelve decisions make thirteen paths; ten are still well."""
    found = measured({"a.py": KNOT}, [], codeowners_from("*.py @acme/web\n"), [])

    assert (found.functions, found.complex) == (1, 1)
    (problem,) = found.problems
    assert (problem.line, problem.said) == (1, "knot has a complexity of 13; take it apart")
    assert found.owners == {"a.py": ["@acme/web"]}


def test_the_grade_by_hand() -> None:
    """100 - 2*10 (10 findings in 1,000 lines) - 5 - 10 - 20*0.3 = 59: E."""
    found = Quality(
        lines=2_000,
        python=1_000,
        lint=10,
        measured=1_000,
        complex_lines=50,
        duplicated=200,
        long_lines=600,
    )

    assert found.penalties == pytest.approx(
        {"lint": 20, "complexity": 5, "duplication": 10, "long files": 6}
    )
    assert (found.points, found.grade) == (59, "E")
    assert (Quality().points, Quality().grade) == (100, "A")


def test_comments_and_blanks_are_no_code() -> None:
    """They are counted beside it."""
    found = measured({"a.py": "# one\n\nX = 1  # two\n"}, [], codeowners_from(""), [])

    assert (found.lines, found.comments) == (1, 1)


def test_a_long_file_is_a_problem() -> None:
    """From 501 lines of code on."""
    text = "".join(f"X{n} = {n}\n" for n in range(501))
    found = measured({"a.py": text}, [], codeowners_from(""), [])

    assert [each.rule for each in found.problems] == ["long file"]
    assert found.long_lines == 501


def test_a_file_that_cannot_be_counted_is_said() -> None:
    """What lizard would need minutes for is not measured."""
    found = measured({"a.js": "'/*';\n" * 300}, [], codeowners_from(""), [])

    assert found.unmeasured == 1


def test_copies_are_ten_lines_in_a_row() -> None:
    """Both places count, and the later one is named with the earlier one."""
    block = [(n, f"total_of_line_{n} = compute({n})") for n in range(1, BLOCK + 1)]
    other = [(n + 5, text) for n, text in block]
    found = duplicates_in({"a.py": [*block, (99, "alone = 1")], "b.py": [(1, "x"), *other]})

    assert (found.lines, found.of) == (20, 22)
    assert [(each.path, each.first, each.last, each.other) for each in found.copies] == [
        ("b.py", 6, 15, "a.py"),
    ]
    assert found.copies[0].other_line == 1


def test_brackets_are_no_copies() -> None:
    """Ten closing ones say nothing."""
    every = [(n, "}") for n in range(1, 31)]

    assert duplicates_in({"a.js": every, "b.js": every}).lines == 0
    assert duplicates_in({"a.js": every[:3]}).copies == ()


def test_a_problem_that_moved_is_not_new() -> None:
    """One more of the same kind is."""
    lint = [Finding("a.py", 1, "F401", "`os` imported but unused")]
    moved = [Finding("a.py", 2, "F401", "`os` imported but unused")]
    before = measured({"a.py": "import os\n"}, lint, codeowners_from(""), [])
    after = measured({"a.py": "\nimport os\n"}, moved, codeowners_from(""), [])
    twice = measured({"a.py": "\nimport os\n"}, [*moved, *moved], codeowners_from(""), [])

    assert news(before, after) == ([], [])
    assert [each.rule for each in news(before, twice)[0]] == ["F401"]
    assert len(news(before, Quality())[1]) == 1


def test_a_finding_outside_of_the_text_has_no_line() -> None:
    """Such as one about the end of a file."""
    found = measured({}, [Finding("a.py", 9, "syntax", "x")], codeowners_from(""), [])

    assert found.problems == [Problem("a.py", 9, "syntax", "x", "x\n", 20)]


def test_changed_lines_are_those_of_the_new_file() -> None:
    """Removed ones have no number there, and context is not changed."""
    patch = "@@ -1,3 +1,4 @@\n a\n-b\n+B\n+C\n c\n@@ -10 +11,2 @@ def f():\n+d\n e\n\\ No newline"
    files = [ChangedFile("a.py", "modified", patch=patch), ChangedFile("b.py", "modified")]

    assert changed_lines(files) == {"a.py": {2, 3, 11}}
