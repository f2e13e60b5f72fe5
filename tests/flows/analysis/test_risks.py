"""The class and the risk of a change follow from rules that are shown."""

import pytest

from flows.analysis.hotspots import Hotspot
from flows.analysis.patches import Remark
from flows.analysis.risks import is_generated, lacks_tests, risk_of
from integrations.github.trees import ChangedFile

HARM = Remark("a.py", 1, "A private key", "revoke it", harmful=True)
HOT = Hotspot("shop/cart.py", "", 9, 12, 3, "save", 8)


def changed(path: str, lines: int = 1) -> ChangedFile:
    """Return a file to which so many lines are added."""
    return ChangedFile(path, "modified", lines)


@pytest.mark.parametrize(
    ("lines", "size"),
    [(0, "XS"), (10, "XS"), (11, "S"), (50, "S"), (250, "M"), (1000, "L"), (1001, "XL")],
)
def test_a_size_is_what_people_wrote(lines: int, size: str) -> None:
    """Lock files and what tools write are left out, and counted."""
    risk = risk_of([changed("tests/test_a.py", lines), changed("uv.lock", 5_000)], [], [])
    assert (risk.size, risk.lines, risk.files, risk.generated) == (size, lines, 2, 1)


@pytest.mark.parametrize(
    ("path", "generated"),
    [
        ("web/package-lock.json", True),
        ("web/app.min.js", True),
        ("api/shop_pb2.py", True),
        ("node_modules/x/index.js", True),
        ("web/lock.py", False),
        ("distance/a.py", False),
    ],
)
def test_what_tools_write_is_told_by_its_name(path: str, generated: bool) -> None:
    """Of a file, or of its folder."""
    assert is_generated(path) is generated


def test_signs_say_what_to_look_at() -> None:
    """The database, dependencies, automation, no tests, hotspots, size: three are high."""
    files = [
        changed("shop/migrations/0002.py", 600),
        changed("pyproject.toml"),
        changed(".github/workflows/ci.yml"),
    ]
    risk = risk_of(files, [], [HOT])
    assert [each.what.split(":")[0] for each in risk.signs] == [
        "Changes the database",
        "Changes dependencies",
        "Changes how it is built or run",
        "Changes code without a test",
        "Changes a hotspot",
        "Is large",
    ]
    assert risk.level == "high"
    assert "9 commits" in risk.signs[4].what


def test_a_level_follows_from_signs_and_harm() -> None:
    """One thing that does harm is enough."""
    assert risk_of([changed("README.md")], [], []).level == "low"
    assert risk_of([changed("shop/a.py")], [], []).level == "medium"
    assert risk_of([changed("README.md")], [HARM], []).level == "high"


def test_many_paths_are_shortened() -> None:
    """Two are named."""
    files = [changed(f"db/migrate/{number}.rb") for number in range(4)]
    sign = risk_of(files, [], []).signs[0]
    assert sign.what == "Changes the database: db/migrate/0.rb, db/migrate/1.rb and 2 more"


def test_code_wants_a_test() -> None:
    """Prose does not, nor does what only loses lines."""
    assert lacks_tests([changed("a.py")])
    assert not lacks_tests([changed("a.py"), changed("tests/test_a.py")])
    assert not lacks_tests([changed("notes.txt")])
    assert not lacks_tests([ChangedFile("a.py", "removed", 0, 9)])
