"""Tests that name issues, in several languages and spellings."""

import pytest

from flows.analysis.mentions import mentions_in, mentions_of


@pytest.mark.parametrize(
    ("line", "test"),
    [
        ("def test_eng_12_is_refunded():", "test_eng_12_is_refunded"),
        ("    async def test_x(): # ENG-12", "test_x"),
        ("func TestENG_12(t *testing.T) {", None),
        ("func Test_ENG12(t *testing.T) {", "Test_ENG12"),
        ('it("refunds (ENG-12)", () => {', "refunds (ENG-12)"),
        ("    void refunds_ENG_12() {", "refunds_ENG_12"),
        ("fun `ENG-12 is refunded`() {", "ENG-12 is refunded"),
        ('x = "XENG-12"', None),
        ('x = "ENG-123"', None),
    ],
)
def test_names_are_read(line: str, test: str | None) -> None:
    """A key is one whatever joins its parts, but never a part of a longer word or number."""
    found = [each.test for each in mentions_of("tests/a", line, "ENG") if each.key == "ENG-12"]
    assert found == ([test] if test else [])


PYTHON = """
@pytest.mark.requirement("ENG-1")
@pytest.mark.slow
def test_one():
    # ENG-2 asks for this as well
    assert one()

# ENG-3
def test_two():
    assert two("ENG-4")
"""


def test_markers_belong_to_the_test_below() -> None:
    """A comment in a test belongs to that test, one above a test to the one below."""
    found = {each.key: (each.test, each.line) for each in mentions_of("t.py", PYTHON, "eng")}
    assert found == {
        "ENG-1": ("test_one", 2),
        "ENG-2": ("test_one", 5),
        "ENG-3": ("test_two", 8),
        "ENG-4": ("test_two", 10),
    }


def test_numbers_of_github_are_told_from_colours() -> None:
    """In code only the word makes a number an issue; the same test counts once."""
    text = '# see #7\ndef test_a():\n    assert paint("#333") == issue_8()\n    issue_8()\n'
    found = [(each.key, each.test) for each in mentions_of("t.py", text, "")]
    assert found == [("#7", "test_a"), ("#8", "test_a")]


def test_a_file_without_tests_of_its_own_is_the_test() -> None:
    """Such as a table of cases."""
    assert mentions_of("tests/cases.yml", "case: ENG-5\n", "ENG")[0].test == "cases.yml"


def test_only_tests_are_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Code that names an issue is no test of it; a file that is gone tells nothing."""
    root = tmp_path_factory.mktemp("tree")
    for path in ("tests/a.py", "src/a.py", "vendor/tests/b.py"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("# ENG-1\n")
    paths = ["src/a.py", "tests/a.py", "vendor/tests/b.py", "tests/gone.py"]
    assert [each.path for each in mentions_in(root, paths, "ENG")] == ["tests/a.py"]
