"""Hotspots measure what changed most, within a budget, and count the rest."""

from collections import Counter
from pathlib import Path

from flows.analysis.functions import MOST_OF_ONE_FILE
from flows.analysis.hotspots import MOST_FILES, hotspots_of


def test_files_beyond_the_budget_are_counted(tmp_path: Path) -> None:
    """The most frequently changed files come first; a file that is gone is not measured."""
    text = "def f(x):\n    return x or 1\n"
    commits: Counter[str] = Counter()
    for number in range(MOST_FILES + 5):
        (tmp_path / f"{number}.py").write_text(text)
        commits[f"{number}.py"] = number + 1
    (tmp_path / "long.py").write_text("x = 1\n" * MOST_OF_ONE_FILE)
    commits.update({"long.py": 9_999})
    (tmp_path / "longish.py").write_text("x = 1\n" * (MOST_OF_ONE_FILE // 6 + 1))
    commits.update({"longish.py": 9_999})
    (tmp_path / "open.py").write_text("'/*'\n" * 40_000)
    commits.update({"open.py": 9_999})
    commits.update({"gone.py": 9_999, "style.css": 9_999, "elsewhere.py": 9_999})
    paths = [path for path in commits if path != "elsewhere.py"]
    found = hotspots_of(tmp_path, commits, dict.fromkeys(paths, "all"), most=2)
    assert [spot.path for spot in found.files] == [f"{MOST_FILES + 4}.py", f"{MOST_FILES + 3}.py"]
    assert (found.measured, found.not_measured) == (MOST_FILES, 10)
    assert found.files[0].score == (MOST_FILES + 5) * 2


def test_declarations_of_types_have_no_complexity(tmp_path: Path) -> None:
    """What only says what there is runs nothing; a function without a name is called so."""
    (tmp_path / "index.d.ts").write_text("export function f(a?: string, b?: number): void;\n")
    code = "package a\n\nfunc f() {\n\tg(func(x int) bool {\n\t\treturn x > 1 || x < 0\n\t})\n}\n"
    (tmp_path / "a.go").write_text(code)
    paths = {"index.d.ts": "all", "a.go": "all"}
    found = hotspots_of(tmp_path, Counter(paths.keys()), paths)
    assert [(spot.path, spot.worst) for spot in found.files] == [("a.go", "(anonymous)")]
    assert found.not_measured == 1
