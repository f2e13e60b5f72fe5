"""The shape of the code, as the style page draws it, is checked on every run."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "flows", "integrations", "storage")
FAMILIES = (
    "advanced",
    "analytics",
    "collaboration",
    "core",
    "development",
    "integration",
    "project",
    "recovery",
    "system",
)
LINES = 400
FLOW_LINES, FLOW_MEDIAN = 150, 90
ENVIRONMENT = re.compile(
    r"\bos\s*\.\s*(environb?|getenvb?)\b|\bfrom os import .*\b(environ|getenv)"
)


def modules(*folders: str) -> Iterator[Path]:
    """Yield every Python file under the folders, relative to the project."""
    for folder in folders:
        yield from sorted(path.relative_to(ROOT) for path in (ROOT / folder).rglob("*.py"))


def lines(path: Path) -> int:
    """Return the number of lines of a file, as an editor shows it."""
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def test_imports_point_one_way() -> None:
    """The contracts in pyproject.toml hold: layers, families, frameworks and surfaces."""
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(  # noqa: S603 - the linter of this environment
        [sys.executable, linter, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_file_fits_its_limit() -> None:
    """A file of more than 400 lines is about two things."""
    sizes = {str(path): lines(path) for path in modules(*PACKAGES, "tests")}
    assert {path: size for path, size in sizes.items() if size > LINES} == {}


def test_every_flow_is_one_page() -> None:
    """What does not fit on the page of a flow is pure computation for flows/analysis."""
    pages = modules(*(f"flows/{family}" for family in FAMILIES))
    sizes = {str(path): lines(path) for path in pages if path.name != "__init__.py"}
    assert {path: size for path, size in sizes.items() if size > FLOW_LINES} == {}
    assert median(sizes.values()) <= FLOW_MEDIAN


def test_every_family_is_known_here() -> None:
    """A new family of flows comes under the limit of a page as well."""
    folders = {path.parent.name for path in (ROOT / "flows").glob("*/__init__.py")}
    assert folders == {*FAMILIES, "analysis", "engine"}


def test_only_the_settings_read_the_environment() -> None:
    """Everything else is handed its settings, so nothing depends on what is hidden."""
    readers = [
        path
        for path in modules(*PACKAGES)
        if ENVIRONMENT.search((ROOT / path).read_text(encoding="utf-8"))
    ]
    assert set(readers) <= {Path("bot/settings.py")}


def test_modules_are_named_for_what_they_hold() -> None:
    """A drawer for leftovers has no name of its own."""
    drawers = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
    assert [path for path in modules(*PACKAGES) if {path.stem, *path.parent.parts} & drawers] == []
