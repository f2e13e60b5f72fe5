"""ruff as a process: what it finds and formats, and that nothing of the repository steers it."""

from pathlib import Path

import pytest

from integrations.linting import findings, formatted, is_style

RULES = ("F", "B")


async def test_it_finds_what_its_rules_say(tmp_path: Path) -> None:
    """Each finding has its place below the root."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.py").write_text("import os\n\n\ndef f(x=[]):\n    return x\n")
    (tmp_path / "good.py").write_text("X = 1\n")
    found = await findings(tmp_path, ["a/b.py", "good.py"], RULES)

    assert [(each.path, each.line, each.rule) for each in found] == [
        ("a/b.py", 1, "F401"),
        ("a/b.py", 4, "B006"),
    ]


async def test_settings_of_the_repository_do_not_count(tmp_path: Path) -> None:
    """Neither what they switch off nor where they point to."""
    (tmp_path / "ruff.toml").write_text('extend = "/etc/passwd"\nexclude = ["*.py"]\n')
    (tmp_path / "x.py").write_text("import os\n")

    assert [each.rule for each in await findings(tmp_path, ["x.py"], RULES)] == ["F401"]


async def test_any_name_is_a_file(tmp_path: Path) -> None:
    """Also one that looks like an option."""
    (tmp_path / "--fix.py").write_text("import os\n")

    assert [each.path for each in await findings(tmp_path, ["--fix.py"], RULES)] == ["--fix.py"]
    assert (tmp_path / "--fix.py").read_text() == "import os\n"


async def test_what_is_no_python_is_a_finding(tmp_path: Path) -> None:
    """It cannot be parsed, and that is what is said about it."""
    (tmp_path / "x.py").write_text("def (\n")

    assert {each.path for each in await findings(tmp_path, ["x.py"], RULES)} == {"x.py"}
    assert await findings(tmp_path, [], RULES) == []


async def test_it_formats_in_a_given_style() -> None:
    """Of the settings only those of the style are passed on."""
    style: dict[str, str | int | bool] = {
        "line-length": 20,
        "format.quote-style": "single",
        "extend": "/etc/passwd",
    }

    assert await formatted("x.py", 'x = {  "a":1 }\n', style) == "x = {'a': 1}\n"
    assert await formatted("x.py", "x = (1, 22222, 33333)\n", style) != "x = (1, 22222, 33333)\n"


async def test_what_cannot_be_parsed_stays() -> None:
    """And a style that ruff does not know is none of ours to guess."""
    assert await formatted("x.py", "def (\n", {}) is None
    assert await formatted("x.py", "x=1\n", {"line-length": "wide"}) is None


async def test_a_large_file_goes_through_the_pipe() -> None:
    """Both ends are read and written at once."""
    text = "x = 1\n" * 200_000

    assert await formatted("x.py", text, {}) == text


@pytest.mark.parametrize(
    ("name", "value", "known"),
    [("line-length", 100, True), ("format.quote-style", "single", True), ("extend", "x", False)],
)
def test_only_style_is_passed_on(name: str, value: object, *, known: bool) -> None:
    """Everything else could point somewhere."""
    assert is_style(name, value) is known
    assert not is_style(name, ["a", "list"])
