"""A new flow is two files that work at once, or one line that says why not."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bot.scaffold import ROOT, new_flow
from flows.engine.registry import catalogue


def test_a_new_flow_is_a_page_and_its_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the places that its name says, and the terminal tells which."""
    assert new_flow("development", "stale-branches", tmp_path) == 0

    page = tmp_path / "flows/development/stale_branches.py"
    test = tmp_path / "tests/flows/development/test_stale_branches.py"
    assert ast.get_docstring(ast.parse(page.read_text())) == (
        "Stale branches: say in one line what people get."
    )
    assert "class StaleBranches(Params)" in page.read_text()
    assert "async def stale_branches(" in page.read_text()
    ast.parse(test.read_text())
    written = capsys.readouterr().out
    assert "flows/development/stale_branches.py" in written
    assert "python -m bot demo --once '/flow stale-branches" in written


def test_what_is_written_passes_the_linter(tmp_path: Path) -> None:
    """An author starts with pages that the house rules accept as they are."""
    new_flow("development", "stale-branches", tmp_path)
    ruff = Path(sys.executable).with_name("ruff")
    for command in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        run = subprocess.run(  # noqa: S603 - the linter of this environment
            [ruff, *command, "--config", ROOT / "pyproject.toml", "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    ("family", "slug", "says"),
    [
        ("nowhere", "stale-branches", "There is no family 'nowhere'; there are "),
        ("development", "Stale Branches", "is no slug"),
        ("development", "../../etc", "is no slug"),
        ("development", "1st", "is no slug"),
        ("development", "a--b", "is no slug"),
        ("development", "", "is no slug"),
        ("development", "release", "'release' is taken."),
        ("development", "release-management", "'release-management' is taken."),
        ("development", "help", "'help' is taken."),
        ("development", "import", "'import' is a word of Python's own."),
        ("development", "report", "'report' is a word that every flow imports."),
    ],
)
def test_a_name_that_does_not_work_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], family: str, slug: str, says: str
) -> None:
    """Nothing is written, and one line says what is wrong."""
    assert new_flow(family, slug, tmp_path) == 2

    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody may have written it by hand."""
    new_flow("development", "stale-branches", tmp_path)
    page = tmp_path / "flows/development/stale_branches.py"
    page.write_text("mine")

    assert new_flow("development", "stale-branches", tmp_path) == 2
    assert "is there already" in capsys.readouterr().err
    assert page.read_text() == "mine"


def test_the_names_of_the_catalogue_are_all_taken(tmp_path: Path) -> None:
    """By slug and by alias."""
    for flow in catalogue().values():
        assert new_flow(flow.family, flow.slug, tmp_path) == 2
        assert new_flow(flow.family, flow.alias, tmp_path) == 2
