"""A new flow from one command: its page and its test page work at once."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.scaffold import new_flow

ROOT = Path(__file__).parents[2]
TREE = ("bot", "flows", "integrations", "storage", "tests")
PATIENCE = 120


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the project."""
    for name in TREE:
        junk = shutil.ignore_patterns("__pycache__", "transcripts")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=junk)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_a_new_flow_works_at_once(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its own test, what the catalogue demands and what every scenario proves pass unchanged."""
    assert new_flow("core", "newest-commit", tree) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        "flows/core/newest_commit.py",
        "tests/flows/core/test_newest_commit.py",
    ]
    pages = ["tests/flows/core/test_newest_commit.py", "tests/flows/test_catalogue.py"]
    asked = [*pages, "tests/flows/test_scenarios.py"]
    words = "newest and not reviewed"
    ended = subprocess.run(  # noqa: S603 - pytest on a copy of ourselves
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", words, *asked],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "deselected" in ended.stdout


def test_a_new_flow_is_clean(tree: Path) -> None:
    """What is written for others to go on from keeps our own rules."""
    assert new_flow("core", "newest-commit", tree) == 0
    pages = ["flows/core/newest_commit.py", "tests/flows/core/test_newest_commit.py"]
    for arguments in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        ended = subprocess.run(  # noqa: S603 - the linter of this environment
            [sys.executable, "-m", "ruff", *arguments, *pages],
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(
    ("family", "slug", "said"),
    [
        ("nowhere", "newest-commit", "There is no family 'nowhere'; there are "),
        ("core", "Newest Commit", "is no slug"),
        ("core", "release", "'release' is taken."),
        ("core", "help", "'help' is taken."),
    ],
)
def test_what_cannot_be_a_flow_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], family: str, slug: str, said: str
) -> None:
    """Nothing is written, and the sentence says why."""
    assert new_flow(family, slug, tmp_path) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
